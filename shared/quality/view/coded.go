package view

import "tillwatch/shared/tabular"

// A column of a Parquet file may come as a dictionary of its different values,
// and codes that say which of them each row has. What depends on the value alone
// is then found once for each value: by showing what judges or counts values a
// view whose rows are the values of the dictionary.

// coded is a slot whose rows are codes of a dictionary.
type coded struct {
	of    *tabular.Dictionary // nil if the slot is not coded in this block
	codes []uint32            // by row; null is len(values)
	// values is where the dictionary's values stand in batch.Data.
	values []tabular.Span
	batch  tabular.Batch
	times  []int64 // how often each occurs in the block
}

// mostCoded is how many values a dictionary may have to be worth it.
const mostCoded = 1 << 17

// code returns the slot's codes, or nil if it has none in this block.
func (v *View) code(slot int) *coded {
	c := &v.cells[slot]
	if c.state&haveCodes == 0 {
		c.state |= haveCodes
		if v.whole == nil {
			v.readCodes(slot, c)
		}
	}
	if c.coded == nil || c.coded.of == nil {
		return nil
	}
	return c.coded
}

// Coded reports whether the slot's rows are codes of a dictionary in this block.
func (v *View) Coded(slot int) bool { return v.code(slot) != nil }

func (v *View) readCodes(slot int, c *column) {
	var codes []uint32
	var before *tabular.Dictionary
	if c.coded != nil {
		codes, before = c.coded.codes, c.coded.of
		c.coded.of = nil
	}
	codes, of := v.Batch.Codes(v.slots[slot].Position, codes[:0])
	if of == nil || of.Len() > mostCoded {
		return
	}
	if c.coded == nil {
		c.coded = new(coded)
	}
	d := c.coded
	if d.codes = codes; before != of {
		var err error
		if d.batch.Data, d.values, err = tabular.Values(of, d.batch.Data[:0], d.values[:0]); err != nil {
			return // reading the column as text says why
		}
		if v.inner == nil {
			v.inner = New(v.slots)
		}
		d.batch.Rows = len(d.values)
		d.batch.Records = len(d.values)
		v.inner.cells[slot].state = 0
	}
	d.of = of
}

// dictionary returns a view whose rows are the values of the slot's
// dictionary; no other slot may be looked at in it, and none after another's
// dictionary was asked for.
func (v *View) dictionary(slot int, d *coded) *View {
	v.inner.Batch = &d.batch
	if c := &v.inner.cells[slot]; c.state&haveSpans == 0 {
		c.spans, c.state = d.values, haveSpans|haveCodes|haveNulls
		c.nulls = c.nulls[:0]
	}
	return v.inner
}

// Weighed returns a view of the slot's different values and how often each
// occurs in the block, which may be 0; or the view itself and nil, if that is more
// work than to look at each row.
func (v *View) Weighed(slot int) (values *View, times []int64) {
	d := v.code(slot)
	if d == nil || len(d.values) >= len(d.codes) {
		return v, nil
	}
	c := &v.cells[slot]
	if c.state&haveTimes == 0 {
		c.state |= haveTimes
		d.times = grow(d.times, len(d.values)+1)
		clear(d.times)
		for _, code := range d.codes {
			d.times[code]++
		}
	}
	return v.dictionary(slot, d), d.times[:len(d.values)]
}

// Weight returns how often the value of a row of a weighed view occurs.
func Weight(times []int64, row int) int64 {
	if times == nil {
		return 1
	}
	return times[row]
}
