package textformat

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A machine is a deterministic automaton: one look into a table for each
// character, no backtracking. It is built in full from a pattern's program by
// the construction of subsets, unless that grows beyond the limits below.
//
// A state is the set of instructions that may run next, with what stands
// before (for \A and \b). Characters that no instruction tells apart form one
// class, and the end of the text is a class too.
type machine struct {
	ascii  [utf8.RuneSelf]uint8 // the class of a byte
	bounds []rune               // where runs of one class begin, from 0
	class  []uint8              // the class of each run
	end    int                  // the class of the end
	// next[state+class] is the following state. States are multiples of the
	// number of classes: 0 has matched, dead can match no more.
	next  []uint16
	dead  uint16
	start uint16
}

const (
	maxProgram = 2000    // instructions
	maxTable   = 1 << 15 // states × classes
	maxWork    = 1 << 22 // steps of the construction
)

// match reports whether b contains a match.
func (m *machine) match(b []byte) bool {
	state := int(m.start)
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			state = int(m.next[state+int(m.ascii[c])])
			i++
		} else {
			r, size := utf8.DecodeRune(b[i:])
			state = int(m.next[state+m.classOf(r)])
			i += size
		}
		if state <= int(m.dead) {
			return state == 0
		}
	}
	return m.next[state+m.end] == 0
}

// classOf returns the class of any character.
func (m *machine) classOf(r rune) int {
	i, found := slices.BinarySearch(m.bounds, r)
	if !found {
		i--
	}
	return int(m.class[i])
}

// newMachine returns nil if the automaton would be too large.
func newMachine(tree *syntax.Regexp) *machine {
	program, err := syntax.Compile(tree.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		return nil
	}
	b := &builder{program: program, states: map[string]int{}}
	if !b.classify() || !b.build() {
		return nil
	}
	return b.finish()
}

// What stands before a character, or is the next one.
type context uint8

const (
	edge context = iota // the beginning or the end
	word                // a letter, digit or underscore of ASCII
	other
)

type builder struct {
	program  *syntax.Prog
	bounds   []rune
	class    []uint8
	samples  []rune // a character of each class
	contexts bool   // whether the program asks for what stands before
	anchored bool   // whether a match can begin at the beginning only
	work     int

	states map[string]int // by key
	sets   [][]uint32     // the instructions of each state
	before []context
	table  [][]int // by state, then class, the end's last; accepted is a match
}

const accepted = -1

