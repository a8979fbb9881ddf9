package vector

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"tillwatch/shared/decimal"
	"tillwatch/shared/textformat"
)

// mapped makes the operation of a function of one text that is a part of it.
func mapped(f func([]byte) []byte) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Text, n)
		for i, t := range args[0].Texts[:n] {
			if out.Texts[i] = t; t == nil {
				continue
			}
			if out.Texts[i] = f(t); out.Texts[i] == nil { // as bytes.Trim returns what is empty
				out.Texts[i] = t[:0]
			}
		}
	}
}

// changed makes the operation of a function of the letters of one text.
func changed(ascii func(byte) byte, letter func(rune) rune) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Text, n)
		for i, t := range args[0].Texts[:n] {
			if t == nil {
				out.Texts[i] = nil
				continue
			}
			start := len(out.arena)
			out.more(t)
			plain := true
			for j, b := range t {
				plain = plain && b < utf8.RuneSelf
				out.arena[start+j] = ascii(b)
			}
			if !plain {
				out.arena = out.arena[:start]
				out.more(bytes.Map(letter, t))
			}
			out.text(i, start)
		}
	}
}

// Functions of one text.
var (
	Lower = changed(func(b byte) byte {
		if b-'A' < 26 {
			b |= 0x20
		}
		return b
	}, unicode.ToLower)
	Upper = changed(func(b byte) byte {
		if b-'a' < 26 {
			b &^= 0x20
		}
		return b
	}, unicode.ToUpper)
	Trim      = mapped(func(t []byte) []byte { return bytes.Trim(t, " ") })
	TrimLeft  = mapped(func(t []byte) []byte { return bytes.TrimLeft(t, " ") })
	TrimRight = mapped(func(t []byte) []byte { return bytes.TrimRight(t, " ") })
)

// TrimSet makes Trim for all of some characters; left and right say which ends.
func TrimSet(set string, left, right bool) Op {
	return mapped(func(t []byte) []byte {
		if left {
			t = bytes.TrimLeft(t, set)
		}
		if right {
			t = bytes.TrimRight(t, set)
		}
		return t
	})
}

// Length is the number of code points of a text.
func Length(out *Vector, args []*Vector, n int) {
	out.Resize(Number, n)
	for i, t := range args[0].Texts[:n] {
		if t == nil {
			out.Kinds[i] = decimal.NotNumber
			continue
		}
		out.Set(i, decimal.Decimal{Coef: int64(textformat.Length(t))})
	}
}

// Join makes CONCAT: of nulls nothing if skip is set, else null.
func Join(skip bool) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Text, n)
	rows:
		for i := range n {
			start := len(out.arena)
			for _, a := range args {
				if a.Texts[i] == nil && !skip {
					out.Texts[i] = nil
					out.arena = out.arena[:start]
					continue rows
				}
				out.more(a.Texts[i])
			}
			out.text(i, start)
		}
	}
}

// Replace replaces every second argument in the first by the third.
func Replace(out *Vector, args []*Vector, n int) {
	out.Resize(Text, n)
	for i := range n {
		t, old, by := args[0].Texts[i], args[1].Texts[i], args[2].Texts[i]
		if out.Texts[i] = t; t == nil || old == nil || by == nil {
			out.Texts[i] = nil
			continue
		}
		if len(old) == 0 || !bytes.Contains(t, old) {
			continue
		}
		start := len(out.arena)
		for {
			at := bytes.Index(t, old)
			if at < 0 {
				break
			}
			out.more(t[:at])
			out.more(by)
			t = t[at+len(old):]
		}
		out.more(t)
		out.text(i, start)
	}
}

// Substring is the characters from one place on, counted from 1 or, if negative,
// from the end, as many as the third argument says if there is one.
func Substring(out *Vector, args []*Vector, n int) {
	out.Resize(Text, n)
	for i := range n {
		t, from, most := args[0].Texts[i], args[1], int64(1<<62)
		if out.Texts[i] = nil; t == nil || from.Kinds[i] != decimal.Fits {
			continue
		}
		if len(args) == 3 {
			if args[2].Kinds[i] != decimal.Fits {
				continue
			}
			most = args[2].Numbers[i].Floor().Coef
		}
		first := from.Numbers[i].Floor().Coef
		if first < 0 {
			first += int64(textformat.Length(t)) + 1
		}
		if first < 1 { // what would stand before the text counts
			if most < 1<<62 {
				most += first - 1
			}
			first = 1
		}
		out.Texts[i] = prefix(skip(t, first-1), most)
	}
}

// skip returns t without its first n characters.
func skip(t []byte, n int64) []byte {
	for ; n > 0 && len(t) > 0; n-- {
		_, size := utf8.DecodeRune(t)
		t = t[size:]
	}
	return t
}

// prefix returns the first n characters of t.
func prefix(t []byte, n int64) []byte {
	if n <= 0 {
		return t[:0]
	}
	if n >= int64(len(t)) {
		return t
	}
	return t[:len(t)-len(skip(t, n))]
}

// Left and Right are the first or the last characters, or all but as many of the
// other end if the number is negative.
var (
	Left = cut(func(t []byte, n, all int64) []byte {
		if n < 0 {
			n = max(0, all+n)
		}
		return prefix(t, n)
	})
	Right = cut(func(t []byte, n, all int64) []byte {
		if n < 0 {
			return skip(t, -n)
		}
		return skip(t, max(0, all-n))
	})
)

func cut(f func(t []byte, n, all int64) []byte) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Text, n)
		for i, t := range args[0].Texts[:n] {
			if out.Texts[i] = nil; t != nil && args[1].Kinds[i] == decimal.Fits {
				out.Texts[i] = f(t, args[1].Numbers[i].Floor().Coef, int64(textformat.Length(t)))
			}
		}
	}
}

// Position is where the second argument first stands in the first, in characters
// from 1; 0 if it does not.
func Position(out *Vector, args []*Vector, n int) {
	out.Resize(Number, n)
	for i := range n {
		t, part := args[0].Texts[i], args[1].Texts[i]
		if t == nil || part == nil {
			out.Kinds[i] = decimal.NotNumber
			continue
		}
		at := bytes.Index(t, part)
		if at >= 0 {
			at = textformat.Length(t[:at])
		}
		out.Set(i, decimal.Decimal{Coef: int64(at + 1)})
	}
}

// Holds makes the test of two texts.
func Holds(f func(t, part []byte) bool) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		for i := range n {
			if t, part := args[0].Texts[i], args[1].Texts[i]; t == nil || part == nil {
				out.Truths[i] = Unknown
			} else {
				out.Truths[i] = truth(f(t, part))
			}
		}
	}
}

// Matches makes the test of one text.
func Matches(f func([]byte) bool) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Bool, n)
		for i, t := range args[0].Texts[:n] {
			if t == nil {
				out.Truths[i] = Unknown
			} else {
				out.Truths[i] = truth(f(t))
			}
		}
	}
}
