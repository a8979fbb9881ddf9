package columnar

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// Numbers are a column of a slice as whole multiples of 10^-Scale: the
// numbers that its text writes.
type Numbers struct {
	Scale uint8
	// Values has an entry for each row, 0 where it is null; none is math.MinInt64.
	Values []int64
	Nulls  []uint32 // the rows that are null, ascending
	// Whole says that all are written without a point.
	Whole bool
}

// mostScale is the greatest Scale.
const mostScale = 18

// Numbers reads column c into to, whose memory it uses again, and reports
// whether all its values are numbers that stand in the pages themselves and that
// Values can hold in one unit. For others there is Append.
func (s *Slice) Numbers(c int, to *Numbers) bool {
	col := s.group.chunks[c].column
	if !col.numeric() {
		return false
	}
	hint := to.Scale
	to.Scale, to.Whole, to.Nulls = 0, true, to.Nulls[:0]
	to.Values = slices.Grow(to.Values[:0], s.Rows)[:s.Rows]
	if col.means == fraction {
		to.Scale, to.Whole = uint8(col.scale), col.scale == 0
	}
	fits, floats := true, false
	if !s.each(c, func(p *part) error {
		if fits = fits && p.coded == nil; !fits {
			return nil
		}
		values := p.page.Data()
		out := to.Values[p.row:][:p.rows]
		if values.Kind() == encoding.Double {
			if !floats {
				to.Scale, floats = hint, true
			}
			fits = to.doubles(values.Double()[p.at:][:p.there], p.row)
		} else {
			fits = col.integers(out, &values, p.at, p.there)
		}
		to.Nulls = p.nulls(to.Nulls)
		p.spread(out)
		return nil
	}) || !fits {
		return false
	}
	if floats {
		to.shorten()
	}
	return true
}

// numeric reports whether the values of the column are numbers that Numbers
// may hold.
func (c *column) numeric() bool {
	switch c.kind {
	case parquet.Int32, parquet.Int64:
		return c.means == plain || c.means == unsigned || c.means == fraction && c.scale >= 0 && c.scale <= mostScale
	case parquet.FixedLenByteArray:
		return c.means == fraction && c.scale >= 0 && c.scale <= mostScale
	case parquet.Double:
		return c.means == plain
	}
	return false
}

// integers writes values that are whole in the column's unit.
func (c *column) integers(out []int64, v *encoding.Values, at, there int) bool {
	out = out[:there]
	switch v.Kind() {
	case encoding.Int32:
		if c.means == unsigned {
			for i, n := range v.Int32()[at:][:there] {
				out[i] = int64(uint32(n))
			}
			return true
		}
		for i, n := range v.Int32()[at:][:there] {
			out[i] = int64(n)
		}
		return true
	case encoding.Int64:
		copy(out, v.Int64()[at:][:there])
		return !slices.Contains(out, math.MinInt64) && (c.means != unsigned || there == 0 || slices.Min(out) >= 0)
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		if size == 0 {
			return false
		}
		for i := range out {
			n, ok := bigEndian(data[(at+i)*size:][:size])
			if !ok {
				return false
			}
			out[i] = n
		}
		return true
	}
	return false
}

// bigEndian reads a number in two's complement, if an int64 other than
// math.MinInt64 holds it.
func bigEndian(b []byte) (int64, bool) {
	sign := int64(int8(b[0])) >> 7
	for len(b) > 8 {
		if b[0] != byte(sign) {
			return 0, false
		}
		b = b[1:]
	}
	n := sign
	if len(b) == 8 {
		n = int64(binary.BigEndian.Uint64(b))
	} else {
		for _, digits := range b {
			n = n<<8 | int64(digits)
		}
	}
	return n, n>>63 == sign && n != math.MinInt64
}

// Numbers of so many digits, and with so many of them after the point, are
// told apart by a float64, so that each is the shortest that reads as its own.
const (
	exactDigits   = 15
	mostFloatUnit = 1e15
)

var tens = [exactDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// doubles writes the numbers of the shortest texts that read as values, whose first
// belongs to a row. It makes the unit smaller where it must.
func (n *Numbers) doubles(values []float64, row int) bool {
	out := n.Values[row:][:len(values)]
	for done := 0; ; {
		done += exactly(out[done:], values[done:], tens[n.Scale])
		if done == len(values) {
			return true
		}
		if n.Scale == exactDigits {
			return false
		}
		for i := range n.Values[:row+done] {
			if n.Values[i] *= 10; n.Values[i] > mostFloatUnit || n.Values[i] < -mostFloatUnit {
				return false
			}
		}
		n.Scale++
	}
}

// exactly writes how many units of 1 ÷ by the values are, up to the first that
// is no whole number of them, and returns how many it wrote.
func exactly(out []int64, values []float64, by float64) int {
	out = out[:len(values)]
	for i, x := range values {
		unit := int64(x*by + math.Copysign(0.5, x))
		// Both are exact, so that dividing them gives the float64 nearest to the text.
		if float64(unit)/by != x || unit > mostFloatUnit || unit < -mostFloatUnit {
			return i
		}
		out[i] = unit
	}
	return len(values)
}

// shorten makes the unit as large as it may be.
func (n *Numbers) shorten() {
	for n.Scale > 0 {
		for _, v := range n.Values {
			if v%10 != 0 {
				n.Whole = false
				return
			}
		}
		for i := range n.Values {
			n.Values[i] /= 10
		}
		n.Scale--
	}
}

// spread moves the values that stand at the beginning of out to the rows that
// they belong to.
func (p *part) spread(out []int64) {
	if p.levels == nil {
		return
	}
	next := p.there
	for i := len(p.levels) - 1; i >= 0; i-- {
		if p.levels[i] != p.column.levels {
			out[i] = 0
			continue
		}
		next--
		out[i] = out[next]
	}
}
