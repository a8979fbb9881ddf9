// Package jsontext finds where the parts of a JSON text stand, without building
// anything from them. What it takes for JSON is what RFC 8259 does, and what
// encoding/json does; only nesting deeper than MaxDepth is refused.
//
// Every function works on data from a position on and allocates nothing. Where
// something is not JSON they return a reason, which is "" if all is well.
package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may be nested.
const MaxDepth = 1000

// Space returns the first place at or after pos that is no white space.
func Space(data []byte, pos int) int {
	for pos < len(data) && (data[pos] == ' ' || data[pos] == '\n' || data[pos] == '\t' || data[pos] == '\r') {
		pos++
	}
	return pos
}

// String returns the place after the string whose opening quote is at pos, and
// whether it holds escapes.
func String(data []byte, pos int) (end int, escaped bool, reason string) {
	for i := pos + 1; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1, escaped, ""
		case c == '\\':
			escaped = true
			i++
			if i < len(data) && data[i] == 'u' {
				if i+4 >= len(data) || hex4(data[i+1:]) < 0 {
					return i, true, `\u is not followed by four hexadecimal digits`
				}
				i += 4
			} else if i < len(data) && bytes.IndexByte([]byte(`"\/bfnrt`), data[i]) < 0 {
				return i, true, "a backslash is followed by a character that is no escape"
			}
		case c < ' ':
			return i, escaped, "a string holds a control character or a line end; write it as an escape"
		}
	}
	return len(data), escaped, "a string is not closed"
}

// Value returns the place after the value at pos, which is no white space, and
// whether it holds white space outside its strings.
func Value(data []byte, pos int) (end int, loose bool, reason string) {
	return value(data, pos, 0)
}

func value(data []byte, pos, depth int) (end int, loose bool, reason string) {
	if pos >= len(data) {
		return pos, false, "a value is missing"
	}
	switch c := data[pos]; {
	case c == '"':
		end, _, reason = String(data, pos)
		return end, false, reason
	case c == '{' || c == '[':
		if depth == MaxDepth {
			return pos, false, "it is nested too deep"
		}
		return nested(data, pos, depth)
	case c == '-' || c >= '0' && c <= '9':
		end, reason = number(data, pos)
		return end, false, reason
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(data)-pos >= len(word) && string(data[pos:pos+len(word)]) == word {
			return pos + len(word), false, ""
		}
	}
	return pos, false, "something stands where a value should"
}

// nested returns the place after the object or array at pos.
func nested(data []byte, pos, depth int) (end int, loose bool, reason string) {
	object, last := data[pos] == '{', data[pos]+2 // ']' is '[' + 2, '}' is '{' + 2
	skip := func(from int) int {
		to := Space(data, from)
		loose = loose || to > from
		return to
	}
	pos = skip(pos + 1)
	if pos < len(data) && data[pos] == last {
		return pos + 1, loose, ""
	}
	for {
		if object {
			if pos >= len(data) || data[pos] != '"' {
				return pos, loose, "the name of a member is missing or not in double quotes"
			}
			if pos, _, reason = String(data, pos); reason != "" {
				return pos, loose, reason
			}
			if pos = skip(pos); pos >= len(data) || data[pos] != ':' {
				return pos, loose, "a colon is missing after a name"
			}
			pos = skip(pos + 1)
		}
		var inner bool
		if pos, inner, reason = value(data, pos, depth+1); reason != "" {
			return pos, loose, reason
		}
		loose = loose || inner
		pos = skip(pos)
		switch {
		case pos < len(data) && data[pos] == ',':
			pos = skip(pos + 1)
		case pos < len(data) && data[pos] == last:
			return pos + 1, loose, ""
		default:
			return pos, loose, "a comma or a closing bracket is missing after a value"
		}
	}
}

func number(data []byte, pos int) (end int, reason string) {
	digits := func() bool {
		from := pos
		for pos < len(data) && data[pos] >= '0' && data[pos] <= '9' {
			pos++
		}
		return pos > from
	}
	if data[pos] == '-' {
		pos++
	}
	if pos < len(data) && data[pos] == '0' {
		pos++
	} else if !digits() {
		return pos, "a number has no digits"
	}
	if pos < len(data) && data[pos] == '.' {
		pos++
		if !digits() {
			return pos, "a number has no digits after its point"
		}
	}
	if pos < len(data) && data[pos]|0x20 == 'e' {
		pos++
		if pos < len(data) && (data[pos] == '+' || data[pos] == '-') {
			pos++
		}
		if !digits() {
			return pos, "a number has no digits in its exponent"
		}
	}
	return pos, ""
}

// Unescape appends to dst the value of a string, given without its quotes. Half
// of a surrogate pair becomes U+FFFD.
func Unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 == len(text) {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		c := text[i+1]
		text = text[i+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := hex4(text)
			if r < 0 {
				return dst
			}
			text = text[4:]
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if len(text) >= 6 && text[0] == '\\' && text[1] == 'u' {
					low = hex4(text[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					text = text[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
}

// hex4 returns the number that the first four bytes of text write, -1 if none.
func hex4(text []byte) rune {
	if len(text) < 4 {
		return -1
	}
	var r rune
	for _, c := range text[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}

// Compact appends a value to dst without the white space outside its strings.
func Compact(dst, value []byte) []byte {
	for pos := 0; pos < len(value); {
		switch c := value[pos]; c {
		case ' ', '\n', '\t', '\r':
			pos++
		case '"':
			end, _, _ := String(value, pos)
			dst = append(dst, value[pos:end]...)
			pos = end
		default:
			dst = append(dst, c)
			pos++
		}
	}
	return dst
}

// Extent returns the place after the value at pos without looking at more of it
// than strings and brackets, so that text that is not quite JSON has an extent
// too; 0 if data ends before the value does, or may. A string ends with its line
// at the latest, and an object or array before a closing bracket of the other
// kind, so that one that is never closed spoils no more than it must.
func Extent(data []byte, pos int) int {
	depth, kinds := 0, uint64(0) // a bit for each of the innermost 64: an object
	nested := data[pos] == '{' || data[pos] == '['
	for i := pos; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			for i++; i < len(data) && data[i] != '"' && data[i] != '\n'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if i >= len(data) {
				return 0
			}
			if !nested && data[pos] == '"' {
				return i + 1
			}
		case c == '{' || c == '[':
			depth++
			kinds = kinds<<1 | uint64(c>>5&1)
		case (c == '}' || c == ']') && nested:
			if kinds&1 != uint64(c>>5&1) && depth <= 64 {
				return i
			}
			kinds >>= 1
			if depth--; depth == 0 {
				return i + 1
			}
		case !nested && i > pos && (c == ',' || c == ']' || c <= ' '):
			return i
		}
	}
	return 0
}
