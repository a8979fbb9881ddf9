package profile

import (
	"math"
	"math/big"
	"sort"
	"strconv"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/statistic"
)

// figures are what is known of a column's numbers. Sums are exact, so that
// they do not depend on the order.
type figures struct {
	n            int64
	min, max     decimal.Decimal // of those that a Decimal holds
	sum, squares decimal.Sum     // of those
	spread       *statistic.Quantiles
	long         longFigures
}

// longFigures are of the numbers that no Decimal holds, such as 5.65e-21 or a whole one of 64
// bits.
type longFigures struct {
	n            int64 // of figures.n
	min, max     decimal.Long
	sum, squares decimal.LongSum
}

func (f *figures) addLong(l decimal.Long, n int64) {
	if f.long.n == 0 || l.Cmp(f.long.min) < 0 {
		f.long.min = l
	}
	if f.long.n == 0 || l.Cmp(f.long.max) > 0 {
		f.long.max = l
	}
	f.n += n
	f.long.n += n
	times := decimal.Decimal{Coef: n}.Long()
	f.long.sum.Add(l.Times(times))
	f.long.squares.Add(l.Times(l).Times(times))
	f.spread.AddLong(l, n)
}

// extremes returns the least and the greatest number.
func (f *figures) extremes() (least, greatest decimal.Long) {
	if f.long.n == 0 {
		return f.min.Long(), f.max.Long()
	}
	least, greatest = f.long.min, f.long.max
	if f.n > f.long.n {
		if l := f.min.Long(); l.Cmp(least) < 0 {
			least = l
		}
		if l := f.max.Long(); l.Cmp(greatest) > 0 {
			greatest = l
		}
	}
	return least, greatest
}

// reach returns the extremes as the nearest floats.
func (f *figures) reach() (least, greatest float64) {
	low, high := f.extremes()
	least, _ = low.Rat().Float64()
	greatest, _ = high.Rat().Float64()
	return least, greatest
}

// texts returns the extremes and the sum as a person reads them.
func (f *figures) texts() (least, greatest, sum string) {
	if f.long.n == 0 {
		return f.min.String(), f.max.String(), f.sum.String()
	}
	short := func(r *big.Rat) string {
		if r.IsInt() {
			return r.Num().String()
		}
		x, _ := r.Float64()
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	low, high := f.extremes()
	return short(low.Rat()), short(high.Rat()), short(new(big.Rat).Add(f.sum.Rat(), f.long.sum.Rat()))
}

func (f *figures) add(d decimal.Decimal, n int64) {
	if f.n == f.long.n || d.Cmp(f.min) < 0 {
		f.min = d
	}
	if f.n == f.long.n || d.Cmp(f.max) > 0 {
		f.max = d
	}
	f.n += n
	f.sum.AddTimes(d, n)
	if square, ok := decimal.Mul(d, d); ok {
		f.squares.AddTimes(square, n)
	} else {
		r := d.Rat()
		r.Mul(r, r)
		f.squares.AddRat(r.Mul(r, new(big.Rat).SetInt64(n)))
	}
	f.spread.Add(d, n)
}

func (f *figures) merge(o *figures) {
	if o.n == 0 {
		return
	}
	if o.n > o.long.n {
		if f.n == f.long.n || o.min.Cmp(f.min) < 0 {
			f.min = o.min
		}
		if f.n == f.long.n || o.max.Cmp(f.max) > 0 {
			f.max = o.max
		}
	}
	if o.long.n > 0 {
		if f.long.n == 0 || o.long.min.Cmp(f.long.min) < 0 {
			f.long.min = o.long.min
		}
		if f.long.n == 0 || o.long.max.Cmp(f.long.max) > 0 {
			f.long.max = o.long.max
		}
	}
	f.n += o.n
	f.long.n += o.long.n
	f.long.sum.Merge(&o.long.sum)
	f.long.squares.Merge(&o.long.squares)
	f.sum.Merge(o.sum)
	f.squares.Merge(o.squares)
	f.spread.Merge(o.spread)
}

// mean returns the mean, and the deviation of a sample, 0 for fewer than two.
func (f *figures) meanDeviation() (mean, deviation float64) {
	if f.n == 0 {
		return 0, 0
	}
	n := new(big.Rat).SetInt64(f.n)
	sum := new(big.Rat).Add(f.sum.Rat(), f.long.sum.Rat())
	m := new(big.Rat).Quo(sum, n)
	mean, _ = m.Float64()
	if f.n < 2 {
		return mean, 0
	}
	spread := new(big.Rat).Add(f.squares.Rat(), f.long.squares.Rat())
	spread.Sub(spread, m.Mul(m, sum))
	spread.Quo(spread, n.SetInt64(f.n-1))
	variance, _ := spread.Float64()
	return mean, math.Sqrt(max(variance, 0))
}

// weights returns the numbers in order, and whether they are exact and not
// those in the middle of their buckets.
func (c *column) weights() (list []drift.Weight, exact bool) {
	low, high := c.numbers.reach()
	for at, n := range c.numbers.spread.All() {
		list = append(list, drift.Weight{At: min(max(at, low), high), N: n})
	}
	return list, c.numbers.spread.Exact()
}

// dayWeights returns the days in order.
func (c *column) dayWeights() []drift.Weight {
	var list []drift.Weight
	for d, n := range c.days {
		list = append(list, drift.Weight{At: float64(d), N: n})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].At < list[j].At })
	return list
}