// classify divides the characters into classes and returns false if the
// program has what the machine cannot do.
func (b *builder) classify() bool {
	bounds := []rune{0}
	cut := func(low, high rune) { bounds = append(bounds, low, high+1) }
	for i := range b.program.Inst {
		in := &b.program.Inst[i]
		switch in.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(in.Rune) == 1 {
				pairs := equivalents(in.Rune[0], true)
				for k := 0; k < len(pairs); k += 2 {
					cut(pairs[k], pairs[k])
				}
				continue
			}
			for k := 0; k+1 < len(in.Rune); k += 2 {
				cut(in.Rune[k], in.Rune[k+1])
			}
		case syntax.InstRuneAnyNotNL:
			cut('\n', '\n')
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0 {
				return false
			}
			b.contexts = true
			for k := 0; k < len(wordRunes); k += 2 {
				cut(wordRunes[k], wordRunes[k+1])
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	if bounds[len(bounds)-1] > unicode.MaxRune {
		bounds = bounds[:len(bounds)-1]
	}
	b.bounds = bounds
	b.anchored = b.program.StartCond()&syntax.EmptyBeginText != 0
	// Runs that every instruction treats alike are one class.
	classes := map[string]uint8{}
	for _, r := range bounds {
		key := []byte{byte(contextOf(r))}
		for i := range b.program.Inst {
			if isRune(&b.program.Inst[i]) {
				bit := byte(0)
				if b.program.Inst[i].MatchRune(r) {
					bit = 1
				}
				key = append(key, bit)
			}
		}
		if b.work += len(key); b.work > maxWork {
			return false
		}
		id, ok := classes[string(key)]
		if !ok {
			if len(classes) == 255 {
				return false
			}
			id = uint8(len(classes))
			classes[string(key)] = id
			b.samples = append(b.samples, r)
		}
		b.class = append(b.class, id)
	}
	return true
}

func isRune(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

func contextOf(r rune) context {
	if syntax.IsWordChar(r) {
		return word
	}
	return other
}

// build makes all states reachable from the first.
func (b *builder) build() bool {
	b.state([]uint32{uint32(b.program.Start)}, edge)
	for s := 0; s < len(b.sets); s++ {
		row := make([]int, len(b.samples)+1)
		for class := range row {
			after, r := edge, rune(-1)
			if class < len(b.samples) {
				r = b.samples[class]
				after = contextOf(r)
			}
			row[class] = b.step(b.sets[s], b.before[s], after, r)
		}
		b.table = append(b.table, row)
		if b.work > maxWork || (len(b.sets)+2)*len(row) > maxTable {
			return false
		}
	}
	return true
}

// state returns the number of the state with these instructions.
func (b *builder) state(set []uint32, before context) int {
	if !b.contexts {
		before = other
	}
	key := make([]byte, 1, 1+4*len(set))
	key[0] = byte(before)
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	id, ok := b.states[string(key)]
	if !ok {
		id = len(b.sets)
		b.states[string(key)] = id
		b.sets, b.before = append(b.sets, set), append(b.before, before)
	}
	return id
}

// step follows set through a character r, or to the end if r is -1, and
// returns the state after it or accepted.
func (b *builder) step(set []uint32, before, after context, r rune) int {
	seen := make([]bool, len(b.program.Inst))
	var next []uint32
	stack := slices.Clone(set)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		b.work++
		in := &b.program.Inst[pc]
		switch in.Op {
		case syntax.InstMatch:
			return accepted
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, in.Out)
		case syntax.InstEmptyWidth:
			if holds(syntax.EmptyOp(in.Arg), before, after, r < 0) {
				stack = append(stack, in.Out)
			}
		case syntax.InstFail:
		default:
			if r >= 0 && in.MatchRune(r) {
				next = append(next, in.Out)
			}
		}
	}
	b.work += len(seen) / 16
	if !b.anchored {
		next = append(next, uint32(b.program.Start))
	}
	slices.Sort(next)
	if r < 0 {
		after, next = other, nil // nothing follows the end
	}
	return b.state(slices.Compact(next), after)
}

// holds reports whether conditions are true between before and after.
func holds(conditions syntax.EmptyOp, before, after context, end bool) bool {
	truth := syntax.EmptyNoWordBoundary
	if (before == word) != (after == word) {
		truth = syntax.EmptyWordBoundary
	}
	if before == edge {
		truth |= syntax.EmptyBeginText
	}
	if end {
		truth |= syntax.EmptyEndText
	}
	return conditions&^truth == 0
}

// finish numbers the states for the table, those that lead nowhere as dead.
func (b *builder) finish() *machine {
	stride := len(b.samples) + 1
	alive := b.alive()
	number := make([]uint16, len(b.sets))
	count := 2
	for s := range number {
		number[s] = uint16(stride)
		if alive[s] {
			number[s] = uint16(count * stride)
			count++
		}
	}
	m := &machine{bounds: b.bounds, class: b.class, end: stride - 1, dead: uint16(stride), start: number[0]}
	m.next = make([]uint16, count*stride)
	for class := range stride {
		m.next[stride+class] = uint16(stride)
	}
	for s, row := range b.table {
		if !alive[s] {
			continue
		}
		for class, to := range row {
			if to != accepted {
				m.next[int(number[s])+class] = number[to]
			}
		}
	}
	for c := range m.ascii {
		m.ascii[c] = uint8(m.classOf(rune(c)))
	}
	return m
}

// alive returns which states can still come to a match.
func (b *builder) alive() []bool {
	from := make([][]int, len(b.sets))
	alive := make([]bool, len(b.sets))
	var todo []int
	for s, row := range b.table {
		for _, to := range row {
			if to == accepted {
				alive[s] = true
			} else {
				from[to] = append(from[to], s)
			}
		}
		if alive[s] {
			todo = append(todo, s)
		}
	}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range from[s] {
			if !alive[p] {
				alive[p] = true
				todo = append(todo, p)
			}
		}
	}
	return alive
}
