package statistic

import (
	"maps"
	"math"
	"math/bits"
	"slices"

	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
)

// ExactDistinct is how many different values Cardinality counts exactly.
const ExactDistinct = 100_000

// registers of a HyperLogLog sketch of 14 bits.
const (
	sketchBits = 14
	registers  = 1 << sketchBits
)

// Cardinality counts the different tuples of its slots: exactly up to
// ExactDistinct, beyond by a HyperLogLog sketch, whose standard error is 0.81 %
// (1.04 ÷ √registers). Which of the two depends on the tuples alone and not on
// the order in which they came or parts were merged.
type Cardinality struct {
	Slots  []int
	prints key.Prints // empty once there were too many
	ranks  []uint8    // nil until then
}

// NewCardinality returns an aggregate that has seen nothing.
func NewCardinality(slots []int) *Cardinality {
	return &Cardinality{Slots: slots}
}

func (a *Cardinality) Observe(v *view.View) {
	if a.ranks != nil && len(a.Slots) == 1 && !v.Coded(a.Slots[0]) {
		data := v.Batch.Data
		for _, s := range v.Spans(a.Slots[0]) {
			if !s.IsNull() {
				a.rank(key.Fingerprint(data[s.Start:s.End]))
			}
		}
		return
	}
	key.TupleTimes(v, a.Slots, func(print uint64, _ int64) { a.add(print) })
}

func (a *Cardinality) add(print uint64) {
	if a.ranks != nil {
		a.rank(print)
		return
	}
	if a.prints.Add(print); a.prints.Len() > ExactDistinct {
		a.sketch()
	}
}

// sketch goes over from the set to the sketch.
func (a *Cardinality) sketch() {
	if a.ranks != nil {
		return
	}
	a.ranks = make([]uint8, registers)
	for print := range a.prints.All() {
		a.rank(print)
	}
	a.prints = key.Prints{}
}

func (a *Cardinality) rank(print uint64) {
	at := print >> (64 - sketchBits)
	r := uint8(min(bits.LeadingZeros64(print<<sketchBits), 64-sketchBits) + 1)
	a.ranks[at] = max(a.ranks[at], r)
}

func (a *Cardinality) Merge(other state.Aggregate) {
	o := other.(*Cardinality)
	if o.ranks != nil {
		a.sketch()
		for i, r := range o.ranks {
			a.ranks[i] = max(a.ranks[i], r)
		}
		return
	}
	for print := range o.prints.All() {
		a.add(print)
	}
}

// Count returns how many different tuples there are, and whether that is exact.
func (a *Cardinality) Count() (n float64, exact bool) {
	if a.ranks == nil {
		return float64(a.prints.Len()), true
	}
	return math.Round(estimate(a.ranks)), false
}

// estimate reads a HyperLogLog sketch without tables of corrections. Source:
// Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017),
// algorithm 6.
func estimate(ranks []uint8) float64 {
	const most = 64 - sketchBits
	var counts [most + 2]int
	for _, r := range ranks {
		counts[r]++
	}
	m := float64(len(ranks))
	z := m * tau(1-float64(counts[most+1])/m)
	for k := most; k >= 1; k-- {
		z = 0.5 * (z + float64(counts[k]))
	}
	z += m * sigma(float64(counts[0])/m)
	return m * m / (2 * math.Ln2) / z
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}

// Frequencies counts how often each tuple of its slots occurs, by fingerprint,
// up to GroupLimit different ones.
type Frequencies struct {
	Slots []int
	seen  map[uint64]int64
	Full  bool // there were more than fit
}

// NewFrequencies returns an aggregate that has seen nothing.
func NewFrequencies(slots []int) *Frequencies {
	return &Frequencies{Slots: slots, seen: map[uint64]int64{}}
}

func (a *Frequencies) Observe(v *view.View) {
	key.TupleTimes(v, a.Slots, a.add)
}

func (a *Frequencies) add(print uint64, n int64) {
	if a.Full {
		return
	}
	a.seen[print] += n
	if len(a.seen) > state.GroupLimit {
		a.Full, a.seen = true, nil
	}
}

func (a *Frequencies) Merge(other state.Aggregate) {
	o := other.(*Frequencies)
	if o.Full {
		a.Full, a.seen = true, nil
	}
	for print, n := range o.seen {
		a.add(print, n)
	}
}

// Distinct returns how many different tuples there are, how many of them occur
// exactly once, and how often all of them occur together.
func (a *Frequencies) Distinct() (distinct, unique, total int64) {
	for _, n := range a.seen {
		if n == 1 {
			unique++
		}
		total += n
	}
	return int64(len(a.seen)), unique, total
}

// Entropy returns Shannon's entropy in nats of the tuples' shares.
func (a *Frequencies) Entropy() float64 { return entropy(a.seen) }

// Top returns how often the k most frequent tuples occur together.
func (a *Frequencies) Top(k int) (n int64) {
	counts := slices.Sorted(maps.Values(a.seen))
	for _, times := range counts[max(len(counts)-k, 0):] {
		n += times
	}
	return n
}
