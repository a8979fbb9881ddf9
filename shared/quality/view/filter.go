package view

import "tillwatch/shared/tabular"

// A Filter appends to rows those of the block, ascending, that a check is to
// look at. Any number of goroutines may share one.
type Filter func(v *View, rows []uint32) []uint32

// Where returns the view of the rows that a filter leaves, by its place from 1
// among those given to New; 0 is all rows. It is valid until v turns to
// another block, and worked out once for each.
func (v *View) Where(filter int) *View {
	if filter == 0 {
		return v
	}
	f := &v.filters[filter-1]
	if f.view == nil {
		f.view = &View{slots: v.slots, cells: make([]column, len(v.slots)), whole: v}
	}
	if !f.done {
		f.view.rows = f.keep(v, f.view.rows[:0])
		f.view.Turn(v.Batch, v.Block)
		f.done = true
	}
	return f.view
}

// filtered is a filter and what it leaves of the current block.
type filtered struct {
	keep Filter
	view *View
	done bool
}

// Len returns how many rows the view has.
func (v *View) Len() int {
	if v.whole != nil {
		return len(v.rows)
	}
	return v.Batch.Rows
}

// Row returns which well-formed row of the batch a row of the view is.
func (v *View) Row(row int) int {
	if v.whole != nil {
		return int(v.rows[row])
	}
	return row
}

// Ordinal returns a row's index among the block's records.
func (v *View) Ordinal(row int) int { return v.Batch.Ordinal(v.Row(row)) }

// Complete reports whether the view's rows are all records of the block.
func (v *View) Complete() bool { return v.whole == nil && v.Batch.Records == v.Batch.Rows }

// gather takes the spans of the view's rows from the view of all.
func (v *View) gather(slot int, dst []tabular.Span) []tabular.Span {
	all := v.whole.Spans(slot)
	for _, row := range v.rows {
		dst = append(dst, all[row])
	}
	return dst
}
