package tabular

import (
	"bytes"
	"slices"
)

// Column appends to dst the spans of column c in Data, one for each well-formed
// row, and returns it. Quotes are removed; a value with escapes (doubled quotes)
// or with text after its closing quote is written anew at the end of Data, so
// that asking for a column twice costs its memory twice. It panics if c is not
// a column.
func (b *Batch) Column(c int, dst []Span) []Span {
	if c < 0 || c >= b.columns {
		panic("tabular: no such column")
	}
	if b.blk.slice != nil {
		return b.sliceColumn(c, dst)
	}
	from := len(dst)
	dst = slices.Grow(dst, b.Rows)[:from+b.Rows]
	out := dst[from:]
	if b.blk.other != nil {
		b.otherColumn(c, out)
		return dst
	}
	if b.blk.json != nil {
		b.jsonColumn(c, out)
		return dst
	}
	if c > 0 && c < b.columns-1 && !b.quoted[c] {
		b.innerColumn(c, out)
	} else {
		b.anyColumn(c, out)
	}
	if b.null != "" {
		b.nullify(c, out)
	}
	return dst
}

// innerColumn is anyColumn for those that have a delimiter on either side and no quotes.
func (b *Batch) innerColumn(c int, out []Span) {
	if len(out) == 0 {
		return // and there may be no delimiters either
	}
	delims := b.delims[c-1:]
	for i, r := range b.rows[:len(out)] {
		first := int(r.first)
		s := Span{delims[first] + 1, delims[first+1]}
		if s.Start == s.End {
			s = Null
		}
		out[i] = s
	}
}

// anyColumn finds the cells of column c of a plain text.
func (b *Batch) anyColumn(c int, out []Span) {
	last := c == b.columns-1
	exact, quoted, delims := b.blk.exact, b.quoted[c], b.delims
	for i, r := range b.rows[:len(out)] {
		start, end := r.start, r.end
		if c > 0 {
			start = delims[int(r.first)+c-1] + 1
		}
		if !last {
			end = delims[int(r.first)+c]
		}
		switch {
		case start == end:
			out[i] = Null
		case quoted && b.Data[start] == b.quote:
			if exact && !b.blk.quoting.isDoubled(start, end) {
				out[i] = Span{start + 1, end - 1}
			} else {
				out[i] = b.unquoted(start, end)
			}
		default:
			out[i] = Span{start, end}
		}
	}
}

// nullify makes the cells of column c null that are written as Dialect.Null.
func (b *Batch) nullify(c int, out []Span) {
	for i, s := range out {
		if start, end := b.cell(i, c); !s.IsNull() && string(b.Data[start:end]) == b.null {
			out[i] = Null
		}
	}
}

// cell returns where cell c of the well-formed row stands, quotes included.
func (b *Batch) cell(row, c int) (start, end uint32) {
	r := b.rows[row]
	if b.blk.other != nil {
		at := b.other[int(r.first)+c]
		return uint32(at.Start), uint32(at.End)
	}
	start, end = r.start, r.end
	if c > 0 {
		start = b.delims[int(r.first)+c-1] + 1
	}
	if c < b.columns-1 {
		end = b.delims[int(r.first)+c]
	}
	return start, end
}

// unquoted returns the span of the value of the quoted cell Data[start:end].
func (b *Batch) unquoted(start, end uint32) Span {
	if bytes.IndexByte(b.Data[start+1:end-1], b.quote) < 0 { // then the last byte closes it
		return Span{start + 1, end - 1}
	}
	from := len(b.Data)
	b.Data = unquote(b.Data, b.Data[start:end], b.quote)
	b.blk.Data = b.Data[:len(b.blk.Data)] // so that the block keeps grown memory
	return Span{uint32(from), uint32(len(b.Data))}
}

// unquote appends the value of a quoted cell to dst: the text up to the closing
// quote with doubled quotes made single, then what follows it as it is.
func unquote(dst, cell []byte, quote byte) []byte {
	cell = cell[1:]
	for {
		i := bytes.IndexByte(cell, quote)
		switch {
		case i < 0:
			return append(dst, cell...)
		case i+1 < len(cell) && cell[i+1] == quote:
			dst = append(dst, cell[:i+1]...)
			cell = cell[i+2:]
		default:
			dst = append(dst, cell[:i]...)
			return append(dst, cell[i+1:]...)
		}
	}
}
