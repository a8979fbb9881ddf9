package frictionless

import (
	"strings"

	"tillwatch/shared/datetime"
)

// anchored makes a pattern that must match a whole value one that is searched
// for.
func anchored(pattern string) string {
	if strings.Contains(pattern, "|") {
		return "^(?:" + pattern + ")$"
	}
	return "^" + pattern + "$"
}

// whole undoes anchored; ok is false for a pattern that is not of that form.
func whole(pattern string) (inner string, ok bool) {
	inner, begins := strings.CutPrefix(pattern, "^")
	inner, ends := strings.CutSuffix(inner, "$")
	if !begins || !ends || escaped(inner) {
		return "", false
	}
	if group, yes := strings.CutPrefix(inner, "(?:"); yes {
		if group, yes = strings.CutSuffix(group, ")"); yes && strings.Contains(group, "|") && !escaped(group) && balanced(group) {
			return group, true
		}
	}
	return inner, !strings.Contains(inner, "|")
}

// escaped reports whether what follows s would be escaped.
func escaped(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}

// balanced reports whether every group that opens in a pattern closes in it,
// and no other.
func balanced(pattern string) bool {
	depth, class := 0, false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0 && !class
}

// directives are strptime's, and what stands for each in a contract's format.
// Of several for one the first is written.
var directives = []struct {
	letter byte
	format string
}{
	{'Y', "yyyy"}, {'y', "yy"}, {'B', "MMMM"}, {'b', "MMM"}, {'h', "MMM"}, {'m', "MM"}, {'j', "DDD"}, {'d', "dd"}, {'A', "EEEE"}, {'a', "EEE"},
	{'H', "HH"}, {'I', "hh"}, {'p', "a"}, {'M', "mm"}, {'S', "ss"}, {'f', "SSSSSS"}, {'z', "Z"},
}

// shorthands are directives that stand for several.
var shorthands = map[byte]string{'F': "yyyy-MM-dd", 'T': "HH:mm:ss", 'R': "HH:mm", 'D': "MM/dd/yy"}

// fromStrptime writes a format of strptime as a contract has it; ok is false if
// there is none.
func fromStrptime(format string) (pattern string, ok bool) {
	var b, text strings.Builder
	flush := func() {
		literal := text.String()
		text.Reset()
		if literal == "" {
			return
		}
		literal = strings.ReplaceAll(literal, "'", "''")
		if strings.ContainsFunc(literal, isLetter) || strings.ContainsAny(literal, "[]{}#") {
			literal = "'" + literal + "'"
		}
		b.WriteString(literal)
	}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			text.WriteByte(format[i])
			continue
		}
		if i++; i == len(format) {
			return "", false
		}
		if format[i] == '%' {
			text.WriteByte('%')
			continue
		}
		flush()
		field := shorthands[format[i]]
		for _, d := range directives {
			if d.letter == format[i] {
				field = d.format
			}
		}
		if field == "" {
			return "", false
		}
		b.WriteString(field)
	}
	flush()
	pattern = b.String()
	_, err := datetime.Compile(pattern)
	return pattern, err == nil && pattern != ""
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// toStrptime writes a contract's format as strptime has it; ok is false if
// there is none that reads the same.
func toStrptime(pattern string) (format string, ok bool) {
	var b strings.Builder
	literal := func(s string) { b.WriteString(strings.ReplaceAll(s, "%", "%%")) }
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, n, closed := quotedText(pattern[i:])
			if !closed {
				return "", false
			}
			literal(text)
			i += n
		case strings.IndexByte("[]{}#", c) >= 0:
			return "", false
		case c == 'T':
			literal("T")
			i++
		case isLetter(rune(c)):
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			run := strings.ReplaceAll(pattern[i:i+n], "u", "y")
			found := false
			for _, d := range directives {
				if d.format == run {
					b.WriteString("%" + string(d.letter))
					found = true
					break
				}
			}
			if !found {
				return "", false
			}
			i += n
		default:
			literal(string(c))
			i++
		}
	}
	return b.String(), b.Len() > 0
}

// quotedText reads text in apostrophes at the beginning of s: the text, how
// long it is as written, and whether it ends.
func quotedText(s string) (text string, n int, closed bool) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}
