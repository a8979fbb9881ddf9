package state

import "tillwatch/shared/tabular"

// A column of a Parquet file may come as a dictionary of its different values,
// and codes that say which of them each row has. What depends on the value alone
// is then found once for each value: by showing kernels and aggregates a view
// whose rows are the values of the dictionary.

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
			v.inner = NewView(v.slots)
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

// perValue returns a kernel that finds what k finds, where k looks at nothing
// but the slot's value in a row, and at each row by itself.
func perValue(slot int, k Kernel) Kernel {
	key := new(kernelKey)
	return func(v *View, bad []uint32) ([]uint32, int) {
		d := v.code(slot)
		if d == nil {
			return k(v, bad)
		}
		j := v.judged[key]
		if j == nil {
			j = new(judgement)
			if v.judged == nil {
				v.judged = map[*kernelKey]*judgement{}
			}
			v.judged[key] = j
		}
		if j.of != d.of {
			j.judge(v.dictionary(slot, d), slot, k)
			j.of = d.of
		}
		return j.find(d, bad, len(v.Nulls(slot)))
	}
}

// A kernelKey tells kernels apart, by its address.
type kernelKey struct{ _ byte }

// A judgement is what a kernel finds of the values of a dictionary.
type judgement struct {
	of     *tabular.Dictionary
	bad    []bool // by code, that of null too
	faults bool   // whether any is bad
	looked []bool // nil if at all values, nulls apart
	// null is whether the kernel looks at nulls.
	null    bool
	scratch []uint32
}

// judge shows the values of a dictionary to a kernel.
func (j *judgement) judge(values *View, slot int, k Kernel) {
	n := values.Batch.Rows
	j.bad, j.looked = grow(j.bad, n+1), j.looked[:0]
	clear(j.bad)
	rows, looked := k(values, j.scratch[:0])
	j.scratch = rows
	for _, code := range rows {
		j.bad[code] = true
	}
	if looked != n { // then one by one, to see at which
		j.looked = grow(j.looked, n)
		for code := range n {
			_, looked := k(values.only(slot, code), j.scratch[:0])
			j.looked[code] = looked > 0
		}
	}
	rows, looked = k(values.only(slot, -1), j.scratch[:0])
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
		v.inner = NewView(v.slots)
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

// find appends the bad rows, and returns at how many the kernel looks.
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
