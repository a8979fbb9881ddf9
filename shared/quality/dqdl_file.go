package quality

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// existsRule wants a column to be in the header.
func (p *plan) existsRule(c *check, column string) {
	c.say.Unit, c.say.Want = "columns", "1"
	_, there := p.column(column)
	c.finish = func(_ *findings, _ *tally, r *Result) {
		if there {
			r.decide(1, true)
			r.Message = fmt.Sprintf("the file has the column %q", column)
			return
		}
		r.decide(0, false)
		r.Message = fmt.Sprintf("the file has no column %q; it has %s", column, strings.Join(p.header, ", "))
		r.Advice = "Ask the producer what changed in the export, and have the column restored."
	}
}

// namesRule wants each name of the header to match a pattern.
func (p *plan) namesRule(c *check, pattern string) {
	c.say.Unit = "columns"
	matches, err := whole(pattern)
	if err != nil {
		c.badPattern(err)
		return
	}
	c.finish = func(_ *findings, _ *tally, r *Result) {
		var wrong []string
		for _, name := range p.header {
			if !matches([]byte(name)) {
				wrong = append(wrong, fmt.Sprintf("%q", name))
			}
		}
		r.LookedAt, r.Violations = int64(len(p.header)), int64(len(wrong))
		c.measure(r, float64(len(wrong)))
		r.Message = fmt.Sprintf("the names of all %s match %s", words.Plural(int64(len(p.header)), "column"), pattern)
		if len(wrong) > 0 {
			r.Message = fmt.Sprintf("%s of %s don't match %s: %s", words.Count(int64(len(wrong))), words.Plural(int64(len(p.header)), "column name"), pattern, strings.Join(wrong, ", "))
			r.Advice = "Have the producer restore the names, or extend the pattern."
		}
	}
}

// countMatchRule compares the number of rows with a reference's.
func (p *plan) countMatchRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Consistency, "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	dataset := rule.Parameters[0]
	theirs := p.reference(dataset).look(nil, func([]int) state.Aggregate { return state.NewGroups(nil, -1, false) })
	c.say.Want = wanted.text
	c.finish = func(f *findings, _ *tally, r *Result) {
		if problem := theirs.problem(); problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		rows := 0.0
		if sum := theirs.agg.(*state.Groups).Sums[""]; sum != nil {
			rows = sum.Float64()
		}
		if rows == 0 {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: %s has no rows to compare with", dataset)
			return
		}
		share := float64(f.rows) / rows
		r.decide(share, wanted.holds(share))
		r.Message = fmt.Sprintf("the file has %s rows and %s %s, a ratio of %s; wanted %s", words.Count(f.rows), dataset, words.Count(int64(rows)), words.Number(round6(share)), wanted.full())
		r.Advice = fmt.Sprintf("Find out which of the two is complete; %s may be of another day.", dataset)
	}
}

// integrityRule compares the rows whose key a reference has: "a, b" and
// "dataset.{c, d}", or "dataset.c".
func (p *plan) integrityRule(c *check, rule *dqdl.Rule) {
	c.say.Dimension, c.say.Unit = contract.Accuracy, "ratio"
	wanted, problem := p.bounds(rule.Condition, "")
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	from := dqdl.Names(rule.Parameters[0])
	dataset, to := dqdl.Reference(rule.Parameters[1])
	if dataset == "" || len(to) != len(from) {
		c.error("%q names no columns of a dataset for %s; write \"dataset.{a,b}\"", rule.Parameters[1], strings.Join(from, ", "))
		return
	}
	slots, absent := p.columns(from)
	if absent != "" {
		p.absent(c, absent)
		return
	}
	if len(from) == 1 {
		c.say.Column = from[0]
	}
	c.shows, c.personal = slots, p.personal(slots...)
	c.complaint = fmt.Sprintf("have a %s that %s does not have", strings.Join(from, " + "), dataset)
	c.advice = fmt.Sprintf("Either %s is behind (load it first and judge again), or these rows carry wrong keys: ask the producer.", dataset)
	set := p.reference(dataset).tuples(to)
	c.prepare = func() {
		if problem := set.problem(); problem != "" {
			c.status, c.blocked = Errored, "not measured: "+problem
			return
		}
		c.kernel = state.Member(slots, set.prints())
	}
	p.compliance(c, wanted)
}
