package state

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sort"
	"sync"

	"github.com/zeebo/xxh3"
)

// Exact uniqueness works on 64-bit fingerprints, spread over partitions by
// their leading bits so that each partition's table fits a processor's cache.
// Two different keys among n share a fingerprint with a chance below n²/2⁶⁵:
// one in a million for five million keys.

// keyPartitions is how many partitions there are; a power of two.
const keyPartitions = 256

// A KeySpec is a key whose rows after the first are to be found. A key with a
// null part is no key, as in SQL.
type KeySpec struct {
	Slots []int
	Index int // among the file's keys
	Check int // the check that the rows break
}

// A keyEntry is one row's key and place.
type keyEntry struct {
	print          uint64
	block, ordinal uint32
}

// KeyEntryBytes is the memory that one key takes: its fingerprint and the
// number of its row among those that the buffer has seen.
const KeyEntryBytes = 12

// A KeyBuffer gathers one worker's keys of one spec. Beyond its bound it moves
// them to a temporary file, partition by partition.
type KeyBuffer struct {
	spec  *KeySpec
	bound int // entries in memory, pending ones included
	spill *Spill
	// pending are the newest entries, not yet spread over the partitions, so
	// that a short file costs no partitions at all.
	pending    []pendingKey
	partitions *[keyPartitions][]*keyChunk // nil until the first spreading
	held       int                         // entries in partitions
	segments   *[keyPartitions][]segment   // nil until the first spilling
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

// A Spill is a temporary file that the key buffers of one worker share. It is
// used by one goroutine at a time while it is written.
type Spill struct {
	dir     string
	file    *os.File
	written int64
}

// NewSpill returns a spill that makes its file in dir ("" is the system's) when
// it is first needed.
func NewSpill(dir string) *Spill { return &Spill{dir: dir} }

// write appends b and returns where it stands.
func (s *Spill) write(b []byte) (int64, error) {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "tillwatch-keys-*")
		if err != nil {
			return 0, err
		}
		// The name is not needed: the file goes when it is closed.
		if err := os.Remove(f.Name()); err != nil {
			f.Close()
			return 0, err
		}
		s.file = f
	}
	at := s.written
	if _, err := s.file.WriteAt(b, at); err != nil {
		return 0, err
	}
	s.written += int64(len(b))
	return at, nil
}

// Close gives up the file.
func (s *Spill) Close() {
	if s.file != nil {
		s.file.Close()
	}
}

// A keyChunk holds some entries of a partition. Chunks are not copied as a
// partition grows, so that memory stays close to what the entries need.
type keyChunk struct {
	n      int
	prints [keyChunkEntries]uint64
	rows   [keyChunkEntries]uint32
}

const keyChunkEntries = 340 // just below 4 KiB

// A blockStart says which number the first record of a block got.
type blockStart struct {
	block uint32
	row   uint32
}

// maxKeyRows is how many records one buffer can number.
const maxKeyRows = 1<<32 - 1

// ErrTooManyRows is returned for a file of more rows than can be told apart.
var ErrTooManyRows = errors.New("more than 4,294,967,295 rows for one worker")

// A segment is a run of a partition's entries in the spill file.
type segment struct {
	offset  int64
	entries int
}

// NewKeyBuffer returns an empty buffer that holds up to bound keys, of
// KeyEntryBytes each, in memory and more in spill.
func NewKeyBuffer(spec *KeySpec, bound int, spill *Spill) *KeyBuffer {
	return &KeyBuffer{spec: spec, bound: bound, spill: spill}
}

// Spec returns what the buffer's keys are made of.
func (k *KeyBuffer) Spec() *KeySpec { return k.spec }

// Observe adds the keys of a block and returns how many rows have one. Blocks
// must come in the order of the file.
func (k *KeyBuffer) Observe(v *View) (int, error) {
	if k.rows+uint64(v.Batch.Records) > maxKeyRows {
		return 0, ErrTooManyRows
	}
	first := uint32(k.rows)
	k.blocks = append(k.blocks, blockStart{uint32(v.Block), first})
	k.rows += uint64(v.Batch.Records)
	keyed := 0
	var err error
	Tuples(v, k.spec.Slots, func(row int, print uint64) {
		keyed++
		k.pending = append(k.pending, pendingKey{print, first + uint32(v.Batch.Ordinal(row))})
		if len(k.pending) >= min(mostPending, k.bound) && err == nil {
			err = k.spread()
		}
	})
	return keyed, err
}

