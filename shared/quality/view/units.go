package view

import (
	"iter"
	"math/bits"
	"sort"

	"tillwatch/shared/decimal"
	"tillwatch/shared/tabular"
)

// Units are the numbers of a column of a block as whole numbers of one unit,
// 10^-Scale, so that a check is one comparison or addition a row. What is no
// such number is odd, and stands apart.
type Units struct {
	Scale  uint8
	Values []int64 // by row; 0 where the row is odd
	// Least and Most are the extremes of the rows that are not odd; if all are,
	// Most is less than Least.
	Least, Most int64
	Odd         []Odd // ascending by row
	Nulls       int   // of the odd rows, those that are null
	// Whole says that the values that are not odd are written as whole numbers:
	// in digits, perhaps with a sign.
	Whole bool
}

// An Odd row is one whose cell is null, is no number, or is one that no int64
// holds in the column's units.
type Odd struct {
	Row    uint32
	Null   bool
	Kind   decimal.Kind
	Number decimal.Decimal // if Kind is Fits
}

// Units returns the slot's cells as numbers of one unit.
func (v *View) Units(slot int) *Units {
	c := &v.cells[slot]
	if c.state&haveUnits == 0 {
		c.state |= haveUnits
		if d := v.code(slot); d != nil {
			c.units.decode(v.dictionary(slot, d).Units(slot), d, v.Nulls(slot))
		} else if v.typed(slot) {
			c.units.take(&c.typed)
		} else {
			c.units.parse(v, slot)
		}
		c.units.measure()
	}
	return &c.units
}

// parse reads the slot's text.
func (u *Units) parse(v *View, slot int) {
	spans := v.Spans(slot)
	u.Values = grow(u.Values, len(spans))
	data := v.Batch.Data
	u.start(data, spans)
	for row := 0; ; row++ {
		row += decimal.ParseUnits(u.Values[row:], data, spans[row:], u.Scale)
		if row == len(spans) {
			return
		}
		if s := spans[row]; s.IsNull() {
			u.setOdd(row, Odd{Null: true})
			u.Nulls++
		} else {
			u.set(row, data[s.Start:s.End])
		}
	}
}

// measure finds the extremes.
func (u *Units) measure() {
	u.Least, u.Most = 1, 0
	for _, run := range u.Runs() {
		if u.Least > u.Most {
			u.Least, u.Most = run[0], run[0]
		}
		least, most := u.Least, u.Most
		for _, n := range run {
			least, most = min(least, n), max(most, n)
		}
		u.Least, u.Most = least, most
	}
}

// start empties u for a block, whose first number decides on the scale.
func (u *Units) start(data []byte, spans []tabular.Span) {
	u.Odd, u.Nulls, u.Scale = u.Odd[:0], 0, 0
	for _, s := range spans {
		if s.IsNull() {
			continue
		}
		if d, kind := decimal.Parse(data[s.Start:s.End]); kind == decimal.Fits {
			u.Scale = d.Scale
		}
		break
	}
	u.Whole = u.Scale == 0
}

// set takes in a cell that ParseUnits did not.
func (u *Units) set(row int, text []byte) {
	d, kind := decimal.Parse(text)
	if kind == decimal.Fits {
		// Of numbers with different places the units are the smallest, so that
		// all are whole.
		if d.Scale > u.Scale {
			u.rescale(row, d.Scale)
		}
		if n, ok := d.Units(u.Scale); ok {
			if u.Whole {
				_, kind := decimal.ParseInteger(text)
				u.Whole = kind == decimal.Fits
			}
			u.Values[row] = n
			return
		}
	}
	u.setOdd(row, Odd{Kind: kind, Number: d})
}

func (u *Units) setOdd(row int, o Odd) {
	o.Row = uint32(row)
	u.Values[row] = 0
	u.Odd = append(u.Odd, o)
}

// rescale changes to smaller units, given how many rows there are, unless they
// would be too many.
func (u *Units) rescale(rows int, scale uint8) {
	var most uint64
	for _, n := range u.Values[:rows] {
		most = max(most, magnitude(n))
	}
	factor, ok := decimal.Decimal{Coef: 1}.Units(scale - u.Scale)
	if hi, lo := bits.Mul64(most, uint64(factor)); !ok || hi > 0 || lo >= 1<<63 {
		return
	}
	for i := range u.Values[:rows] {
		u.Values[i] *= factor
	}
	u.Scale, u.Whole = scale, false
}

// Runs yields the values without the odd ones: each run of them with the row
// of its first. No run is empty.
func (u *Units) Runs() iter.Seq2[int, []int64] {
	return func(yield func(int, []int64) bool) {
		from := 0
		for i := 0; i <= len(u.Odd); i++ {
			to := len(u.Values)
			if i < len(u.Odd) {
				to = int(u.Odd[i].Row)
			}
			if from < to && !yield(from, u.Values[from:to]) {
				return
			}
			from = to + 1
		}
	}
}

// At returns the number of a row.
func (u *Units) At(row int) (decimal.Decimal, decimal.Kind) {
	i := sort.Search(len(u.Odd), func(i int) bool { return int(u.Odd[i].Row) >= row })
	if i < len(u.Odd) && int(u.Odd[i].Row) == row {
		return u.Odd[i].Number, u.Odd[i].Kind
	}
	return decimal.Decimal{Coef: u.Values[row], Scale: u.Scale}, decimal.Fits
}

// N returns how many numbers there are in units.
func (u *Units) N() int { return len(u.Values) - len(u.Odd) }

// Greatest returns the greatest of the values' magnitudes.
func (u *Units) Greatest() uint64 { return max(magnitude(u.Least), magnitude(u.Most)) }

// SumFits reports whether the sum of the values' magnitudes to a power, from 1,
// certainly fits an int64.
func (u *Units) SumFits(power int) bool {
	most := u.Greatest()
	return power*bits.Len64(most)+bits.Len(uint(len(u.Values))) <= 63
}

// magnitude returns |n|; n is not math.MinInt64.
func magnitude(n int64) uint64 { return uint64(max(n, -n)) }
