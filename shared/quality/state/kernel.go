package state

import (
	"math/big"
	"slices"

	"tillwatch/shared/decimal"
	"tillwatch/shared/expression"
	"tillwatch/shared/textformat"
)

// A Kernel looks at one block and appends to bad the rows (positions in the
// batch, ascending) that break its check. It returns how many values it looked
// at. A Kernel keeps nothing between calls, so any number of goroutines may
// share one; what must be remembered is an Aggregate.
type Kernel func(v *View, bad []uint32) ([]uint32, int)

// Null finds the rows whose cell is null. It looks at every row.
func Null(slot int) Kernel {
	return func(v *View, bad []uint32) ([]uint32, int) {
		return append(bad, v.Nulls(slot)...), v.Len()
	}
}

// AnyNull finds the rows of which any cell is null. It says that it looked at
// none: the keys that go with it count those that have one.
func AnyNull(slots []int) Kernel {
	return func(v *View, bad []uint32) ([]uint32, int) {
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
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
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
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		return textformat.Mismatches(m, v.Batch.Data, spans, bad)
	})
}

// Integer finds the values that are no whole number, or none from min to max,
// which may both be nil.
func Integer(slot int, min, max *big.Int) Kernel {
	good := func(value []byte) bool { return isInteger(value, min, max) }
	text, allowed := Values(slot, good), between(min, max)
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		u := v.Units(slot)
		if !u.Whole {
			return text(v, bad)
		}
		bad = u.outside(allowed, bad, func(o *Odd) bool { return !o.Null && !good(v.Value(slot, int(o.Row))) })
		return bad, len(u.Values) - u.Nulls
	})
}

// isInteger reports whether a value is a whole number from min to max, which may both
// be nil.
func isInteger(value []byte, min, max *big.Int) bool {
	n, kind := decimal.ParseInteger(value)
	switch {
	case kind == decimal.NotNumber:
		return false
	case min == nil:
		return true
	case kind == decimal.Fits && min.IsInt64() && max.IsInt64():
		return n >= min.Int64() && n <= max.Int64()
	}
	if len(value) > longestInteger {
		return false
	}
	exact, ok := new(big.Int).SetString(string(value), 10)
	return ok && exact.Cmp(min) >= 0 && exact.Cmp(max) <= 0
}

// longestInteger is how many digits an integer of bounded width may be written
// with; 128 bits take 39, and leading zeros are allowed for.
const longestInteger = 64

// Number finds the values that are no number.
func Number(slot int) Kernel {
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		u := v.Units(slot)
		for _, o := range u.Odd {
			if !o.Null && o.Kind == decimal.NotNumber {
				bad = append(bad, o.Row)
			}
		}
		return bad, len(u.Values) - u.Nulls
	})
}

// Within finds the values that are no number from min to max.
func Within(slot int, min, max *big.Int) Kernel {
	low, high := new(big.Rat).SetInt(min), new(big.Rat).SetInt(max)
	return Values(slot, func(value []byte) bool {
		if _, kind := decimal.Parse(value); kind != decimal.Large {
			return kind == decimal.Fits
		}
		exact, ok := decimal.Rat(value)
		return ok && exact.Cmp(low) >= 0 && exact.Cmp(high) <= 0
	})
}

// A Bound is one end of a range of numbers, kept exactly.
type Bound struct {
	value decimal.Decimal
	exact *big.Rat
}

// NewBound reads a bound, and reports whether text is a number that can be
// compared with.
func NewBound(text string) (Bound, bool) {
	d, kind := decimal.Parse([]byte(text))
	exact, ok := decimal.Rat([]byte(text))
	return Bound{d, exact}, ok && kind == decimal.Fits
}

// Compare finds the numbers for which good, given how they compare with the
// bound (-1, 0, +1), is false. Values that are no numbers are not looked at.
func Compare(slot int, bound Bound, good func(int) bool) Kernel {
	allowed := [3]bool{good(-1), good(0), good(1)}
	intervals := bound.intervals(allowed)
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		u := v.Units(slot)
		looked := u.N()
		odd := func(o *Odd) bool {
			order := 0
			if o.Kind == decimal.Fits {
				order = o.Number.Cmp(bound.value)
			} else if o.Kind == decimal.NotNumber {
				return false
			} else if exact, ok := decimal.Rat(v.Value(slot, int(o.Row))); ok {
				order = exact.Cmp(bound.exact)
			} else {
				return false
			}
			looked++
			return !allowed[order+1]
		}
		bad = u.outside(intervals[u.Scale], bad, odd)
		return bad, looked
	})
}

