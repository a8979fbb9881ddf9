package glue

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// existsRule wants a column to be in the header.
func existsRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	column := rule.Parameters[0]
	c.Say.Unit, c.Say.Want = "columns", "1"
	_, there := p.Column(column)
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		if there {
			r.Decide(1, true)
			r.Message = fmt.Sprintf("the file has the column %q", column)
			return
		}
		r.Decide(0, false)
		r.Message = noColumn(p, column)
		r.Advice = "Ask the producer what changed in the export, and have the column restored."
	}
}

// namesRule wants each name of the header to match a pattern.
func namesRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	pattern := rule.Parameters[0]
	c.Say.Unit = "columns"
	matches, err := whole(pattern)
	if err != nil {
		c.BadPattern(err)
		return
	}
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		var wrong []string
		for _, name := range p.Header {
			if !matches([]byte(name)) {
				wrong = append(wrong, fmt.Sprintf("%q", name))
			}
		}
		r.LookedAt, r.Violations = int64(len(p.Header)), int64(len(wrong))
		c.Measure(r, float64(len(wrong)))
		r.Message = fmt.Sprintf("the names of all %s match %s", words.Plural(int64(len(p.Header)), "column"), pattern)
		if len(wrong) > 0 {
			r.Message = fmt.Sprintf("%s of %s don't match %s: %s", words.Count(int64(len(wrong))), words.Plural(int64(len(p.Header)), "column name"), pattern, strings.Join(wrong, ", "))
			r.Advice = "Have the producer restore the names, or extend the pattern."
		}
	}
}

// countMatchRule compares the number of rows with a reference's.
func countMatchRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	c.Say.Dimension, c.Say.Unit = contract.Consistency, "ratio"
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	dataset := rule.Parameters[0]
	theirs := p.Reference(dataset).Look(nil, func([]int) state.Aggregate { return state.NewGroups(nil, -1, false) })
	c.Say.Want = wanted.text
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		if problem := theirs.Problem(); problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		rows := 0.0
		if sum := theirs.Agg.(*state.Groups).Sums[""]; sum != nil {
			rows = sum.Float64()
		}
		if rows == 0 {
			r.Status, r.Message = quality.Errored, fmt.Sprintf("not measured: %s has no rows to compare with", dataset)
			return
		}
		share := float64(f.Rows) / rows
		r.Decide(share, wanted.holds(share))
		r.Message = fmt.Sprintf("the file has %s rows and %s %s, a ratio of %s; wanted %s", words.Count(f.Rows), dataset, words.Count(int64(rows)), words.Number(figure.Round6(share)), wanted.full())
		r.Advice = fmt.Sprintf("Find out which of the two is complete; %s may be of another day.", dataset)
	}
}

// integrityRule compares the rows whose key a reference has: "a, b" and
// "dataset.{c, d}", or "dataset.c".
func integrityRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	c.Say.Dimension, c.Say.Unit = contract.Accuracy, "ratio"
	wanted, problem := workOut(p, rule.Condition, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	from := dqdl.Names(rule.Parameters[0])
	dataset, to := dqdl.Reference(rule.Parameters[1])
	if dataset == "" || len(to) != len(from) {
		c.Unmeasurable("%q names no columns of a dataset for %s; write \"dataset.{a,b}\"", rule.Parameters[1], strings.Join(from, ", "))
		return
	}
	slots, absent := p.Columns(from)
	if absent != "" {
		lacks(p, c, absent)
		return
	}
	if len(from) == 1 {
		c.Say.Column = from[0]
	}
	c.Shows, c.Personal = slots, p.Personal(slots...)
	c.Complaint = fmt.Sprintf("have a %s that %s does not have", strings.Join(from, " + "), dataset)
	c.Advice = fmt.Sprintf("Either %s is behind (load it first and judge again), or these rows carry wrong keys: ask the producer.", dataset)
	set := p.Reference(dataset).Tuples(to)
	c.Prepare = func() {
		if problem := set.Problem(); problem != "" {
			c.Status, c.Blocked = quality.Errored, "not measured: "+problem
			return
		}
		c.Kernel = kernel.Member(slots, set.Prints())
	}
	compliance(p, c, wanted)
}
