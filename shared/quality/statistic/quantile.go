package statistic

import (
	"iter"
	"maps"
	"math"
	"slices"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
)

// ExactQuantiles is how many different numbers Quantiles holds exactly.
const ExactQuantiles = 4096

// bucketBits is how many bits of a float64's fraction tell buckets apart.
const bucketBits = 10

// QuantileError is the largest relative error of a quantile that is not exact:
// half the width of a bucket.
const QuantileError = 1.0 / (1 << (bucketBits + 1))

// Quantiles knows how a column's numbers are distributed: exactly up to
// ExactQuantiles different ones, beyond by buckets whose ends are 1/1,024 of
// their power of two apart, each with an exact count. A quantile is then off by
// at most QuantileError of its magnitude, 0.05 %. Which of the two depends
// on the numbers alone, and counts add, so that parts merged in any order
// give the same. A number that no Decimal holds counts as the nearest float64. There are at most 252,000
// buckets, of eight bytes each, from the least to the greatest magnitude on either side of
// zero, or 512,000 with such numbers.
type Quantiles struct {
	Slot    int
	N       int64
	Large   int64 // numbers too long to be held
	values  map[decimal.Decimal]int64
	long    map[float64]int64 // those that no Decimal holds
	buckets *buckets          // nil until there are too many values
}

// NewQuantiles returns an aggregate that has seen nothing.
func NewQuantiles(slot int) *Quantiles {
	return &Quantiles{Slot: slot, values: map[decimal.Decimal]int64{}, long: map[float64]int64{}}
}

func (a *Quantiles) Observe(v *view.View) {
	u := v.Units(a.Slot)
	for _, o := range u.Odd {
		switch o.Kind {
		case decimal.Fits:
			a.Add(o.Number, 1)
		case decimal.Large:
			if l, ok := decimal.ParseLong(v.Value(a.Slot, int(o.Row))); ok {
				a.AddLong(l, 1)
			} else {
				a.Large++
			}
		}
	}
	for _, run := range u.Runs() {
		a.addUnits(run, u)
	}
}

// addUnits counts a run of numbers of u once each.
func (a *Quantiles) addUnits(run []int64, u *view.Units) {
	if a.buckets != nil && u.Greatest() < 1<<53 {
		a.N += int64(len(run))
		a.buckets.addUnits(run, u.Scale)
		return
	}
	// A column with few different numbers has them many times.
	var counts [256]struct{ number, n int64 }
	for _, number := range run {
		c := &counts[uint64(number)*0x9E3779B97F4A7C15>>56]
		if c.number != number && c.n > 0 {
			a.Add(decimal.Decimal{Coef: c.number, Scale: u.Scale}, c.n)
			c.n = 0
		}
		c.number = number
		c.n++
	}
	for _, c := range counts {
		if c.n > 0 {
			a.Add(decimal.Decimal{Coef: c.number, Scale: u.Scale}, c.n)
		}
	}
}

// Add counts a number n times.
func (a *Quantiles) Add(d decimal.Decimal, n int64) {
	a.N += n
	if a.buckets != nil {
		a.buckets.add(d, n)
		return
	}
	a.values[d.Reduced()] += n // 1.50 and 1.5 are one number
	if len(a.values)+len(a.long) > ExactQuantiles {
		a.spread()
	}
}

// AddLong counts a number that no Decimal holds n times.
func (a *Quantiles) AddLong(l decimal.Long, n int64) {
	f, _ := l.Rat().Float64()
	a.addLong(f, n)
}

func (a *Quantiles) addLong(f float64, n int64) {
	a.N += n
	if a.buckets != nil {
		a.buckets.addFloat(f, n)
		return
	}
	if a.long[f] += n; len(a.values)+len(a.long) > ExactQuantiles {
		a.spread()
	}
}

// spread goes over from values to buckets.
func (a *Quantiles) spread() {
	if a.buckets != nil {
		return
	}
	a.buckets = new(buckets)
	for d, n := range a.values {
		a.buckets.add(d, n)
	}
	for f, n := range a.long {
		a.buckets.addFloat(f, n)
	}
	a.values, a.long = nil, nil
}

func (a *Quantiles) Merge(other state.Aggregate) {
	o := other.(*Quantiles)
	a.Large += o.Large
	if o.buckets != nil {
		a.spread()
		a.N += o.N
		a.buckets.merge(o.buckets)
		return
	}
	for d, n := range o.values {
		a.Add(d, n)
	}
	for f, n := range o.long {
		a.addLong(f, n)
	}
}

// All yields the numbers in order, each with how often it occurs: those that
// stand for their buckets where At is not exact.
func (a *Quantiles) All() iter.Seq2[float64, int64] {
	return func(yield func(float64, int64) bool) {
		if a.buckets != nil {
			a.buckets.all()(yield)
			return
		}
		long := slices.Sorted(maps.Keys(a.long))
		for _, d := range slices.SortedFunc(maps.Keys(a.values), decimal.Decimal.Cmp) {
			at := d.Float64()
			for ; len(long) > 0 && long[0] < at; long = long[1:] {
				if !yield(long[0], a.long[long[0]]) {
					return
				}
			}
			if !yield(at, a.values[d]) {
				return
			}
		}
		for _, f := range long {
			if !yield(f, a.long[f]) {
				return
			}
		}
	}
}

// Exact reports whether At is exact.
func (a *Quantiles) Exact() bool { return a.buckets == nil }

// At returns the number below which the share q of the numbers lies, q from 0
// to 1: that of rank (N-1)·q counted from 0, interpolated between its
// neighbours where the rank is no whole number, as the median of an even
// number of values is. It is 0 of no numbers.
func (a *Quantiles) At(q float64) float64 {
	if a.N == 0 {
		return 0
	}
	rank := float64(a.N-1) * q
	below := int64(math.Floor(rank))
	x, y := a.ranked(below), a.ranked(min(below+1, a.N-1))
	return x + (rank-float64(below))*(y-x)
}

// ranked returns the number of a rank, from 0.
func (a *Quantiles) ranked(rank int64) float64 {
	for v, n := range a.All() {
		if rank -= n; rank < 0 {
			return v
		}
	}
	return 0
}
