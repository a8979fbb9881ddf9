package short

import "tillwatch/shared/tabular"

// A Set is a set of short texts in which each has a place of its own.
type Set struct {
	seed  uint64
	bits  uint
	table []Text // zero where there is none
}

// NewSet returns nil if there is no such set of the texts, which are many or long.
// Empty ones are left out: no Text is empty.
func NewSet(texts []string) *Set {
	var list []Text
	for _, text := range texts {
		padded := append(make([]byte, Bytes), text...)
		if t, ok := Of(padded, tabular.Span{Start: Bytes, End: uint32(len(padded))}); ok {
			list = append(list, t)
		} else if len(text) > Bytes {
			return nil
		}
	}
	s := &Set{bits: 4}
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
func (s *Set) fill(list []Text) bool {
	s.table = make([]Text, 1<<s.bits)
	for i := range list {
		at := &s.table[list[i].Place(s.seed, s.bits)]
		if at.length != 0 && at.Differs(&list[i]) != 0 {
			return false
		}
		*at = list[i]
	}
	return true
}

// Has reports whether the set holds a text.
func (s *Set) Has(t *Text) bool {
	at := &s.table[t.Place(s.seed, s.bits)&(len(s.table)-1)]
	return at.Differs(t) == 0
}
