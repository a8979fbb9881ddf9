package textformat

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// translate turns an ECMA-262 pattern into RE2 syntax that matches the same
// texts. Groups lose their names and numbers: only whether a text matches
// counts.
func translate(pattern string) (string, error) {
	t := &translator{pattern: pattern}
	if len(pattern) > maxPattern {
		return "", t.fail(0, "pattern is longer than 8,192 bytes", "")
	}
	if !utf8.ValidString(pattern) {
		return "", t.fail(0, "pattern is not UTF-8", "")
	}
	if err := t.disjunction(); err != nil {
		return "", err
	}
	return t.out.String(), nil
}

type translator struct {
	pattern string
	at      int
	out     strings.Builder
	dot     bool // . is any character, by the modifier s
}

func (t *translator) fail(at int, message, hint string) error {
	return &PatternError{Pattern: t.pattern, Offset: at, Message: message, Hint: hint}
}

func (t *translator) unsupported(at int, message, hint string) error {
	return &PatternError{Pattern: t.pattern, Offset: at, Message: message, Hint: hint, Unsupported: true}
}

func (t *translator) rest() string { return t.pattern[t.at:] }

// take consumes s if it is next.
func (t *translator) take(s string) bool {
	if !strings.HasPrefix(t.rest(), s) {
		return false
	}
	t.at += len(s)
	return true
}

// What a part of the pattern allows after it.
const (
	nothing   = iota // no quantifier
	assertion        // none either, but says so differently
	atom             // a quantifier
)

// disjunction translates the whole pattern.
func (t *translator) disjunction() error {
	last := nothing
	var open []int
	var dots []bool // what t.dot was outside of each open group
	for t.at < len(t.pattern) {
		start := t.at
		r, size := utf8.DecodeRuneInString(t.rest())
		t.at += size
		switch r {
		case '|':
			t.out.WriteByte('|')
			last = nothing
		case '(':
			dots = append(dots, t.dot)
			if err := t.group(start); err != nil {
				return err
			}
			open, last = append(open, start), nothing
		case ')':
			if len(open) == 0 {
				return t.fail(start, ") closes nothing", `write \) for the character`)
			}
			open, t.dot, dots = open[:len(open)-1], dots[len(dots)-1], dots[:len(dots)-1]
			t.out.WriteByte(')')
			last = atom
		case '^':
			t.out.WriteString(`\A`)
			last = assertion
		case '$':
			t.out.WriteString(`\z`)
			last = assertion
		case '.':
			if t.dot {
				t.set(nil, true)
			} else {
				t.set(lineEnds, true)
			}
			last = atom
		case '[':
			if err := t.class(start); err != nil {
				return err
			}
			last = atom
		case '\\':
			kind, err := t.escape(start)
			if err != nil {
				return err
			}
			last = kind
		case '*', '+', '?':
			if err := t.quantified(start, last); err != nil {
				return err
			}
			t.out.WriteRune(r)
			t.lazy()
			last = nothing
		case '{':
			count := counted(t.pattern[start:])
			if count == "" {
				t.rune('{')
				last = atom
				continue
			}
			if err := t.quantified(start, last); err != nil {
				return err
			}
			if err := t.count(start, count); err != nil {
				return err
			}
			last = nothing
		default:
			t.rune(r)
			last = atom
		}
	}
	if len(open) > 0 {
		return t.fail(open[len(open)-1], "( is never closed", `write \( for the character`)
	}
	return nil
}

