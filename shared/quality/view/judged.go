package view

import "tillwatch/shared/tabular"

// PerValue returns a function that finds what find does: the rows of a view,
// appended to bad ascending, and how many values it looked at. It must look at
// nothing but the slot's value in a row, and at each row by itself: it is shown
// each value of a dictionary once. Any number of goroutines may share what is
// returned, as they may find.
func PerValue(slot int, find func(v *View, bad []uint32) ([]uint32, int)) func(*View, []uint32) ([]uint32, int) {
	key := new(finder)
	return func(v *View, bad []uint32) ([]uint32, int) {
		d := v.code(slot)
		if d == nil {
			return find(v, bad)
		}
		j := v.judged[key]
		if j == nil {
			j = new(judgement)
			if v.judged == nil {
				v.judged = map[*finder]*judgement{}
			}
			v.judged[key] = j
		}
		if j.of != d.of {
			j.judge(v.dictionary(slot, d), slot, find)
			j.of = d.of
		}
		return j.find(d, bad, len(v.Nulls(slot)))
	}
}

// A finder tells what PerValue was given apart, by its address.
type finder struct{ _ byte }

// A judgement is what a finder finds of the values of a dictionary.
type judgement struct {
	of     *tabular.Dictionary
	bad    []bool // by code, that of null too
	faults bool   // whether any is bad
	looked []bool // nil if at all values, nulls apart
	// null is whether it looks at nulls.
	null    bool
	scratch []uint32
}

// judge shows the values of a dictionary to find.
func (j *judgement) judge(values *View, slot int, find func(*View, []uint32) ([]uint32, int)) {
	n := values.Batch.Rows
	j.bad, j.looked = grow(j.bad, n+1), j.looked[:0]
	clear(j.bad)
	rows, looked := find(values, j.scratch[:0])
	j.scratch = rows
	for _, code := range rows {
		j.bad[code] = true
	}
	if looked != n { // then one by one, to see at which
		j.looked = grow(j.looked, n)
		for code := range n {
			_, looked := find(values.only(slot, code), j.scratch[:0])
			j.looked[code] = looked > 0
		}
	}
	rows, looked = find(values.only(slot, -1), j.scratch[:0])
	j.bad[n], j.null = len(rows) > 0, looked > 0
	j.faults = false
	for _, bad := range j.bad {
		j.faults = j.faults || bad
	}
}

// only returns a view of one row of a dictionary's view, or of a null if row is
// -1. It is valid until the next call.
func (v *View) only(slot, row int) *View {
	if v.inner == nil {
		v.inner = New(v.slots)
		v.inner.Batch = new(tabular.Batch)
	}
	one := v.inner
	one.Batch.Data, one.Batch.Rows, one.Batch.Records = v.Batch.Data, 1, 1
	c := &one.cells[slot]
	c.state, c.nulls = haveSpans|haveCodes|haveNulls, c.nulls[:0]
	if row < 0 {
		c.spans, c.nulls = append(c.spans[:0], tabular.Null), append(c.nulls, 0)
	} else {
		c.spans = append(c.spans[:0], v.cells[slot].spans[row])
	}
	return one
}

// find appends the bad rows, and returns at how many values the finder looks.
func (j *judgement) find(d *coded, bad []uint32, nulls int) ([]uint32, int) {
	looked := len(d.codes)
	if !j.null {
		looked -= nulls
	}
	if len(j.looked) > 0 {
		looked = 0
		for _, code := range d.codes {
			if int(code) == len(d.values) && j.null || int(code) < len(d.values) && j.looked[code] {
				looked++
			}
		}
	}
	if j.faults {
		for row, code := range d.codes {
			if j.bad[code] {
				bad = append(bad, uint32(row))
			}
		}
	}
	return bad, looked
}
