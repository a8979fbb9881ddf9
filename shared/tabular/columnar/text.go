package columnar

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// A meaning is what the numbers and bytes of a column stand for.
type meaning uint8

const (
	plain meaning = iota
	unsigned
	date      // days since 1970
	clock     // units since midnight
	timestamp // units since 1970
	fraction  // a decimal
	uuid
	half // a float of 16 bits
	binaryText
)

type column struct {
	index  int
	levels byte // definition level of a value that is there; 0 if all are
	means  meaning
	scale  int   // of a fraction
	unit   int64 // nanoseconds of a clock or timestamp
	utc    bool
}

func newColumn(c *parquet.Column) column {
	made := column{index: c.Index(), levels: byte(c.MaxDefinitionLevel())}
	t := c.Type()
	if l := t.LogicalType(); l != nil && l.Value != nil {
		switch v := l.Value.(type) {
		case *format.DateType:
			made.means = date
		case *format.TimeType:
			made.means, made.unit = clock, nanoseconds(v.Unit)
		case *format.TimestampType:
			made.means, made.unit, made.utc = timestamp, nanoseconds(v.Unit), v.IsAdjustedToUTC
		case *format.DecimalType:
			made.means, made.scale = fraction, int(v.Scale)
		case *format.IntType:
			if !v.IsSigned {
				made.means = unsigned
			}
		case *format.UUIDType:
			made.means = uuid
		case *format.Float16Type:
			made.means = half
		}
		return made
	}
	if old := t.ConvertedType(); old != nil {
		switch *old {
		case deprecated.Date:
			made.means = date
		case deprecated.TimeMillis:
			made.means, made.unit = clock, 1e6
		case deprecated.TimeMicros:
			made.means, made.unit = clock, 1e3
		case deprecated.TimestampMillis:
			made.means, made.unit, made.utc = timestamp, 1e6, true
		case deprecated.TimestampMicros:
			made.means, made.unit, made.utc = timestamp, 1e3, true
		case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
			made.means = unsigned
		case deprecated.Interval:
			made.means = binaryText
		}
	}
	return made
}

func nanoseconds(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e6
	case *format.MicroSeconds:
		return 1e3
	}
	return 1
}

// Scratch is memory that Append uses again. The zero value is ready; a Scratch
// is for one goroutine at a time.
type Scratch struct {
	written []uint64 // by dictionary index: where the text stands, 0 if nowhere yet
}

// Append appends to data the text of column c of the slice, and to dst where
// the value of each row stands in data; null is {1, 0}. If the column can't be
// read, all are null and File.Err says why.
func Append[S ~struct{ Start, End uint32 }](s *Slice, c int, data []byte, dst []S, scratch *Scratch) ([]byte, []S) {
	from := len(dst)
	dst = slices.Grow(dst, s.Rows)[:from+s.Rows]
	out := dst[from:]
	filled, err := 0, error(nil)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a value is damaged: %v", r)
		}
		if err != nil {
			s.group.file.fail(fmt.Errorf("column %s: %w", s.group.file.names[c], err))
			for i := range out {
				out[i] = S{1, 0}
			}
		}
	}()
	to := s.from + int64(s.Rows)
	var pieces []piece
	if pieces, err = s.group.chunks[c].read(s.group, s.from, to); err != nil {
		return data, dst
	}
	col := &s.group.file.columns[c]
	for _, p := range pieces {
		low, high := max(s.from-p.from, 0), min(to-p.from, p.rows)
		part := out[filled : filled+int(high-low)]
		if data, err = appendPage(col, p.page, int(low), int(high), data, part, scratch); err != nil {
			return data, dst
		}
		filled += len(part)
	}
	return data, dst
}

// appendPage writes rows [low, high) of a page.
func appendPage[S ~struct{ Start, End uint32 }](c *column, page parquet.Page, low, high int, data []byte, out []S, scratch *Scratch) ([]byte, error) {
	at := low // index among the values that are there
	var levels []byte
	if c.levels > 0 {
		all := page.DefinitionLevels()
		at = bytes.Count(all[:low], []byte{c.levels})
		if levels = all[low:high]; bytes.Count(levels, []byte{c.levels}) == len(levels) {
			levels = nil
		}
	}
	if dictionary := page.Dictionary(); dictionary != nil {
		indexes := page.Data()
		return appendIndexed(c, dictionary, indexes.Int32()[at:], levels, data, out, scratch)
	}
	values := page.Data()
	for i := range out {
		if levels != nil && levels[i] != c.levels {
			out[i] = S{1, 0}
			continue
		}
		start := len(data)
		data = c.append(data, &values, at)
		at++
		if len(data) > mostText {
			return data, tooMuchText()
		}
		out[i] = S{uint32(start), uint32(len(data))}
	}
	return data, nil
}

// appendIndexed writes values that are indexes into a dictionary, each value of
// which is written when it is first met.
func appendIndexed[S ~struct{ Start, End uint32 }](c *column, dictionary parquet.Dictionary, indexes []int32, levels, data []byte, out []S, scratch *Scratch) ([]byte, error) {
	values := dictionary.Page().Data()
	size := dictionary.Len()
	if cap(scratch.written) < size {
		scratch.written = make([]uint64, size)
	}
	written := scratch.written[:size]
	clear(written)
	const there = 1 << 63
	next := 0
	for i := range out {
		if levels != nil && levels[i] != c.levels {
			out[i] = S{1, 0}
			continue
		}
		index := indexes[next]
		next++
		place := written[index]
		if place == 0 {
			start := len(data)
			data = c.append(data, &values, int(index))
			if len(data) > mostText {
				return data, tooMuchText()
			}
			place = there | uint64(start)<<32 | uint64(len(data))
			written[index] = place
		}
		out[i] = S{uint32(place &^ there >> 32), uint32(place)}
	}
	return data, nil
}

func tooMuchText() error {
	return fmt.Errorf("the text of its rows is longer than %d bytes", mostText)
}

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
	if scaled := x * 1e4; bits == 64 && math.Abs(scaled) < 1e15 {
		// Both i and 10,000 are exact, so that dividing them gives the number
		// nearest to the text; of fifteen digits no two read as the same number.
		if i := int64(math.Round(scaled)); float64(i)/1e4 == x && (i != 0 || !math.Signbit(x)) {
			from := len(dst)
			dst = point(strconv.AppendInt(dst, i, 10), from, 4)
			dst = bytes.TrimRight(dst, "0")
			return bytes.TrimSuffix(dst, []byte{'.'})
		}
	}
	format := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, x, format, -1, bits)
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
