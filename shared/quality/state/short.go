package state

import (
	"encoding/binary"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
)

// A short is a text of at most 16 bytes as two words, which end with the text and have
// zeros before it, and its length. They are compared and hashed without a loop.
type short struct {
	last, first uint64
	length      uint32
}

const shortBytes = 16

// shortOf returns the text of a cell as a short, and false if it is longer or
// empty or stands among the first bytes of data; s is not null.
func shortOf(data []byte, s tabular.Span) (t short, ok bool) {
	n := s.End - s.Start
	if n-1 >= shortBytes || s.End < shortBytes {
		return t, false
	}
	b, m := data[s.End-shortBytes:s.End], &lastBytes[n&31]
	return short{binary.LittleEndian.Uint64(b[8:]) & m.last, binary.LittleEndian.Uint64(b) & m.first, n}, true
}

// lastBytes has for each length up to 16 masks of what a text has of two words.
var lastBytes = func() (masks [32]struct{ last, first uint64 }) {
	for n := range uint(shortBytes + 1) {
		masks[n].last, masks[n].first = ^uint64(0)<<(64-8*min(n, 8)), ^uint64(0)<<(64-8*(max(n, 8)-8))
	}
	return masks
}()

// differs returns 0 if the two are one text.
func (t *short) differs(o *short) uint64 {
	return (t.last ^ o.last) | (t.first ^ o.first) | uint64(t.length^o.length)
}

// place returns a number below 1<<bits.
func (t *short) place(seed uint64, bits uint) int {
	return int((t.last*(seed|1) ^ (t.first+uint64(t.length))*(seed>>1|1)) * seed >> (64 - bits))
}

// shorts is a set of short texts in which each has a place of its own.
type shorts struct {
	seed  uint64
	bits  uint
	table []short // of length noShort where there is none
}

const noShort = shortBytes + 1

// newShorts returns nil if there is no such set of the values, which are many or long.
func newShorts(values []contract.Value) *shorts {
	var list []short
	for _, v := range values {
		padded := append(make([]byte, shortBytes), v.Text...)
		if t, ok := shortOf(padded, tabular.Span{Start: shortBytes, End: uint32(len(padded))}); ok && !v.Null {
			list = append(list, t)
		} else if len(v.Text) > shortBytes {
			return nil
		}
	}
	s := &shorts{bits: 4}
	for 1<<s.bits < 4*len(list) {
		s.bits++
	}
	for try := 1; s.bits <= 12; try++ {
		s.seed = 0x9E3779B97F4A7C15 * uint64(2*try+1)
		if s.fill(list) {
			return s
		}
		if try%64 == 0 {
			s.bits++
		}
	}
	return nil
}

// fill returns false if two texts would have one place.
func (s *shorts) fill(list []short) bool {
	s.table = make([]short, 1<<s.bits)
	for i := range s.table {
		s.table[i].length = noShort
	}
	for i := range list {
		at := &s.table[list[i].place(s.seed, s.bits)]
		if at.length != noShort && at.differs(&list[i]) != 0 {
			return false
		}
		*at = list[i]
	}
	return true
}

func (s *shorts) has(t *short) bool {
	at := &s.table[t.place(s.seed, s.bits)&(len(s.table)-1)]
	return at.differs(t) == 0
}

// Among finds the values that are none of those listed.
func Among(slot int, values []contract.Value) Kernel {
	few, in := newShorts(values), In(values)
	if few == nil {
		return Values(slot, in)
	}
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		data := v.Batch.Data
		looked := 0
		for row, s := range spans {
			if s.IsNull() {
				continue
			}
			looked++
			t, ok := shortOf(data, s)
			if ok && few.has(&t) || !ok && in(data[s.Start:s.End]) {
				continue
			}
			bad = append(bad, uint32(row))
		}
		return bad, looked
	})
}
