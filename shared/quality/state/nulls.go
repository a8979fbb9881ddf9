package state

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
