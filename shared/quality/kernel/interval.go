package kernel

import (
	"math"
	"math/big"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/view"
)

// An interval holds the width whole numbers from low on, counted on a ring: after
// math.MaxInt64 comes the least number. None is math.MinInt64, which is in an
// interval or not as is convenient.
type interval struct {
	low   int64
	width uint64
}

func (i interval) has(n int64) bool { return uint64(n)-uint64(i.low) < i.width }

// hasAll reports whether it certainly holds all numbers from least to most.
func (i interval) hasAll(least, most int64) bool {
	return i.has(most) && uint64(least)-uint64(i.low) <= uint64(most)-uint64(i.low)
}

// The least and the greatest of view.Units.Values that can be.
const (
	leastUnit = math.MinInt64 + 1
	mostUnit  = math.MaxInt64
)

// between returns the whole numbers from low to high, either of which is nil
// for no end.
func between(low, high *big.Int) interval {
	from, to := big.NewInt(leastUnit), big.NewInt(mostUnit)
	if low != nil && low.Cmp(from) > 0 {
		from = low
	}
	if high != nil && high.Cmp(to) < 0 {
		to = high
	}
	if from.Cmp(to) > 0 {
		return interval{}
	}
	return interval{from.Int64(), uint64(to.Int64()) - uint64(from.Int64()) + 1}
}

// intervals returns, for each scale, the numbers of units of which allowed is
// true, given how they compare with the bound (-1, 0, +1, plus one).
func (b Bound) intervals(allowed [3]bool) (list [decimal.MaxScale + 1]interval) {
	unit, ten, one := big.NewRat(1, 1), big.NewRat(10, 1), big.NewInt(1)
	for scale := range list {
		at := new(big.Rat).Mul(b.exact, unit)
		equal := new(big.Int).Div(at.Num(), at.Denom()) // rounded down
		below, above := equal, new(big.Int).Add(equal, one)
		parts := [3]interval{2: between(above, nil)}
		if at.IsInt() {
			below = new(big.Int).Sub(equal, one)
			parts[1] = between(equal, equal)
		}
		parts[0] = between(nil, below)
		for i, part := range parts {
			if allowed[i] {
				list[scale] = list[scale].join(part)
			}
		}
		unit.Mul(unit, ten)
	}
	return list
}

// join returns the numbers of i and of o, which come after them, if they touch on
// the ring or one is empty.
func (i interval) join(o interval) interval {
	switch {
	case o.width == 0:
		return i
	case i.width == 0:
		return o
	case uint64(i.low)+i.width == uint64(o.low):
		return interval{i.low, i.width + o.width}
	}
	return interval{o.low, uint64(i.low) + i.width - uint64(o.low)} // beyond the greatest comes the least
}

// outside appends to bad the rows, ascending, whose number is not allowed, and
// the odd ones that are bad.
func outside(u *view.Units, allowed interval, bad []uint32, isBad func(*view.Odd) bool) []uint32 {
	all := allowed.hasAll(u.Least, u.Most)
	odd := u.Odd
	for row, run := range u.Runs() {
		for ; len(odd) > 0 && int(odd[0].Row) < row; odd = odd[1:] {
			if isBad(&odd[0]) {
				bad = append(bad, odd[0].Row)
			}
		}
		if all {
			continue
		}
		for i, n := range run {
			if !allowed.has(n) {
				bad = append(bad, uint32(row+i))
			}
		}
	}
	for i := range odd {
		if isBad(&odd[i]) {
			bad = append(bad, odd[i].Row)
		}
	}
	return bad
}
