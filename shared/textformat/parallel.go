package textformat

import (
	"math/bits"
	"regexp/syntax"
	"unicode/utf8"
)

// parallel matches short texts of ASCII by patterns without a repeated group, all
// characters of a text at once. A marker is a word in which bit i says that
// what was matched so far may end before byte i; a step moves all markers over a
// character of a class by one addition or shift. Source: Cameron and others,
// Bitwise Data Parallelism in Regular Expression Matching (2014).
type parallel struct {
	// table has of each byte a lane of eight bits for each class, the lowest of
	// which says whether the byte is in it.
	table [256]uint64
	sets  [][2]uint64 // the ASCII characters of each class
	steps []markerStep
	// nibbles is table as vectors have it: for each class and lower half of a byte,
	// a bit for each upper half; twice.
	nibbles  [maxClasses][32]uint8
	anchored bool // at the beginning
	ended    bool // at the end
}

// A markerStep changes a marker.
type markerStep struct {
	op    stepOp
	at    int // the marker
	class int
	from  int // the other marker
}

type stepOp uint8

const (
	stepOne  stepOp = iota // over one character of the class
	stepMany               // over any number of them
	stepCopy               // be the other marker
	stepOr                 // add the other marker
)

const (
	otherLane    = 7 // of bytes that are not ASCII
	maxClasses   = otherLane
	maxMarkers   = 8
	maxSteps     = 24
	parallelText = 63 // the longest text, in bytes
)

// newParallel returns nil if the pattern has another shape. The tree must not be
// simplified: it has its repeats still.
func newParallel(tree *syntax.Regexp) *parallel {
	p := &parallel{}
	parts := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		parts = tree.Sub
	}
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		p.anchored, parts = true, parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		p.ended, parts = true, parts[:n-1]
	}
	c := parallelCompiler{p: p}
	for _, part := range parts {
		if !c.compile(part) {
			return nil
		}
	}
	for b := range p.table {
		if b >= utf8.RuneSelf {
			p.table[b] = 1 << (8 * otherLane)
			continue
		}
		for i, set := range p.sets {
			in := set[b>>6] >> (b & 63) & 1
			p.table[b] |= in << (8 * i)
			p.nibbles[i][b&15] |= uint8(in << (b >> 4))
			p.nibbles[i][16+b&15] = p.nibbles[i][b&15]
		}
	}
	return p
}

// A parallelCompiler appends the steps that move the marker at; those after it
// are free.
type parallelCompiler struct {
	p  *parallel
	at int
}

func (c *parallelCompiler) emit(s markerStep) bool {
	s.at = c.at
	c.p.steps = append(c.p.steps, s)
	return len(c.p.steps) <= maxSteps
}

// compile moves the marker over a match of re.
func (c *parallelCompiler) compile(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return true
	case syntax.OpCapture:
		return c.compile(re.Sub[0])
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if !c.step(stepOne, equivalents(r, re.Flags&syntax.FoldCase != 0)) {
				return false
			}
		}
		return true
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !c.compile(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		return c.either(re.Sub)
	case syntax.OpStar:
		return c.repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		return c.repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		return c.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		return c.repeat(re.Sub[0], re.Min, re.Max)
	}
	runes := oneOf(re)
	return runes != nil && c.step(stepOne, runes)
}

// oneOf returns the pairs of a set of single characters, or nil for anything
// else.
func oneOf(re *syntax.Regexp) []rune {
	if re.Op == syntax.OpAnyCharNotNL {
		return []rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune}
	}
	return members(re)
}

// repeat moves the marker over min to max matches of re, any number if max is
// negative.
func (c *parallelCompiler) repeat(re *syntax.Regexp, min, max int) bool {
	for range min {
		if !c.compile(re) {
			return false
		}
	}
	if max < 0 {
		runes := oneOf(re)
		return runes != nil && c.step(stepMany, runes)
	}
	for range max - min { // or not over it
		if !c.branch(c.at+1, c.at, re) || !c.emit(markerStep{op: stepOr, from: c.at + 1}) {
			return false
		}
	}
	return true
}

// either moves the marker over a match of any of list.
func (c *parallelCompiler) either(list []*syntax.Regexp) bool {
	from := c.at
	for i, re := range list {
		to := from + 1
		if i > 0 {
			to++
		}
		if !c.branch(to, from, re) {
			return false
		}
		if c.at = from + 1; i > 0 && !c.emit(markerStep{op: stepOr, from: to}) {
			return false
		}
	}
	c.at = from
	return c.emit(markerStep{op: stepCopy, from: from + 1})
}

// branch makes the marker to one that is moved from from over a match of re.
func (c *parallelCompiler) branch(to, from int, re *syntax.Regexp) bool {
	before := c.at
	defer func() { c.at = before }()
	c.at = to
	return to < maxMarkers && c.emit(markerStep{op: stepCopy, from: from}) && c.compile(re)
}

// step moves the marker over characters of the pairs.
func (c *parallelCompiler) step(op stepOp, pairs []rune) bool {
	var set [2]uint64
	for i := 0; i < len(pairs); i += 2 {
		for r := pairs[i]; r <= min(pairs[i+1], utf8.RuneSelf-1); r++ {
			set[r>>6] |= 1 << (r & 63)
		}
	}
	class := 0
	for class < len(c.p.sets) && c.p.sets[class] != set {
		class++
	}
	if class == len(c.p.sets) {
		c.p.sets = append(c.p.sets, set)
	}
	return class < maxClasses && c.emit(markerStep{op: op, class: class})
}

