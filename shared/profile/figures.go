package profile

import (
	"math"
	"math/big"
	"sort"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/statistic"
)

// figures are what is known of a column's numbers. Sums are exact, so that
// they do not depend on the order.
type figures struct {
	n            int64
	min, max     decimal.Decimal
	sum, squares decimal.Sum
	spread       *statistic.Quantiles
}

func (f *figures) add(d decimal.Decimal, n int64) {
	if f.n == 0 || d.Cmp(f.min) < 0 {
		f.min = d
	}
	if f.n == 0 || d.Cmp(f.max) > 0 {
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
	if f.n == 0 || o.min.Cmp(f.min) < 0 {
		f.min = o.min
	}
	if f.n == 0 || o.max.Cmp(f.max) > 0 {
		f.max = o.max
	}
	f.n += o.n
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
	sum := f.sum.Rat()
	m := new(big.Rat).Quo(sum, n)
	mean, _ = m.Float64()
	if f.n < 2 {
		return mean, 0
	}
	spread := f.squares.Rat()
	spread.Sub(spread, m.Mul(m, sum))
	spread.Quo(spread, n.SetInt64(f.n-1))
	variance, _ := spread.Float64()
	return mean, math.Sqrt(max(variance, 0))
}

// weights returns the numbers in order, and whether they are exact and not
// those in the middle of their buckets.
func (c *column) weights() (list []drift.Weight, exact bool) {
	low, high := c.numbers.min.Float64(), c.numbers.max.Float64()
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
