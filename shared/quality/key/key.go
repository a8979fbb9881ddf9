// Package key tells the rows of a file apart by the values that they have in some
// columns, and finds those whose key an earlier row has.
//
// A Spec says which columns make up a key. Each worker's Buffer observes the
// blocks that the worker sees, beyond its bound with a Spill; Repeats then finds
// the rows whose key came before among all workers' buffers. Sections of one file
// that are judged apart Encode their buffers instead; see EncodeRepeated.
//
// Keys that are a prefix and a number that counts up are kept as numbers; others
// are Fingerprints. Tuples and TupleTimes yield those of a block, Prints is a set
// of them, and Distinct an aggregate that remembers which keys there are.
package key

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"tillwatch/shared/quality/view"
)

// Exact uniqueness works on 64-bit fingerprints, spread over partitions by
// their leading bits so that each partition's table fits a processor's cache.
// Two different keys among n share a fingerprint with a chance below n²/2⁶⁵:
// one in a million for five million keys.

// Partitions is how many partitions keys are spread over; a power of two.
const Partitions = 256

// A Spec is a key whose rows after the first are to be found. A key with a
// null part is no key, as in SQL, unless it is Whole.
type Spec struct {
	Slots []int
	// Whole says that the key is all of a row: a null is a value like others, and
	// the first of equal rows is found too.
	Whole bool
	Index int // among the file's keys
	Check int // the check that the rows break
	Where int // the filter of the rows that have a key; see view.View.Where
}

// An entry is one row's key and place.
type entry struct {
	print          uint64
	block, ordinal uint32
}

// EntryBytes is the memory that one key takes, somewhat more than it does on
// average: the 7 bytes of its fingerprint that its partition does not tell, and
// how many rows it comes after the partition's last, mostly in one or two bytes.
const EntryBytes = 10

// spilledBytes is what one key takes in the spill file.
const spilledBytes = 12

// A Buffer gathers one worker's keys of one spec. Beyond its bound it moves
// them to a temporary file, partition by partition.
type Buffer struct {
	spec  *Spec
	bound int // entries in memory, pending ones included
	spill *Spill
	// numbers holds the keys while all of them are numbers with one prefix; nil
	// once they are fingerprints.
	numbers *numbering
	// pending are the newest entries, not yet spread over the partitions, so
	// that a short file costs no partitions at all.
	pending    []pendingKey
	partitions *[Partitions][]*chunk  // nil until the first spreading
	held       int                    // entries in partitions
	free       []*chunk               // whose entries were flushed
	segments   *[Partitions][]segment // nil until the first spilling
	blocks     []blockStart
	rows       uint64 // records seen
}

// A pendingKey is an entry that waits to be spread.
type pendingKey struct {
	print uint64
	row   uint32
}

// mostPending is how many entries wait at most before they are spread.
const mostPending = 4096

// A chunk holds some entries of a partition, ascending by row: of each the
// low 56 bits of the fingerprint, and the row less the one before as a varint.
// Chunks are not copied as a partition grows, so that memory stays close to what
// the entries need.
type chunk struct {
	n    int    // bytes in use
	last uint32 // row of the last entry
	data [chunkBytes]byte
}

const (
	chunkBytes     = 2048 - 16
	mostEntryBytes = 7 + binary.MaxVarintLen32 + 1 // with the byte that the varint overwrites
	// leastPartitioned is how many entries partitions are worth having for.
	leastPartitioned = Partitions * chunkBytes / EntryBytes
)

// put appends an entry and returns whether there was room for it.
func (c *chunk) put(print uint64, row uint32) bool {
	if c.n+mostEntryBytes > chunkBytes {
		return false
	}
	binary.LittleEndian.PutUint64(c.data[c.n:], print)
	c.n += 7
	c.n += binary.PutUvarint(c.data[c.n:], uint64(row-c.last))
	c.last = row
	return true
}

// each calls f with each entry of a chunk of partition p.
func (c *chunk) each(p int, f func(print uint64, row uint32)) {
	row := uint32(0)
	for at := 0; at < c.n; {
		print := binary.LittleEndian.Uint64(c.data[at:])<<8>>8 | uint64(p)<<56
		more, size := binary.Uvarint(c.data[at+7:])
		row += uint32(more)
		at += 7 + size
		f(print, row)
	}
}

