package tabular

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"tillwatch/shared/tabular/jsontext"
)

// A jsonCell is the value of one member.
type jsonCell struct {
	column uint32
	span   Span
}

// parseJSON takes in the records of b.Data.
func (b *Batch) parseJSON(j *jsonForm) {
	data, counted, pos := b.Data, 0, 0
	lines := 0
	b.cells, b.lineOf = b.cells[:0], b.lineOf[:0]
	for pos < len(data) {
		start, end, next := j.next(data, pos, true)
		if next == 0 && start == len(data) {
			break
		} else if next == 0 {
			end, next = len(data), len(data) // the block ends with its last element
		}
		if start < end {
			lines += bytes.Count(data[counted:start], []byte{'\n'})
			counted = start
			b.Lines = lines
			reason := ""
			if j.array {
				reason = separated(data[pos:start], pos == 0 && (b.blk.first || b.blk.Index == 0))
			}
			b.jsonRecord(j, data[:end], start, reason)
		}
		pos = next
	}
	b.Lines = lines + bytes.Count(data[counted:], []byte{'\n'})
	if j.array && b.blk.Final && bytes.IndexByte(data[min(pos, len(data)):], ']') < 0 {
		b.bad(NotJSON, len(data), len(data), b.Lines, -1, "the array is not closed: the file may be cut off")
	}
	b.Rows = len(b.rows)
	b.blk.Data = b.Data[:len(b.blk.Data)] // so that the block keeps grown memory
	b.checkJSON(len(data))
}

// separated says what is wrong with what stands before an element of an array.
func separated(gap []byte, first bool) string {
	commas := bytes.Count(gap, []byte{','})
	switch {
	case bytes.IndexByte(gap, ']') >= 0:
		return "it stands after the end of the array"
	case first && commas > 0, commas > 1:
		return "a comma too many stands before it"
	case !first && commas == 0:
		return "no comma stands before it"
	}
	return ""
}

// jsonRecord takes in the record data[start:], which is malformed already if
// there is a reason.
func (b *Batch) jsonRecord(j *jsonForm, data []byte, start int, reason string) {
	first := len(b.cells)
	b.late = b.late[:0]
	at := start
	if reason == "" {
		at, reason = b.object(j, data, start)
	}
	if reason == "" && jsontext.Space(data, at) < len(data) {
		reason = "text follows the object"
	}
	end := len(trimLineEnd(data))
	for end > start && data[end-1] == '\r' {
		end--
	}
	if reason != "" {
		b.cells = b.cells[:first]
		detail := ""
		if b.counts[kindIndex(NotJSON)] < int64(max(b.KeepFaults, keptFaults)) {
			detail = fmt.Sprintf("%s, %d bytes into the record", reason, at-start)
		}
		b.bad(NotJSON, start, end, b.Lines, -1, detail)
		return
	}
	for _, key := range b.late {
		b.lateKey(data[key.Start:key.End])
	}
	b.rows = append(b.rows, row{uint32(start), uint32(end), uint32(first)})
	b.lineOf = append(b.lineOf, uint32(b.Lines))
	b.Records++
}

// object appends the members of the object at pos to b.cells, by column, and
// returns where it ends.
func (b *Batch) object(j *jsonForm, data []byte, pos int) (end int, reason string) {
	if data[pos] != '{' {
		return pos, "an object is wanted and begins with {"
	}
	first, likely, sorted := len(b.cells), uint32(0), true
	pos = jsontext.Space(data, pos+1)
	if pos < len(data) && data[pos] == '}' {
		return pos + 1, ""
	}
	for {
		if pos >= len(data) || data[pos] != '"' {
			return pos, "the name of a member is missing or not in double quotes"
		}
		after, escaped, reason := jsontext.String(data, pos)
		if reason != "" {
			return after, reason
		}
		name := Span{uint32(pos + 1), uint32(after - 1)}
		key := data[name.Start:name.End]
		if escaped {
			key = jsontext.Unescape(nil, key)
		}
		if pos = jsontext.Space(data, after); pos >= len(data) || data[pos] != ':' {
			return pos, "a colon is missing after a name"
		}
		column, known := likely, true
		if int(likely) >= len(j.names) || j.names[likely] != string(key) {
			column, known = j.index[string(key)]
		}
		sorted = sorted && column >= likely
		likely = column + 1
		var span Span
		if span, pos, reason = b.value(data, jsontext.Space(data, pos+1)); reason != "" {
			return pos, reason
		}
		if known {
			b.cells = append(b.cells, jsonCell{column, span})
		} else {
			b.late = append(b.late, name)
		}
		pos = jsontext.Space(data, pos)
		switch {
		case pos < len(data) && data[pos] == ',':
			pos = jsontext.Space(data, pos+1)
		case pos < len(data) && data[pos] == '}':
			if !sorted {
				b.sortCells(first)
			}
			return pos + 1, ""
		default:
			return pos, "a comma or a closing bracket is missing after a value"
		}
	}
}