func (t *translator) quantified(at, last int) error {
	switch last {
	case atom:
		return nil
	case assertion:
		return t.fail(at, "a position cannot be repeated", "")
	}
	return t.fail(at, "nothing to repeat", `write \`+t.pattern[at:at+1]+" for the character")
}

// lazy drops the mark of a lazy quantifier: it changes which match is found,
// not whether there is one.
func (t *translator) lazy() { t.take("?") }

// counted returns {n}, {n,} or {n,m} at the beginning of s, else "": then the
// brace is a character.
func counted(s string) string {
	i := 1
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return ""
	}
	if i < len(s) && s[i] == ',' {
		i++
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
	}
	if i < len(s) && s[i] == '}' {
		return s[:i+1]
	}
	return ""
}

func (t *translator) count(start int, count string) error {
	t.at = start + len(count)
	low, high, both := strings.Cut(count[1:len(count)-1], ",")
	n, ok := limited(low)
	m, ok2 := limited(high)
	if !ok || !ok2 {
		return t.unsupported(start, "a count beyond 1,000", "use minLength and maxLength for lengths")
	}
	switch {
	case !both:
		fmt.Fprintf(&t.out, "{%d}", n)
	case high == "":
		fmt.Fprintf(&t.out, "{%d,}", n)
	case m < n:
		return t.fail(start, "the counts are out of order", "")
	default:
		fmt.Fprintf(&t.out, "{%d,%d}", n, m)
	}
	t.lazy()
	return nil
}

// limited reads a count up to 1,000.
func limited(digits string) (n int, ok bool) {
	for _, d := range digits {
		if n = n*10 + int(d-'0'); n > 1000 {
			return 0, false
		}
	}
	return n, true
}

// group translates what opens a group.
func (t *translator) group(start int) error {
	switch {
	case t.take("?="), t.take("?!"):
		return t.unsupported(start, "look-ahead cannot be run in bounded time", "write the condition as a rule of its own")
	case t.take("?<="), t.take("?<!"):
		return t.unsupported(start, "look-behind cannot be run in bounded time", "write the condition as a rule of its own")
	case t.take("?:"):
	case t.take("?<"):
		end := strings.IndexByte(t.rest(), '>')
		if end <= 0 || !identifier(t.rest()[:end]) {
			return t.fail(start, "a group's name is missing or wrong", "write (?<name>...)")
		}
		t.at += end + 1
	case t.take("?P<"):
		return t.fail(start, "(?P<name>...) is Python's", "write (?<name>...)")
	case t.take("?i:"):
		t.out.WriteString("(?i:")
		return nil
	case t.take("?s:"):
		t.dot = true
	case t.take("?is:"), t.take("?si:"):
		t.dot = true
		t.out.WriteString("(?i:")
		return nil
	case t.take("?"):
		return t.fail(start, "no group begins like this", "a flag goes before a colon: (?i:...)")
	}
	t.out.WriteString("(?:")
	return nil
}

func identifier(name string) bool {
	for i, r := range name {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != ""
}

// The sets of ECMA-262, as pairs of first and last code points.
var (
	digits     = []rune{'0', '9'}
	wordRunes  = []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
	spaceRunes = []rune{'\t', '\r', ' ', ' ', 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff}
	lineEnds   = []rune{'\n', '\n', '\r', '\r', 0x2028, 0x2029}
)

// rune writes one character.
func (t *translator) rune(r rune) { fmt.Fprintf(&t.out, `\x{%x}`, r) }

// set writes a set of pairs, or its complement.
func (t *translator) set(pairs []rune, negated bool) {
	t.out.WriteString(setText(pairs, negated))
}

// setText writes pairs in RE2 syntax. An empty set matches nothing, its
// complement anything.
func setText(pairs []rune, negated bool) string {
	if len(pairs) == 0 {
		pairs, negated = []rune{0, unicode.MaxRune}, !negated
	}
	var b strings.Builder
	b.WriteByte('[')
	if negated {
		b.WriteByte('^')
	}
	writePairs(&b, pairs)
	b.WriteByte(']')
	return b.String()
}

func writePairs(b *strings.Builder, pairs []rune) {
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(b, `\x{%x}-\x{%x}`, pairs[i], pairs[i+1])
	}
}

// complement returns the pairs that sorted, disjoint pairs leave out.
func complement(pairs []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] > next {
			out = append(out, next, pairs[i]-1)
		}
		next = pairs[i+1] + 1
	}
	return append(out, next, unicode.MaxRune)
}

// class translates a class after its bracket.
func (t *translator) class(start int) error {
	negated := t.take("^")
	var pairs []rune
	var properties strings.Builder
	add := func(i item) {
		pairs = append(pairs, i.pairs...)
		properties.WriteString(i.property)
	}
	for !t.take("]") {
		if t.at == len(t.pattern) {
			return t.fail(start, "[ is never closed", `write \[ for the character`)
		}
		from := t.at
		first, err := t.member()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(t.rest(), "-") || strings.HasPrefix(t.rest(), "-]") || t.rest() == "-" {
			add(first)
			continue
		}
		t.at++
		second, err := t.member()
		if err != nil {
			return err
		}
		switch {
		case !first.single || !second.single:
			return t.fail(from, "a range between sets", `write \- for the character`)
		case first.pairs[0] > second.pairs[0]:
			return t.fail(from, "a range out of order", `write \- for the character`)
		}
		add(item{pairs: []rune{first.pairs[0], second.pairs[0]}})
	}
	if properties.Len() == 0 {
		t.set(pairs, negated)
		return nil
	}
	t.out.WriteByte('[')
	if negated {
		t.out.WriteByte('^')
	}
	writePairs(&t.out, pairs)
	t.out.WriteString(properties.String() + "]")
	return nil
}

// member reads one character or escape of a class.
func (t *translator) member() (item, error) {
	start := t.at
	if !t.take(`\`) {
		r, size := utf8.DecodeRuneInString(t.rest())
		t.at += size
		return one(r), nil
	}
	switch {
	case t.at == len(t.pattern):
		return item{}, t.fail(start, `\ at the end`, `write \\ for the character`)
	case t.take("b"):
		return one('\b'), nil
	}
	return t.classEscape(start)
}
