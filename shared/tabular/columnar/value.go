package columnar

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go/encoding"
)

// append writes one value.
func (c *column) append(dst []byte, v *encoding.Values, i int) []byte {
	switch v.Kind() {
	case encoding.Boolean:
		return strconv.AppendBool(dst, v.Boolean()[i>>3]>>(i&7)&1 != 0)
	case encoding.Int32:
		n := v.Int32()[i]
		if c.means == unsigned {
			return strconv.AppendUint(dst, uint64(uint32(n)), 10)
		}
		return c.appendInt(dst, int64(n))
	case encoding.Int64:
		n := v.Int64()[i]
		if c.means == unsigned {
			return strconv.AppendUint(dst, uint64(n), 10)
		}
		return c.appendInt(dst, n)
	case encoding.Int96:
		n := v.Int96()[i] // nanoseconds of the day, then the Julian day
		days := int64(n[2]) - 2440588
		return appendTimestamp(dst, days, int64(uint64(n[1])<<32|uint64(n[0])), false)
	case encoding.Float:
		return appendFloat(dst, float64(v.Float()[i]), 32)
	case encoding.Double:
		return appendFloat(dst, v.Double()[i], 64)
	case encoding.ByteArray:
		data, offsets := v.ByteArray()
		return c.appendBytes(dst, data[offsets[i]:offsets[i+1]])
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		return c.appendBytes(dst, data[i*size:(i+1)*size])
	}
	return dst
}

func (c *column) appendInt(dst []byte, n int64) []byte {
	switch c.means {
	case date:
		return appendDate(dst, n)
	case clock:
		return appendClock(dst, n*c.unit)
	case timestamp:
		day := int64(24*time.Hour) / c.unit
		days := n / day
		if n%day < 0 {
			days--
		}
		return appendTimestamp(dst, days, (n-days*day)*c.unit, c.utc)
	case fraction:
		from := len(dst)
		return point(strconv.AppendInt(dst, n, 10), from, c.scale)
	}
	return strconv.AppendInt(dst, n, 10)
}

func (c *column) appendBytes(dst, value []byte) []byte {
	switch {
	case c.means == fraction:
		from := len(dst)
		n := new(big.Int).SetBytes(value)
		if len(value) > 0 && value[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(value))))
		}
		return point(n.Append(dst, 10), from, c.scale)
	case c.means == uuid && len(value) == 16:
		for i, b := range value {
			if i == 4 || i == 6 || i == 8 || i == 10 {
				dst = append(dst, '-')
			}
			dst = hex.AppendEncode(dst, []byte{b})
		}
		return dst
	case c.means == half && len(value) == 2:
		return appendFloat(dst, halfFloat(binary.LittleEndian.Uint16(value)), 32)
	case c.means == binaryText:
		return hex.AppendEncode(dst, value)
	}
	return append(dst, value...)
}

// point puts a decimal point before the last scale digits of dst[from:].
func point(dst []byte, from, scale int) []byte {
	if scale <= 0 || scale > 1000 {
		return dst
	}
	if dst[from] == '-' {
		from++
	}
	for len(dst)-from <= scale {
		dst = slices.Insert(dst, from, '0')
	}
	return slices.Insert(dst, len(dst)-scale, '.')
}

// appendFloat writes the shortest text that reads as x. Most numbers of most
// files have four digits after the point at the most, which is quicker to find out
// than the shortest text is.
func appendFloat(dst []byte, x float64, bits int) []byte {
	if a := math.Abs(x); bits == 64 && a < 1e11 {
		// Both i and 10,000 are exact, so that dividing them gives the number
		// nearest to the text; of fifteen digits no two read as the same number.
		if i := uint64(a*1e4 + 0.5); float64(i)/1e4 == a && (i != 0 || !math.Signbit(x)) {
			if x < 0 {
				dst = append(dst, '-')
			}
			return appendFixed(dst, i)
		}
	}
	format := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, x, format, -1, bits)
}

// appendFixed writes n ÷ 10,000 without zeros at its end.
func appendFixed(dst []byte, n uint64) []byte {
	whole, rest := n/1e4, n%1e4
	dst = strconv.AppendUint(dst, whole, 10)
	if rest == 0 {
		return dst
	}
	high, low := rest/100, rest%100
	dst = append(dst, '.', byte('0'+high/10), byte('0'+high%10))
	if low == 0 {
		if high%10 == 0 {
			dst = dst[:len(dst)-1]
		}
		return dst
	}
	dst = append(dst, byte('0'+low/10))
	if low%10 != 0 {
		dst = append(dst, byte('0'+low%10))
	}
	return dst
}

func halfFloat(h uint16) float64 {
	sign, exponent, mantissa := 1.0, int(h>>10&31), float64(h&1023)
	if h>>15 != 0 {
		sign = -1
	}
	switch {
	case exponent == 0:
		return sign * math.Ldexp(mantissa, -24)
	case exponent == 31 && mantissa == 0:
		return math.Inf(int(sign))
	case exponent == 31:
		return math.NaN()
	}
	return sign * math.Ldexp(1024+mantissa, exponent-25)
}

// appendDate writes the day that many days after 1970-01-01.
func appendDate(dst []byte, days int64) []byte {
	if days < -719528 || days > 2932896 { // beyond the years 0 to 9999
		return strconv.AppendInt(append(dst, "day "...), days, 10)
	}
	// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms.
	z := days + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day, month, year := doy-(153*mp+2)/5+1, mp+3, yoe+era*400
	if month > 12 {
		month -= 12
		year++
	}
	return append(dst, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// appendClock writes a time of day in nanoseconds, with as many digits after
// the point as it needs.
func appendClock(dst []byte, ns int64) []byte {
	if ns < 0 || ns > int64(24*time.Hour) {
		return strconv.AppendInt(dst, ns, 10)
	}
	s := ns / 1e9
	h, m, s := s/3600, s/60%60, s%60
	dst = append(dst, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
	if rest := ns % 1e9; rest > 0 {
		dst = append(dst, '.')
		for unit := int64(1e8); rest > 0; unit /= 10 {
			dst = append(dst, byte('0'+rest/unit))
			rest %= unit
		}
	}
	return dst
}

func appendTimestamp(dst []byte, days, ns int64, utc bool) []byte {
	dst = appendClock(append(appendDate(dst, days), 'T'), ns)
	if utc {
		dst = append(dst, 'Z')
	}
	return dst
}