// value returns the span of the value at pos and the place after it: of a string
// its text, of an array or object its compact form.
func (b *Batch) value(data []byte, pos int) (span Span, end int, reason string) {
	if pos < len(data) && data[pos] == '"' {
		end, escaped, reason := jsontext.String(data, pos)
		span = Span{uint32(pos + 1), uint32(end - 1)}
		if escaped && reason == "" {
			from := len(b.Data)
			b.Data = jsontext.Unescape(b.Data, data[pos+1:end-1])
			span = Span{uint32(from), uint32(len(b.Data))}
		}
		return span, end, reason
	}
	end, loose, reason := jsontext.Value(data, pos)
	span = Span{uint32(pos), uint32(end)}
	if reason != "" {
		return span, end, reason
	}
	if data[pos] == 'n' {
		return Null, end, ""
	}
	if loose {
		from := len(b.Data)
		b.Data = jsontext.Compact(b.Data, data[pos:end])
		span = Span{uint32(from), uint32(len(b.Data))}
	}
	return span, end, ""
}

// lateKey takes in a key that is no column.
func (b *Batch) lateKey(key []byte) {
	detail := ""
	if b.counts[kindIndex(LateKey)] < int64(max(b.KeepFaults, keptFaults)) {
		detail = fmt.Sprintf("%.60q is none of the keys of the file's beginning, and its value is not checked", key)
	}
	b.fault(LateKey, b.Records, b.Lines, -1, detail)
}

// sortCells puts the cells of a record in the order of their columns; of a key
// that comes twice the last value stays.
func (b *Batch) sortCells(first int) {
	cells := b.cells[first:]
	slices.SortStableFunc(cells, func(x, y jsonCell) int { return int(x.column) - int(y.column) })
	kept := cells[:0]
	for i, c := range cells {
		if i+1 == len(cells) || cells[i+1].column != c.column {
			kept = append(kept, c)
		}
	}
	b.cells = b.cells[:first+len(kept)]
}

// jsonCells returns the cells of a well-formed row.
func (b *Batch) jsonCells(row int) []jsonCell {
	end := len(b.cells)
	if row+1 < len(b.rows) {
		end = int(b.rows[row+1].first)
	}
	return b.cells[b.rows[row].first:end]
}

// jsonColumn writes the spans of column c to out.
func (b *Batch) jsonColumn(c int, out []Span) {
	likely := c
	for i := range out {
		cells := b.jsonCells(i)
		if likely >= len(cells) || cells[likely].column != uint32(c) {
			at, ok := slices.BinarySearchFunc(cells, uint32(c), func(cell jsonCell, c uint32) int { return int(cell.column) - int(c) })
			if !ok {
				out[i] = Null
				continue
			}
			likely = at
		}
		out[i] = cells[likely].span
	}
}

// checkJSON looks for NUL bytes, which only escapes beyond the block's text can
// have brought, and for text that is not UTF-8.
func (b *Batch) checkJSON(text int) {
	nul, foreign := bytes.IndexByte(b.Data[text:], 0) >= 0, !utf8.Valid(b.Data)
	if !nul && !foreign {
		return
	}
	for row := range b.Rows {
		for _, c := range b.jsonCells(row) {
			if c.span.IsNull() {
				continue
			}
			cell := b.Data[c.span.Start:c.span.End]
			if nul && bytes.IndexByte(cell, 0) >= 0 {
				b.fault(NULByte, b.Ordinal(row), int(b.lineOf[row]), int(c.column), "text holds no character of value 0, not even as an escape")
			}
			if foreign && !utf8.Valid(cell) {
				b.fault(BadEncoding, b.Ordinal(row), int(b.lineOf[row]), int(c.column), guessEncoding(cell))
			}
		}
	}
}

// appendCell appends a cell to a delimited record, in quotes where it needs
// them; nil is null.
func appendCell(dst, cell []byte, delim, quote byte) []byte {
	if cell == nil {
		return dst
	}
	if len(cell) > 0 && bytes.IndexByte(cell, delim) < 0 && bytes.IndexByte(cell, quote) < 0 && bytes.IndexByte(cell, '\n') < 0 && bytes.IndexByte(cell, '\r') < 0 {
		return append(dst, cell...)
	}
	dst = append(dst, quote)
	for _, c := range cell {
		if c == quote {
			dst = append(dst, quote)
		}
		dst = append(dst, c)
	}
	return append(dst, quote)
}

// jsonRaw writes a row as one of a delimited text.
func (b *Batch) jsonRaw(row int) []byte {
	var raw []byte
	cells := b.jsonCells(row)
	for c := range b.columns {
		if c > 0 {
			raw = append(raw, b.delim)
		}
		if len(cells) > 0 && int(cells[0].column) == c {
			if s := cells[0].span; !s.IsNull() {
				raw = appendCell(raw, b.Data[s.Start:s.End], b.delim, b.quote)
			}
			cells = cells[1:]
		}
	}
	return raw
}
