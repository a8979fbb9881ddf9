package figure

import (
	"errors"
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/query"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/sql"
	"tillwatch/shared/words"
)

// A NoColumn is the error of a query's column that the file lacks.
type NoColumn string

func (n NoColumn) Error() string { return "the file has no such column (see the check columns)" }

// QueryTable says what the SQL of a rule may refer to: the file's columns, by
// their names in the contract or the header, as written or else in any case.
func QueryTable(p *check.Plan, placeholders map[string]string, names ...string) query.Table {
	physical := p.Table.PhysicalName
	return query.Table{
		Names: append(names, p.Table.Name, physical, physical[strings.LastIndexAny(physical, "./")+1:]),
		Now:   p.In.Now, Placeholders: placeholders,
		Column: func(name string) (int, contract.Type, error) {
			name = spelled(p, name)
			slot, ok := p.Column(name)
			if !ok {
				return 0, "", NoColumn(name)
			}
			if col, ok := p.Table.Column(name); ok {
				return slot, col.Type, nil
			}
			return slot, "", nil
		},
	}
}

// spelled returns a column's name as the contract or else the header writes it.
func spelled(p *check.Plan, name string) string {
	if _, ok := p.Table.Column(name); ok {
		return name
	}
	if _, ok := p.Position[name]; ok {
		return name
	}
	for i := range p.Table.Columns {
		if strings.EqualFold(p.Table.Columns[i].Name, name) {
			return p.Table.Columns[i].Name
		}
	}
	for _, other := range p.Header {
		if strings.EqualFold(other, name) {
			return other
		}
	}
	return name
}

// BlockedBy makes c a check whose SQL can't be run: skipped if that is for want
// of support, else an error of the contract or the file.
func BlockedBy(p *check.Plan, c *check.Check, err error) {
	var absent NoColumn
	var at *sql.Error
	where := err.Error()
	if errors.As(err, &at) {
		where = strings.TrimPrefix(at.Error(), fmt.Sprintf("%d:%d: ", at.Line, at.Column)) + fmt.Sprintf(" (line %d, column %d of the SQL)", at.Line, at.Column)
	}
	switch {
	case errors.As(err, &absent):
		p.Missing(c, string(absent))
	case query.Unsupported(err):
		c.Skip("the SQL is not run here: %s", where)
	default:
		c.Unmeasurable("the SQL is wrong: %s", where)
	}
}

// MeasureQuery makes c a check of what a query yields; its condition is c.Want.
func MeasureQuery(p *check.Plan, c *check.Check, q *query.Query) {
	c.Shows = q.Slots()
	c.Personal = c.Personal || p.Personal(c.Shows...)
	c.Advice = "Look at the rows that the query is about, and at what changed in the source; if they are right, change the rule."
	at := p.Need(func() state.Aggregate { return q.NewState() })
	c.Finish = func(f *check.Findings, t *check.Tally, r *quality.Result) {
		value, groups, problem := Queried(f, at)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		r.Violations, r.LookedAt = t.Violations, t.Looked
		c.Measure(r, value)
		r.Message = "the query yields " + words.Number(Round6(value))
		switch r.Unit {
		case "rows", "groups":
			r.Message = "the query yields " + words.Plural(int64(value), strings.TrimSuffix(r.Unit, "s"))
		case "percent":
			r.Message += " %"
		}
		if t.Violations > 0 {
			r.Message += fmt.Sprintf("; %s of %s rows break it", words.Count(t.Violations), words.Count(t.Looked))
		}
		r.Message += "; wanted " + say.Condition(c.Want)
		if c.Want.Op == contract.Between || c.Want.Op == contract.NotBetween {
			r.Message += " (between, as ODCS defines it, leaves out both ends)"
		}
		r.Advice = c.Advice
		r.Samples = f.Samples(t)
		if c.Kernel == nil {
			r.Samples = append(r.Samples, GroupSamples(p, c, groups)...)
		}
	}
}

// GroupSamples shows the groups that a query lists.
func GroupSamples(p *check.Plan, c *check.Check, groups []string) []quality.Sample {
	var samples []quality.Sample
	for _, g := range groups {
		if c.Personal && !p.In.ShowPersonal {
			g = say.Masked
		}
		samples = append(samples, quality.Sample{Value: say.Value([]byte(g))})
	}
	return samples
}

// Queried returns what a query yields, with some of the groups that it lists.
func Queried(f *check.Findings, at int) (value float64, groups []string, problem string) {
	if why := f.Stopped[at]; why != "" {
		return 0, nil, "the query stopped: " + why
	}
	a, problem := f.Aggs[at].(*query.State).Answer(f.Plan.In.Samples)
	if problem == "" && a.Null {
		problem = "the query yields NULL, as it does of no rows or where it divides by zero"
	}
	return a.Value, a.Groups, problem
}

// rowsWhere is the number of rows that the filter at hand leaves.
func rowsWhere(p *check.Plan) check.Statistic {
	q, err := query.Compile("SELECT COUNT(*) FROM rows", query.Table{Names: []string{"rows"}})
	if err != nil {
		return func(*check.Findings) (float64, string, string) { return 0, "", err.Error() }
	}
	at := p.Share("rows", func() state.Aggregate { return q.NewState() })
	return func(f *check.Findings) (float64, string, string) {
		value, _, problem := Queried(f, at)
		return value, "", problem
	}
}
