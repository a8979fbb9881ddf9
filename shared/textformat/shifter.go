package textformat

import (
	"encoding/binary"
	"math/bits"
)

// A shifter is a machine of few states, for texts of ASCII: for each byte one word
// holds, at the place of each state, the place of the state that follows, so that a
// step is one shift, and what the word is does not wait for the step before.
type shifter struct {
	next   [256]uint64
	start  uint64
	accept uint64 // a bit at the place of each state that matches if the text ends there
}

const (
	stateBits = 6 // a place is one of 64
	maxStates = 64 / stateBits
	// filler is a byte that no text has, after which the state is what it was.
	filler = 0xff
)

// newShifter returns nil if the machine has too many states.
func newShifter(m *machine) *shifter {
	if m == nil {
		return nil
	}
	stride := m.end + 1
	number, count := m.merged()
	if count > maxStates {
		return nil
	}
	place := func(state uint16) uint64 { return uint64(number[int(state)/stride] * stateBits) }
	s := &shifter{start: place(m.start)}
	for state := 0; state < len(m.next); state += stride {
		from := place(uint16(state))
		if m.next[state+m.end] == 0 {
			s.accept |= 1 << from
		}
		for b, class := range m.ascii {
			s.next[b] |= place(m.next[state+int(class)]) << from
		}
		s.next[filler] |= from << from
	}
	return s
}

// merged numbers the machine's states so that those have one number that no
// text tells apart, and returns how many numbers there are, or more than maxStates. Source:
// Moore, Gedanken-experiments on sequential machines (1956).
func (m *machine) merged() (number []int, count int) {
	stride := m.end + 1
	number = make([]int, len(m.next)/stride)
	for i := range number[1:] {
		number[1+i] = 1 // has not matched
	}
	for count = 2; count <= maxStates; {
		finer, known := make([]int, len(number)), map[string]int{}
		for i := range number {
			key := []byte{byte(number[i])}
			for _, to := range m.next[i*stride : (i+1)*stride] {
				key = append(key, byte(number[int(to)/stride]))
			}
			id, ok := known[string(key)]
			if !ok {
				id = len(known)
				known[string(key)] = id
			}
			finer[i] = id
		}
		if len(known) == count {
			return number, count
		}
		number, count = finer, len(known)
	}
	return number, count
}

// step returns the state after the four lower bytes of word.
func (s *shifter) step(state, word uint64) uint64 {
	state = s.next[uint8(word)] >> (state & 63)
	state = s.next[uint8(word>>8)] >> (state & 63)
	state = s.next[uint8(word>>16)] >> (state & 63)
	return s.next[uint8(word>>24)] >> (state & 63)
}

// shifterMismatches returns a bit for each of up to 64 cells whose text does not match, and
// how many texts there are.
func shifterMismatches[C Cell](p *shifter, m *Matcher, data []byte, cells []C) (bad uint64, texts int) {
	unsure := uint64(0)
	for lane, c := range cells {
		s := struct{ Start, End uint32 }(c)
		if s.End < s.Start {
			continue
		}
		texts++
		bit := uint64(1) << (lane & 63)
		if int(s.End)+8 > len(data) {
			unsure |= bit
			continue
		}
		state, high, at, end := p.start, uint64(0), int(s.Start), int(s.End)
		for ; at+8 <= end; at += 8 {
			word := binary.LittleEndian.Uint64(data[at : at+8])
			high |= word
			state = p.step(p.step(state, word), word>>32)
		}
		word, fill := binary.LittleEndian.Uint64(data[at:at+8]), ^uint64(0)<<(8*uint(end-at)&63)
		high |= word &^ fill
		word |= fill
		state = p.step(p.step(state, word), word>>32)
		if high&highBits != 0 {
			unsure |= bit
		}
		if p.accept>>(state&63)&1 == 0 {
			bad |= bit
		}
	}
	for bad &^= unsure; unsure != 0; unsure &= unsure - 1 {
		s := struct{ Start, End uint32 }(cells[bits.TrailingZeros64(unsure)])
		if !m.Match(data[s.Start:s.End]) {
			bad |= unsure & -unsure
		}
	}
	return bad, texts
}
