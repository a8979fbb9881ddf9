package tabular

import (
	"bytes"
	"fmt"

	"tillwatch/shared/dialect"
)

// cutOther returns what the function cut does, for a dialect that is not plain.
func (r *Reader) cutOther(data []byte, atEnd bool) int {
	n := 0
	for n < len(data) {
		rec := r.other.Record(data, n, atEnd)
		if rec.Next == 0 {
			break
		}
		n = rec.Next
	}
	return n
}

// firstOther returns what firstRecord does, for a dialect that is not plain.
func (r *Reader) firstOther(data []byte) (end, open int) {
	if len(data) == 0 {
		return 0, -1
	}
	rec := r.other.Record(data, 0, false)
	return rec.Next, rec.Open
}

// parseOther takes in the records of b.Data by a Splitter.
func (b *Batch) parseOther(d Dialect) {
	data := b.Data
	b.other, b.splitter = b.other[:0], dialect.NewSplitter(d)
	for pos := 0; pos < len(data); {
		r := b.splitter.Record(data, pos, true)
		if r.Next == 0 { // only in a block that no Reader cut
			line := indexFrom(data, r.Open, '\n')
			next := min(line+1, len(data))
			end := pos + len(trimLineEnd(data[pos:next]))
			lines := bytes.Count(data[pos:end], []byte{'\n'})
			b.bad(UnclosedQuote, pos, end, b.Lines+lines, r.Count, unclosedDetail)
			b.endLines(lines, next > line)
			pos = next
			continue
		}
		switch {
		case r.Comment:
			b.Lines++
			b.shiftTo(b.Lines - b.Records)
		case r.End == pos && b.blank(r.Next):
		default:
			lines := bytes.Count(data[pos:r.End], []byte{'\n'})
			b.otherRecord(pos, r)
			b.endLines(lines, data[r.Next-1] == '\n')
		}
		pos = r.Next
	}
	b.Rows = len(b.rows)
}

// otherRecord takes in a record that is neither a comment nor blank.
func (b *Batch) otherRecord(pos int, r dialect.Record) {
	switch {
	case r.Length != 0:
		kind, detail := ShortRow, ""
		if r.Length > 0 {
			kind = LongRow
		}
		if b.counts[kindIndex(kind)] < keptFaults {
			detail = fmt.Sprintf("the line is %d characters too long", r.Length)
			if r.Length < 0 {
				detail = fmt.Sprintf("the line is %d characters too short", -r.Length)
			}
		}
		b.bad(kind, pos, r.End, b.Lines, min(len(r.Cells), b.columns), detail)
	case r.Count != b.columns || len(r.Cells) != r.Count:
		b.wrongWidth(pos, r.End, r.Count)
	default:
		line, from := b.Lines, pos
		for c, cell := range r.Cells {
			if cell.Stray {
				line += bytes.Count(b.Data[from:cell.Start], []byte{'\n'})
				from = cell.Start
				b.fault(StrayQuote, b.Records, line, c, strayDetail)
			}
		}
		b.rows = append(b.rows, row{uint32(pos), uint32(r.End), uint32(len(b.other))})
		b.other = append(b.other, r.Cells...)
		b.Records++
	}
}

// otherColumn sets out to the spans of column c.
func (b *Batch) otherColumn(c int, out []Span) {
	for i, r := range b.rows[:len(out)] {
		cell := b.other[int(r.first)+c]
		switch {
		case b.splitter.IsNull(b.Data, cell):
			out[i] = Null
		case !cell.Quoted && !cell.Escaped:
			out[i] = Span{uint32(cell.Start), uint32(cell.End)}
		case cell.Quoted && !cell.Escaped && !cell.Stray:
			out[i] = Span{uint32(cell.Start) + 1, uint32(cell.End) - 1}
		default:
			from := len(b.Data)
			b.Data = b.splitter.Append(b.Data, b.Data, cell)
			out[i] = Span{uint32(from), uint32(len(b.Data))}
		}
	}
	b.blk.Data = b.Data[:len(b.blk.Data)] // so that the block keeps grown memory
}

// fixedRaw writes a row of fixed width as one of a delimited text.
func (b *Batch) fixedRaw(row int) []byte {
	var raw []byte
	for c := range b.columns {
		if c > 0 {
			raw = append(raw, b.delim)
		}
		cell := b.other[int(b.rows[row].first)+c]
		if !b.splitter.IsNull(b.Data, cell) {
			raw = appendCell(raw, b.Data[cell.Start:cell.End], b.delim, b.quote)
		}
	}
	return raw
}
