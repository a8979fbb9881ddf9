package key

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/state/statetest"
	"tillwatch/shared/quality/view/viewtest"
)

var kinds = statetest.Kinds{
	"tuples":     func() state.Aggregate { return NewDistinct([]int{0, 1}) },
	"one column": func() state.Aggregate { return NewDistinct([]int{1}) },
	"rows":       func() state.Aggregate { return NewRows([]int{0, 2}) },
}

// tell writes what an aggregate knows, in an order of its own.
func tell(a state.Aggregate) string {
	d := a.(*Distinct)
	return fmt.Sprint(slices.Sorted(d.Fingerprints().All()), d.Full)
}

func TestMergingEqualsTheWhole(t *testing.T) { statetest.Merging(t, kinds, tell) }

func FuzzDecode(f *testing.F) { statetest.Decoding(f, kinds, tell) }

// TestDistinctAgreesWithTheObviousWay holds the same of how many there are, and
// that going over to fingerprints loses none.
func TestDistinctAgreesWithTheObviousWay(t *testing.T) {
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				keys := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return form(rapid.IntRange(0, 2000).Draw(t, "n")) }), 1, 200).Draw(t, "keys")
				want := map[string]bool{}
				for _, k := range keys {
					if want[k] = true; k == "" {
						delete(want, k)
					}
				}
				a, b := NewDistinct([]int{0}), NewDistinct([]int{0})
				cut := rapid.IntRange(0, len(keys)).Draw(t, "cut")
				viewtest.Blocks(t, strings.Join(keys[:cut], ",,\n")+",,\n", 50, a.Observe)
				viewtest.Blocks(t, strings.Join(keys[cut:], ",,\n")+",,\n", 5000, b.Observe)
				a.Merge(b)
				if got := a.Len(); got != len(want) {
					t.Errorf("got %d, want %d", got, len(want))
				}
				prints := a.Fingerprints()
				for k := range want {
					if !prints.Has(Fingerprint([]byte(k))) {
						t.Errorf("%q is lost", k)
					}
				}
				if prints.Len() != len(want) {
					t.Errorf("got %d fingerprints, want %d", prints.Len(), len(want))
				}
			})
		})
	}
}
