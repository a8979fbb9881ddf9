package view

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/tabular"
)

// What a Parquet file holds as numbers or codes is never written as text to be
// read as a number again.

// typed reports whether the file holds the slot's cells as numbers, which then
// stand in its column.
func (v *View) typed(slot int) bool {
	c := &v.cells[slot]
	if c.state&haveTyped == 0 {
		c.state |= haveTyped
		c.isTyped = v.whole == nil && v.Batch.Numbers(v.slots[slot].Position, &c.typed)
	}
	return c.isTyped
}

// take takes over numbers that the file holds, and their memory.
func (u *Units) take(n *tabular.Numbers) {
	u.Values, u.Scale, u.Whole = n.Values, n.Scale, n.Whole
	u.setNulls(n.Nulls)
}

// setNulls makes rows whose value is 0 the odd ones.
func (u *Units) setNulls(rows []uint32) {
	u.Odd, u.Nulls = grow(u.Odd, len(rows)), len(rows)
	for i, row := range rows {
		u.Odd[i] = Odd{Row: row, Null: true}
	}
}

// decode writes for each row the number of its code, given those of a
// dictionary and the rows that are null.
func (u *Units) decode(values *Units, d *coded, nulls []uint32) {
	u.Scale, u.Whole = values.Scale, values.Whole
	u.Values = grow(u.Values, len(d.codes))
	// Null is a code beyond the last.
	table := append(values.Values, 0)
	values.Values = table[:len(values.Values)]
	for row, code := range d.codes {
		u.Values[row] = table[code]
	}
	if len(values.Odd) == 0 {
		u.setNulls(nulls)
		return
	}
	odd := make(map[uint32]*Odd, len(values.Odd))
	for i := range values.Odd {
		odd[values.Odd[i].Row] = &values.Odd[i]
	}
	u.Odd, u.Nulls = u.Odd[:0], len(nulls)
	for row, code := range d.codes {
		if int(code) == len(values.Values) {
			u.Odd = append(u.Odd, Odd{Row: uint32(row), Null: true})
		} else if o := odd[code]; o != nil {
			u.Odd = append(u.Odd, Odd{Row: uint32(row), Kind: o.Kind, Number: o.Number})
		}
	}
}

// decimals writes the numbers as decimals, with their kinds.
func (u *Units) decimals(numbers []decimal.Decimal, kinds []decimal.Kind) ([]decimal.Decimal, []decimal.Kind) {
	numbers, kinds = grow(numbers, len(u.Values)), grow(kinds, len(u.Values))
	for row, n := range u.Values {
		numbers[row], kinds[row] = decimal.Decimal{Coef: n, Scale: u.Scale}, decimal.Fits
	}
	for _, o := range u.Odd {
		numbers[o.Row], kinds[o.Row] = o.Number, o.Kind
	}
	return numbers, kinds
}

// decodeMoments writes for each row the moment of its code.
func (v *View) decodeMoments(slot int, d *coded) {
	c := &v.cells[slot]
	moments, valid := v.dictionary(slot, d).Moments(slot)
	c.moments, c.valid = grow(c.moments, len(d.codes)), grow(c.valid, len(d.codes))
	moments, valid = append(moments, datetime.Moment{}), append(valid, false) // of null
	for row, code := range d.codes {
		c.moments[row], c.valid[row] = moments[code], valid[code]
	}
}

// timed writes the moments of dates and timestamps as the file holds them, if the
// slot's layout reads their text as just those.
func (v *View) timed(slot int) bool {
	s, c := &v.slots[slot], &v.cells[slot]
	t := &c.times
	if s.Zone != time.UTC || s.Layout != isoDate && s.Layout != isoTimestamp ||
		!v.Batch.Times(s.Position, t) || t.Days != (s.Layout == isoDate) {
		return false
	}
	c.moments, c.valid = grow(c.moments, len(t.Seconds)), grow(c.valid, len(t.Seconds))
	for row, second := range t.Seconds {
		c.moments[row] = datetime.Moment{Unix: second, Nano: t.Nanos[row], Zoned: t.Zoned}
		c.valid[row] = true
	}
	for _, row := range t.Nulls {
		c.valid[row] = false
	}
	return true
}
