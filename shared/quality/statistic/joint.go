package statistic

import (
	"maps"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// Joint counts how often each pair of values of two columns occurs, by
// fingerprints, up to GroupLimit different ones. Rows with a null in either are
// left out.
type Joint struct {
	X, Y int // slots
	seen map[[2]uint64]int64
	Full bool // there were more than fit
}

// NewJoint returns an aggregate that has seen nothing.
func NewJoint(x, y int) *Joint { return &Joint{X: x, Y: y, seen: map[[2]uint64]int64{}} }

func (a *Joint) Observe(v *view.View) {
	v.Spans(a.X)
	ys := v.Spans(a.Y)
	data := v.Batch.Data
	for row, x := range v.Spans(a.X) {
		if y := ys[row]; !x.IsNull() && !y.IsNull() {
			a.add([2]uint64{xxh3.Hash(data[x.Start:x.End]), xxh3.Hash(data[y.Start:y.End])}, 1)
		}
	}
}

func (a *Joint) add(pair [2]uint64, n int64) {
	if a.Full {
		return
	}
	a.seen[pair] += n
	if len(a.seen) > state.GroupLimit {
		a.Full, a.seen = true, nil
	}
}

func (a *Joint) Merge(other state.Aggregate) {
	o := other.(*Joint)
	if o.Full {
		a.Full, a.seen = true, nil
	}
	for pair, n := range o.seen {
		a.add(pair, n)
	}
}

// MutualInformation returns how much one column tells of the other, in nats:
// H(X) + H(Y) - H(X, Y), which is 0 where they have nothing to do with each other
// and the entropy of either where each says all about the other. It is false if
// there are no pairs. Source: Shannon, A Mathematical Theory of Communication
// (1948).
func (a *Joint) MutualInformation() (float64, bool) {
	x, y := map[uint64]int64{}, map[uint64]int64{}
	for pair, n := range a.seen {
		x[pair[0]] += n
		y[pair[1]] += n
	}
	return max(entropy(x)+entropy(y)-entropy(a.seen), 0), len(a.seen) > 0
}

// entropy returns Shannon's entropy in nats of shares given by their counts,
// -Σ p·ln p. It is summed by how often things occur, the rarest first, so that it
// does not depend on the order in which they came.
func entropy[K comparable](counts map[K]int64) float64 {
	times := map[int64]int64{} // occurrences → how many things have them
	total := 0.0
	for _, n := range counts {
		times[n]++
		total += float64(n)
	}
	sum := 0.0
	for _, n := range slices.Sorted(maps.Keys(times)) {
		if p := float64(n) / total; n > 0 {
			sum -= float64(times[n]) * p * math.Log(p)
		}
	}
	return max(sum, 0)
}

// Encode implements Aggregate.
func (a *Joint) Encode(w *wire.Writer) {
	w.Bool(a.Full)
	pairs := map[uint64][]uint64{}
	for pair := range a.seen {
		pairs[pair[0]] = append(pairs[pair[0]], pair[1])
	}
	w.Uint(uint64(len(a.seen)))
	for _, x := range slices.Sorted(maps.Keys(pairs)) {
		for _, y := range slices.Sorted(slices.Values(pairs[x])) {
			w.Word(x)
			w.Word(y)
			w.Int(a.seen[[2]uint64{x, y}])
		}
	}
}

// Decode implements Aggregate.
func (a *Joint) Decode(r *wire.Reader) {
	a.Full = r.Bool()
	n := state.ReadGroups(r, 17)
	a.seen = make(map[[2]uint64]int64, n)
	for range n {
		pair := [2]uint64{r.Word(), r.Word()}
		a.seen[pair] = r.Natural()
	}
	if a.Full {
		a.seen = nil
	}
}
