package key

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"

	"tillwatch/shared/quality/wire"
)

// Prints is a set of fingerprints, in eleven to twenty-two bytes each. The zero
// value is empty.
type Prints struct {
	table []uint64 // a power of two; 0 is free
	n     int      // in the table
	zero  bool     // whether 0 is in the set
}

// scatter spreads fingerprints over a table in a way that differs from process
// to process, so that no file can be made to fall into one place.
var scatter = maphash.String(maphash.MakeSeed(), "prints") | 1

// Len returns how many fingerprints there are.
func (p *Prints) Len() int {
	if p.zero {
		return p.n + 1
	}
	return p.n
}

// Has reports whether a fingerprint is in the set.
func (p *Prints) Has(print uint64) bool {
	if print == 0 {
		return p.zero
	}
	return len(p.table) > 0 && p.table[p.find(print)] == print
}

// Add puts a fingerprint in the set.
func (p *Prints) Add(print uint64) {
	if print == 0 {
		p.zero = true
		return
	}
	if 4*p.n >= 3*len(p.table) {
		p.resize(max(64, 2*len(p.table)))
	}
	if at := p.find(print); p.table[at] == 0 {
		p.table[at] = print
		p.n++
	}
}

// find returns where a fingerprint stands, or would stand.
func (p *Prints) find(print uint64) int {
	mask := len(p.table) - 1
	at := int(print * scatter >> (64 - bits.Len(uint(mask))))
	for p.table[at] != print && p.table[at] != 0 {
		at = (at + 1) & mask
	}
	return at
}

func (p *Prints) resize(size int) {
	old := p.table
	p.table = make([]uint64, size)
	for _, print := range old {
		if print != 0 {
			p.table[p.find(print)] = print
		}
	}
}

// Merge adds the fingerprints of o.
func (p *Prints) Merge(o *Prints) {
	// Places are taken in order: in a smaller table they would crowd.
	if len(o.table) > len(p.table) {
		p.resize(len(o.table))
	}
	for print := range o.All() {
		p.Add(print)
	}
}

// All returns the fingerprints, in no order.
func (p *Prints) All() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if p.zero && !yield(0) {
			return
		}
		for _, print := range p.table {
			if print != 0 && !yield(print) {
				return
			}
		}
	}
}

// Encode writes the set in ascending order.
func (p *Prints) Encode(w *wire.Writer) { w.Words(slices.Sorted(p.All())) }

// Decode replaces the set by one that Encode wrote.
func (p *Prints) Decode(r *wire.Reader) {
	*p = Prints{}
	for range r.Count(8) {
		p.Add(r.Word())
	}
}
