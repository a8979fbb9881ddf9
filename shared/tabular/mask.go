package tabular

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Eight bytes are compared at a time, each with the same byte of a pattern, and
// the results of 64 bytes gathered into the bits of one word.
const (
	ones = 0x0101010101010101
	low7 = 0x7f * ones
	// highBits are those that ASCII has not.
	highBits = 0x80 * ones
	// gather moves the highest bits of eight bytes into the highest byte.
	gather = 0x0002040810204081
)

// equal returns in its lowest eight bits which bytes of word are those of pattern.
func equal(word, pattern uint64) uint64 {
	x := word ^ pattern
	return ^((x&low7 + low7) | x | low7) * gather >> 56
}

// either does the same for two patterns.
func either(word, pattern, other uint64) uint64 {
	x, y := word^pattern, word^other
	return ^(((x&low7+low7)|x)&((y&low7+low7)|y) | low7) * gather >> 56
}

// mask64 returns which of the 64 bytes are those of pattern.
func mask64(d *[64]byte, pattern uint64) uint64 {
	le := binary.LittleEndian
	return equal(le.Uint64(d[0:]), pattern) | equal(le.Uint64(d[8:]), pattern)<<8 |
		equal(le.Uint64(d[16:]), pattern)<<16 | equal(le.Uint64(d[24:]), pattern)<<24 |
		equal(le.Uint64(d[32:]), pattern)<<32 | equal(le.Uint64(d[40:]), pattern)<<40 |
		equal(le.Uint64(d[48:]), pattern)<<48 | equal(le.Uint64(d[56:]), pattern)<<56
}

// either64 does the same for two patterns.
func either64(d *[64]byte, pattern, other uint64) uint64 {
	le := binary.LittleEndian
	return either(le.Uint64(d[0:]), pattern, other) | either(le.Uint64(d[8:]), pattern, other)<<8 |
		either(le.Uint64(d[16:]), pattern, other)<<16 | either(le.Uint64(d[24:]), pattern, other)<<24 |
		either(le.Uint64(d[32:]), pattern, other)<<32 | either(le.Uint64(d[40:]), pattern, other)<<40 |
		either(le.Uint64(d[48:]), pattern, other)<<48 | either(le.Uint64(d[56:]), pattern, other)<<56
}

// group returns the 64 bytes of data at pos; where data ends before that, those
// there are, in tail, followed by line ends, and live has a bit for each of them.
func group(data []byte, pos int, tail *[64]byte) (d *[64]byte, live uint64) {
	if pos+64 <= len(data) {
		return (*[64]byte)(data[pos:]), math.MaxUint64
	}
	n := copy(tail[:], data[pos:])
	for i := n; i < 64; i++ {
		tail[i] = '\n'
	}
	return tail, 1<<uint(n) - 1
}

// A marked says which of 64 bytes are delimiters and which end lines.
type marked struct{ delims, lines uint64 }

// markGroups are how many groups are marked at a time.
const markGroups = 32

// mark marks the groups that data consists of, markGroups of 64 bytes at most. It
// returns the highest bits of all bytes in those of one word.
var mark = markPortable

