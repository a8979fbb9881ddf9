package statistic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view/viewtest"
)

// aggregates makes one of each kind over the columns key, number and day.
var aggregates = map[string]func() state.Aggregate{
	"nulls":       func() state.Aggregate { return &state.Nulls{Slot: 1} },
	"extent":      func() state.Aggregate { return &state.Extent{Slot: 2} },
	"figures":     func() state.Aggregate { return &state.Figures{Slot: 1} },
	"distinct":    func() state.Aggregate { return key.NewDistinct([]int{0, 1}) },
	"one column":  func() state.Aggregate { return key.NewDistinct([]int{1}) },
	"occurrences": func() state.Aggregate { return state.NewOccurrences(0) },
	"periods":     func() state.Aggregate { return state.NewPeriods(2, 24*time.Hour) },
	"groups":      func() state.Aggregate { return state.NewGroups([]int{0}, 1, false) },
	"row counts":  func() state.Aggregate { return state.NewGroups(nil, -1, true) },
}

// tell writes what an aggregate knows, in an order of its own.
func tell(a state.Aggregate) string {
	switch a := a.(type) {
	case *state.Nulls:
		return fmt.Sprint(a.Null, a.Total)
	case *state.Extent:
		return fmt.Sprint(a.Oldest, a.Newest, a.Seen)
	case *state.Figures:
		return fmt.Sprint(a.Sum.String(), a.N, a.Min, a.Max, a.Large)
	case *key.Distinct:
		return fmt.Sprint(slices.Sorted(a.Fingerprints().All()), a.Full)
	case *state.Occurrences:
		return fmt.Sprint(a.Seen, a.Full)
	case *state.Periods:
		return fmt.Sprint(a.Seen, a.Full)
	case *state.Groups:
		var b strings.Builder
		for _, group := range slices.Sorted(maps.Keys(a.Sums)) {
			fmt.Fprintf(&b, "%s=%s ", group, a.Sums[group].String())
		}
		return fmt.Sprint(b.String(), a.Wrong, a.Full)
	}
	return "unknown"
}

// observe shows text, without a header, to the aggregate.
func observe(t interface{ Fatal(...any) }, a state.Aggregate, text string, block int) {
	viewtest.Blocks(t, text, block, a.Observe)
}

// TestMergingEqualsTheWhole holds that a file split anywhere, observed in parts
// and merged in any order, gives what observing it whole gives.
func TestMergingEqualsTheWhole(t *testing.T) {
	for name, fresh := range aggregates {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				row := rapid.Custom(func(t *rapid.T) string {
					return rapid.SampledFrom([]string{"a", "b", `"c,"""`, ""}).Draw(t, "key") + "," +
						rapid.SampledFrom([]string{"1", "-2.50", "0.1", "", "x", "1e400", "99999999999999999999"}).Draw(t, "number") + "," +
						rapid.SampledFrom([]string{"2026-01-01", "2026-01-02", "", "1969-12-31", "no"}).Draw(t, "day") + "\n"
				})
				parts := rapid.SliceOfN(rapid.SliceOf(row), 1, 5).Draw(t, "parts")
				whole := fresh()
				var all []string
				for _, p := range parts {
					all = append(all, p...)
				}
				observe(t, whole, strings.Join(all, ""), rapid.IntRange(1, 99).Draw(t, "block"))
				states := make([]state.Aggregate, len(parts))
				for i, p := range parts {
					states[i] = fresh()
					observe(t, states[i], strings.Join(p, ""), 50)
					states[i] = readBack(t, states[i], fresh())
				}
				for len(states) > 1 { // any two become one: associative and commutative
					i := rapid.IntRange(0, len(states)-1).Draw(t, "into")
					j := rapid.IntRange(0, len(states)-2).Draw(t, "from")
					if j >= i {
						j++
					}
					states[i].Merge(states[j])
					states = slices.Delete(states, j, j+1)
				}
				if got, want := tell(states[0]), tell(whole); got != want {
					t.Errorf("merged: got %s, want %s", got, want)
				}
			})
		})
	}
}
