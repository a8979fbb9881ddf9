package quality

import (
	"errors"
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/query"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/sql"
	"tillwatch/shared/words"
)

// A noColumn is the error of a query's column that the file lacks.
type noColumn string

func (n noColumn) Error() string { return "the file has no such column (see the check columns)" }

// queryTable says what the SQL of a rule may refer to: the file's columns, by
// their names in the contract or the header, as written or else in any case.
func (p *plan) queryTable(placeholders map[string]string, names ...string) query.Table {
	physical := p.table.PhysicalName
	return query.Table{
		Names: append(names, p.table.Name, physical, physical[strings.LastIndexAny(physical, "./")+1:]),
		Now:   p.in.Now, Placeholders: placeholders,
		Column: func(name string) (int, contract.Type, error) {
			name = p.spelled(name)
			slot, ok := p.column(name)
			if !ok {
				return 0, "", noColumn(name)
			}
			if col, ok := p.table.Column(name); ok {
				return slot, col.Type, nil
			}
			return slot, "", nil
		},
	}
}

// spelled returns a column's name as the contract or else the header writes it.
func (p *plan) spelled(name string) string {
	if _, ok := p.table.Column(name); ok {
		return name
	}
	if _, ok := p.position[name]; ok {
		return name
	}
	for i := range p.table.Columns {
		if strings.EqualFold(p.table.Columns[i].Name, name) {
			return p.table.Columns[i].Name
		}
	}
	for _, other := range p.header {
		if strings.EqualFold(other, name) {
			return other
		}
	}
	return name
}

// blockedBy makes c a check whose SQL can't be run: skipped if that is for want
// of support, else an error of the contract or the file.
func (p *plan) blockedBy(c *check, err error) {
	var absent noColumn
	var at *sql.Error
	where := err.Error()
	if errors.As(err, &at) {
		where = strings.TrimPrefix(at.Error(), fmt.Sprintf("%d:%d: ", at.Line, at.Column)) + fmt.Sprintf(" (line %d, column %d of the SQL)", at.Line, at.Column)
	}
	switch {
	case errors.As(err, &absent):
		p.missing(c, string(absent))
	case query.Unsupported(err):
		c.skip("the SQL is not run here: %s", where)
	default:
		c.error("the SQL is wrong: %s", where)
	}
}

// compileSQL makes the check of a rule of type sql.
func (p *plan) compileSQL(r *contract.Rule, c *check) {
	names := map[string]string{"object": p.table.Name, "table": p.table.Name, "model": p.table.Name}
	if c.say.Column != "" {
		names["property"], names["column"], names["field"] = c.say.Column, c.say.Column, c.say.Column
	}
	q, err := query.Compile(r.Query, p.queryTable(names))
	if err != nil {
		p.blockedBy(c, err)
		var at *sql.Error
		if errors.As(err, &at) && r.QueryPlace.Line > 0 {
			c.say.Place = p.placeOf(contract.Place{Line: r.QueryPlace.Line + at.Line - 1, Column: r.QueryPlace.Column + at.Column - 1})
		}
		p.add(c)
		return
	}
	if r.Unit == "" {
		c.say.Unit = q.Unit()
	}
	p.measureQuery(c, q)
	c.kernel = q.Violations(c.want)
	p.addKeyed(c)
}

// measureQuery makes c a check of what a query yields; its condition is c.want.
func (p *plan) measureQuery(c *check, q *query.Query) {
	c.shows = q.Slots()
	c.personal = c.personal || p.personal(c.shows...)
	c.advice = "Look at the rows that the query is about, and at what changed in the source; if they are right, change the rule."
	at := p.need(func() state.Aggregate { return q.NewState() })
	c.finish = func(f *findings, t *tally, r *Result) {
		value, groups, problem := f.queried(at)
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		r.Violations, r.LookedAt = t.violations, t.looked
		c.measure(r, value)
		r.Message = "the query yields " + words.Number(round6(value))
		switch r.Unit {
		case "rows", "groups":
			r.Message = "the query yields " + words.Plural(int64(value), strings.TrimSuffix(r.Unit, "s"))
		case "percent":
			r.Message += " %"
		}
		if t.violations > 0 {
			r.Message += fmt.Sprintf("; %s of %s rows break it", words.Count(t.violations), words.Count(t.looked))
		}
		r.Message += "; wanted " + wantText(c.want)
		if c.want.Op == contract.Between || c.want.Op == contract.NotBetween {
			r.Message += " (between, as ODCS defines it, leaves out both ends)"
		}
		r.Advice = c.advice
		for _, s := range t.samples {
			r.Samples = append(r.Samples, f.place(s))
		}
		if c.kernel == nil {
			r.Samples = append(r.Samples, p.groupSamples(c, groups)...)
		}
	}
}

// groupSamples shows the groups that a query lists.
func (p *plan) groupSamples(c *check, groups []string) []Sample {
	var samples []Sample
	for _, g := range groups {
		if c.personal && !p.in.ShowPersonal {
			g = masked
		}
		samples = append(samples, Sample{Value: cut([]byte(g))})
	}
	return samples
}

// queried returns what a query yields, with some of the groups that it lists.
func (f *findings) queried(at int) (value float64, groups []string, problem string) {
	if why := f.stopped[at]; why != "" {
		return 0, nil, "the query stopped: " + why
	}
	a, problem := f.aggs[at].(*query.State).Answer(f.plan.in.Samples)
	if problem == "" && a.Null {
		problem = "the query yields NULL, as it does of no rows or where it divides by zero"
	}
	return a.Value, a.Groups, problem
}
