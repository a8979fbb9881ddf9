// Package short compares and hashes short texts without a loop. Of finds the Text
// of a cell; a Text is compared with another, told its place in a table of
// recent texts, or looked up in a Set of those that are allowed.
package short

import (
	"encoding/binary"

	"tillwatch/shared/tabular"
)

// A Text is one of 1 to Bytes bytes as two words, which end with the text and have
// zeros before it, and its length. The zero value differs from every text.
type Text struct {
	last, first uint64
	length      uint32
}

// Bytes is how long a Text is at most.
const Bytes = 16

// Of returns the text of a cell, and false if it is longer or empty or stands
// among the first bytes of data; s is not null.
func Of(data []byte, s tabular.Span) (t Text, ok bool) {
	n := s.End - s.Start
	if n-1 >= Bytes || s.End < Bytes {
		return t, false
	}
	b, m := data[s.End-Bytes:s.End], &lastBytes[n&31]
	return Text{binary.LittleEndian.Uint64(b[8:]) & m.last, binary.LittleEndian.Uint64(b) & m.first, n}, true
}

// lastBytes has for each length up to 16 masks of what a text has of two words.
var lastBytes = func() (masks [32]struct{ last, first uint64 }) {
	for n := range uint(Bytes + 1) {
		masks[n].last, masks[n].first = ^uint64(0)<<(64-8*min(n, 8)), ^uint64(0)<<(64-8*(max(n, 8)-8))
	}
	return masks
}()

// Differs returns 0 if the two are one text.
func (t *Text) Differs(o *Text) uint64 {
	return (t.last ^ o.last) | (t.first ^ o.first) | uint64(t.length^o.length)
}

// Place returns a number below 1<<bits, the same for equal texts; bits is 1 to 63.
func (t *Text) Place(seed uint64, bits uint) int {
	return int((t.last*(seed|1) ^ (t.first+uint64(t.length))*(seed>>1|1)) * seed >> (64 - bits))
}
