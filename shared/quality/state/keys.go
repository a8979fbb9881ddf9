package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
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
	spec       *KeySpec
	partitions [keyPartitions][]*keyChunk
	held       int // entries in memory
	bound      int // entries
	dir        string
	spill      *os.File
	written    int64
	segments   [keyPartitions][]segment
	blocks     []blockStart
	rows       uint64 // records seen
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
// KeyEntryBytes each, in memory and more in dir ("" is the system's).
func NewKeyBuffer(spec *KeySpec, bound int, dir string) *KeyBuffer {
	return &KeyBuffer{spec: spec, bound: bound, dir: dir}
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
	Tuples(v, k.spec.Slots, func(row int, print uint64) {
		keyed++
		k.put(print, first+uint32(v.Batch.Ordinal(row)))
	})
	k.held += keyed
	if k.held > k.bound {
		return keyed, k.flush()
	}
	return keyed, nil
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

// flush moves all entries in memory to the spill file.
func (k *KeyBuffer) flush() error {
	if k.spill == nil {
		f, err := os.CreateTemp(k.dir, "tillwatch-keys-*")
		if err != nil {
			return fmt.Errorf("spill keys: %w", err)
		}
		// The name is not needed: the file goes when it is closed.
		if err := os.Remove(f.Name()); err != nil {
			f.Close()
			return fmt.Errorf("spill keys: %w", err)
		}
		k.spill = f
	}
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
		if _, err := k.spill.WriteAt(buf, k.written); err != nil {
			return fmt.Errorf("spill keys: %w", err)
		}
		k.segments[p] = append(k.segments[p], segment{k.written, len(buf) / KeyEntryBytes})
		k.written += int64(len(buf))
		chunks[0].n = 0
		k.partitions[p] = chunks[:1]
	}
	k.held = 0
	return nil
}

// partition appends all entries of one partition to dst.
func (k *KeyBuffer) partition(p int, dst []keyEntry) ([]keyEntry, error) {
	for _, c := range k.partitions[p] {
		for i := range c.n {
			dst = append(dst, k.entry(c.prints[i], c.rows[i]))
		}
	}
	var buf []byte
	for _, s := range k.segments[p] {
		buf = grow(buf, s.entries*KeyEntryBytes)
		if _, err := k.spill.ReadAt(buf, s.offset); err != nil {
			return nil, fmt.Errorf("read spilled keys: %w", err)
		}
		for b := buf; len(b) > 0; b = b[KeyEntryBytes:] {
			dst = append(dst, k.entry(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])))
		}
	}
	return dst, nil
}

// Close gives up the buffer's temporary file.
func (k *KeyBuffer) Close() {
	if k.spill != nil {
		k.spill.Close()
	}
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