// spread empties the pending entries into the partitions, or into the spill
// file where the bound leaves no room for partitions.
func (k *KeyBuffer) spread() error {
	if k.bound < keyPartitions*keyChunkEntries {
		return k.spillPending()
	}
	if k.partitions == nil {
		k.partitions = new([keyPartitions][]*keyChunk)
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
func (k *KeyBuffer) spillPending() error {
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
func (k *KeyBuffer) segment(p int, buf []byte) error {
	at, err := k.spill.write(buf)
	if err != nil {
		return fmt.Errorf("spill keys: %w", err)
	}
	if k.segments == nil {
		k.segments = new([keyPartitions][]segment)
	}
	k.segments[p] = append(k.segments[p], segment{at, len(buf) / KeyEntryBytes})
	return nil
}

func (k *KeyBuffer) put(print uint64, row uint32) {
	p := &k.partitions[print>>56]
	last := len(*p) - 1
	if last < 0 || (*p)[last].n == keyChunkEntries {
		*p = append(*p, new(keyChunk))
		last++
	}
	c := (*p)[last]
	c.prints[c.n], c.rows[c.n] = print, row
	c.n++
}

// entry tells the place of a row by its number.
func (k *KeyBuffer) entry(print uint64, row uint32) keyEntry {
	i := sort.Search(len(k.blocks), func(i int) bool { return k.blocks[i].row > row }) - 1
	return keyEntry{print, k.blocks[i].block, row - k.blocks[i].row}
}

// Chain extends the fingerprint of a tuple by one more value.
func Chain(print uint64, value []byte) uint64 {
	return xxh3.HashSeed(value, print+0x9E3779B97F4A7C15)
}

// flush moves the entries of all partitions to the spill file.
func (k *KeyBuffer) flush() error {
	var buf []byte
	for p, chunks := range k.partitions {
		if len(chunks) == 0 {
			continue
		}
		buf = buf[:0]
		for _, c := range chunks {
			for i := range c.n {
				buf = binary.LittleEndian.AppendUint64(buf, c.prints[i])
				buf = binary.LittleEndian.AppendUint32(buf, c.rows[i])
			}
		}
		if err := k.segment(p, buf); err != nil {
			return err
		}
		chunks[0].n = 0
		k.partitions[p] = chunks[:1]
	}
	k.held = 0
	return nil
}

// settle makes every entry found by partition, once all are observed: pending
// ones are sorted.
func (k *KeyBuffer) settle() {
	slices.SortFunc(k.pending, func(a, b pendingKey) int { return cmp.Compare(a.print>>56, b.print>>56) })
}

// partition appends all entries of one partition to dst.
func (k *KeyBuffer) partition(p int, dst []keyEntry) ([]keyEntry, error) {
	at := sort.Search(len(k.pending), func(i int) bool { return k.pending[i].print>>56 >= uint64(p) })
	for ; at < len(k.pending) && k.pending[at].print>>56 == uint64(p); at++ {
		dst = append(dst, k.entry(k.pending[at].print, k.pending[at].row))
	}
	if k.partitions != nil {
		for _, c := range k.partitions[p] {
			for i := range c.n {
				dst = append(dst, k.entry(c.prints[i], c.rows[i]))
			}
		}
	}
	if k.segments == nil {
		return dst, nil
	}
	var buf []byte
	for _, s := range k.segments[p] {
		buf = grow(buf, s.entries*KeyEntryBytes)
		if _, err := k.spill.file.ReadAt(buf, s.offset); err != nil {
			return nil, fmt.Errorf("read spilled keys: %w", err)
		}
		for b := buf; len(b) > 0; b = b[KeyEntryBytes:] {
			dst = append(dst, k.entry(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])))
		}
	}
	return dst, nil
}

// Repeats returns the rows whose key occurs in an earlier row, from the
// buffers that all workers filled for one spec; records holds how many records
// each block has. No more than threads partitions are in memory at once.
func Repeats(buffers []*KeyBuffer, records []int, threads int) (*RowSet, int64, error) {
	var (
		mu    sync.Mutex
		bits  = make([][]uint64, len(records))
		count int64
		fail  error
		wg    sync.WaitGroup
		next  = make(chan int, keyPartitions)
	)
	for _, b := range buffers {
		b.settle()
	}
	for p := range keyPartitions {
		next <- p
	}
	close(next)
	for range max(threads, 1) {
		wg.Go(func() {
			var entries []keyEntry
			var table []uint32
			var later []keyEntry
			for p := range next {
				entries, later = entries[:0], later[:0]
				var err error
				for _, b := range buffers {
					if entries, err = b.partition(p, entries); err != nil {
						break
					}
				}
				later, table = repeated(entries, later, table)
				mu.Lock()
				if err != nil && fail == nil {
					fail = err
				}
				count += int64(len(later))
				for _, e := range later {
					if bits[e.block] == nil {
						bits[e.block] = make([]uint64, (records[e.block]+63)/64)
					}
					bits[e.block][e.ordinal>>6] |= 1 << (e.ordinal & 63)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	set := &RowSet{}
	for block, words := range bits {
		if words != nil {
			set.blocks = append(set.blocks, blockRows{block: block, bits: words})
		}
	}
	return set, count, fail
}

// repeated appends to later the entries whose fingerprint an entry earlier in
// the file has, in any order. table is scratch memory.
func repeated(entries, later []keyEntry, table []uint32) ([]keyEntry, []uint32) {
	size := 16
	for size < 2*len(entries) {
		size *= 2
	}
	table = grow(table, size)
	clear(table)
	mask := uint64(size - 1)
	for i, e := range entries {
		at := e.print & mask
		for {
			held := table[at]
			if held == 0 {
				table[at] = uint32(i + 1)
				break
			}
			if first := &entries[held-1]; first.print == e.print {
				if e.block < first.block || e.block == first.block && e.ordinal < first.ordinal {
					later = append(later, *first)
					table[at] = uint32(i + 1)
				} else {
					later = append(later, e)
				}
				break
			}
			at = (at + 1) & mask
		}
	}
	return later, table
}
