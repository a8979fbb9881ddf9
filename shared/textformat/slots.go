package textformat

import (
	"math"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// slots matches an anchored sequence of sets of characters, of which the last
// may be repeated: ^[A-Z]{2}-\d{6}$, ^\d{4,10}$. Every byte is tested without
// regard to the others, which a processor does several at a time.
type slots struct {
	// allowed has bit i set if the byte may stand at position i.
	allowed [256]uint64
	// last is the position from which on all are like it.
	last     int
	min, max int // length in bytes
	// wide says that some slot allows characters beyond ASCII: then a text
	// that has them is not judged here.
	wide bool
}

const maxSlots = 64

// newSlots returns nil if the pattern has another shape. The tree must not be
// simplified: it has its repeats still.
func newSlots(tree *syntax.Regexp) *slots {
	if tree.Op != syntax.OpConcat || len(tree.Sub) < 2 {
		return nil
	}
	parts := tree.Sub
	if parts[0].Op != syntax.OpBeginText || parts[len(parts)-1].Op != syntax.OpEndText {
		return nil
	}
	s := &slots{last: -1}
	for _, part := range parts[1 : len(parts)-1] {
		if s.min != s.max || !s.add(part) {
			return nil // something after a repeat, or not a set
		}
	}
	if s.last < 0 {
		return nil
	}
	return s
}

// add appends a part and returns false if it does not fit.
func (s *slots) add(part *syntax.Regexp) bool {
	low, high := 1, 1
	set := part
	switch part.Op {
	case syntax.OpLiteral:
		for _, r := range part.Rune {
			if !s.put(equivalents(r, part.Flags&syntax.FoldCase != 0)) {
				return false
			}
		}
		s.min, s.max = s.min+len(part.Rune), s.max+len(part.Rune)
		return true
	case syntax.OpStar:
		set, low, high = part.Sub[0], 0, math.MaxInt
	case syntax.OpPlus:
		set, high = part.Sub[0], math.MaxInt
	case syntax.OpQuest:
		set, low = part.Sub[0], 0
	case syntax.OpRepeat:
		set, low, high = part.Sub[0], part.Min, part.Max
		if high < 0 {
			high = math.MaxInt
		}
	}
	runes := members(set)
	if runes == nil || high == 0 {
		return false
	}
	// Only a fixed count needs a slot each: of a repeat the last slot serves
	// for all that follow, for nothing comes after it.
	count := low
	if low != high {
		count = low + 1
	}
	if count > maxSlots {
		return false
	}
	for range count {
		if !s.put(runes) {
			return false
		}
	}
	s.min += low
	if high == math.MaxInt {
		s.max = high
	} else {
		s.max += high
	}
	return true
}

// put makes a slot for a set of pairs.
func (s *slots) put(pairs []rune) bool {
	s.last++
	if s.last == maxSlots {
		return false
	}
	for i := 0; i < len(pairs); i += 2 {
		for r := pairs[i]; r <= min(pairs[i+1], utf8.RuneSelf-1); r++ {
			s.allowed[r] |= 1 << s.last
		}
		s.wide = s.wide || pairs[i+1] >= utf8.RuneSelf
	}
	return true
}

// equivalents returns r, and if fold those that differ from it in case only,
// as pairs.
func equivalents(r rune, fold bool) []rune {
	pairs := []rune{r, r}
	if fold {
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			pairs = append(pairs, other, other)
		}
	}
	return pairs
}

// members returns the pairs of a set of single characters, or nil for anything
// else.
func members(re *syntax.Regexp) []rune {
	switch re.Op {
	case syntax.OpLiteral:
		if len(re.Rune) == 1 {
			return equivalents(re.Rune[0], re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		return re.Rune
	case syntax.OpAnyChar:
		return []rune{0, unicode.MaxRune}
	}
	return nil
}

// match reports whether b matches; if not sure, another matcher must say.
func (s *slots) match(b []byte) (matched, sure bool) {
	if len(b) >= s.min && len(b) <= s.max {
		ok := uint64(1)
		head := min(len(b), s.last)
		for i, c := range b[:head] {
			ok &= s.allowed[c] >> (uint(i) & 63)
		}
		for _, c := range b[head:] {
			ok &= s.allowed[c] >> (uint(s.last) & 63)
		}
		if ok != 0 {
			return true, true
		}
	}
	return false, !s.wide || isASCII(b)
}
