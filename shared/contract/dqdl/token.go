package dqdl

import (
	"strings"
	"unicode/utf8"

	"tillwatch/shared/document"
)

// A tokenKind says what a token is; punctuation is its own text.
type tokenKind uint8

const (
	end tokenKind = iota
	word
	quoted
	digits
	mark
)

// A token is one piece of a ruleset. Start and stop are byte offsets.
type token struct {
	kind        tokenKind
	text        string // unquoted
	start, stop int
	place       document.Place
}

// A lexer cuts a text into tokens.
type lexer struct {
	text   string
	at     int
	place  document.Place
	faults *document.Faults
	tokens []token
}

// tokenize cuts all of the text; what is wrong is reported and left out.
func (l *lexer) tokenize() {
	for {
		l.space()
		t := token{start: l.at, place: l.place}
		if l.at == len(l.text) {
			t.stop = l.at
			l.tokens = append(l.tokens, t)
			return
		}
		switch c := l.text[l.at]; {
		case c == '"':
			if !l.quoted(&t) {
				continue
			}
		case letter(c):
			t.kind, t.text = word, l.while(func(c byte) bool { return letter(c) || digit(c) || c == '.' })
		case digit(c):
			t.kind, t.text = digits, l.while(digit)
			if l.at+1 < len(l.text) && l.text[l.at] == '.' && digit(l.text[l.at+1]) {
				l.step(1)
				t.text += "." + l.while(digit)
			}
		default:
			t.kind = mark
			if t.text = l.mark(); t.text == "" {
				continue
			}
		}
		t.stop = l.at
		l.tokens = append(l.tokens, t)
	}
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// step goes n bytes on within a line, and counts characters.
func (l *lexer) step(n int) {
	for _, c := range []byte(l.text[l.at : l.at+n]) {
		switch {
		case c == '\n':
			l.place.Line++
			l.place.Column = 1
		case utf8.RuneStart(c):
			l.place.Column++
		}
	}
	l.at += n
}

func (l *lexer) while(good func(byte) bool) string {
	n := l.at
	for n < len(l.text) && good(l.text[n]) {
		n++
	}
	text := l.text[l.at:n]
	l.step(len(text))
	return text
}

// space skips spaces and comments.
func (l *lexer) space() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			l.step(1)
		case rest[0] == '#' || strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.step(n)
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				l.faults.Addf(l.place, "close it with */", "a comment is never closed")
				l.step(len(rest))
				return
			}
			l.step(n + 4)
		default:
			return
		}
	}
}

// quoted reads a text in double quotes.
func (l *lexer) quoted(t *token) bool {
	var b strings.Builder
	for n := l.at + 1; n < len(l.text); n++ {
		switch c := l.text[n]; {
		case c == '"':
			l.step(n + 1 - l.at)
			t.kind, t.text = quoted, b.String()
			return true
		case c == '\\' && n+1 < len(l.text) && (l.text[n+1] == '"' || l.text[n+1] == '\\'):
			if l.text[n+1] == '\\' {
				b.WriteByte('\\')
			} else {
				b.WriteByte('"')
			}
			n++
		default:
			b.WriteByte(c)
		}
	}
	l.faults.Addf(l.place, `close it with "`, "a text is never closed")
	l.step(len(l.text) - l.at)
	return false
}

// mark reads punctuation; what is none is reported.
func (l *lexer) mark() string {
	for _, m := range []string{"!=", ">=", "<=", "=", ">", "<", "[", "]", "(", ")", "{", "}", ",", ":", "$", "+", "-", "*", "/"} {
		if strings.HasPrefix(l.text[l.at:], m) {
			l.step(len(m))
			return m
		}
	}
	c, n := utf8.DecodeRuneInString(l.text[l.at:])
	hint := ""
	if c == '\'' {
		hint = `texts are in double quotes: "…"`
	}
	l.faults.Addf(l.place, hint, "%q has no place here", c)
	l.step(n)
	return ""
}
