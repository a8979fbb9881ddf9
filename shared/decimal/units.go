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
	// The last eight bytes of a cell make a word, the first lowest: the point is
	// at its byte 7-scale, what is above is the fraction.
	above, below, point := ^uint64(0), uint64(0), uint64(0)
	unit := uint64(100_000_000)
	if scale > 0 {
		at := 8 * uint(7-scale)
		point, below, above = 0xff<<at, 1<<at-1, above<<8<<at
		unit = 10_000_000
	}
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

// longestFraction is the greatest scale whose point is in the last eight bytes.
const longestFraction = 7

const pointChars = '.' * eachByte
