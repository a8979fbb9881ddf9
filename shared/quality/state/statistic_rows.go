package state

// Joined returns the rows that are in any of sets, sorted; records holds how
// many records each block has.
func Joined(sets []*RowSet, records []int) *RowSet {
	joined := &RowSet{}
	for block, words := range Union(sets, records) {
		if words != nil {
			joined.blocks = append(joined.blocks, blockRows{block: block, bits: words})
		}
	}
	return joined
}

// Cells finds the cells that are not good. With nulls, null cells are looked at
// too, as nil; else they are not.
func Cells(slot int, nulls bool, good func(value []byte) bool) Kernel {
	if !nulls {
		return Values(slot, good)
	}
	return perValue(slot, func(v *View, bad []uint32) ([]uint32, int) {
		spans := v.Spans(slot)
		data := v.Batch.Data
		for row, s := range spans {
			var value []byte
			if !s.IsNull() {
				value = data[s.Start:s.End:s.End]
				if value == nil {
					value = []byte{}
				}
			}
			if !good(value) {
				bad = append(bad, uint32(row))
			}
		}
		return bad, len(spans)
	})
}
