// Package vector computes with columns of values as SQL does: exact numbers,
// texts, points in time and truths, any of which may be null.
//
// An operation fills one vector from others, row by row. What it yields of a
// null is null, unless its comment says otherwise. Nothing rounds but division
// (see Divide), the functions that round, and roots.
package vector

import (
	"math/big"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
)

// A Kind is what the values of a vector are.
type Kind uint8

// The kinds. A Clock is a time of day.
const (
	Null Kind = iota // nothing but nulls
	Bool
	Number
	Text
	Date
	Timestamp
	Clock
)

// String names the kind for a message.
func (k Kind) String() string {
	return [...]string{"NULL", "a truth", "a number", "a text", "a date", "a timestamp", "a time of day"}[k]
}

// Moment reports whether values of the kind are points in time.
func (k Kind) Moment() bool { return k == Date || k == Timestamp || k == Clock }

// The truths.
const (
	False uint8 = iota
	True
	Unknown // null
)

// A Vector is a column of values of one kind, in the fields that go with it.
// The zero value is ready to be filled; filling again reuses its memory.
type Vector struct {
	Kind Kind
	// Truths are of kind Bool.
	Truths []uint8
	// Numbers are of kind Number: Kinds says which are null (NotNumber) and which
	// no Decimal can hold (Large): those are in Larges by row.
	Numbers []decimal.Decimal
	Kinds   []decimal.Kind
	Larges  map[int]*big.Rat
	// Texts are of kind Text; nil is null.
	Texts [][]byte
	// Moments are of the kinds of time; Valid says which are not null.
	Moments []datetime.Moment
	Valid   []bool

	arena []byte // what Texts made here stand in
}

// An Op fills out with n rows from args.
type Op func(out *Vector, args []*Vector, n int)

// Resize makes v hold n values of a kind, as yet undefined.
func (v *Vector) Resize(kind Kind, n int) {
	v.Kind = kind
	switch kind {
	case Bool:
		v.Truths = grow(v.Truths, n)
	case Number:
		v.Numbers, v.Kinds = grow(v.Numbers, n), grow(v.Kinds, n)
		clear(v.Larges)
	case Text:
		v.Texts, v.arena = grow(v.Texts, n), v.arena[:0]
	case Date, Timestamp, Clock:
		v.Moments, v.Valid = grow(v.Moments, n), grow(v.Valid, n)
	}
}

// grow returns s with length n, its memory reused where it suffices.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}

// IsNull reports whether the value of a row is null.
func (v *Vector) IsNull(row int) bool {
	switch v.Kind {
	case Bool:
		return v.Truths[row] == Unknown
	case Number:
		return v.Kinds[row] == decimal.NotNumber
	case Text:
		return v.Texts[row] == nil
	case Null:
		return true
	}
	return !v.Valid[row]
}

// SetNull makes the value of a row null.
func (v *Vector) SetNull(row int) {
	switch v.Kind {
	case Bool:
		v.Truths[row] = Unknown
	case Number:
		v.Kinds[row] = decimal.NotNumber
	case Text:
		v.Texts[row] = nil
	case Date, Timestamp, Clock:
		v.Valid[row] = false
	}
}

// Copy sets the value of a row to that of another vector of the same kind, with
// which it may share memory.
func (v *Vector) Copy(row int, from *Vector, at int) {
	switch v.Kind {
	case Bool:
		v.Truths[row] = from.Truths[at]
	case Number:
		v.Numbers[row], v.Kinds[row] = from.Numbers[at], from.Kinds[at]
		if v.Kinds[row] == decimal.Large {
			v.large(row, from.Larges[at])
		}
	case Text:
		v.Texts[row] = from.Texts[at]
	case Date, Timestamp, Clock:
		v.Moments[row], v.Valid[row] = from.Moments[at], from.Valid[at]
	}
}

func (v *Vector) large(row int, r *big.Rat) {
	if v.Larges == nil {
		v.Larges = map[int]*big.Rat{}
	}
	v.Larges[row] = r
}

// Set makes the number of a row d.
func (v *Vector) Set(row int, d decimal.Decimal) {
	v.Numbers[row], v.Kinds[row] = d, decimal.Fits
}

// A Limit is the panic of an operation whose value would be too large.
type Limit string

func (l Limit) Error() string { return string(l) }

// maxBits bounds the size of a number.
const maxBits = 1 << 13

// TooLong reports whether a number is too large to be worked with.
func TooLong(r *big.Rat) bool { return r.Num().BitLen()+r.Denom().BitLen() > maxBits }

// SetRat makes the number of a row r, which is not changed afterwards. It panics
// with a Limit if r is too large to be worked with.
func (v *Vector) SetRat(row int, r *big.Rat) {
	if places, exact := r.FloatPrec(); exact && places <= decimal.MaxScale && r.Num().BitLen() < 128 {
		if d, kind := decimal.Parse([]byte(r.FloatString(places))); kind == decimal.Fits {
			v.Set(row, d)
			return
		}
	}
	if TooLong(r) {
		panic(Limit("a number has more digits than are computed with"))
	}
	v.Kinds[row] = decimal.Large
	v.large(row, r)
}

// Rat returns the number of a row, which is not null, as a fraction that must
// not be changed.
func (v *Vector) Rat(row int) *big.Rat {
	if v.Kinds[row] == decimal.Large {
		return v.Larges[row]
	}
	return v.Numbers[row].Rat()
}

// maxArena bounds the texts that one operation makes of one block.
const maxArena = 64 << 20

// more appends to the text that is being made. It panics with a Limit if a
// block's texts become too long.
func (v *Vector) more(part []byte) {
	if len(v.arena)+len(part) > maxArena {
		panic(Limit("a text becomes longer than is computed with"))
	}
	v.arena = append(v.arena, part...)
}

// text ends the text of a row that more began at start.
func (v *Vector) text(row, start int) {
	if v.Texts[row] = v.arena[start:len(v.arena):len(v.arena)]; v.Texts[row] == nil {
		v.Texts[row] = []byte{}
	}
}

// PutText makes the text of a row a copy of text.
func (v *Vector) PutText(row int, text []byte) {
	start := len(v.arena)
	v.more(text)
	v.text(row, start)
}
