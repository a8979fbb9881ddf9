package expression

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a piece of the text: what it is and where.
type token struct {
	kind   tokenKind
	text   string // lower case for words and symbols; the name for columns
	offset int
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenSymbol
	tokenNumber
	tokenWord   // a bare name
	tokenQuoted // a column in quotes
)

// next reads the next token.
func (p *parser) next() error {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	start := p.at
	p.token = token{offset: start}
	if p.at == len(p.text) {
		return nil
	}
	r, size := utf8.DecodeRuneInString(p.text[p.at:])
	switch {
	case r == '"' || r == '`':
		return p.quoted(byte(r))
	case r >= '0' && r <= '9' || r == '.':
		p.at = numberEnd(p.text, p.at)
		p.token.kind = tokenNumber
	case letter(r):
		for p.at < len(p.text) && (letter(r) || unicode.IsDigit(r)) {
			p.at += size
			r, size = utf8.DecodeRuneInString(p.text[p.at:])
		}
		p.token.kind = tokenWord
	case r == '\'':
		return fail(start, "quote columns with \" or `; text cannot be compared", "' begins nothing here")
	case strings.ContainsRune("+-*/(),=<>!", r):
		p.at += size
		if p.at < len(p.text) {
			if pair := p.text[start : p.at+1]; binary[pair].precedence != 0 {
				p.at++
			}
		}
		p.token.kind = tokenSymbol
	default:
		return fail(start, "quote columns whose names have other characters: \"name\"", "%q means nothing here", string(r))
	}
	p.token.text = p.text[start:p.at]
	if p.token.text == "!" {
		return fail(start, "write not, or != between numbers", "! stands alone")
	}
	return nil
}

func letter(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// numberEnd returns the end of the number at i: digits, a point, an exponent.
func numberEnd(text string, i int) int {
	for i < len(text) && (text[i]-'0' <= 9 || text[i] == '.') {
		i++
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		for i < len(text) && text[i]-'0' <= 9 {
			i++
		}
	}
	return i
}

// quoted reads a column's name up to the closing quote.
func (p *parser) quoted(quote byte) error {
	start := p.at
	var name strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		if p.text[p.at] == quote {
			p.at++
			if p.at == len(p.text) || p.text[p.at] != quote {
				if name.Len() == 0 {
					return fail(start, "", "a column without a name")
				}
				p.token.kind, p.token.text = tokenQuoted, name.String()
				return nil
			}
		}
		name.WriteByte(p.text[p.at])
	}
	return fail(start, "", "%c is never closed", quote)
}
