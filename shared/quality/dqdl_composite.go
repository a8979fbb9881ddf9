package quality

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// A composite is a rule made of others: a leaf has a check of its own, which no
// report shows, the rest are parts joined by and or or.
type composite struct {
	join  string
	parts []*composite
	leaf  *check
}

// parts makes the checks of a composite's leaves, under ids of id's, and lets
// whole show what they show.
func (p *plan) parts(rule *dqdl.Rule, id string, whole *check) *composite {
	if rule.Join == "" {
		c := p.ruleCheck(rule)
		c.part = true
		c.say.Name = shorten(rule.Text)
		c.say.ID = fmt.Sprintf("%s part %d", id, len(p.checks))
		p.addKeyed(c)
		for _, slot := range c.shows {
			if !slices.Contains(whole.shows, slot) {
				whole.shows = append(whole.shows, slot)
			}
		}
		whole.personal = whole.personal || c.personal
		return &composite{leaf: c}
	}
	all := &composite{join: rule.Join}
	for _, part := range rule.Parts {
		all.parts = append(all.parts, p.parts(part, id, whole))
	}
	return all
}

// leaves lists the checks of a composite in order.
func (n *composite) leaves() []*check {
	if n.leaf != nil {
		return []*check{n.leaf}
	}
	var all []*check
	for _, part := range n.parts {
		all = append(all, part.leaves()...)
	}
	return all
}

// status judges a composite by its parts: one that fails decides an and, one
// that passes an or; else one that was not measured leaves it open, an
// error before a skip.
func (n *composite) status(of map[*check]*Result) Status {
	if n.leaf != nil {
		return of[n.leaf].Status
	}
	decides, rest := Fail, Pass
	if n.join == "or" {
		decides, rest = Pass, Fail
	}
	open := rest
	for _, part := range n.parts {
		switch s := part.status(of); {
		case s == decides:
			return decides
		case s == Errored, s == Skipped && open != Errored:
			open = s
		}
	}
	return open
}

// failed lists the leaves that a failed composite failed by.
func (n *composite) failed(of map[*check]*Result) []*check {
	if n.status(of) != Fail {
		return nil
	}
	if n.leaf != nil {
		return []*check{n.leaf}
	}
	var all []*check
	for _, part := range n.parts {
		all = append(all, part.failed(of)...)
	}
	return all
}

// fold judges the composites by their parts, gives them the bad rows of those
// that they failed by, and leaves the parts out of checks, tallies and results.
func (f *findings) fold(results []Result) []Result {
	checks := f.plan.checks
	if !slices.ContainsFunc(checks, func(c *check) bool { return c.part }) {
		return results
	}
	of, at := map[*check]*Result{}, map[*check]int{}
	for i, c := range checks {
		if c.part {
			of[c], at[c] = &results[i], i
		}
	}
	var kept []*check
	var tallies []tally
	var out []Result
	for i, c := range checks {
		if c.part {
			continue
		}
		if c.composite != nil {
			f.judge(c, &results[i], &f.tallies[i], of, at)
		}
		kept, tallies, out = append(kept, c), append(tallies, f.tallies[i]), append(out, results[i])
	}
	f.plan.checks, f.tallies = kept, tallies
	return out
}

// partsTold is how many parts of a composite its message speaks of.
const partsTold = 12

// judge fills the result and the tally of one composite.
func (f *findings) judge(c *check, r *Result, t *tally, of map[*check]*Result, at map[*check]int) {
	status := c.composite.status(of)
	leaves, failed := c.composite.leaves(), c.composite.failed(of)
	var told []string
	broken := 0
	for _, leaf := range leaves {
		if of[leaf].Status == Fail {
			broken++
		}
		if len(told) == partsTold {
			told = append(told, "…")
		}
		if len(told) > partsTold {
			continue
		}
		why := strings.TrimPrefix(strings.TrimPrefix(of[leaf].Message, "skipped: "), "not measured: ")
		told = append(told, fmt.Sprintf("%s: %s (%s)", leaf.say.Name, of[leaf].Status, why))
	}
	for _, leaf := range leaves {
		for name, value := range of[leaf].Evaluated {
			if r.Evaluated == nil {
				r.Evaluated = map[string]float64{}
			}
			r.Evaluated[name] = value
		}
	}
	if status == Pass || status == Fail {
		r.decide(float64(broken), status == Pass)
	}
	r.Status = status
	switch r.Message = fmt.Sprintf("%d of %s fail: %s", broken, words.Plural(int64(len(leaves)), "rule"), strings.Join(told, "; ")); status {
	case Skipped:
		r.Message = "skipped: it depends on a rule that is not executed; " + r.Message
	case Errored:
		r.Message = "not measured: it depends on a rule that could not be; " + r.Message
	}
	for _, leaf := range failed {
		if r.Advice == "" {
			r.Advice = of[leaf].Advice
		}
	}
	var rows, repeated []*state.RowSet
	for _, leaf := range failed {
		part := &f.tallies[at[leaf]]
		if leaf.kernel == nil && leaf.keys == nil {
			continue
		}
		c.kernel, c.keys = leaf.kernel, leaf.keys // it judges rows, then
		rows = append(rows, &part.rows)
		if part.repeated != nil {
			repeated = append(repeated, part.repeated)
		}
		t.merge(&tally{samples: part.samples}, f.plan.in.Samples)
	}
	if rows != nil {
		t.rows = *state.Joined(rows, f.records)
	}
	if repeated != nil {
		t.repeated = state.Joined(repeated, f.records)
	}
	seen := map[sample]bool{}
	for _, s := range t.samples {
		place := sample{block: s.block, ordinal: s.ordinal}
		if !seen[place] {
			r.Samples = append(r.Samples, f.place(s))
		}
		seen[place] = true
	}
	r.tidy()
}
