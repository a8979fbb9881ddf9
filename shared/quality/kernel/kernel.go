// Package kernel finds the rows of a block that break a rule which looks at one row
// at a time. A Kernel is made once for a check, of what its contract asks for
// (such as Null, Among, Compare with a Bound, Pattern, Member or Arithmetic), and
// then shown one view after another by any number of workers.
package kernel

import (
	"slices"

	"tillwatch/shared/quality/view"
	"tillwatch/shared/textformat"
)

// A Kernel looks at one block and appends to bad the rows (positions in the
// view, ascending) that break its check. It returns how many values it looked
// at. A Kernel keeps nothing between calls, so any number of goroutines may
// share one; what must be remembered is a state.Aggregate.
type Kernel func(v *view.View, bad []uint32) ([]uint32, int)

// Null finds the rows whose cell is null. It looks at every row.
func Null(slot int) Kernel {
	return func(v *view.View, bad []uint32) ([]uint32, int) {
		return append(bad, v.Nulls(slot)...), v.Len()
	}
}

// AnyNull finds the rows of which any cell is null. It says that it looked at
// none: the keys that go with it count those that have one.
func AnyNull(slots []int) Kernel {
	return func(v *view.View, bad []uint32) ([]uint32, int) {
		before := len(bad)
		for _, slot := range slots {
			bad = append(bad, v.Nulls(slot)...)
		}
		if len(slots) > 1 {
			slices.Sort(bad[before:])
			bad = bad[:before+len(slices.Compact(bad[before:]))]
		}
		return bad, len(bad) - before
	}
}

// Values finds the values, nulls apart, that are not good.
func Values(slot int, good func([]byte) bool) Kernel {
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		data := v.Batch.Data
		looked := 0
		for row, s := range spans {
			if s.IsNull() {
				continue
			}
			looked++
			if !good(data[s.Start:s.End]) {
				bad = append(bad, uint32(row))
			}
		}
		return bad, looked
	})
}

// Pattern finds the values that a pattern does not match.
func Pattern(slot int, m *textformat.Matcher) Kernel {
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		return textformat.Mismatches(m, v.Batch.Data, spans, bad)
	})
}

// Cells finds the cells that are not good. With nulls, null cells are looked at
// too, as nil; else they are not.
func Cells(slot int, nulls bool, good func(value []byte) bool) Kernel {
	if !nulls {
		return Values(slot, good)
	}
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		data := v.Batch.Data
		for row, s := range spans {
			var value []byte
			if !s.IsNull() {
				value = data[s.Start:s.End:s.End]
				if value == nil {
					value = []byte{}
				}
			}
			if !good(value) {
				bad = append(bad, uint32(row))
			}
		}
		return bad, len(spans)
	})
}
