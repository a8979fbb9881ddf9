package sql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a piece of the text.
type token struct {
	kind       tokenKind
	text       string // upper case for words and symbols, the name or text for what is quoted
	name       string // of words, as written
	start, end int
}

type tokenKind uint8

const (
	end tokenKind = iota
	symbol
	number
	text   // 'text'
	word   // a bare name or a keyword
	quoted // a name in quotes, or a placeholder
)

// symbols that have two characters.
var pairs = map[string]bool{"<>": true, "!=": true, "<=": true, ">=": true, "==": true, "||": true, "::": true, "!~": true}

// scan reads the next token into p.token.
func (p *parser) scan() error {
	if err := p.space(); err != nil {
		return err
	}
	start := p.at
	p.token = token{start: start, end: start}
	if p.at == len(p.text) {
		return nil
	}
	r, size := utf8.DecodeRuneInString(p.text[p.at:])
	var err error
	switch {
	case r == '\'':
		p.token.kind = text
		p.token.text, err = p.until('\'', start)
	case r == '"' || r == '`':
		p.token.kind = quoted
		p.token.text, err = p.until(byte(r), start)
	case r == '[':
		p.token.kind = quoted
		p.token.text, err = p.until(']', start)
	case r == '{' || r == '$' && strings.HasPrefix(p.text[p.at:], "${"):
		p.token.kind = quoted
		p.token.text, err = p.placeholder(start)
	case r >= '0' && r <= '9' || r == '.' && p.at+1 < len(p.text) && p.text[p.at+1]-'0' <= 9:
		p.at = numberEnd(p.text, p.at)
		p.token.kind, p.token.text = number, p.text[start:p.at]
	case letter(r):
		for p.at < len(p.text) && (letter(r) || unicode.IsDigit(r) || r == '$') {
			p.at += size
			r, size = utf8.DecodeRuneInString(p.text[p.at:])
		}
		p.token.kind, p.token.name = word, p.text[start:p.at]
		p.token.text = strings.ToUpper(p.token.name)
	case strings.ContainsRune("+-*/%(),.;=<>!|:~", r):
		p.at += size
		if p.at < len(p.text) && pairs[p.text[start:p.at+1]] {
			p.at++
		}
		p.token.kind, p.token.text = symbol, p.text[start:p.at]
	default:
		return p.wrong(start, "", "%q means nothing here", string(r))
	}
	if p.token.kind == quoted && p.token.text == "" && err == nil {
		return p.wrong(start, "", "a name without a character")
	}
	p.token.end = p.at
	return err
}

func letter(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// space skips white space and comments.
func (p *parser) space() error {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			p.at++
		case strings.HasPrefix(rest, "\u00a0"), strings.HasPrefix(rest, "\ufeff"):
			_, size := utf8.DecodeRuneInString(rest)
			p.at += size
		case strings.HasPrefix(rest, "--"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				p.at += i
			} else {
				p.at = len(p.text)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return p.wrong(p.at, "end it with */", "a comment is never closed")
			}
			p.at += i + 4
		default:
			return nil
		}
	}
	return nil
}

// numberEnd returns the end of the number at i: digits, a point, an exponent.
func numberEnd(s string, i int) int {
	for i < len(s) && (s[i]-'0' <= 9 || s[i] == '.') {
		i++
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		for j < len(s) && s[j]-'0' <= 9 {
			j++
			i = j
		}
	}
	return i
}

// until reads up to the closing quote, which is itself where it stands twice,
// and puts in what placeholders stand for.
func (p *parser) until(quote byte, start int) (string, error) {
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		if c == quote {
			p.at++
			if p.at == len(p.text) || p.text[p.at] != quote || quote == ']' {
				return b.String(), nil
			}
		} else if c == '{' || c == '$' {
			if name, length := p.named(p.text[p.at:]); length > 0 {
				b.WriteString(name)
				p.at += length - 1
				continue
			}
		}
		b.WriteByte(c)
	}
	return "", p.wrong(start, "", "%c is never closed", quote)
}

// named returns what the placeholder at the start of s stands for and how long
// it is, 0 if there is none.
func (p *parser) named(s string) (name string, length int) {
	open := 1
	if s[0] == '$' {
		open = 2
	}
	if len(s) < open || s[open-1] != '{' {
		return "", 0
	}
	stop := strings.IndexByte(s, '}')
	if stop < 0 || stop > 64 {
		return "", 0
	}
	name, known := p.names[strings.ToLower(strings.TrimSpace(s[open:stop]))]
	if !known {
		return "", 0
	}
	return name, stop + 1
}

func (p *parser) placeholder(start int) (string, error) {
	name, length := p.named(p.text[p.at:])
	if length == 0 {
		return "", p.unsupported(start, "there are {object}, {table}, and {property}, {column} in a property's rules", "a placeholder stands for nothing here")
	}
	p.at += length
	return name, nil
}
