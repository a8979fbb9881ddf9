package statistic

import (
	"iter"
	"math"

	"tillwatch/shared/decimal"
)

// buckets counts numbers by the bucket that they fall into. The zero value has
// counted none.
type buckets struct {
	zeros        int64
	below, above window // by the bucket of the magnitude
}

// A window holds the counts of the buckets from low on.
type window struct {
	low    int
	counts []int64
}

// bucketsPerPower is how many buckets a power of two has, and by how many a
// window grows.
const bucketsPerPower = 1 << bucketBits

// add counts a number n times.
func (b *buckets) add(d decimal.Decimal, n int64) {
	b.addAt(magnitudeBucket(d.Float64()), d.Coef, n)
}

// addFloat counts a number that is not 0 n times.
func (b *buckets) addFloat(f float64, n int64) {
	sign := int64(1)
	if f < 0 {
		sign = -1
	}
	b.addAt(magnitudeBucket(f), sign, n)
}

// addAt counts a number with that sign n times.
func (b *buckets) addAt(bucket int, sign, n int64) {
	switch {
	case sign > 0:
		b.above.add(bucket, n)
	case sign < 0:
		b.below.add(bucket, n)
	default:
		b.zeros += n
	}
}

// addUnits counts numbers of 10^-scale whose magnitudes a float64 holds.
func (b *buckets) addUnits(run []int64, scale uint8) {
	unit := decimal.Decimal{Coef: 1}
	one, _ := unit.Units(scale)
	by := float64(one)
	for _, n := range run {
		// As exact as Decimal.Float64: both are whole, so the division rounds once.
		at := magnitudeBucket(float64(n) / by)
		if i := at - b.above.low; n > 0 && uint(i) < uint(len(b.above.counts)) {
			b.above.counts[i]++
		} else {
			b.addAt(at, n, 1)
		}
	}
}

// magnitudeBucket numbers the buckets in the order of the numbers' magnitudes.
func magnitudeBucket(f float64) int {
	return int(math.Float64bits(f) << 1 >> (53 - bucketBits))
}

// merge adds what o counted.
func (b *buckets) merge(o *buckets) {
	b.zeros += o.zeros
	b.below.merge(&o.below)
	b.above.merge(&o.above)
}

// all yields, in order, the numbers that stand for the buckets, each with its
// count.
func (b *buckets) all() iter.Seq2[float64, int64] {
	return func(yield func(float64, int64) bool) {
		for i := len(b.below.counts) - 1; i >= 0; i-- {
			if n := b.below.counts[i]; n > 0 && !yield(-middle(b.below.low+i), n) {
				return
			}
		}
		if b.zeros > 0 && !yield(0, b.zeros) {
			return
		}
		for i, n := range b.above.counts {
			if n > 0 && !yield(middle(b.above.low+i), n) {
				return
			}
		}
	}
}

// middle is the number that stands for a bucket of magnitudes.
func middle(bucket int) float64 {
	low, high := math.Float64frombits(uint64(bucket)<<(52-bucketBits)), math.Float64frombits(uint64(bucket+1)<<(52-bucketBits))
	return (low + high) / 2
}

func (w *window) add(bucket int, n int64) {
	at := bucket - w.low
	if uint(at) >= uint(len(w.counts)) {
		at = w.reach(bucket)
	}
	w.counts[at] += n
}

// reach makes the window hold a bucket and returns where.
func (w *window) reach(bucket int) int {
	low := bucket &^ (bucketsPerPower - 1)
	high := low + bucketsPerPower
	if len(w.counts) > 0 {
		low, high = min(low, w.low), max(high, w.low+len(w.counts))
	}
	counts := make([]int64, high-low)
	copy(counts[max(w.low-low, 0):], w.counts)
	w.low, w.counts = low, counts
	return bucket - low
}

func (w *window) merge(o *window) {
	if len(o.counts) == 0 {
		return
	}
	w.reach(o.low + len(o.counts) - 1)
	for at, i := w.reach(o.low), 0; i < len(o.counts); i++ {
		w.counts[at+i] += o.counts[i]
	}
}
