package kernel

import (
	"math/big"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/view"
)

// Integer finds the values that are no whole number, or none from min to max,
// which may both be nil.
func Integer(slot int, min, max *big.Int) Kernel {
	good := func(value []byte) bool { return isInteger(value, min, max) }
	text, allowed := Values(slot, good), between(min, max)
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		u := v.Units(slot)
		if !u.Whole {
			return text(v, bad)
		}
		bad = outside(u, allowed, bad, func(o *view.Odd) bool { return !o.Null && !good(v.Value(slot, int(o.Row))) })
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
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
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
	value decimal.Decimal // if it fits
	fits  bool
	exact *big.Rat
}

// NewBound reads a bound, and reports whether text is a number that can be
// compared with.
func NewBound(text string) (Bound, bool) {
	d, kind := decimal.Parse([]byte(text))
	exact, ok := decimal.Rat([]byte(text))
	return Bound{d, kind == decimal.Fits, exact}, ok
}

// Fits reports whether the bound is a decimal.Decimal, as Arithmetic wants it.
func (b Bound) Fits() bool { return b.fits }

// compare returns how n compares with the bound: -1, 0 or 1.
func (b Bound) compare(n decimal.Decimal) int {
	if b.fits {
		return n.Cmp(b.value)
	}
	return n.Rat().Cmp(b.exact)
}

// Positive reports whether the bound is above 0.
func (b Bound) Positive() bool { return b.exact.Sign() > 0 }

// Above reports whether the bound is above n.
func (b Bound) Above(n int64) bool { return b.exact.Cmp(new(big.Rat).SetInt64(n)) > 0 }

// Compare finds the numbers for which good, given how they compare with the
// bound (-1, 0, +1), is false. Values that are no numbers are not looked at.
func Compare(slot int, bound Bound, good func(int) bool) Kernel {
	allowed := [3]bool{good(-1), good(0), good(1)}
	intervals := bound.intervals(allowed)
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		u := v.Units(slot)
		looked := u.N()
		odd := func(o *view.Odd) bool {
			order := 0
			if o.Kind == decimal.Fits {
				order = bound.compare(o.Number)
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
		bad = outside(u, intervals[u.Scale], bad, odd)
		return bad, looked
	})
}

// Multiple finds the numbers that are no whole multiple of step.
func Multiple(slot int, step Bound) Kernel {
	return view.PerValue(slot, func(v *view.View, bad []uint32) ([]uint32, int) {
		numbers, kinds := v.Numbers(slot)
		looked := 0
		for row, kind := range kinds {
			if kind == decimal.NotNumber {
				continue
			}
			good := false
			if kind == decimal.Fits && step.fits {
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
