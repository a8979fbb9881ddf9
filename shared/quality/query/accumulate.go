package query

import (
	"fmt"
	"math"
	"math/big"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/query/vector"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/wire"
)

// An accumulator is what one aggregate has seen, for each group. Merging is
// commutative and associative and gives the same values in any order: counts
// and sums are exact.
type accumulator interface {
	// grow makes room for n groups.
	grow(n int)
	// add takes in rows: of args, where mask (nil for all) is true, into the
	// group that group names (nil for the first).
	add(args []*vector.Vector, mask []uint8, group []uint32, n int)
	// merge adds other's groups; to says which group here each is.
	merge(other accumulator, to []uint32)
	// result sets the values of groups.
	result(out *vector.Vector, from, to int)
	// encode writes the groups in an order, decode reads n groups in theirs.
	encode(w *wire.Writer, order []int)
	decode(r *wire.Reader, n int)
}

func newAccumulator(s spec, grouped bool) accumulator {
	switch s.name {
	case "count":
		return new(counts)
	case "sum", "avg":
		return &sums{mean: s.name == "avg"}
	case "min":
		return &extremes{sign: -1, grouped: grouped, best: vector.Vector{Kind: s.kind}}
	case "max":
		return &extremes{sign: 1, grouped: grouped, best: vector.Vector{Kind: s.kind}}
	case "distinct":
		return new(distincts)
	}
	return &spreads{root: s.name == "stddev_samp" || s.name == "stddev_pop", sample: s.name == "stddev_samp" || s.name == "var_samp"}
}

// each calls f with the rows that count and their groups.
func each(mask []uint8, group []uint32, n int, f func(row int, group uint32)) {
	for row := range n {
		if mask != nil && mask[row] != vector.True {
			continue
		}
		g := uint32(0)
		if group != nil {
			if g = group[row]; g == noGroup {
				continue
			}
		}
		f(row, g)
	}
}

// longer returns s with n elements.
func longer[T any](s []T, n int) []T {
	for len(s) < n {
		var zero T
		s = append(s, zero)
	}
	return s
}

// counts counts rows.
type counts struct{ n []int64 }

func (a *counts) grow(n int) { a.n = longer(a.n, n) }

func (a *counts) add(_ []*vector.Vector, mask []uint8, group []uint32, n int) {
	switch {
	case group == nil && mask == nil:
		a.n[0] += int64(n)
	case group == nil:
		var k int64
		for _, t := range mask[:n] {
			if t == vector.True {
				k++
			}
		}
		a.n[0] += k
	default:
		each(mask, group, n, func(_ int, g uint32) { a.n[g]++ })
	}
}

func (a *counts) merge(other accumulator, to []uint32) {
	for i, n := range other.(*counts).n {
		if to[i] != noGroup {
			a.n[to[i]] += n
		}
	}
}

func (a *counts) result(out *vector.Vector, from, to int) {
	out.Resize(vector.Number, to-from)
	for i, n := range a.n[from:to] {
		out.Set(i, decimal.Decimal{Coef: n})
	}
}

// sums adds numbers, for SUM and AVG.
type sums struct {
	mean bool
	n    []int64
	sum  []decimal.Sum
}

func (a *sums) grow(n int) { a.n, a.sum = longer(a.n, n), longer(a.sum, n) }

func (a *sums) add(args []*vector.Vector, mask []uint8, group []uint32, n int) {
	v := args[0]
	if group == nil {
		sum, seen := a.sum[0], int64(0)
		for row, kind := range v.Kinds[:n] {
			if kind == decimal.NotNumber || mask != nil && mask[row] != vector.True {
				continue
			}
			seen++
			if kind == decimal.Fits {
				sum.Add(v.Numbers[row])
			} else {
				sum.AddRat(v.Larges[row])
			}
		}
		a.sum[0] = sum
		a.n[0] += seen
		return
	}
	each(mask, group, n, func(row int, g uint32) {
		switch v.Kinds[row] {
		case decimal.Fits:
			a.sum[g].Add(v.Numbers[row])
		case decimal.Large:
			a.sum[g].AddRat(v.Larges[row])
		default:
			return
		}
		a.n[g]++
	})
}

func (a *sums) merge(other accumulator, to []uint32) {
	o := other.(*sums)
	for i := range o.n {
		if to[i] != noGroup {
			a.n[to[i]] += o.n[i]
			a.sum[to[i]].Merge(o.sum[i])
		}
	}
}

func (a *sums) result(out *vector.Vector, from, to int) {
	out.Resize(vector.Number, to-from)
	for i := range to - from {
		n, sum := a.n[from+i], &a.sum[from+i]
		switch {
		case n == 0:
			out.SetNull(i)
		case a.mean:
			out.SetRat(i, vector.Quotient(sum.Rat(), new(big.Rat).SetInt64(n)))
		default:
			if d, ok := sum.Decimal(); ok {
				out.Set(i, d)
			} else {
				out.SetRat(i, sum.Rat())
			}
		}
	}
}

// extremes keeps the least or the greatest value.
type extremes struct {
	sign    int
	grouped bool
	seen    []bool
	best    vector.Vector
}

