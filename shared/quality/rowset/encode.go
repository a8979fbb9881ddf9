package rowset

import "tillwatch/shared/quality/wire"

// Encode writes the set, which must be sorted.
func (s *Set) Encode(w *wire.Writer) {
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
func (s *Set) Decode(r *wire.Reader, records []int) {
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
func (s *Set) Shift(blocks int) {
	for i := range s.blocks {
		s.blocks[i].block += blocks
	}
}
