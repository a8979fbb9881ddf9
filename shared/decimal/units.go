package decimal

import "encoding/binary"

// A Cell is where a text stands: from Start up to but not including End. One
// whose End is less than its Start is no text.
type Cell interface{ ~struct{ Start, End uint32 } }

// ParseUnits reads a column of numbers that are all written with the same
// number of places: digits, with a point before the last scale of them if scale
// is not 0, and a sign perhaps. It reads the cells of data one after the other
// until one is not written so, and returns how many there are before that; the
// numbers, in units of 10^-scale, go to units, which is as long as cells. Parse
// finds the same of every such number; but ParseUnits may also stop at one that is
// longer than 16 bytes or ends within the first 15 of data, and with a scale above 7. It does
// not allocate.
func ParseUnits[C Cell](units []int64, data []byte, cells []C, scale uint8) int {
	if scale > longestFraction {
		return 0
	}
	units = units[:len(cells)]
	for done := 0; ; {
		done += shortUnits(units[done:], data, cells[done:], scale)
		// What is longer or has a sign rarely stands alone.
		some := min(done+16, len(cells))
		if n := anyUnits(units[done:some], data, cells[done:some], scale); done+n < some || some == len(cells) {
			return done + n
		}
		done = some
	}
}

// shortUnits is ParseUnits for numbers of 8 bytes at most, without a sign, and
// may stop at any other.
func shortUnits[C Cell](units []int64, data []byte, cells []C, scale uint8) int {
	above, below, point, _ := layout(scale)
	dot := point & (pointChars ^ zeroChars)
	beyond := 0x76*eachByte | point&^highBits // is too much for more than 9, or 0 at the point
	units = units[:len(cells)]
	for i, c := range cells {
		s := struct{ Start, End uint32 }(c)
		n, end := s.End-s.Start, int(s.End)
		if n-1 >= 8 || end < 8 || end > len(data) {
			return i
		}
		w := (binary.LittleEndian.Uint64(data[end-8:end])^zeroChars)&lastBytes[n&15] ^ dot
		if (w+beyond|w)&highBits != 0 {
			return i
		}
		units[i] = int64(value(w&above | w&below<<8))
	}
	return len(cells)
}

// lastBytes has for each n up to 8 a mask of the n highest bytes of a word.
var lastBytes = [16]uint64{1: 0xff << 56, 2: 0xffff << 48, 3: 0xffffff << 40, 4: 0xffffffff << 32,
	5: 0xffffffffff << 24, 6: 0xffffffffffff << 16, 7: 0xffffffffffffff << 8, 8: ^uint64(0)}

// layout returns what the bytes of the last word of a number with scale places are:
// masks of those of the fraction, of those before the point and of the point, and the
// unit of what stands before that word.
func layout(scale uint8) (above, below, point, unit uint64) {
	above = ^uint64(0)
	if scale == 0 {
		return above, 0, 0, 100_000_000
	}
	// The first byte is the lowest, and the point is at byte 7-scale.
	at := 8 * uint(7-scale)
	return above << 8 << at, 1<<at - 1, 0xff << at, 10_000_000
}

// anyUnits is ParseUnits, one cell after the other.
func anyUnits[C Cell](units []int64, data []byte, cells []C, scale uint8) int {
	above, below, point, unit := layout(scale)
	dot := point & (pointChars ^ zeroChars)
	units = units[:len(cells)]
	for i, c := range cells {
		s := struct{ Start, End uint32 }(c)
		negative := int64(0)
		if s.End < 16 || uint(s.End) > uint(len(data)) || s.Start >= s.End {
			return i
		}
		if first := data[s.Start]; first == '-' {
			s.Start, negative = s.Start+1, -1
		}
		n := s.End - s.Start
		last := binary.LittleEndian.Uint64(data[s.End-8:]) ^ zeroChars
		if n-1 < 8 {
			shift := (64 - 8*n) & 63
			w := last>>shift<<shift ^ dot
			digits := w&above | w&below<<8
			if w&point|(digits+0x76*eachByte|digits)&highBits != 0 {
				return i
			}
			units[i] = (int64(value(digits)) ^ negative) - negative
			continue
		}
		if n-9 >= 8 {
			return i
		}
		shift := (128 - 8*n) & 63
		high := (binary.LittleEndian.Uint64(data[s.End-16:]) ^ zeroChars) >> shift << shift
		w := last ^ dot
		digits := w&above | w&below<<8
		if w&point|((digits+0x76*eachByte|digits)|(high+0x76*eachByte|high))&highBits != 0 {
			return i
		}
		units[i] = (int64(value(high)*unit+value(digits)) ^ negative) - negative
	}
	return len(cells)
}

// LastDigits reads the n bytes of data before end as digits. It returns false if they
// are not, and may do so if n is 0 or above 16 or end is among the first 16 bytes.
// It does not allocate.
func LastDigits(data []byte, end uint32, n uint) (uint64, bool) {
	if n-1 >= 16 || end < 16 || int(end) > len(data) {
		return 0, false
	}
	b := data[end-16 : end]
	low := (binary.LittleEndian.Uint64(b[8:]) ^ zeroChars) & lastBytes[min(n, 8)]
	high := (binary.LittleEndian.Uint64(b) ^ zeroChars) & lastBytes[max(n, 8)-8]
	return value(high)*100_000_000 + value(low), (low+0x76*eachByte|low|(high+0x76*eachByte|high))&highBits == 0
}

// longestFraction is the greatest scale whose point is in the last eight bytes.
const longestFraction = 7

const pointChars = '.' * eachByte