// Multiple finds the numbers that are no whole multiple of step.
func Multiple(slot int, step Bound) Kernel {
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		numbers, kinds := v.Numbers(slot)
		looked := 0
		for row, kind := range kinds {
			if kind == decimal.NotNumber {
				continue
			}
			good := false
			if kind == decimal.Fits {
				good = numbers[row].MultipleOf(step.value)
			} else if exact, ok := decimal.Rat(v.Value(slot, row)); ok {
				good = new(big.Rat).Quo(exact, step.exact).IsInt()
			} else {
				continue
			}
			looked++
			if !good {
				bad = append(bad, uint32(row))
			}
		}
		return bad, looked
	})
}

// Member finds the rows whose tuple is not in the set of fingerprints. Rows
// with a null part are not looked at.
func Member(slots []int, set *Prints) Kernel {
	find := func(v *View, bad []uint32) ([]uint32, int) {
		looked := 0
		Tuples(v, slots, func(row int, print uint64) {
			looked++
			if !set.Has(print) {
				bad = append(bad, uint32(row))
			}
		})
		return bad, looked
	}
	if len(slots) == 1 {
		return perValue(slots[0], find)
	}
	return find
}

// MemberRow finds the rows that are not in a set of NewRows: with a null among
// their keys, the first of their slots, they never are.
func MemberRow(slots []int, keys int, set *Prints) Kernel {
	return func(v *View, bad []uint32) ([]uint32, int) {
		wholeTuples(v, slots, func(row int, print uint64) {
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

// Arithmetic finds the rows in which a comparison between columns does not
// hold. Rows with a cell that is no number are not looked at.
func Arithmetic(slots []int, rule *expression.Comparison, tolerance Bound) Kernel {
	return func(v *View, bad []uint32) ([]uint32, int) {
		columns := make([]expression.Column, len(slots))
		units := make([]*Units, len(slots))
		holds := make([]bool, v.Len())
		alone := make([]bool, v.Len()) // rows to be judged one by one
		for i, s := range slots {
			u := v.Units(s)
			units[i], columns[i] = u, expression.Column{Values: u.Values, Scale: u.Scale, Most: max(magnitude(u.Least), magnitude(u.Most))}
			for _, o := range u.Odd {
				alone[o.Row] = true
			}
		}
		all := rule.HoldsAll(columns, tolerance.value, holds)
		cells := make([]decimal.Decimal, len(slots))
		looked := 0
		for row, good := range holds {
			measured := true
			if !all || alone[row] {
				good, measured = arithmeticRow(v, slots, units, row, cells, rule, tolerance)
			}
			if measured {
				looked++
				if !good {
					bad = append(bad, uint32(row))
				}
			}
		}
		return bad, looked
	}
}

// arithmeticRow judges one row; cells is scratch memory.
func arithmeticRow(v *View, slots []int, units []*Units, row int, cells []decimal.Decimal, rule *expression.Comparison, tolerance Bound) (holds, measured bool) {
	fits := true
	for i, u := range units {
		var kind decimal.Kind
		cells[i], kind = u.At(row)
		switch kind {
		case decimal.NotNumber:
			return false, false
		case decimal.Large:
			fits = false
		}
	}
	if fits {
		if holds, measured = rule.Holds(cells, tolerance.value); measured {
			return holds, true
		}
	}
	return exactly(v, slots, row, rule, tolerance)
}

// exactly evaluates a comparison with fractions, for the rows whose numbers
// are too long for the fast way.
func exactly(v *View, slots []int, row int, rule *expression.Comparison, tolerance Bound) (holds, measured bool) {
	cells := make([]*big.Rat, len(slots))
	for i, s := range slots {
		var ok bool
		if cells[i], ok = decimal.Rat(v.Value(s, row)); !ok {
			return false, false
		}
	}
	return rule.HoldsExact(cells, tolerance.exact)
}

// Positive reports whether the bound is above 0.
func (b Bound) Positive() bool { return b.exact.Sign() > 0 }

// Above reports whether the bound is above n.
func (b Bound) Above(n int64) bool { return b.exact.Cmp(new(big.Rat).SetInt64(n)) > 0 }

// Cells finds the cells that are not good. With nulls, null cells are looked at
// too, as nil; else they are not.
func Cells(slot int, nulls bool, good func(value []byte) bool) Kernel {
	if !nulls {
		return Values(slot, good)
	}
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
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
