package state

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"tillwatch/shared/quality/wire"
)

// Encode writes the set, which must be sorted.
func (s *RowSet) Encode(w *wire.Writer) {
	w.Uint(uint64(len(s.blocks)))
	for i := range s.blocks {
		b := &s.blocks[i]
		w.Uint(uint64(b.block))
		w.Bool(b.bits != nil)
		if b.bits != nil {
			w.Words(b.bits)
			continue
		}
		w.Uint(uint64(len(b.list)))
		last := uint32(0)
		for _, o := range b.list {
			w.Uint(uint64(o - last))
			last = o
		}
	}
}

// Decode replaces the set by one that Encode wrote, of blocks that have so many
// records.
func (s *RowSet) Decode(r *wire.Reader, records []int) {
	s.blocks = make([]blockRows, 0, r.Count(3))
	last := -1
	for range cap(s.blocks) {
		b := blockRows{block: int(r.Within(uint64(len(records))))}
		if b.block <= last || b.block == len(records) {
			r.Fail("blocks of rows that are none, or out of order")
		}
		last = b.block
		many := r.Bool()
		if r.Failed() {
			break
		}
		total := records[b.block]
		if many {
			b.bits = r.Words()
			if len(b.bits) != (total+63)/64 || total%64 != 0 && b.bits[len(b.bits)-1]>>(total%64) != 0 {
				r.Fail("bits of rows that are none")
				break
			}
		} else {
			b.list = make([]uint32, r.Count(1))
			at := uint64(0)
			for i := range b.list {
				at += r.Within(uint64(total))
				if at >= uint64(total) || i > 0 && uint32(at) == b.list[i-1] {
					r.Fail("rows that are none")
					break
				}
				b.list[i] = uint32(at)
			}
		}
		s.blocks = append(s.blocks, b)
	}
	if r.Failed() {
		s.blocks = nil
	}
}

// Shift makes the set one of blocks that come after so many others.
func (s *RowSet) Shift(blocks int) {
	for i := range s.blocks {
		s.blocks[i].block += blocks
	}
}

// MostKeyPartitions is the most that EncodeKeys divides keys into.
const MostKeyPartitions = keyPartitions

// EncodeKeys returns the keys that buffers of one spec hold, as so many messages,
// a power of two and MostKeyPartitions at most, that equal keys are in the
// same one of. They are of one section of a file, which has so many blocks.
// Nothing can be observed afterwards.
func EncodeKeys(buffers []*KeyBuffer, partitions, section, blocks int) ([][]byte, error) {
	for _, b := range buffers {
		if err := b.fingerprints(); err != nil {
			return nil, err
		}
		b.settle()
	}
	messages := make([][]byte, partitions)
	var entries []keyEntry
	var buf []byte
	for m := range messages {
		entries = entries[:0]
		for p := m * keyPartitions / partitions; p < (m+1)*keyPartitions/partitions; p++ {
			for _, b := range buffers {
				var err error
				if entries, err = b.partition(p, entries, &buf); err != nil {
					return nil, err
				}
			}
		}
		var w wire.Writer
		w.Uint(uint64(section))
		w.Uint(uint64(blocks))
		w.Bool(len(buffers) > 0 && buffers[0].spec.Whole)
		w.Uint(uint64(len(entries)))
		for _, e := range entries {
			w.Word(e.print)
			w.Uint(uint64(e.block))
			w.Uint(uint64(e.ordinal))
		}
		messages[m] = w.Seal()
	}
	return messages, nil
}

// RepeatedKeys returns, as a message for DecodeRepeated, which rows of a file
// have a key that an earlier row has (of a Whole key also a later one), among those of one partition. The messages
// are those that EncodeKeys made of each of the file's sections, in order.
func RepeatedKeys(messages [][]byte) ([]byte, error) {
	var entries []keyEntry
	before, whole := uint64(0), false // blocks; see KeySpec
	for section, message := range messages {
		r, err := wire.Open(message)
		if err != nil {
			return nil, fmt.Errorf("read keys of section %d: %w", section, err)
		}
		if of := r.Uint(); of != uint64(section) {
			r.Fail(fmt.Sprintf("the keys are of section %d", of))
		}
		blocks := r.Within(1<<31 - before)
		whole = r.Bool()
		count := r.Count(10)
		entries = slices.Grow(entries, count)
		for range count {
			e := keyEntry{print: r.Word(), block: uint32(before + r.Within(blocks)), ordinal: uint32(r.Within(1<<32 - 1))}
			if uint64(e.block) == before+blocks {
				r.Fail("a key of a block that is none")
			}
			entries = append(entries, e)
		}
		if err := r.Done(); err != nil {
			return nil, fmt.Errorf("read keys of section %d: %w", section, err)
		}
		before += blocks
	}
	later, _ := repeated(entries, nil, nil, whole)
	slices.SortFunc(later, func(a, b keyEntry) int {
		return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.ordinal, b.ordinal))
	})
	var w wire.Writer
	w.Uint(before)
	w.Uint(uint64(len(later)))
	last := uint32(0)
	for _, e := range later {
		w.Uint(uint64(e.block - last))
		w.Uint(uint64(e.ordinal))
		last = e.block
	}
	return w.Seal(), nil
}

// DecodeRepeated returns the rows that the messages of all partitions name, and
// how many they are; records holds how many records each block has.
func DecodeRepeated(messages [][]byte, records []int) (*RowSet, int64, error) {
	all := make([][]uint64, len(records))
	for _, message := range messages {
		r, err := wire.Open(message)
		if err != nil {
			return nil, 0, fmt.Errorf("read repeated keys: %w", err)
		}
		if blocks := r.Uint(); blocks != uint64(len(records)) {
			r.Fail(fmt.Sprintf("keys of %d blocks where there are %d", blocks, len(records)))
		}
		block := uint64(0)
		for range r.Count(2) {
			block += r.Within(uint64(len(records)))
			ordinal := r.Uint()
			if block >= uint64(len(records)) || ordinal >= uint64(records[block]) {
				r.Fail("a row that is none")
				break
			}
			if all[block] == nil {
				all[block] = make([]uint64, (records[block]+63)/64)
			}
			all[block][ordinal>>6] |= 1 << (ordinal & 63)
		}
		if err := r.Done(); err != nil {
			return nil, 0, fmt.Errorf("read repeated keys: %w", err)
		}
	}
	set, count := &RowSet{}, int64(0)
	for block, words := range all {
		if words != nil {
			set.blocks = append(set.blocks, blockRows{block: block, bits: words})
			for _, word := range words {
				count += int64(bits.OnesCount64(word))
			}
		}
	}
	return set, count, nil
}
