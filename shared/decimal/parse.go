package decimal

import (
	"math"
	"math/big"
)

// A Kind says what Parse found.
type Kind uint8

// The kinds. NotNumber is the zero value.
const (
	// NotNumber is text outside the grammar.
	NotNumber Kind = iota
	// Fits is a number that the result holds exactly.
	Fits
	// Large is a number that the result cannot hold: too large, or with too
	// many places. Rat can still read it.
	Large
)

// String returns "not a number", "fits" or "large".
func (k Kind) String() string { return [...]string{"not a number", "fits", "large"}[k] }

// MaxExponent bounds the exponents that Rat reads, so that a short text cannot
// ask for a long number.
const MaxExponent = 400

// maxText is the longest text that Rat reads, in bytes.
const maxText = 4096

// Parse reads a number in the form
//
//	[+|-] digits [. digits] [(e|E) [+|-] digits]
//
// where the digits on one side of the point may be missing: .5 and 5. are
// numbers, a point alone is not. There are no spaces, separators, infinities,
// NaNs or hexadecimal digits. Scale is the number of places written; it is
// smaller where trailing zeros or an exponent would make the number not fit.
// A zero always fits. Parse does not allocate.
func Parse(b []byte) (Decimal, Kind) {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		i = 1
	}
	n := len(b) - i
	if n < 1 || n > 16 {
		return parseSlow(b)
	}
	m, scale, ok := parseWords(b[i:])
	if !ok {
		return parseSlow(b)
	}
	coef := int64(m)
	if negative {
		coef = -coef
	}
	return Decimal{coef, uint8(scale)}, Fits
}

// A numeral is a number cut into its parts.
type numeral struct {
	negative        bool
	whole, fraction []byte // digits only
	exponent        int    // saturated to ±1e9
}

// cut reads the grammar of Parse.
func cut(b []byte) (n numeral, ok bool) {
	i := 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		n.negative = b[i] == '-'
		i++
	}
	start := i
	i = digits(b, i)
	n.whole = b[start:i]
	if i < len(b) && b[i] == '.' {
		start = i + 1
		i = digits(b, start)
		n.fraction = b[start:i]
	}
	if len(n.whole)+len(n.fraction) == 0 {
		return n, false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		sign := 1
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			if b[i] == '-' {
				sign = -1
			}
			i++
		}
		start = i
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			if n.exponent < 1e8 {
				n.exponent = n.exponent*10 + int(b[i]-'0')
			}
		}
		if i == start {
			return n, false
		}
		n.exponent *= sign
	}
	return n, i == len(b)
}

// digits returns the index of the first byte of b from i on that is no digit.
func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// parseSlow is Parse for all texts, without haste.
func parseSlow(b []byte) (Decimal, Kind) {
	n, ok := cut(b)
	if !ok {
		return Decimal{}, NotNumber
	}
	// Zeros before the first and after the last other digit cost nothing.
	count := len(n.whole) + len(n.fraction)
	first, last := -1, -1
	for i := range count {
		if n.digit(i) != 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		scale := max(len(n.fraction)-n.exponent, 0)
		return Decimal{0, uint8(min(scale, MaxScale))}, Fits
	}
	if last-first >= 19 {
		return Decimal{}, Large
	}
	var m uint64
	for i := first; i <= last; i++ {
		m = m*10 + uint64(n.digit(i))
	}
	// The value is m × 10^-scale; put back the zeros that were written, as far as they fit.
	scale := len(n.fraction) - n.exponent - (count - 1 - last)
	for zeros := count - 1 - last; (zeros > 0 || scale < 0) && m <= math.MaxInt64/10 && scale < MaxScale; zeros-- {
		m, scale = m*10, scale+1
	}
	if m > math.MaxInt64 || scale < 0 || scale > MaxScale {
		return Decimal{}, Large
	}
	if n.negative {
		return Decimal{-int64(m), uint8(scale)}, Fits
	}
	return Decimal{int64(m), uint8(scale)}, Fits
}

// digit returns the value of the i-th digit, the whole part's first.
func (n *numeral) digit(i int) byte {
	if i < len(n.whole) {
		return n.whole[i] - '0'
	}
	return n.fraction[i-len(n.whole)] - '0'
}

// ParseInteger reads [+|-] digits. The whole range of int64 Fits. It does not
// allocate.
func ParseInteger(b []byte) (int64, Kind) {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		i = 1
	}
	if n := len(b) - i; n >= 1 && n <= 16 {
		m, ok := integerWords(b[i:])
		switch {
		case !ok:
			return 0, NotNumber
		case negative:
			return -int64(m), Fits
		}
		return int64(m), Fits
	}
	return parseLong(b[i:], negative)
}

// parseLong is ParseInteger for digits of any number.
func parseLong(b []byte, negative bool) (int64, Kind) {
	if len(b) == 0 {
		return 0, NotNumber
	}
	var m uint64
	large := false
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, NotNumber
		}
		if m > math.MaxInt64/10 {
			large = true
		}
		m = m*10 + uint64(d)
	}
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	if large || m > limit {
		return 0, Large
	}
	if negative {
		return -int64(m), Fits
	}
	return int64(m), Fits
}

// MustParse is Parse for constants. It panics unless s Fits.
func MustParse(s string) Decimal {
	d, kind := Parse([]byte(s))
	if kind != Fits {
		panic("parse decimal " + s + ": " + kind.String())
	}
	return d
}

// Rat reads any number of Parse's grammar whose exponent is within
// ±MaxExponent and whose text is at most 4,096 bytes; for others, and for what
// is no number, it returns nil and false.
func Rat(b []byte) (*big.Rat, bool) {
	if len(b) > maxText {
		return nil, false
	}
	n, ok := cut(b)
	if !ok {
		return nil, false
	}
	l, ok := n.long()
	if !ok {
		return nil, false
	}
	return l.Rat(), true
}