func markPortable(data []byte, delim byte, groups *[markGroups]marked) (high uint64) {
	pattern := ones * uint64(delim)
	const lines = ones * '\n'
	le := binary.LittleEndian
	for g := range min(len(data)/64, markGroups) {
		d := (*[64]byte)(data[64*g:])
		w := le.Uint64(d[0:])
		some, x, y := w, push(0, w, pattern), push(0, w, lines)
		w = le.Uint64(d[8:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		w = le.Uint64(d[16:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		w = le.Uint64(d[24:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		w = le.Uint64(d[32:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		w = le.Uint64(d[40:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		w = le.Uint64(d[48:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		w = le.Uint64(d[56:])
		some, x, y = some|w, push(x, w, pattern), push(y, w, lines)
		if high |= some; some&highBits != 0 {
			groups[g] = marked{mask64(d, pattern), mask64(d, lines)}
			continue
		}
		y = ^y
		if y&(y-1) == 0 { // mostly, and then there is little to transpose
			i := uint(bits.TrailingZeros64(y))
			y = y >> (i & 63) << ((i<<3 | i>>3&7) & 63)
		} else {
			y = transposed(y)
		}
		groups[g] = marked{^transposed(x), y}
	}
	return high
}

// push moves the bits of acc one down and puts, as the highest of each byte, whether
// that byte of word, all of them ASCII, is not that of pattern.
func push(acc, word, pattern uint64) uint64 {
	return acc>>1 | ((word^pattern)+low7)&highBits
}

// transposed returns the matrix of eight by eight bits with rows and columns exchanged.
// Source: Warren, Hacker's Delight, 2nd edition (2012), section 7-3.
func transposed(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

// findMarks writes to b.delims where each delimiter of b.Data stands, but for those
// inside quotes if that is known, and after the last a place beyond all; to b.ends where
// each LF stands, and after the last the length of b.Data. It returns whether any byte is
// not ASCII.
func (b *Batch) findMarks(inside []uint64) (foreign bool) {
	data := b.Data
	delims, ends := b.delims[:cap(b.delims)], b.ends[:cap(b.ends)]
	n, lines := 0, 0
	var high uint64
	for from := 0; from < len(data); {
		part := data[from:min(from+64*markGroups, len(data)&^63)]
		if from == len(data)&^63 {
			part = b.tail[:]
			clear(part[copy(part, data[from:]):]) // no delimiter and no LF
		}
		high |= mark(part, b.delim, &b.groups)
		if n+len(part)+8 > len(delims) {
			delims = slices.Grow(delims, len(part)+8+len(data)/16)
			delims = delims[:cap(delims)]
		}
		if lines+len(part)+2 > len(ends) {
			ends = slices.Grow(ends, len(part)+2+len(data)/64)
			ends = ends[:cap(ends)]
		}
		for g := range len(part) / 64 {
			pos := uint32(from + 64*g)
			m := b.groups[g].delims
			if inside != nil {
				m &^= inside[pos>>6]
			}
			count := bits.OnesCount64(m)
			// Mostly there are up to eight, which are written without asking, since
			// asking costs more than writing.
			o := (*[8]uint32)(delims[n:])
			o[0] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[1] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[2] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[3] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[4] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[5] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[6] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			o[7] = pos + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			for i := n + 8; i < n+count; i++ {
				delims[i] = pos + uint32(bits.TrailingZeros64(m))
				m &= m - 1
			}
			n += count
			// Of line ends there are mostly none or one.
			m = b.groups[g].lines
			count = bits.OnesCount64(m)
			ends[lines] = pos + uint32(bits.TrailingZeros64(m))
			for i := lines + 1; i < lines+count; i++ {
				m &= m - 1
				ends[i] = pos + uint32(bits.TrailingZeros64(m))
			}
			lines += count
		}
		from += len(part)
	}
	b.delims, b.ends = append(delims[:n], math.MaxInt32), append(ends[:lines], uint32(len(data)))
	return high&highBits != 0
}

// A quoting says what of a text stands inside quotes.
type quoting struct {
	inside  []uint64 // a bit for each byte: inside quotes, opening quotes included
	doubled []uint64 // a bit for each 64 bytes: the second of two quotes inside is among them
}

// find looks at data. It returns false, and q is of no use, unless every quote
// of data opens a cell, closes one or is one of a doubled pair, and nothing but a
// delimiter or a line end follows a closed one: then a byte is inside quotes if
// the number of quotes up to it is odd.
func (q *quoting) find(data []byte, delim, quote byte) (exact bool) {
	groups := (len(data) + 63) / 64
	q.inside = slices.Grow(q.inside[:0], groups)[:groups]
	q.doubled = slices.Grow(q.doubled[:0], groups/64+1)[:groups/64+1]
	clear(q.doubled)
	delims, quotes := ones*uint64(delim), ones*uint64(quote)
	const lines = ones * '\n'
	var tail [64]byte
	odd := uint64(0)    // all bits set if the last byte was inside
	before := uint64(1) // whether a quote may open after the last byte
	closed := uint64(0) // whether the last byte is a quote that may have closed
	for pos := 0; pos < len(data); pos += 64 {
		d, live := group(data, pos, &tail)
		here := mask64(d, quotes) & live
		if here|closed == 0 {
			q.inside[pos>>6] = odd
			before = 0
			if c := d[63]; c == delim || c == '\n' {
				before = 1
			}
			continue
		}
		in := here
		in ^= in << 1
		in ^= in << 2
		in ^= in << 4
		in ^= in << 8
		in ^= in << 16
		in ^= in << 32
		in ^= odd
		q.inside[pos>>6] = in
		odd = -(in >> 63)
		edge := either64(d, delims, lines) | here
		if opens := here & in; opens&^(edge<<1|before) != 0 {
			return false
		}
		before = edge >> 63
		if closed&^edge != 0 && !crlf(data, pos) {
			return false
		}
		closes := here &^ in
		if here&(closes<<1|closed) != 0 {
			q.doubled[pos>>12] |= 1 << (uint(pos>>6) & 63)
		}
		for odds := closes &^ (edge>>1 | 1<<63); odds != 0; odds &= odds - 1 {
			if !crlf(data, pos+bits.TrailingZeros64(odds)+1) {
				return false
			}
		}
		closed = closes >> 63
	}
	return true
}

// isDoubled reports whether a doubled quote may stand in the quoted cell
// data[start:end].
func (q *quoting) isDoubled(start, end uint32) bool {
	for g := start >> 6; g <= (end-1)>>6; g++ {
		if q.doubled[g>>6]>>(g&63)&1 != 0 {
			return true
		}
	}
	return false
}

// crlf reports whether CR LF stands at pos.
func crlf(data []byte, pos int) bool {
	return pos+1 < len(data) && data[pos] == '\r' && data[pos+1] == '\n'
}
