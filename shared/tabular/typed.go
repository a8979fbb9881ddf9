package tabular

import "tillwatch/shared/tabular/columnar"

// What a Parquet file has of a column besides its text. All of it is exact: a
// number, a null or a value has the text that Column writes of it.
type (
	// A Dictionary is the different values of a column in part of a file.
	Dictionary = columnar.Dictionary
	// Numbers are a column of whole multiples of one unit.
	Numbers = columnar.Numbers
	// Times are a column of points in time.
	Times = columnar.Times
)

// Codes appends to dst for each row the index of its value of column c in a
// dictionary, or the dictionary's length for null. The dictionary is nil, and
// dst of no use, if the file has none for these rows.
func (b *Batch) Codes(c int, dst []uint32) ([]uint32, *Dictionary) {
	if !b.typed() {
		return dst, nil
	}
	return b.blk.slice.Codes(c, dst)
}

// Values appends to data the text of all values of a dictionary that Codes
// returned since the last Parse, and to dst where they stand in it.
func Values(d *Dictionary, data []byte, dst []Span) ([]byte, []Span, error) {
	return columnar.AppendAll(d, data, dst)
}

// Numbers reads column c into to, whose memory it uses again, and reports
// whether the file holds it as numbers that fit.
func (b *Batch) Numbers(c int, to *Numbers) bool {
	return b.typed() && b.blk.slice.Numbers(c, to)
}

// Times is Numbers for dates and timestamps.
func (b *Batch) Times(c int, to *Times) bool {
	return b.typed() && b.blk.slice.Times(c, to)
}

// Nulls appends to dst the rows in which column c is null, ascending, and
// returns false if only Column tells.
func (b *Batch) Nulls(c int, dst []uint32) ([]uint32, bool) {
	if !b.typed() {
		return dst, false
	}
	return b.blk.slice.Nulls(c, dst), true
}

// typed reports whether the batch was parsed and is of a Parquet file.
func (b *Batch) typed() bool { return b.blk != nil && b.blk.slice != nil }
