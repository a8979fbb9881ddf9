package view

import (
	"tillwatch/shared/quality/short"
	"tillwatch/shared/tabular"
)

// A Tallied is a value of a block and how often it occurs; a value may be
// tallied several times.
type Tallied struct {
	Value tabular.Span
	N     int64
}

// Tally counts the slot's values in the block, nulls apart, so that whatever
// counts values looks at each once. The values stand in the returned view's data.
func (v *View) Tally(slot int) (*View, []Tallied) {
	values, times := v.Weighed(slot)
	spans := values.Spans(slot)
	c := &v.cells[slot]
	if c.state&haveTally != 0 {
		return values, c.tally
	}
	c.state |= haveTally
	c.tally = c.tally[:0]
	for i, n := range times {
		if n > 0 {
			c.tally = append(c.tally, Tallied{spans[i], n})
		}
	}
	if times == nil {
		c.tally = tally(c.tally, values.Batch.Data, spans)
	}
	return values, c.tally
}

// tally appends to list the values of spans and how often each occurs. A block
// mostly has few different ones.
func tally(list []Tallied, data []byte, spans []tabular.Span) []Tallied {
	var counts [256]struct {
		text short.Text
		Tallied
	}
	for _, s := range spans {
		if s.IsNull() {
			continue
		}
		t, ok := short.Of(data, s)
		if !ok {
			list = append(list, Tallied{s, 1})
			continue
		}
		at := uint8(t.Place(0x9E3779B97F4A7C15, 8))
		c := &counts[at]
		if c.N > 0 && c.text.Differs(&t) != 0 {
			c = &counts[at^1] // two have one place, and both come often
		}
		if c.N == 0 || c.text.Differs(&t) != 0 {
			if c.N > 0 {
				list = append(list, c.Tallied)
			}
			c.text, c.Tallied = t, Tallied{s, 0}
		}
		c.N++
	}
	for i := range counts {
		if counts[i].N > 0 {
			list = append(list, counts[i].Tallied)
		}
	}
	return list
}
