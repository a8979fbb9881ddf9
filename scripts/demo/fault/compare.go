package fault

import (
	"fmt"
	"slices"

	"tillwatch/shared/quality"
)

// Found returns what a report holds against a file: the checks that failed or
// could not be measured. The rows are those of the quarantine, which must be
// whole; a check without any is not of rows.
func Found(r *quality.Report, quarantine []quality.BadRow) []Finding {
	rows := map[string][]int64{}
	for _, bad := range quarantine {
		for _, id := range bad.Checks {
			rows[id] = append(rows[id], bad.Row)
		}
	}
	var found []Finding
	for _, c := range r.Checks {
		if c.Status == quality.Fail || c.Status == quality.Errored {
			found = append(found, Finding{Check: c.ID, Status: c.Status, Violations: c.Violations, Rows: rows[c.ID]})
		}
	}
	return found
}

// A Comparison says which faults of a file were found, and what was reported
// beyond them.
type Comparison struct {
	Outcomes []Outcome
	// Extra are reports that no fault explains, in words.
	Extra []string
}

// An Outcome is one fault and what of it was not found, in words.
type Outcome struct {
	Fault  Fault
	Missed []string
}

// Exact reports whether every fault was found and nothing else reported.
func (c Comparison) Exact() bool {
	return len(c.Extra) == 0 && !slices.ContainsFunc(c.Outcomes, func(o Outcome) bool { return len(o.Missed) > 0 })
}

// Compare holds what was broken against what was found: every check that must
// notice, its count and its rows, and no other.
func (f File) Compare(found []Finding) Comparison {
	var c Comparison
	by := map[string]Finding{}
	for _, one := range found {
		by[one.Check] = one
	}
	expected := f.expected()
	for _, fault := range f.Faults {
		o := Outcome{Fault: fault}
		for _, want := range fault.Finds {
			got, ok := by[want.Check]
			switch missing := without(want.Rows, got.Rows); {
			case !ok:
				o.Missed = append(o.Missed, want.Check+" did not notice")
			case got.Status != want.Status:
				o.Missed = append(o.Missed, fmt.Sprintf("%s is %s, want %s", want.Check, got.Status, want.Status))
			case len(missing) > 0:
				o.Missed = append(o.Missed, fmt.Sprintf("%s did not report %s", want.Check, Rows(missing)))
			case got.Violations < expected[want.Check].Violations:
				o.Missed = append(o.Missed, fmt.Sprintf("%s counts %d violations, want %d", want.Check, got.Violations, expected[want.Check].Violations))
			}
		}
		c.Outcomes = append(c.Outcomes, o)
	}
	for _, got := range found {
		want, ok := expected[got.Check]
		switch extra := without(got.Rows, want.Rows); {
		case !ok:
			c.Extra = append(c.Extra, got.String())
		case len(extra) > 0:
			c.Extra = append(c.Extra, fmt.Sprintf("%s also reports %s", got.Check, Rows(extra)))
		case got.Violations > want.Violations:
			c.Extra = append(c.Extra, fmt.Sprintf("%s counts %d violations, want %d", got.Check, got.Violations, want.Violations))
		}
	}
	return c
}

// without returns the numbers of a that are not in b.
func without(a, b []int64) []int64 {
	in := map[int64]bool{}
	for _, n := range b {
		in[n] = true
	}
	var left []int64
	for _, n := range a {
		if !in[n] {
			left = append(left, n)
		}
	}
	return left
}
