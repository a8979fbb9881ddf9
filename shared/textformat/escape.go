package textformat

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
