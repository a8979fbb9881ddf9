package textformat

import (
	"fmt"
	"slices"
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
	for t.at < len(t.pattern) {
		start := t.at
		r, size := utf8.DecodeRuneInString(t.rest())
		t.at += size
		switch r {
		case '|':
			t.out.WriteByte('|')
			last = nothing
		case '(':
			if err := t.group(start); err != nil {
				return err
			}
			open, last = append(open, start), nothing
		case ')':
			if len(open) == 0 {
				return t.fail(start, ") closes nothing", `write \) for the character`)
			}
			open = open[:len(open)-1]
			t.out.WriteByte(')')
			last = atom
		case '^':
			t.out.WriteString(`\A`)
			last = assertion
		case '$':
			t.out.WriteString(`\z`)
			last = assertion
		case '.':
			t.set(lineEnds, true)
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

// escape translates an escape outside a class and says what may follow it.
func (t *translator) escape(start int) (int, error) {
	if t.at == len(t.pattern) {
		return 0, t.fail(start, `\ at the end`, `write \\ for the character`)
	}
	switch c := t.pattern[t.at]; c {
	case 'b', 'B':
		t.at++
		t.out.WriteString(`\` + string(c))
		return assertion, nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9', 'k':
		return 0, t.unsupported(start, "a back-reference cannot be run in bounded time", "compare two columns by an arithmetic rule, or write the alternatives")
	}
	item, err := t.classEscape(start)
	if err != nil {
		return 0, err
	}
	if item.property != "" {
		t.out.WriteString(item.property)
	} else {
		t.set(item.pairs, false)
	}
	return atom, nil
}

// An item is a member of a class: a set, or a property in RE2 syntax.
type item struct {
	pairs    []rune
	property string
	single   bool // one character, which may begin or end a range
}

func one(r rune) item { return item{pairs: []rune{r, r}, single: true} }

// classEscape reads what both classes and patterns allow after \.
func (t *translator) classEscape(start int) (item, error) {
	r, size := utf8.DecodeRuneInString(t.rest())
	t.at += size
	switch r {
	case 'd':
		return item{pairs: digits}, nil
	case 'D':
		return item{pairs: complement(digits)}, nil
	case 'w':
		return item{pairs: wordRunes}, nil
	case 'W':
		return item{pairs: complement(wordRunes)}, nil
	case 's':
		return item{pairs: spaceRunes}, nil
	case 'S':
		return item{pairs: complement(spaceRunes)}, nil
	case 't':
		return one('\t'), nil
	case 'n':
		return one('\n'), nil
	case 'v':
		return one('\v'), nil
	case 'f':
		return one('\f'), nil
	case 'r':
		return one('\r'), nil
	case '0':
		if t.at < len(t.pattern) && t.pattern[t.at]-'0' <= 9 {
			return item{}, t.fail(start, "an octal escape", `write \xHH`)
		}
		return one(0), nil
	case 'c':
		if t.at < len(t.pattern) && unicode.IsLetter(rune(t.pattern[t.at])) && t.pattern[t.at] < utf8.RuneSelf {
			t.at++
			return one(rune(t.pattern[t.at-1] & 31)), nil
		}
		return item{}, t.fail(start, `\c without a letter`, `write \cA to \cZ`)
	case 'x':
		n, ok := t.hex(2)
		if !ok {
			return item{}, t.fail(start, `\x without two hexadecimal digits`, "")
		}
		return one(n), nil
	case 'u':
		return t.unicodeEscape(start)
	case 'p', 'P':
		return t.propertyEscape(start, r == 'P')
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		hint := ""
		switch r {
		case 'A':
			hint = "write ^ for the beginning"
		case 'z', 'Z':
			hint = "write $ for the end"
		}
		return item{}, t.fail(start, fmt.Sprintf(`\%c has no meaning in ECMA-262`, r), hint)
	}
	return one(r), nil
}

// hex reads n hexadecimal digits.
func (t *translator) hex(n int) (value rune, ok bool) {
	if len(t.rest()) < n {
		return 0, false
	}
	for _, c := range []byte(t.rest()[:n]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, false
		}
		value = value<<4 | rune(d)
	}
	t.at += n
	return value, true
}

// unicodeEscape reads \uHHHH, a pair of them that makes one code point, or
// \u{H...}.
func (t *translator) unicodeEscape(start int) (item, error) {
	if t.take("{") {
		end := strings.IndexByte(t.rest(), '}')
		if end < 1 || end > 6 {
			return item{}, t.fail(start, `\u{ without a code point`, "")
		}
		n, ok := t.hex(end)
		if !ok || n > unicode.MaxRune {
			return item{}, t.fail(start, `\u{ without a code point`, "")
		}
		t.at++
		return one(n), nil
	}
	n, ok := t.hex(4)
	if !ok {
		return item{}, t.fail(start, `\u without four hexadecimal digits`, "")
	}
	if n >= 0xd800 && n < 0xdc00 {
		before := t.at
		if t.take(`\u`) {
			if low, ok := t.hex(4); ok && low >= 0xdc00 && low < 0xe000 {
				return one((n-0xd800)<<10 + low - 0xdc00 + 0x10000), nil
			}
		}
		t.at = before
	}
	if n >= 0xd800 && n < 0xe000 {
		return item{}, t.fail(start, "half a surrogate pair", `write \u{...} for the code point`)
	}
	return one(n), nil
}

// propertyEscape reads {Name} or {Name=Value} after \p.
func (t *translator) propertyEscape(start int, negated bool) (item, error) {
	end := strings.IndexByte(t.rest(), '}')
	if !strings.HasPrefix(t.rest(), "{") || end < 0 {
		return item{}, t.fail(start, `\p without a property`, `write \p{L} for letters`)
	}
	name := t.rest()[1:end]
	t.at += end + 1
	if key, value, both := strings.Cut(name, "="); both {
		switch key {
		case "Script", "sc", "General_Category", "gc":
			name = value
		default:
			return item{}, t.unsupported(start, fmt.Sprintf(`the property %s is not known here`, key), "use a general category or a script")
		}
	}
	if !knownProperty(name) {
		return item{}, t.unsupported(start, fmt.Sprintf(`the property %s is not known here`, name), "use a general category or a script")
	}
	letter := "p"
	if negated {
		letter = "P"
	}
	return item{property: `\` + letter + "{" + name + "}"}, nil
}

func knownProperty(name string) bool {
	if _, ok := unicode.Categories[name]; ok {
		return true
	}
	if _, ok := unicode.CategoryAliases[name]; ok {
		return true
	}
	_, ok := unicode.Scripts[name]
	return ok || slices.Contains([]string{"Any", "ASCII", "Assigned"}, name)
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
