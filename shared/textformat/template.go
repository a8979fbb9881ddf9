package textformat

import (
	"encoding/binary"
	"math/bits"
)

// A template matches texts of one length, up to 16 bytes, each byte of which is in
// a range of its own, eight at a time.
type template struct {
	length uint32
	// low and beyond are, for each byte of two words, what the least and the byte
	// after the greatest that may stand there lack of 0x80. The words end with the text;
	// bytes before it are masked out.
	low, beyond, mask [2]uint64
}

// newTemplate returns nil if the slots are no such template.
func newTemplate(s *slots) *template {
	if s == nil || s.wide || s.min != s.max || s.min < 1 || s.min > 16 {
		return nil
	}
	t := &template{length: uint32(s.min)}
	for i := range s.min {
		low, count := -1, 0
		for b, at := range s.allowed {
			if at>>min(i, s.last)&1 != 0 {
				if low < 0 {
					low = b
				}
				if count++; b-low >= count {
					return nil // a set with a hole
				}
			}
		}
		if low < 0 {
			return nil
		}
		at := 16 - s.min + i
		word, shift := at/8, 8*(at%8)
		t.low[word] |= uint64(0x80-low) << shift
		t.beyond[word] |= uint64(0x80-low-count) << shift
		t.mask[word] |= 0x80 << shift
	}
	return t
}

// match reports whether the text that ends before end, of the template's length,
// matches; at least 16 bytes are before end.
func (t *template) match(data []byte, end uint32) bool {
	b := data[end-16 : end]
	last := binary.LittleEndian.Uint64(b[8:])
	first := binary.LittleEndian.Uint64(b)
	return (t.wrong(last, 1)|t.wrong(first, 0))&highBits == 0
}

// wrong returns the high bits of bytes of w that are out of their range.
func (t *template) wrong(w uint64, i int) uint64 {
	// Without its highest bit, adding what it lacks of 0x80 carries into that bit alone.
	x := w &^ highBits
	return (^(x + t.low[i]) | (x + t.beyond[i]) | w) & t.mask[i]
}

// templateMismatches returns a bit for each of up to 64 cells whose text does not match, and
// how many texts there are.
func templateMismatches[C Cell](t *template, m *Matcher, data []byte, cells []C) (bad uint64, texts int) {
	var wrong, some uint64
	for lane, c := range cells {
		s := struct{ Start, End uint32 }(c)
		bit := uint64(1) << (lane & 63)
		switch {
		case s.End-s.Start == t.length && s.End >= 16:
			some |= bit
			if !t.match(data, s.End) {
				wrong |= bit
			}
		case s.Start <= s.End:
			some |= bit
			if s.End-s.Start != t.length || !m.Match(data[s.Start:s.End]) {
				wrong |= bit
			}
		}
	}
	return wrong, bits.OnesCount64(some)
}
