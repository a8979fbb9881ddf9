// Package view shows what a parsed block of rows holds of the columns that are
// looked at. A View is of some Slots and Turns to one block after another; it
// then tells a slot's cells as Spans, as numbers (Units, Numbers), as Moments,
// its Nulls and its different values (Weighed, Tally), each worked out once,
// when it is first asked for. Where narrows the rows down to those that a Filter
// leaves. Columns that come as codes of a dictionary are read once for each
// value; PerValue has what judges values do the same.
//
// What a view returns is valid until its next Turn, and not to be changed.
package view

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/short"
	"tillwatch/shared/tabular"
)

// A View is one parsed block as the checks see it. Cells, numbers and moments
// of a column are worked out once, when the first check asks for them.
type View struct {
	Batch *tabular.Batch
	Block int
	slots []Slot
	cells []column
	// inner shows the dictionaries of the view's columns, and judged remembers
	// what PerValue found there; both are nil if there are none.
	inner  *View
	judged map[*finder]*judgement

	filters []filtered
	whole   *View    // of which this one has some rows; nil if it has all
	rows    []uint32 // which; see Row
}

// A Slot is a column of the file that some check looks at.
type Slot struct {
	Name     string // as the contract has it
	Position int    // in the file's header
	Layout   *datetime.Layout
	Zone     *time.Location
	// Loose also takes ISO dates where Layout does not fit.
	Loose bool
}

var isoDate, isoTimestamp = datetime.ISODate(), datetime.ISOTimestamp()

// A column is a slot's cells in the current block.
type column struct {
	spans   []tabular.Span
	units   Units
	tally   []Tallied
	numbers []decimal.Decimal
	kinds   []decimal.Kind
	moments []datetime.Moment
	valid   []bool
	recent  *recentMoments
	nulls   []uint32
	coded   *coded          // nil if the column never was
	typed   tabular.Numbers // if isTyped
	isTyped bool
	times   tabular.Times
	state   columnState
}

// columnState says what of a column has been worked out for this block.
type columnState uint16

const (
	haveSpans columnState = 1 << iota
	haveUnits
	haveNumbers
	haveMoments
	haveNulls
	haveCodes
	haveTimes
	haveTyped
	haveTally
)

// New returns a view of the given columns, as yet of no block, whose rows
// filters can narrow down.
func New(slots []Slot, filters ...Filter) *View {
	v := &View{slots: slots, cells: make([]column, len(slots))}
	for _, f := range filters {
		v.filters = append(v.filters, filtered{keep: f})
	}
	return v
}

// Turn makes v show the batch of another block.
func (v *View) Turn(batch *tabular.Batch, block int) {
	v.Batch, v.Block = batch, block
	for i := range v.cells {
		v.cells[i].state = 0
	}
	for i := range v.filters {
		v.filters[i].done = false
	}
}

// Spans returns the slot's cells. The bytes they stand in are those of
// v.Batch.Data as it is after the call: unquoting may extend it.
func (v *View) Spans(slot int) []tabular.Span {
	c := &v.cells[slot]
	if c.state&haveSpans == 0 {
		if v.whole != nil {
			c.spans = v.gather(slot, c.spans[:0])
		} else {
			c.spans = v.Batch.Column(v.slots[slot].Position, c.spans[:0])
		}
		c.state |= haveSpans
	}
	return c.spans
}

// Value returns the bytes of one cell; nil for null.
func (v *View) Value(slot, row int) []byte {
	s := v.Spans(slot)[row]
	if s.IsNull() {
		return nil
	}
	return v.Batch.Data[s.Start:s.End]
}

// Numbers returns the slot's cells as decimals, with their kinds; a null cell
// is NotNumber.
func (v *View) Numbers(slot int) ([]decimal.Decimal, []decimal.Kind) {
	c := &v.cells[slot]
	if c.state&haveNumbers == 0 {
		c.state |= haveNumbers
		if v.code(slot) != nil || v.typed(slot) {
			c.numbers, c.kinds = v.Units(slot).decimals(c.numbers, c.kinds)
			return c.numbers, c.kinds
		}
		spans := v.Spans(slot)
		data := v.Batch.Data
		c.numbers, c.kinds = grow(c.numbers, len(spans)), grow(c.kinds, len(spans))
		for i, s := range spans {
			if s.IsNull() {
				c.kinds[i] = decimal.NotNumber
				continue
			}
			c.numbers[i], c.kinds[i] = decimal.Parse(data[s.Start:s.End])
		}
	}
	return c.numbers, c.kinds
}

// Moments returns the slot's cells as points in time, and which of them are.
func (v *View) Moments(slot int) ([]datetime.Moment, []bool) {
	c := &v.cells[slot]
	if c.state&haveMoments == 0 {
		c.state |= haveMoments
		if d := v.code(slot); d != nil {
			v.decodeMoments(slot, d)
			return c.moments, c.valid
		}
		if v.timed(slot) {
			return c.moments, c.valid
		}
		spans := v.Spans(slot)
		data := v.Batch.Data
		if c.recent == nil {
			c.recent = new(recentMoments)
		}
		c.moments, c.valid = grow(c.moments, len(spans)), grow(c.valid, len(spans))
		for i, s := range spans {
			if s.IsNull() {
				c.valid[i] = false
				continue
			}
			// The same few days come again and again.
			t, ok := short.Of(data, s)
			if !ok {
				c.moments[i], c.valid[i] = v.slots[slot].moment(data[s.Start:s.End])
				continue
			}
			r := &c.recent[t.Place(0x9E3779B97F4A7C15, recentBits)&(1<<recentBits-1)]
			if r.text.Differs(&t) != 0 {
				r.text = t
				r.moment, r.valid = v.slots[slot].moment(data[s.Start:s.End])
			}
			c.moments[i], c.valid[i] = r.moment, r.valid
		}
	}
	return c.moments, c.valid
}

// moment reads a cell.
func (s *Slot) moment(text []byte) (datetime.Moment, bool) {
	m, ok := s.Layout.Parse(text, s.Zone)
	if !ok && s.Loose {
		return isoDate.Parse(text, s.Zone)
	}
	return m, ok
}

// recentMoments are some short texts of a column and what they were read as, each
// in its own place, until another needs it.
type recentMoments [1 << recentBits]struct {
	text   short.Text
	moment datetime.Moment
	valid  bool
}

const recentBits = 7

// Nulls returns the rows in which the slot's cell is null, ascending.
func (v *View) Nulls(slot int) []uint32 {
	c := &v.cells[slot]
	if c.state&haveNulls == 0 {
		told := false
		if c.nulls = c.nulls[:0]; v.whole == nil {
			c.nulls, told = v.Batch.Nulls(v.slots[slot].Position, c.nulls)
		}
		if !told {
			for row, s := range v.Spans(slot) {
				if s.IsNull() {
					c.nulls = append(c.nulls, uint32(row))
				}
			}
		}
		c.state |= haveNulls
	}
	return c.nulls
}

// grow returns s with length n, its memory reused where it suffices.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}