// A blockStart says which number the first record of a block got. Codes are the
// block's keys if they are numbers; see numbering.
type blockStart struct {
	block uint32
	row   uint32
	codes []byte
}

// maxRows is how many records one buffer can number.
const maxRows = 1<<32 - 1

// errTooManyRows is returned for a file of more rows than can be told apart.
var errTooManyRows = errors.New("more than 4,294,967,295 rows for one worker")

// A segment is a run of a partition's entries in the spill file.
type segment struct {
	offset  int64
	entries int
}

// NewBuffer returns an empty buffer that holds up to bound keys, of
// EntryBytes each, in memory and more in spill.
func NewBuffer(spec *Spec, bound int, spill *Spill) *Buffer {
	k := &Buffer{spec: spec, bound: bound, spill: spill}
	if len(spec.Slots) == 1 && !spec.Whole {
		k.numbers = new(numbering)
	}
	return k
}

// Spec returns what the buffer's keys are made of.
func (k *Buffer) Spec() *Spec { return k.spec }

// Observe adds the keys of a block and returns how many rows have one. Blocks
// must come in the order of the file.
func (k *Buffer) Observe(v *view.View) (int, error) {
	if k.rows+uint64(v.Batch.Records) > maxRows {
		return 0, errTooManyRows
	}
	first := uint32(k.rows)
	start := blockStart{block: uint32(v.Block), row: first}
	if k.numbers != nil {
		codes, keyed, ok := k.numbers.encode(v, k.spec.Slots[0])
		if ok && k.numbers.bytes+len(codes) <= k.bound*EntryBytes {
			k.numbers.bytes += len(codes)
			start.codes = bytes.Clone(codes)
			k.blocks = append(k.blocks, start)
			k.rows += uint64(v.Batch.Records)
			return keyed, nil
		}
		if err := k.fingerprints(); err != nil {
			return 0, err
		}
	}
	k.blocks = append(k.blocks, start)
	k.rows += uint64(v.Batch.Records)
	keyed := 0
	var err error
	tuples := Tuples
	if k.spec.Whole {
		tuples = WholeTuples
	}
	tuples(v, k.spec.Slots, func(row int, print uint64) {
		if keyed++; err == nil {
			err = k.add(print, first+uint32(v.Ordinal(row)))
		}
	})
	return keyed, err
}

// fingerprints turns the keys that were kept as numbers into fingerprints.
func (k *Buffer) fingerprints() error {
	n := k.numbers
	if k.numbers = nil; n == nil {
		return nil
	}
	var text []byte
	var err error
	for i := range k.blocks {
		b := &k.blocks[i]
		eachRun(b.codes, func(ordinal uint32, number uint64, count int) {
			for i := range count {
				if text = n.text(text[:0], number+uint64(i)); err == nil {
					err = k.add(Fingerprint(text), b.row+ordinal+uint32(i))
				}
			}
		})
		b.codes = nil
	}
	return err
}

// add takes in one entry, whose row comes after those before.
func (k *Buffer) add(print uint64, row uint32) error {
	k.pending = append(k.pending, pendingKey{print, row})
	if len(k.pending) < min(mostPending, k.bound) {
		return nil
	}
	return k.spread()
}

// spread empties the pending entries into the partitions, or into the spill
// file where the bound leaves no room for partitions.
func (k *Buffer) spread() error {
	if k.bound < leastPartitioned {
		return k.spillPending()
	}
	if k.partitions == nil {
		k.partitions = new([Partitions][]*chunk)
	}
	for _, e := range k.pending {
		k.put(e.print, e.row)
	}
	k.held += len(k.pending)
	k.pending = k.pending[:0]
	if k.held > k.bound {
		return k.flush()
	}
	return nil
}

