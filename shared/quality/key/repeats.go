package key

import (
	"slices"
	"sync"

	"tillwatch/shared/quality/rowset"
)

// Repeats returns the rows whose key occurs in an earlier row (of a Whole key also
// in a later one), and how many they are, from the buffers that all workers filled
// for one spec; records holds how many records each block has. No more than threads
// partitions are in memory at once.
func Repeats(buffers []*Buffer, records []int, threads int) (*rowset.Set, int64, error) {
	if set, count, ok := repeatedNumbers(buffers, records); ok {
		return set, count, nil
	}
	for _, b := range buffers {
		if err := b.fingerprints(); err != nil {
			return nil, 0, err
		}
	}
	var (
		mu    sync.Mutex
		bits  = make([][]uint64, len(records))
		count int64
		fail  error
		wg    sync.WaitGroup
		next  = make(chan int, Partitions)
	)
	for _, b := range buffers {
		b.settle()
	}
	for p := range Partitions {
		next <- p
	}
	close(next)
	for range max(threads, 1) {
		wg.Go(func() {
			var entries []entry
			var table []uint32
			var later []entry
			var buf []byte
			for p := range next {
				entries, later = entries[:0], later[:0]
				var err error
				for _, b := range buffers {
					if entries, err = b.partition(p, entries, &buf); err != nil {
						break
					}
				}
				later, table = repeated(entries, later, table, len(buffers) > 0 && buffers[0].spec.Whole)
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
	return rowset.Of(bits), count, fail
}

// repeated appends to later the entries whose fingerprint an entry earlier in
// the file has, in any order; if all is set, also the first of each. table is
// scratch memory.
func repeated(entries, later []entry, table []uint32, all bool) ([]entry, []uint32) {
	const told = 1 << 31 // in table: the first entry is in later already
	size := 16
	for size < 2*len(entries) {
		size *= 2
	}
	table = slices.Grow(table[:0], size)[:size]
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
			if first := &entries[held&^told-1]; first.print == e.print {
				if all && held&told == 0 {
					later = append(later, *first)
					table[at] |= told
				}
				if all {
					later = append(later, e)
				} else if e.block < first.block || e.block == first.block && e.ordinal < first.ordinal {
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
