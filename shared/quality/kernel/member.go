package kernel

import (
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/view"
)

// Member finds the rows whose tuple is not in the set of fingerprints. Rows
// with a null part are not looked at.
func Member(slots []int, set *key.Prints) Kernel {
	find := func(v *view.View, bad []uint32) ([]uint32, int) {
		looked := 0
		key.Tuples(v, slots, func(row int, print uint64) {
			looked++
			if !set.Has(print) {
				bad = append(bad, uint32(row))
			}
		})
		return bad, looked
	}
	if len(slots) == 1 {
		return view.PerValue(slots[0], find)
	}
	return find
}

// MemberRow finds the rows that are not in a set of key.NewRows: with a null among
// their keys, the first of their slots, they never are.
func MemberRow(slots []int, keys int, set *key.Prints) Kernel {
	return func(v *view.View, bad []uint32) ([]uint32, int) {
		key.WholeTuples(v, slots, func(row int, print uint64) {
			null := false
			for _, slot := range slots[:keys] {
				null = null || v.Spans(slot)[row].IsNull()
			}
			if null || !set.Has(print) {
				bad = append(bad, uint32(row))
			}
		})
		return bad, v.Len()
	}
}
