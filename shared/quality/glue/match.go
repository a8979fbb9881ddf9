package glue

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/series"
	"tillwatch/shared/words"
)

// duplicatesRule bounds the rows that occur more than once, each of them
// counted, in the columns named or in all; a null equals a null. Source: Deequ.
func duplicatesRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	c.Say.Dimension = contract.Uniqueness
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	columns := rule.Parameters
	c.Complaint = fmt.Sprintf("have a %s that occurs more than once", strings.Join(columns, " + "))
	if len(columns) == 0 {
		columns, c.Complaint = p.Header, "occur more than once"
	}
	slots, absent := p.Columns(columns)
	switch {
	case absent != "":
		lacks(p, c, absent)
		return
	case len(slots) == 0:
		c.Unmeasurable("the file has no header, and no columns to compare rows by")
		return
	}
	c.Say.Want = wanted.text
	c.Shows, c.Personal = slots, p.Personal(slots...)
	c.Keys = &key.Spec{Slots: slots, Whole: true}
	c.Advice = "Look for an export that ran twice or a join that multiplied rows."
	c.Finish = func(f *check.Findings, t *check.Tally, r *quality.Result) {
		check.ByRows(f, t, r, c)
		r.Decide(float64(t.Violations), wanted.holds(float64(t.Violations)))
		r.Message += "; wanted " + wanted.full()
	}
}

// anomalyRule compares a metric with its past as check: history of engine
// tillwatch does by default: by robust z-score, over seven accepted runs or more.
// AWS Glue's own model is not described.
func anomalyRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	metric, columns := rule.Parameters[0], rule.Parameters[1:]
	c.Say.Dimension, c.Say.Want = contract.Consistency, "as in its history"
	name := figures[metric]
	if name == "" || len(columns) != arity(name) {
		c.Unmeasurable("%s of %d columns is no metric that history keeps; write DetectAnomalies \"RowCount\" or DetectAnomalies \"Mean\" \"amount\"", say.Shorten(metric), len(columns))
		return
	}
	c.Say.Unit = figure.Unit(name)
	if len(columns) == 1 {
		c.Say.Column = columns[0]
	}
	c.Metric = glueStatistic(name, columns)
	measured, kept, absent := keep(p, name, columns, "")
	if absent != "" {
		lacks(p, c, absent)
		return
	}
	what := figure.Text(name, columns, 0)
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		value, note, problem := measured(f)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		band := series.Expect(p.Past(kept), p.In.Now, series.Options{})
		if !band.Enough {
			r.Measured = &value
			r.Status, r.Message = quality.Skipped, "skipped: "+band.Why
			return
		}
		least, whole := 0.0, name == "rowCount" || name == "columnCount" || name == "distinctCount" || name == "zeros"
		if !whole && figure.Unit(name) != "ratio" {
			least = -1e308
		}
		r.Want = figure.BandText(band, least, whole)
		r.Decide(value, band.Holds(value))
		r.Message = fmt.Sprintf("%s is %s%s; wanted %s (%s)", what, words.Number(figure.Round6(value)), note, r.Want, band.Why)
		r.Advice = "Compare with the runs before. If it is right, accept the file and the band will learn it."
	}
}

// arity is how many columns a statistic is of.
func arity(name string) int {
	switch name {
	case "rowCount", "columnCount":
		return 0
	case "correlation":
		return 2
	}
	return 1
}

// schemaMatchRule bounds the share of the columns that a reference has too, by
// name as written and, where the contract describes both tables, logical type. In files
// of text columns have no types of their own. Different numbers of columns
// are a share of 0. Source: Deequ.
func schemaMatchRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	c.Say.Unit = "ratio"
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	c.Say.Want, c.Want = wanted.text, contract.Want{}
	dataset := rule.Parameters[0]
	ref := p.Reference(dataset)
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		switch {
		case ref.Failure != "":
			r.Status, r.Message = quality.Errored, "not measured: "+ref.Failure
			return
		case len(ref.Header) == 0 || len(p.Header) == 0:
			r.Status, r.Message = quality.Errored, "not measured: one of the two has no columns"
			return
		}
		theirs, known := p.In.Contract.Table(dataset)
		known = known && theirs.Name == dataset
		var differ []string
		for _, name := range p.Header {
			if !slices.Contains(ref.Header, name) {
				differ = append(differ, fmt.Sprintf("%s has no %q", dataset, name))
				continue
			}
			if !known {
				continue
			}
			ours, described := p.Table.Column(name)
			if other, too := theirs.Column(name); described && too && ours.Type != other.Type {
				differ = append(differ, fmt.Sprintf("%q is %s here and %s there", name, ours.Type, other.Type))
			}
		}
		r.LookedAt, r.Violations = int64(len(p.Header)), int64(len(differ))
		share := float64(len(p.Header)-len(differ)) / float64(len(p.Header))
		if len(p.Header) != len(ref.Header) {
			share, r.Violations = 0, r.LookedAt
			differ = append(differ, fmt.Sprintf("the file has %s and %s %d", words.Plural(int64(len(p.Header)), "column"), dataset, len(ref.Header)))
		}
		r.Decide(share, wanted.holds(share))
		r.Message = fmt.Sprintf("a share of %s of the columns is as in %s; wanted %s", words.Number(figure.Round6(share)), dataset, wanted.full())
		if len(differ) > 0 {
			r.Message += ": " + say.Shorten(strings.Join(differ, "; "))
		}
		r.Advice = "Ask the producer what changed in the export, and whether those who read the file know."
	}
}

// datasetMatchRule bounds the share of the rows that a reference has too: with
// the same key, and the same in the columns to match, or in all others. Columns
// are of one name in both or mapped, "a->b,c". Values are compared as written; a null
// key matches nothing, and another null a null. AWS Glue wants keys to be unique;
// here a row matches if any row of its key does.
func datasetMatchRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	c.Say.Dimension, c.Say.Unit = contract.Consistency, "ratio"
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	dataset := rule.Parameters[0]
	from, to := dqdl.Mapping(rule.Parameters[1])
	keys := len(from)
	if len(rule.Parameters) == 3 {
		a, b := dqdl.Mapping(rule.Parameters[2])
		from, to = append(from, a...), append(to, b...)
	} else {
		for _, name := range p.Header {
			if !slices.Contains(from[:keys], name) {
				from, to = append(from, name), append(to, name)
			}
		}
	}
	slots, absent := p.Columns(from)
	if absent != "" {
		lacks(p, c, absent)
		return
	}
	c.Shows, c.Personal = slots[:keys], p.Personal(slots[:keys]...)
	c.Complaint = fmt.Sprintf("are not so in %s, by %s", dataset, strings.Join(from[:keys], " + "))
	c.Advice = fmt.Sprintf("Find out which of the two is right for these rows; %s may be of another day or not complete yet.", dataset)
	rows := p.Reference(dataset).Look(to, func(slots []int) state.Aggregate { return key.NewRows(slots) })
	c.Prepare = func() {
		if problem := rows.Problem(); problem != "" {
			c.Status, c.Blocked = quality.Errored, "not measured: "+problem
			return
		}
		c.Kernel = kernel.MemberRow(slots, keys, rows.Prints())
	}
	compliance(p, c, wanted)
}
