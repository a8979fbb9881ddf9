package quality

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/series"
	"tillwatch/shared/words"
)

// duplicatesRule bounds the rows that occur more than once, each of them
// counted, in the columns named or in all; a null equals a null. Source: Deequ.
func (p *plan) duplicatesRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension = contract.Uniqueness
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	columns := rule.Parameters
	c.complaint = fmt.Sprintf("have a %s that occurs more than once", strings.Join(columns, " + "))
	if len(columns) == 0 {
		columns, c.complaint = p.header, "occur more than once"
	}
	slots, absent := p.columns(columns)
	switch {
	case absent != "":
		p.absent(c, absent)
		return
	case len(slots) == 0:
		c.error("the file has no header, and no columns to compare rows by")
		return
	}
	c.say.Want = wanted.text
	c.shows, c.personal = slots, p.personal(slots...)
	c.keys = &state.KeySpec{Slots: slots, Whole: true}
	c.advice = "Look for an export that ran twice or a join that multiplied rows."
	c.finish = func(f *findings, t *tally, r *Result) {
		byRows(f, t, r, c)
		r.decide(float64(t.violations), wanted.holds(float64(t.violations)))
		r.Message += "; wanted " + wanted.full()
	}
}

// anomalyRule compares a metric with its past as check: history of engine
// tillwatch does by default: by robust z-score, over seven accepted runs or more.
// AWS Glue's own model is not described.
func (p *plan) anomalyRule(c *check, rule *dqdl.Rule) {
	metric, columns := rule.Parameters[0], rule.Parameters[1:]
	c.say.Dimension, c.say.Want = contract.Consistency, "as in its history"
	name := figures[metric]
	if name == "" || len(columns) != columnsOf(name) {
		c.error("%s of %d columns is no metric that history keeps; write DetectAnomalies \"RowCount\" or DetectAnomalies \"Mean\" \"amount\"", shorten(metric), len(columns))
		return
	}
	c.say.Unit = statisticUnit(name)
	if len(columns) == 1 {
		c.say.Column = columns[0]
	}
	c.metric = glueStatistic(name, columns)
	measured, key, absent := p.keep(name, columns, "")
	if absent != "" {
		p.absent(c, absent)
		return
	}
	what := statisticText(name, columns, 0)
	c.finish = func(f *findings, _ *tally, r *Result) {
		value, note, problem := measured(f)
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		band := series.Expect(p.past(key), p.in.Now, series.Options{})
		if !band.Enough {
			r.Measured = &value
			r.Status, r.Message = Skipped, "skipped: "+band.Why
			return
		}
		least, whole := 0.0, name == "rowCount" || name == "columnCount" || name == "distinctCount" || name == "zeros"
		if !whole && statisticUnit(name) != "ratio" {
			least = -1e308
		}
		r.Want = bandText(band, least, whole)
		r.decide(value, band.Holds(value))
		r.Message = fmt.Sprintf("%s is %s%s; wanted %s (%s)", what, words.Number(round6(value)), note, r.Want, band.Why)
		r.Advice = "Compare with the runs before. If it is right, accept the file and the band will learn it."
	}
}

// columnsOf is how many columns a statistic is of.
func columnsOf(name string) int {
	switch name {
	case "rowCount", "columnCount":
		return 0
	case "correlation":
		return 2
	}
	return 1
}

// past lists a metric's values in the accepted runs before this one.
func (p *plan) past(key string) []series.Point {
	var past []series.Point
	for _, run := range p.in.History {
		if v, ok := run.Metrics[key]; ok && run.Accepted() && run.At.Before(p.in.Now) {
			past = append(past, series.Point{At: run.At, Value: v})
		}
	}
	return past
}

// schemaMatchRule bounds the share of the columns that a reference has too, by
// name as written and, where the contract describes both tables, logical type. In files
// of text columns have no types of their own. Different numbers of columns
// are a share of 0. Source: Deequ.
func (p *plan) schemaMatchRule(c *check, rule *dqdl.Rule) {
	c.say.Unit = "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	c.say.Want, c.want = wanted.text, contract.Want{}
	dataset := rule.Parameters[0]
	ref := p.reference(dataset)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		switch {
		case ref.failure != "":
			r.Status, r.Message = Errored, "not measured: "+ref.failure
			return
		case len(ref.header) == 0 || len(p.header) == 0:
			r.Status, r.Message = Errored, "not measured: one of the two has no columns"
			return
		}
		theirs, known := p.in.Contract.Table(dataset)
		known = known && theirs.Name == dataset
		var differ []string
		for _, name := range p.header {
			if !slices.Contains(ref.header, name) {
				differ = append(differ, fmt.Sprintf("%s has no %q", dataset, name))
				continue
			}
			if !known {
				continue
			}
			ours, described := p.table.Column(name)
			if other, too := theirs.Column(name); described && too && ours.Type != other.Type {
				differ = append(differ, fmt.Sprintf("%q is %s here and %s there", name, ours.Type, other.Type))
			}
		}
		r.LookedAt, r.Violations = int64(len(p.header)), int64(len(differ))
		share := float64(len(p.header)-len(differ)) / float64(len(p.header))
		if len(p.header) != len(ref.header) {
			share, r.Violations = 0, r.LookedAt
			differ = append(differ, fmt.Sprintf("the file has %s and %s %d", words.Plural(int64(len(p.header)), "column"), dataset, len(ref.header)))
		}
		r.decide(share, wanted.holds(share))
		r.Message = fmt.Sprintf("a share of %s of the columns is as in %s; wanted %s", words.Number(round6(share)), dataset, wanted.full())
		if len(differ) > 0 {
			r.Message += ": " + shorten(strings.Join(differ, "; "))
		}
		r.Advice = "Ask the producer what changed in the export, and whether those who read the file know."
	}
}

// datasetMatchRule bounds the share of the rows that a reference has too: with
// the same key, and the same in the columns to match, or in all others. Columns
// are of one name in both or mapped, "a->b,c". Values are compared as written; a null
// key matches nothing, and another null a null. AWS Glue wants keys to be unique;
// here a row matches if any row of its key does.
func (p *plan) datasetMatchRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Consistency, "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	dataset := rule.Parameters[0]
	from, to := dqdl.Mapping(rule.Parameters[1])
	keys := len(from)
	if len(rule.Parameters) == 3 {
		a, b := dqdl.Mapping(rule.Parameters[2])
		from, to = append(from, a...), append(to, b...)
	} else {
		for _, name := range p.header {
			if !slices.Contains(from[:keys], name) {
				from, to = append(from, name), append(to, name)
			}
		}
	}
	slots, absent := p.columns(from)
	if absent != "" {
		p.absent(c, absent)
		return
	}
	c.shows, c.personal = slots[:keys], p.personal(slots[:keys]...)
	c.complaint = fmt.Sprintf("are not so in %s, by %s", dataset, strings.Join(from[:keys], " + "))
	c.advice = fmt.Sprintf("Find out which of the two is right for these rows; %s may be of another day or not complete yet.", dataset)
	rows := p.reference(dataset).look(to, func(slots []int) state.Aggregate { return state.NewRows(slots) })
	c.prepare = func() {
		if problem := rows.problem(); problem != "" {
			c.status, c.blocked = Errored, "not measured: "+problem
			return
		}
		c.kernel = state.MemberRow(slots, keys, rows.prints())
	}
	p.compliance(c, wanted)
}
