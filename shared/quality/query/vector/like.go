package vector

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxPattern is how many characters a LIKE pattern may have: matching takes at
// most as many steps for each character of a text.
const MaxPattern = 1_000

// A piece of a LIKE pattern is what stands between two %: characters, of which
// anyRune is any.
type piece struct {
	runes []rune
	plain []byte // the same, if there is no anyRune among them; else nil
}

const anyRune = -1

// Like compiles a LIKE pattern, in which % is any text and _ any character;
// what follows escape, if that is not 0, is itself. Fold takes letters of
// either case for the same.
func Like(pattern string, escape rune, fold bool) (func([]byte) bool, error) {
	if utf8.RuneCountInString(pattern) > MaxPattern {
		return nil, fmt.Errorf("a LIKE pattern of more than %d characters", MaxPattern)
	}
	pieces := []piece{{}}
	escaped := false
	for _, r := range pattern {
		last := &pieces[len(pieces)-1]
		switch {
		case !escaped && escape != 0 && r == escape:
			escaped = true
			continue
		case !escaped && r == '%':
			pieces = append(pieces, piece{})
			continue
		case !escaped && r == '_':
			r = anyRune
		case fold:
			r = unicode.ToLower(r)
		}
		escaped = false
		last.runes = append(last.runes, r)
	}
	if escaped {
		return nil, fmt.Errorf("the pattern ends with its escape character")
	}
	for i := range pieces {
		pieces[i].settle()
	}
	match := func(t []byte) bool { return matchPieces(t, pieces) }
	if !fold {
		return match, nil
	}
	return func(t []byte) bool { return match(bytes.Map(unicode.ToLower, t)) }, nil
}

// settle sets plain.
func (p *piece) settle() {
	for _, r := range p.runes {
		if r == anyRune {
			return
		}
	}
	p.plain = []byte(string(p.runes))
}

// matchPieces matches the first piece at the start, the last at the end and each
// between them as early as it can.
func matchPieces(t []byte, pieces []piece) bool {
	size, ok := pieces[0].at(t)
	if !ok {
		return false
	}
	if len(pieces) == 1 {
		return size == len(t)
	}
	t = t[size:]
	last := &pieces[len(pieces)-1]
	for i := 1; i < len(pieces)-1; i++ {
		end := pieces[i].find(t)
		if end < 0 {
			return false
		}
		t = t[end:]
	}
	if last.plain != nil {
		return bytes.HasSuffix(t, last.plain)
	}
	back := len(t)
	for range last.runes {
		if back == 0 {
			return false
		}
		_, size := utf8.DecodeLastRune(t[:back])
		back -= size
	}
	_, ok = last.at(t[back:])
	return ok
}

// at matches the piece at the start of t and returns how long it is there.
func (p *piece) at(t []byte) (int, bool) {
	if p.plain != nil {
		return len(p.plain), bytes.HasPrefix(t, p.plain)
	}
	at := 0
	for _, want := range p.runes {
		if at == len(t) {
			return 0, false
		}
		r, size := utf8.DecodeRune(t[at:])
		if want != anyRune && r != want {
			return 0, false
		}
		at += size
	}
	return at, true
}

// find returns where the first match of the piece in t ends, -1 if there is none.
func (p *piece) find(t []byte) int {
	if p.plain != nil {
		if at := bytes.Index(t, p.plain); at >= 0 {
			return at + len(p.plain)
		}
		return -1
	}
	for at := 0; at <= len(t); {
		if size, ok := p.at(t[at:]); ok {
			return at + size
		}
		if at == len(t) {
			break
		}
		_, size := utf8.DecodeRune(t[at:])
		at += size
	}
	return -1
}
