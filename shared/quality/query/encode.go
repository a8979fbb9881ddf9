package query

import (
	"slices"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/wire"
)

// Encode implements [state.Aggregate]: groups are written in the order of their
// keys, so that the same state is always written the same.
func (s *State) Encode(w *wire.Writer) {
	f := s.fold
	order := make([]int, f.len())
	for i := range order {
		order[i] = i
	}
	if g := f.groups; g != nil {
		slices.SortFunc(order, func(a, b int) int { return slices.Compare(g.key(a), g.key(b)) })
		w.Bool(g.full)
		w.Uint(uint64(len(order)))
		for _, i := range order {
			w.Bytes(g.key(i))
		}
	}
	for _, a := range f.accumulators {
		a.encode(w, order)
	}
}

// Decode implements [state.Aggregate]; s must have seen nothing.
func (s *State) Decode(r *wire.Reader) {
	f, n := s.fold, 1
	if g := f.groups; g != nil {
		g.full = r.Bool()
		n = r.Count(1)
		for i := range n {
			if g.find(r.Bytes()) != uint32(i) {
				r.Fail("a group that comes twice")
				n = g.len()
				break
			}
		}
		f.grow(n)
	}
	for _, a := range f.accumulators {
		a.decode(r, n)
	}
}

func (a *counts) encode(w *wire.Writer, order []int) {
	for _, i := range order {
		w.Int(a.n[i])
	}
}

func (a *counts) decode(r *wire.Reader, n int) {
	for i := range n {
		a.n[i] = r.Natural()
	}
}

func (a *sums) encode(w *wire.Writer, order []int) {
	for _, i := range order {
		w.Int(a.n[i])
		state.EncodeSum(w, &a.sum[i])
	}
}

func (a *sums) decode(r *wire.Reader, n int) {
	for i := range n {
		a.n[i] = r.Natural()
		state.DecodeSum(r, &a.sum[i])
	}
}

func (a *extremes) encode(w *wire.Writer, order []int) {
	for _, i := range order {
		if a.seen[i] {
			w.Bytes(appendValue(nil, &a.best, i))
		} else {
			w.Bytes(nil)
		}
	}
}

func (a *extremes) decode(r *wire.Reader, n int) {
	for i := range n {
		b := r.Bytes()
		if a.seen[i] = len(b) > 0; a.seen[i] {
			readValue(&a.best, i, slices.Clone(b))
			if a.seen[i] = !a.best.IsNull(i); !a.seen[i] {
				r.Fail("no value")
			}
		}
	}
}

func (a *spreads) encode(w *wire.Writer, order []int) {
	for _, i := range order {
		w.Int(a.n[i])
		state.EncodeSum(w, &a.sum[i])
		state.EncodeSum(w, &a.squares[i])
	}
}

func (a *spreads) decode(r *wire.Reader, n int) {
	for i := range n {
		a.n[i] = r.Natural()
		state.DecodeSum(r, &a.sum[i])
		state.DecodeSum(r, &a.squares[i])
	}
}

func (a *distincts) encode(w *wire.Writer, order []int) {
	w.Bool(a.full)
	for _, i := range order {
		a.prints[i].Encode(w)
	}
}

func (a *distincts) decode(r *wire.Reader, n int) {
	a.full = r.Bool()
	for i := range n {
		a.prints[i].Decode(r)
		a.total += a.prints[i].Len()
	}
}