// spillPending writes the pending entries to the spill file, by partition.
func (k *Buffer) spillPending() error {
	slices.SortFunc(k.pending, func(a, b pendingKey) int { return cmp.Compare(a.print>>56, b.print>>56) })
	var buf []byte
	for len(k.pending) > 0 {
		p := k.pending[0].print >> 56
		n := 0
		buf = buf[:0]
		for n < len(k.pending) && k.pending[n].print>>56 == p {
			buf = binary.LittleEndian.AppendUint64(buf, k.pending[n].print)
			buf = binary.LittleEndian.AppendUint32(buf, k.pending[n].row)
			n++
		}
		if err := k.segment(int(p), buf); err != nil {
			return err
		}
		k.pending = k.pending[n:]
	}
	k.pending = nil
	return nil
}

// segment appends the entries in buf to a partition in the spill file.
func (k *Buffer) segment(p int, buf []byte) error {
	at, err := k.spill.write(buf)
	if err != nil {
		return fmt.Errorf("spill keys: %w", err)
	}
	if k.segments == nil {
		k.segments = new([Partitions][]segment)
	}
	k.segments[p] = append(k.segments[p], segment{at, len(buf) / spilledBytes})
	return nil
}

func (k *Buffer) put(print uint64, row uint32) {
	p := &k.partitions[print>>56]
	if last := len(*p) - 1; last >= 0 && (*p)[last].put(print, row) {
		return
	}
	c := k.chunk()
	c.put(print, row)
	*p = append(*p, c)
}

// chunk returns an empty chunk.
func (k *Buffer) chunk() *chunk {
	last := len(k.free) - 1
	if last < 0 {
		return new(chunk)
	}
	c := k.free[last]
	k.free = k.free[:last]
	c.n, c.last = 0, 0
	return c
}

// entry tells the place of a row by its number; hint is the index of a block
// not far before it, and is moved to that of its own.
func (k *Buffer) entry(print uint64, row uint32, hint *int) entry {
	if k.blocks[*hint].row > row {
		*hint = sort.Search(len(k.blocks), func(i int) bool { return k.blocks[i].row > row }) - 1
	}
	for *hint+1 < len(k.blocks) && k.blocks[*hint+1].row <= row {
		*hint++
	}
	b := &k.blocks[*hint]
	return entry{print, b.block, row - b.row}
}

// flush moves the entries of all partitions to the spill file.
func (k *Buffer) flush() error {
	var buf []byte
	for p, chunks := range k.partitions {
		if len(chunks) == 0 {
			continue
		}
		buf = buf[:0]
		for _, c := range chunks {
			c.each(p, func(print uint64, row uint32) {
				buf = binary.LittleEndian.AppendUint64(buf, print)
				buf = binary.LittleEndian.AppendUint32(buf, row)
			})
		}
		if err := k.segment(p, buf); err != nil {
			return err
		}
		k.free = append(k.free, chunks...)
		k.partitions[p] = chunks[:0]
	}
	k.held = 0
	return nil
}

// settle makes every entry found by partition, once all are observed: pending
// ones are sorted.
func (k *Buffer) settle() {
	k.free = nil
	slices.SortFunc(k.pending, func(a, b pendingKey) int { return cmp.Compare(a.print>>56, b.print>>56) })
}

// partition appends all entries of one partition to dst; buf is scratch memory.
func (k *Buffer) partition(p int, dst []entry, buf *[]byte) ([]entry, error) {
	hint := 0
	at := sort.Search(len(k.pending), func(i int) bool { return k.pending[i].print>>56 >= uint64(p) })
	for ; at < len(k.pending) && k.pending[at].print>>56 == uint64(p); at++ {
		dst = append(dst, k.entry(k.pending[at].print, k.pending[at].row, &hint))
	}
	if k.partitions != nil {
		hint = 0
		for _, c := range k.partitions[p] {
			c.each(p, func(print uint64, row uint32) { dst = append(dst, k.entry(print, row, &hint)) })
		}
	}
	if k.segments == nil {
		return dst, nil
	}
	for _, s := range k.segments[p] {
		n := s.entries * spilledBytes
		*buf = slices.Grow((*buf)[:0], n)[:n]
		if _, err := k.spill.file.ReadAt(*buf, s.offset); err != nil {
			return nil, fmt.Errorf("read spilled keys: %w", err)
		}
		for b := *buf; len(b) > 0; b = b[spilledBytes:] {
			dst = append(dst, k.entry(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:]), &hint))
		}
	}
	return dst, nil
}
