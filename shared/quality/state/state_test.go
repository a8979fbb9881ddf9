package state_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/state/statetest"
)

var kinds = statetest.Kinds{
	"nulls":   func() state.Aggregate { return &state.Nulls{Slot: 1} },
	"extent":  func() state.Aggregate { return &state.Extent{Slot: 2} },
	"figures": func() state.Aggregate { return &state.Figures{Slot: 1} },
	"newest": func() state.Aggregate {
		return &state.Newest{Slot: 2, Until: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	},
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
		return fmt.Sprint(a.Sum(), a.N(), a.Min(), a.Max(), a.Large)
	case *state.Newest:
		return fmt.Sprint(a.Newest, a.Seen, a.Later)
	case *state.Occurrences:
		return fmt.Sprint(a.Seen, a.Full)
	case *state.Periods:
		return fmt.Sprint(a.Seen, a.Full)
	case *state.Groups:
		var b strings.Builder
		for _, key := range slices.Sorted(maps.Keys(a.Sums)) {
			fmt.Fprintf(&b, "%s=%s ", key, a.Sums[key].String())
		}
		return fmt.Sprint(b.String(), a.Wrong, a.Full)
	}
	return "unknown"
}

func TestMergingEqualsTheWhole(t *testing.T) { statetest.Merging(t, kinds, tell) }

func FuzzDecode(f *testing.F) { statetest.Decoding(f, kinds, tell) }
