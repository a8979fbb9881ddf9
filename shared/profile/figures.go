package profile

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"sort"

	"tillwatch/shared/decimal"
)

// figures are what is known of a column's numbers. Sums are exact, so that
// they do not depend on the order.
type figures struct {
	n            int64
	min, max     decimal.Decimal
	sum, squares decimal.Sum
	// buckets counts numbers that agree in sign, power of two and the next
	// bucketBits bits, so that a bucket is at most 1 part in 512 wide.
	buckets map[int32]int64
}

const bucketBits = 9

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
	f.buckets[bucketOf(d.Float64())] += n
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
	for b, n := range o.buckets {
		f.buckets[b] += n
	}
}

// bucketOf returns the bucket of a number; buckets are ordered as numbers are.
func bucketOf(v float64) int32 {
	b := int32(math.Float64bits(math.Abs(v)) >> (52 - bucketBits))
	if v < 0 {
		return -b
	}
	return b
}

// middleOf returns the number in the middle of a bucket.
func middleOf(bucket int32) float64 {
	if bucket == 0 {
		return 0
	}
	low := math.Float64frombits(uint64(max(bucket, -bucket)) << (52 - bucketBits))
	high := math.Float64frombits(uint64(max(bucket, -bucket)+1) << (52 - bucketBits))
	if bucket < 0 {
		return -(low + high) / 2
	}
	return (low + high) / 2
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

// A weight is a number and how often it occurs.
type weight struct {
	at float64
	n  int64
}

// weights returns the numbers in order: each of them if all are held, else the
// middles of their buckets.
func (c *column) weights() (list []weight, exact bool) {
	if exact = c.below == math.MaxUint64; exact {
		for _, v := range c.held {
			if r := read([]byte(v.text)); !v.long && r.kinds&isNumber != 0 {
				list = append(list, weight{r.number.Float64(), v.n})
			}
		}
	} else {
		low, high := c.numbers.min.Float64(), c.numbers.max.Float64()
		for b, n := range c.numbers.buckets {
			list = append(list, weight{min(max(middleOf(b), low), high), n})
		}
	}
	slices.SortFunc(list, func(a, b weight) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n)) })
	return list, exact
}

// dayWeights returns the days in order.
func (c *column) dayWeights() []weight {
	var list []weight
	for d, n := range c.days {
		list = append(list, weight{float64(d), n})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].at < list[j].at })
	return list
}

// quantile returns the smallest of the weighted numbers that at least a share
// p of all do not exceed; NaN of none.
func quantile(list []weight, p float64) float64 {
	var total, upTo int64
	for _, w := range list {
		total += w.n
	}
	for _, w := range list {
		if upTo += w.n; float64(upTo) >= p*float64(total) {
			return w.at
		}
	}
	return math.NaN()
}
