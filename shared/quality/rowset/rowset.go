// Package rowset holds rows of a file: a Set gathers those of each block as it is
// judged, in whatever order blocks come, and merges with those of other workers
// and sections. Sorted, it says whether it Has a row; the Union of several sets
// gives the First of their rows in the order of the file.
package rowset

import (
	"math/bits"
	"sort"
)

// A Set is a set of rows of a file, by block and by the row's ordinal in its
// block. It costs four bytes a row where rows are few and a bit where many.
// The zero value is empty.
type Set struct {
	blocks []blockRows // ascending by block once sorted
}

// blockRows are the rows of one block, as a list or as bits, never both.
type blockRows struct {
	block int
	list  []uint32
	bits  []uint64
}

// Add puts the rows of one block, ascending ordinals out of total, in the set.
// A block must not be added twice.
func (s *Set) Add(block int, ordinals []uint32, total int) {
	if len(ordinals) == 0 {
		return
	}
	rows := blockRows{block: block}
	if len(ordinals)*32 > total {
		rows.bits = make([]uint64, (total+63)/64)
		for _, o := range ordinals {
			rows.bits[o>>6] |= 1 << (o & 63)
		}
	} else {
		rows.list = append([]uint32(nil), ordinals...)
	}
	s.blocks = append(s.blocks, rows)
}

// Merge adds the blocks of other, which must be different blocks.
func (s *Set) Merge(other *Set) { s.blocks = append(s.blocks, other.blocks...) }

// or sets the rows in dst, which has a bit for each record of the block.
func (r *blockRows) or(dst []uint64) {
	for i, w := range r.bits {
		dst[i] |= w
	}
	for _, o := range r.list {
		dst[o>>6] |= 1 << (o & 63)
	}
}

// Union returns the rows that are in any of sets, block by block in order;
// records holds how many records each block has.
func Union(sets []*Set, records []int) [][]uint64 {
	all := make([][]uint64, len(records))
	for _, s := range sets {
		for i := range s.blocks {
			r := &s.blocks[i]
			if all[r.block] == nil {
				all[r.block] = make([]uint64, (records[r.block]+63)/64)
			}
			r.or(all[r.block])
		}
	}
	return all
}

// Intersect leaves of a union the rows that another has too.
func Intersect(rows, other [][]uint64) {
	for block, words := range rows {
		if other[block] == nil {
			rows[block] = nil
			continue
		}
		for i := range words {
			words[i] &= other[block][i]
		}
	}
}

// Add adds to a union the rows of another.
func Add(rows, other [][]uint64) {
	for block, words := range other {
		if rows[block] == nil {
			rows[block] = words
			continue
		}
		for i := range words {
			rows[block][i] |= words[i]
		}
	}
}

// Has reports whether the set holds a row. The set must be sorted.
func (s *Set) Has(block int, ordinal uint32) bool {
	i := sort.Search(len(s.blocks), func(i int) bool { return s.blocks[i].block >= block })
	if i == len(s.blocks) || s.blocks[i].block != block {
		return false
	}
	r := &s.blocks[i]
	if r.bits != nil {
		return r.bits[ordinal>>6]&(1<<(ordinal&63)) != 0
	}
	j := sort.Search(len(r.list), func(j int) bool { return r.list[j] >= ordinal })
	return j < len(r.list) && r.list[j] == ordinal
}

// Mark sets the bits of one block's rows in dst, which has a bit for each
// record of the block, and reports whether there are any. The set must be
// sorted.
func (s *Set) Mark(block int, dst []uint64) bool {
	i := sort.Search(len(s.blocks), func(i int) bool { return s.blocks[i].block >= block })
	if i == len(s.blocks) || s.blocks[i].block != block {
		return false
	}
	s.blocks[i].or(dst)
	return true
}

// Sort orders the blocks; Has and Mark want it.
func (s *Set) Sort() {
	sort.Slice(s.blocks, func(i, j int) bool { return s.blocks[i].block < s.blocks[j].block })
}

// First calls each with the first limit rows of a union, in file order, and
// returns how many rows there are in all.
func First(all [][]uint64, limit int, each func(block int, ordinal uint32)) int64 {
	var total int64
	for block, words := range all {
		for i, w := range words {
			total += int64(bits.OnesCount64(w))
			for ; w != 0 && limit > 0; w &= w - 1 {
				each(block, uint32(i<<6+bits.TrailingZeros64(w)))
				limit--
			}
		}
	}
	return total
}

// Joined returns the rows that are in any of sets, sorted; records holds how
// many records each block has.
func Joined(sets []*Set, records []int) *Set {
	return Of(Union(sets, records))
}

// Of returns the set, sorted, of rows that stand as bits, for each block one for
// each of its records, or nil for none. It keeps the bits.
func Of(all [][]uint64) *Set {
	s := &Set{}
	for block, words := range all {
		if words != nil {
			s.blocks = append(s.blocks, blockRows{block: block, bits: words})
		}
	}
	return s
}