// A Cell is where a text stands: from Start up to but not including End. One
// whose End is less than its Start is no text.
type Cell interface{ ~struct{ Start, End uint32 } }

// Mismatches appends to wrong the indices of the cells of data whose text the
// pattern does not match, and returns how many texts there are.
func Mismatches[C Cell](m *Matcher, data []byte, cells []C, wrong []uint32) ([]uint32, int) {
	texts := 0
	for from := 0; from < len(cells); from += lanes {
		group := cells[from:min(from+lanes, len(cells))]
		bad, n := uint64(0), 0
		switch {
		case m.template != nil:
			bad, n = templateMismatches(m.template, m, data, group)
		case m.shifter != nil && (m.parallel == nil || !haveVectors):
			bad, n = shifterMismatches(m.shifter, m, data, group)
		case m.parallel != nil:
			bad, n = parallelMismatches(m.parallel, m, data, group)
		default:
			for lane, c := range group {
				if s := struct{ Start, End uint32 }(c); s.Start <= s.End {
					n++
					if !m.Match(data[s.Start:s.End]) {
						bad |= 1 << lane
					}
				}
			}
		}
		texts += n
		for ; bad != 0; bad &= bad - 1 {
			wrong = append(wrong, uint32(from+bits.TrailingZeros64(bad)))
		}
	}
	return wrong, texts
}

// lanes is how many texts are matched together.
const lanes = 64

// parallelMismatches returns a bit for each of up to 64 cells whose text does not match, and
// how many texts there are.
func parallelMismatches[C Cell](p *parallel, m *Matcher, data []byte, cells []C) (bad uint64, texts int) {
	var in [maxClasses][lanes]uint64 // for each class, which bytes of the text are in it
	var lengths [lanes]uint8
	var judged uint64
	for lane, c := range cells {
		s := struct{ Start, End uint32 }(c)
		if s.End < s.Start {
			continue
		}
		texts++
		length := uint(s.End - s.Start)
		if length <= parallelText && int(s.Start)+lanes <= len(data) &&
			p.classes((*[lanes]byte)(data[s.Start:]), length, lane, &in) {
			judged |= 1 << lane
			lengths[lane] = uint8(length)
		} else if !m.Match(data[s.Start:s.End]) {
			bad |= 1 << lane
		}
	}
	var markers [maxMarkers][lanes]uint64
	first := &markers[0]
	for lane := range first {
		first[lane] = 1
		if !p.anchored {
			first[lane] = 2<<lengths[lane] - 1
		}
	}
	for _, s := range p.steps {
		at := &markers[s.at]
		switch s.op {
		case stepOne:
			for lane, class := range &in[s.class] {
				at[lane] = at[lane] & class << 1
			}
		case stepMany:
			for lane, class := range &in[s.class] {
				at[lane] |= (at[lane]&class + class) ^ class
			}
		case stepCopy:
			*at = markers[s.from]
		case stepOr:
			for lane, other := range &markers[s.from] {
				at[lane] |= other
			}
		}
	}
	for lane, marker := range first {
		if p.ended {
			marker = marker >> (lengths[lane] & 63) & 1
		}
		if marker == 0 {
			bad |= 1 << lane & judged
		}
	}
	return bad, texts
}

// classify writes for each class which of the first bytes of text are in it, and
// returns false if one of them is no ASCII.
func (p *parallel) classify(text *[lanes]byte, length uint, lane int, in *[maxClasses][lanes]uint64) bool {
	// Half of the text is classified without asking how long it is, for asking costs more.
	words := [4]uint64{p.eight(text[:8]), p.eight(text[8:16]), p.eight(text[16:24]), p.eight(text[24:32])}
	inside := uint64(1)<<(length&63) - 1
	for class := range p.sets {
		in[class][lane] = bitsOf(&words, 8*class) & inside
	}
	other := bitsOf(&words, 8*otherLane)
	if length > lanes/2 {
		words = [4]uint64{p.eight(text[32:40]), p.eight(text[40:48]), p.eight(text[48:56]), p.eight(text[56:64])}
		for class := range p.sets {
			in[class][lane] |= bitsOf(&words, 8*class) << 32 & inside
		}
		other |= bitsOf(&words, 8*otherLane) << 32
	}
	return other&inside == 0
}

// eight returns of eight bytes a lane for each class.
func (p *parallel) eight(b []byte) uint64 {
	t := &p.table
	_ = b[7]
	return t[b[0]] | t[b[1]]<<1 | t[b[2]]<<2 | t[b[3]]<<3 | t[b[4]]<<4 | t[b[5]]<<5 | t[b[6]]<<6 | t[b[7]]<<7
}

// bitsOf joins a lane of four words.
func bitsOf(w *[4]uint64, shift int) uint64 {
	s := uint(shift) & 63
	return w[0]>>s&0xff | w[1]>>s&0xff<<8 | w[2]>>s&0xff<<16 | w[3]>>s&0xff<<24
}
