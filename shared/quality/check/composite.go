package check

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/quality"
	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/words"
)

// A Composite is a rule made of others: a leaf has a check of its own, which no
// report shows, the rest are parts joined by and or or.
type Composite struct {
	Join  string // and, or; "" of a leaf
	Parts []*Composite
	Leaf  *Check
}

// leaves lists the checks of a composite in order.
func (n *Composite) leaves() []*Check {
	if n.Leaf != nil {
		return []*Check{n.Leaf}
	}
	var all []*Check
	for _, part := range n.Parts {
		all = append(all, part.leaves()...)
	}
	return all
}

// status judges a composite by its parts: one that fails decides an and, one
// that passes an or; else one that was not measured leaves it open, an
// error before a skip.
func (n *Composite) status(of map[*Check]*quality.Result) quality.Status {
	if n.Leaf != nil {
		return of[n.Leaf].Status
	}
	decides, rest := quality.Fail, quality.Pass
	if n.Join == "or" {
		decides, rest = quality.Pass, quality.Fail
	}
	open := rest
	for _, part := range n.Parts {
		switch s := part.status(of); {
		case s == decides:
			return decides
		case s == quality.Errored, s == quality.Skipped && open != quality.Errored:
			open = s
		}
	}
	return open
}

// failed lists the leaves that a failed composite failed by.
func (n *Composite) failed(of map[*Check]*quality.Result) []*Check {
	if n.status(of) != quality.Fail {
		return nil
	}
	if n.Leaf != nil {
		return []*Check{n.Leaf}
	}
	var all []*Check
	for _, part := range n.Parts {
		all = append(all, part.failed(of)...)
	}
	return all
}

// fold judges the composites by their parts, gives them the bad rows that
// they failed by, and leaves the parts out of checks, tallies and results.
func (f *Findings) fold(results []quality.Result) []quality.Result {
	checks := f.Plan.checks
	if !slices.ContainsFunc(checks, func(c *Check) bool { return c.Part }) {
		return results
	}
	of, at := map[*Check]*quality.Result{}, map[*Check]int{}
	for i, c := range checks {
		if c.Part {
			of[c], at[c] = &results[i], i
		}
	}
	var kept []*Check
	var tallies []Tally
	var out []quality.Result
	for i, c := range checks {
		if c.Part {
			continue
		}
		if c.Composite != nil {
			f.judge(c, &results[i], &f.tallies[i], of, at)
		}
		kept, tallies, out = append(kept, c), append(tallies, f.tallies[i]), append(out, results[i])
	}
	f.Plan.checks, f.tallies = kept, tallies
	return out
}

func (c *Check) judgesRows() bool { return c.Kernel != nil || c.Keys != nil }

// brokenBy returns the rows that break a failed composite, as rowset.Union does, nil if
// no part of it judges rows: of an and those that break any part, of an or
// those that break all. It reports whether there is an or of several such parts.
func (f *Findings) brokenBy(n *Composite, of map[*Check]*quality.Result, at map[*Check]int) (rows [][]uint64, alternatives bool) {
	if n.status(of) != quality.Fail {
		return nil, false
	}
	if n.Leaf != nil {
		if !n.Leaf.judgesRows() {
			return nil, false
		}
		t := &f.tallies[at[n.Leaf]]
		sets := []*rowset.Set{&t.rows}
		if t.repeated != nil {
			sets = append(sets, t.repeated)
		}
		return rowset.Union(sets, f.records), false
	}
	for _, part := range n.Parts {
		bits, several := f.brokenBy(part, of, at)
		alternatives = alternatives || several
		switch {
		case bits == nil:
		case rows == nil:
			rows = bits
		case n.Join == "or":
			alternatives = true
			rowset.Intersect(rows, bits)
		default:
			rowset.Add(rows, bits)
		}
	}
	return rows, alternatives
}

// partsTold is how many parts of a composite its message speaks of.
const partsTold = 12

// judge fills the result and the tally of one composite.
func (f *Findings) judge(c *Check, r *quality.Result, t *Tally, of map[*Check]*quality.Result, at map[*Check]int) {
	status := c.Composite.status(of)
	leaves, failed := c.Composite.leaves(), c.Composite.failed(of)
	var told []string
	broken := 0
	for _, leaf := range leaves {
		if of[leaf].Status == quality.Fail {
			broken++
		}
		if len(told) == partsTold {
			told = append(told, "…")
		}
		if len(told) > partsTold {
			continue
		}
		why := strings.TrimPrefix(strings.TrimPrefix(of[leaf].Message, "skipped: "), "not measured: ")
		told = append(told, fmt.Sprintf("%s: %s (%s)", leaf.Say.Name, of[leaf].Status, why))
	}
	for _, leaf := range leaves {
		for name, value := range of[leaf].Evaluated {
			if r.Evaluated == nil {
				r.Evaluated = map[string]float64{}
			}
			r.Evaluated[name] = value
		}
	}
	if status == quality.Pass || status == quality.Fail {
		r.Decide(float64(broken), status == quality.Pass)
	}
	r.Status = status
	switch r.Message = fmt.Sprintf("%d of %s fail: %s", broken, words.Plural(int64(len(leaves)), "rule"), strings.Join(told, "; ")); status {
	case quality.Skipped:
		r.Message = "skipped: it depends on a rule that is not executed; " + r.Message
	case quality.Errored:
		r.Message = "not measured: it depends on a rule that could not be; " + r.Message
	}
	for _, leaf := range failed {
		if r.Advice == "" {
			r.Advice = of[leaf].Advice
		}
	}
	var rows, repeated []*rowset.Set
	for _, leaf := range failed {
		part := &f.tallies[at[leaf]]
		if !leaf.judgesRows() {
			continue
		}
		c.Kernel, c.Keys = leaf.Kernel, leaf.Keys // it judges rows, then
		rows = append(rows, &part.rows)
		if part.repeated != nil {
			repeated = append(repeated, part.repeated)
		}
		t.merge(&Tally{samples: part.samples}, f.Plan.In.Samples)
	}
	if bits, alternatives := f.brokenBy(c.Composite, of, at); alternatives {
		// The samples of the parts need not be among these: the rows are read again.
		t.samples, t.rows, t.repeated = nil, rowset.Set{}, rowset.Of(bits)
		rows, repeated = nil, nil
	}
	if rows != nil {
		t.rows = *rowset.Joined(rows, f.records)
	}
	if repeated != nil {
		t.repeated = rowset.Joined(repeated, f.records)
	}
	seen := map[sample]bool{}
	for _, s := range t.samples {
		place := sample{block: s.block, ordinal: s.ordinal}
		if !seen[place] {
			r.Samples = append(r.Samples, f.place(s))
		}
		seen[place] = true
	}
	tidy(r)
}
