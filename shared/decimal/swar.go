package decimal

import (
	"encoding/binary"
	"math/bits"
)

// The fast way through Parse and ParseInteger takes eight bytes as one word, the first byte
// lowest, and works on all of them at once: no branch depends on how many
// digits a cell has, which no processor can foresee.

const (
	eachByte  = 0x0101010101010101
	zeroChars = '0' * eachByte
	highBits  = 0x80 * eachByte
	point     = '.' ^ '0' // a point among digits less '0'
)

// eight returns a text of 1 to 8 bytes less '0' each, at the high end of the
// word with zeros before them.
func eight(b []byte) uint64 {
	n := uint(len(b))
	shift := (64 - 8*n) & 63
	var w uint64
	// The pieces overlap, and agree where they do.
	if n >= 4 {
		w = uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32 | uint64(binary.LittleEndian.Uint32(b))<<shift
	} else {
		w = uint64(b[n-1])<<56 | uint64(b[n/2])<<(64-8*(n-n/2)) | uint64(b[0])<<shift
	}
	return w ^ zeroChars<<shift
}

// dropPoint takes the first point out of a word and returns how many bytes
// stood after it, or -1 if there is none.
func dropPoint(w uint64) (rest uint64, after int) {
	t := w ^ point*eachByte
	zero := (t - eachByte) &^ t & highBits // its lowest bit marks the first point
	if zero == 0 {
		return w, -1
	}
	at := uint(bits.TrailingZeros64(zero)) &^ 7
	before := uint64(1)<<at - 1
	return w&before<<8 | w&^(before<<8|0xff), 7 - int(at/8)
}

// areDigits reports whether every byte of w is 0 to 9.
func areDigits(w uint64) bool { return (w+0x76*eachByte|w)&highBits == 0 }

// value returns the number that eight digits make.
func value(w uint64) uint64 {
	w = w*10 + w>>8 // pairs, in every other byte
	const pairs = 0x000000ff000000ff
	return ((w&pairs)*(1000000<<32+100) + (w>>16&pairs)*(10000<<32+1)) >> 32
}

// parseWords is Parse for texts of 1 to 16 bytes without sign and exponent; it
// returns false for those it cannot judge.
func parseWords(b []byte) (coef uint64, scale int, ok bool) {
	if len(b) <= 8 {
		w, after := dropPoint(eight(b))
		return value(w), max(after, 0), areDigits(w) && (after < 0 || len(b) > 1)
	}
	// The last eight bytes, and the others before them.
	low, after := dropPoint(binary.LittleEndian.Uint64(b[len(b)-8:]) ^ zeroChars)
	shift := uint(128-8*len(b)) & 63
	high, before := dropPoint((binary.LittleEndian.Uint64(b) ^ zeroChars) << shift)
	unit := uint64(100_000_000)
	switch {
	case after >= 0 && before >= 0:
		return 0, 0, false
	case after >= 0:
		unit, scale = 10_000_000, after
	case before >= 0:
		scale = before + 8
	}
	return value(high)*unit + value(low), scale, areDigits(low) && areDigits(high)
}

// integerWords returns the number that 1 to 16 digits make, or false if there
// are other bytes.
func integerWords(b []byte) (uint64, bool) {
	if len(b) <= 8 {
		w := eight(b)
		return value(w), areDigits(w)
	}
	low := binary.LittleEndian.Uint64(b[len(b)-8:]) ^ zeroChars
	shift := uint(128-8*len(b)) & 63
	high := (binary.LittleEndian.Uint64(b) ^ zeroChars) << shift
	return value(high)*100_000_000 + value(low), areDigits(low) && areDigits(high)
}