func (a *extremes) grow(n int) {
	old := len(a.seen)
	if n <= old {
		return
	}
	a.seen = longer(a.seen, n)
	next := vector.Vector{}
	next.Resize(a.best.Kind, max(n, 2*old))
	for i := range old {
		next.Copy(i, &a.best, i)
	}
	a.best = next
}

func (a *extremes) add(args []*vector.Vector, mask []uint8, group []uint32, n int) {
	each(mask, group, n, func(row int, g uint32) { a.take(args[0], row, g) })
}

func (a *extremes) take(v *vector.Vector, row int, g uint32) {
	if a.grouped && v.Kind == vector.Text && len(v.Texts[row]) > maxGroupText {
		panic(vector.Limit(fmt.Sprintf("a text of a group is longer than %d bytes, and its MIN and MAX are not kept", maxGroupText)))
	}
	if v.IsNull(row) || a.seen[g] && vector.Order(v, row, &a.best, int(g))*a.sign <= 0 {
		return
	}
	a.seen[g] = true
	a.best.Copy(int(g), v, row)
	if v.Kind == vector.Text { // the block's memory is used again
		a.best.Texts[g] = append([]byte{}, v.Texts[row]...)
	}
}

func (a *extremes) merge(other accumulator, to []uint32) {
	o := other.(*extremes)
	for i, seen := range o.seen {
		if seen && to[i] != noGroup {
			a.take(&o.best, i, to[i])
		}
	}
}

func (a *extremes) result(out *vector.Vector, from, to int) {
	out.Resize(a.best.Kind, to-from)
	for i := range to - from {
		if a.seen[from+i] {
			out.Copy(i, &a.best, from+i)
		} else {
			out.SetNull(i)
		}
	}
}

// spreads sums numbers and their squares, for VARIANCE and STDDEV.
type spreads struct {
	root, sample bool
	n            []int64
	sum, squares []decimal.Sum
}

func (a *spreads) grow(n int) {
	a.n, a.sum, a.squares = longer(a.n, n), longer(a.sum, n), longer(a.squares, n)
}

func (a *spreads) add(args []*vector.Vector, mask []uint8, group []uint32, n int) {
	v := args[0]
	each(mask, group, n, func(row int, g uint32) {
		if v.Kinds[row] == decimal.NotNumber {
			return
		}
		a.n[g]++
		if v.Kinds[row] == decimal.Fits {
			d := v.Numbers[row]
			a.sum[g].Add(d)
			if square, ok := decimal.Mul(d, d); ok {
				a.squares[g].Add(square)
				return
			}
		} else {
			a.sum[g].AddRat(v.Larges[row])
		}
		r := v.Rat(row)
		a.squares[g].AddRat(new(big.Rat).Mul(r, r))
	})
}

func (a *spreads) merge(other accumulator, to []uint32) {
	o := other.(*spreads)
	for i := range o.n {
		if to[i] != noGroup {
			a.n[to[i]] += o.n[i]
			a.sum[to[i]].Merge(o.sum[i])
			a.squares[to[i]].Merge(o.squares[i])
		}
	}
}

func (a *spreads) result(out *vector.Vector, from, to int) {
	out.Resize(vector.Number, to-from)
	for i := range to - from {
		n := a.n[from+i]
		by := n
		if a.sample {
			by--
		}
		if by <= 0 {
			out.SetNull(i)
			continue
		}
		// (Σx² - (Σx)² ÷ n) ÷ by, exact until it is rounded to a float64.
		sum := a.sum[from+i].Rat()
		all := new(big.Rat).Mul(sum, sum)
		all.Quo(all, new(big.Rat).SetInt64(n))
		all.Sub(a.squares[from+i].Rat(), all)
		f, _ := all.Quo(all, new(big.Rat).SetInt64(by)).Float64()
		if a.root {
			f = math.Sqrt(f)
		}
		out.SetFloat(i, f)
	}
}

// distincts counts different values by their fingerprints.
type distincts struct {
	prints []key.Prints
	total  int
	full   bool // there were more than fit
	buffer []byte
}

func (a *distincts) grow(n int) { a.prints = longer(a.prints, n) }

func (a *distincts) add(args []*vector.Vector, mask []uint8, group []uint32, n int) {
	each(mask, group, n, func(row int, g uint32) {
		a.buffer = a.buffer[:0]
		for _, v := range args {
			if v.IsNull(row) {
				return
			}
			a.buffer = appendValue(a.buffer, v, row)
		}
		a.note(g, xxh3.Hash(a.buffer))
	})
}

func (a *distincts) note(g uint32, print uint64) {
	if a.full {
		return
	}
	before := a.prints[g].Len()
	a.prints[g].Add(print)
	a.total += a.prints[g].Len() - before
	a.full = a.total > state.GroupLimit
}

func (a *distincts) merge(other accumulator, to []uint32) {
	o := other.(*distincts)
	a.full = a.full || o.full
	for i := range o.prints {
		if to[i] == noGroup {
			continue
		}
		for print := range o.prints[i].All() {
			a.note(to[i], print)
		}
	}
}

func (a *distincts) result(out *vector.Vector, from, to int) {
	out.Resize(vector.Number, to-from)
	for i := range to - from {
		out.Set(i, decimal.Decimal{Coef: int64(a.prints[from+i].Len())})
	}
}
