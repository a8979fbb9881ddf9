package statistic

import (
	"maps"
	"slices"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/wire"
)

// Encode implements Aggregate.
func (a *Powers) Encode(w *wire.Writer) {
	w.Int(a.N)
	w.Int(a.Zeros)
	w.Int(a.Large)
	for i := range a.Sums {
		state.EncodeSum(w, &a.Sums[i])
		for k := range a.wide[i] {
			if a.wide[i][k].Sign() != 0 {
				w.Uint(uint64(k) + 1)
				state.EncodeSum(w, &a.wide[i][k])
			}
		}
		w.Uint(0)
		state.EncodeLongSum(w, &a.long[i])
	}
}

// Decode implements Aggregate.
func (a *Powers) Decode(r *wire.Reader) {
	a.N, a.Zeros, a.Large = r.Natural(), r.Natural(), r.Natural()
	for i := range a.Sums {
		state.DecodeSum(r, &a.Sums[i])
		for k := r.Within(decimal.MaxScale + 1); k > 0; k = r.Within(decimal.MaxScale + 1) {
			state.DecodeSum(r, &a.wide[i][k-1])
		}
		state.DecodeLongSum(r, &a.long[i])
	}
}

// Encode implements Aggregate.
func (a *Pair) Encode(w *wire.Writer) {
	w.Int(a.N)
	w.Int(a.Large)
	for i, sum := range a.sums() {
		state.EncodeSum(w, sum)
		state.EncodeLongSum(w, &a.long[i])
	}
}

// Decode implements Aggregate.
func (a *Pair) Decode(r *wire.Reader) {
	a.N, a.Large = r.Natural(), r.Natural()
	for i, sum := range a.sums() {
		state.DecodeSum(r, sum)
		state.DecodeLongSum(r, &a.long[i])
	}
}

func (a *Pair) sums() []*decimal.Sum { return []*decimal.Sum{&a.SX, &a.SY, &a.XX, &a.YY, &a.XY} }

// Encode implements Aggregate.
func (a *Lengths) Encode(w *wire.Writer) {
	for _, n := range []int64{a.N, a.Sum, a.Least, a.Most} {
		w.Int(n)
	}
}

// Decode implements Aggregate.
func (a *Lengths) Decode(r *wire.Reader) {
	a.N, a.Sum, a.Least, a.Most = r.Natural(), r.Natural(), r.Natural(), r.Natural()
}

// Encode implements Aggregate.
func (a *Cardinality) Encode(w *wire.Writer) {
	w.Bytes(a.ranks)
	w.Words(slices.Sorted(a.prints.All()))
}

// Decode implements Aggregate.
func (a *Cardinality) Decode(r *wire.Reader) {
	a.ranks, a.prints = slices.Clone(r.Bytes()), key.Prints{}
	prints := r.Words()
	for _, rank := range a.ranks {
		if rank > 64-sketchBits+1 {
			r.Fail("a rank that no tuple has")
		}
	}
	if len(a.ranks) > 0 {
		if len(a.ranks) != registers || len(prints) > 0 {
			r.Fail("no sketch")
			a.ranks = make([]uint8, registers)
		}
		return
	}
	a.ranks = nil
	for _, print := range prints {
		a.add(print)
	}
}

// Encode implements Aggregate.
func (a *Frequencies) Encode(w *wire.Writer) {
	w.Bool(a.Full)
	w.Uint(uint64(len(a.seen)))
	for _, print := range slices.Sorted(maps.Keys(a.seen)) {
		w.Word(print)
		w.Int(a.seen[print])
	}
}

// Decode implements Aggregate.
func (a *Frequencies) Decode(r *wire.Reader) {
	a.Full = r.Bool()
	n := state.ReadGroups(r, 9)
	a.seen = nil
	if a.Full {
		if n > 0 {
			r.Fail("tuples where there were too many")
		}
		return
	}
	a.seen = make(map[uint64]int64, n)
	for range n {
		print := r.Word()
		a.seen[print] = r.Natural()
	}
}

// Encode implements Aggregate.
func (a *Quantiles) Encode(w *wire.Writer) {
	w.Int(a.N)
	w.Int(a.Large)
	w.Bool(a.buckets != nil)
	if a.buckets != nil {
		w.Int(a.buckets.zeros)
		a.buckets.below.encode(w)
		a.buckets.above.encode(w)
		return
	}
	w.Uint(uint64(len(a.values)))
	for _, d := range slices.SortedFunc(maps.Keys(a.values), decimal.Decimal.Cmp) {
		state.EncodeDecimal(w, d)
		w.Int(a.values[d])
	}
	w.Uint(uint64(len(a.long)))
	for _, f := range slices.Sorted(maps.Keys(a.long)) {
		w.Float(f)
		w.Int(a.long[f])
	}
}

// Decode implements Aggregate.
func (a *Quantiles) Decode(r *wire.Reader) {
	*a = *NewQuantiles(a.Slot)
	total := r.Natural()
	a.Large = r.Natural()
	if r.Bool() {
		a.spread()
		a.buckets.zeros = r.Natural()
		a.N = a.buckets.zeros + a.buckets.below.decode(r) + a.buckets.above.decode(r)
	} else {
		for range r.Count(3) {
			d := state.DecodeDecimal(r)
			a.Add(d, r.Natural())
		}
		for range r.Count(9) {
			f := r.Float()
			if bucket := magnitudeBucket(f); bucket < leastBucket || bucket > mostBucket {
				r.Fail("no long number")
				break
			}
			a.addLong(f, r.Natural())
		}
	}
	if a.N != total {
		r.Fail("a wrong number of values")
	}
}

func (b *window) encode(w *wire.Writer) {
	held := 0
	for _, n := range b.counts {
		if n != 0 {
			held++
		}
	}
	w.Uint(uint64(held))
	for i, n := range b.counts {
		if n != 0 {
			w.Uint(uint64(b.low + i))
			w.Int(n)
		}
	}
}

// decode returns how many numbers it read.
func (b *window) decode(r *wire.Reader) (total int64) {
	for range r.Count(2) {
		at, n := int(r.Uint()), r.Natural()
		if at < leastBucket || at > mostBucket {
			r.Fail("no bucket of a number")
			return 0
		}
		b.add(at, n)
		total += n
	}
	return total
}

// leastBucket and mostBucket are those of the least and the greatest magnitude
// that a decimal.Long has.
var leastBucket, mostBucket = magnitudeBucket(1e-75), magnitudeBucket(1e76)
