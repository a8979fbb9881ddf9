package key

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"tillwatch/shared/quality/rowset"
	"tillwatch/shared/quality/wire"
)

// A file in sections has its keys gathered section by section: Encode writes what
// one holds, EncodeRepeated finds the repeated ones of a partition among those of
// all sections, and DecodeRepeated reads what was found.

// Encode returns the keys that buffers of one spec hold, as so many messages, a
// power of two and Partitions at most, that equal keys are in the same one
// of. They are of one section of a file, which has so many blocks. Nothing can be
// observed afterwards.
func Encode(buffers []*Buffer, partitions, section, blocks int) ([][]byte, error) {
	for _, b := range buffers {
		if err := b.fingerprints(); err != nil {
			return nil, err
		}
		b.settle()
	}
	messages := make([][]byte, partitions)
	var entries []entry
	var buf []byte
	for m := range messages {
		entries = entries[:0]
		for p := m * Partitions / partitions; p < (m+1)*Partitions/partitions; p++ {
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

// EncodeRepeated returns, as a message for DecodeRepeated, which rows of a file
// have a key that an earlier row has (of a Whole key also a later one), among
// those of one partition. The messages are those that Encode made of each of the
// file's sections, in order.
func EncodeRepeated(messages [][]byte) ([]byte, error) {
	var entries []entry
	before, whole := uint64(0), false // blocks; see Spec
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
			e := entry{print: r.Word(), block: uint32(before + r.Within(blocks)), ordinal: uint32(r.Within(1<<32 - 1))}
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
	slices.SortFunc(later, func(a, b entry) int {
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
func DecodeRepeated(messages [][]byte, records []int) (*rowset.Set, int64, error) {
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
	count := int64(0)
	for _, words := range all {
		for _, word := range words {
			count += int64(bits.OnesCount64(word))
		}
	}
	return rowset.Of(all), count, nil
}
