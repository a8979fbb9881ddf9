package tabular

import (
	"bytes"
	"math"
)

// parseRecords takes in the records of b.Data. A record that has no quote is
// bounded by the next line end, and regular if exactly its columns' delimiters
// lie before that. Where the next quote stands is always known, so that it costs such
// a record one comparison. It returns whether any byte is not ASCII.
func (b *Batch) parseRecords() (foreign bool) {
	data := b.Data
	quote, inside := math.MaxInt, b.blk.quoting.inside
	if !b.blk.exact {
		quote, inside = indexFrom(data, 0, b.quote), nil
	}
	foreign = b.findMarks(inside)
	if inside != nil {
		for c := range b.quoted {
			b.quoted[c] = true
		}
	}
	width := b.columns - 1 // delimiters of a record
	next, at := 0, 0       // of b.delims and b.ends
	for pos := 0; pos < len(data); {
		if inside == nil {
			pos, next, at = b.plainRecords(pos, quote, next, at)
			if pos == len(data) {
				break
			}
		}
		line := int(b.ends[at])
		if quote < line {
			pos, quote, next = b.quotedRecord(pos, line, quote, next)
			for int(b.ends[at]) < pos && at < len(b.ends)-1 {
				at++
			}
			continue
		}
		lines := 0
		if inside != nil {
			for line < len(data) && inside[line>>6]>>(uint(line)&63)&1 != 0 {
				at++
				line = int(b.ends[at])
				lines++
			}
		}
		end, after := line, line+1
		if line == len(data) {
			after = line
		} else {
			at++
			if end > pos && data[end-1] == '\r' {
				end--
			}
		}
		if end == pos && b.blank(after) {
			pos = after
			continue
		}
		delims := b.delims[next:]
		if len(delims) > width && int(delims[width]) >= line && (width == 0 || int(delims[width-1]) < line) {
			b.rows = append(b.rows, row{uint32(pos), uint32(end), uint32(next)})
			next += width
			b.Records++
		} else {
			cells := 1
			for ; int(delims[cells-1]) < line; cells++ {
			}
			next += cells - 1
			b.wrongWidth(pos, end, cells)
		}
		b.endLines(lines, after > line)
		pos = after
	}
	b.Rows = len(b.rows)
	return foreign
}

// plainRecords takes in records from pos on, up to one that has a quote, is not
// regular or has no line end. It returns where that begins, and the first delimiter and
// line end from there on.
func (b *Batch) plainRecords(pos, quote, next, at int) (int, int, int) {
	data, delims, ends, rows := b.Data, b.delims, b.ends, b.rows
	width := b.columns - 1
	first := len(rows)
	for next+width < len(delims) {
		line := int(ends[at])
		if line >= quote || line == len(data) || int(delims[next+width]) < line || width > 0 && int(delims[next+width-1]) > line {
			break
		}
		end := line
		if end > pos && data[end-1] == '\r' {
			end--
		}
		if end == pos {
			break // a blank line
		}
		rows = append(rows, row{uint32(pos), uint32(end), uint32(next)})
		pos = line + 1
		next += width
		at++
	}
	b.rows = rows
	b.Records += len(rows) - first
	b.Lines += len(rows) - first
	return pos, next, at
}

// blank takes in a blank line if it is no row, and reports that.
func (b *Batch) blank(next int) bool {
	if b.columns == 1 && !(next == len(b.Data) && b.blk.Final) {
		return false
	}
	b.Lines++
	b.shiftTo(b.Lines - b.Records)
	return true
}

// quotedRecord takes in the record at pos. The next line end stands at line and
// the next quote at quote, before it; b.delims[next] is the first delimiter that may
// be the record's. Those that are move together in place. It returns where the next
// record begins, the next quote after it and the next delimiter.
func (b *Batch) quotedRecord(pos, line, quote, next int) (int, int, int) {
	data := b.Data
	first, kept := next, next
	stray, inside := false, false
	at := pos // data[at] is outside quotes
	for quote < line {
		for int(b.delims[next]) < quote {
			b.delims[kept] = b.delims[next]
			kept++
			next++
		}
		if quote != pos && data[quote-1] != b.delim {
			quote = indexFrom(data, quote+1, b.quote)
			continue
		}
		if kept-first < b.columns {
			b.quoted[kept-first] = true
		}
		at = closing(data, quote+1, b.quote)
		if at < 0 {
			after := b.unclosed(pos, quote, kept-first)
			for int(b.delims[next]) < after {
				next++
			}
			return after, indexFrom(data, after, b.quote), next
		}
		for int(b.delims[next]) < at {
			next++
		}
		if at > line {
			inside = true
			line = indexFrom(data, at, '\n')
		}
		if at < line && data[at] != b.delim && !(data[at] == '\r' && at+1 == line && line < len(data)) {
			stray = true
		}
		quote = indexFrom(data, at, b.quote)
	}
	for int(b.delims[next]) < line {
		b.delims[kept] = b.delims[next]
		kept++
		next++
	}
	end, after := line, line+1
	if line == len(data) {
		after = line
	} else if end > at && data[end-1] == '\r' {
		end--
	}
	lines := 0
	if inside {
		lines = bytes.Count(data[pos:end], []byte{'\n'})
	}
	if cells := kept - first + 1; cells == b.columns {
		b.rows = append(b.rows, row{uint32(pos), uint32(end), uint32(first)})
		b.Records++
		if stray {
			b.strays(len(b.rows) - 1)
		}
	} else {
		b.wrongWidth(pos, end, cells)
	}
	b.endLines(lines, after > line)
	return after, quote, next
}

// unclosed takes in a record with a quote that is never closed, which only
// a block that no Reader cut can hold, and returns where the next one begins.
func (b *Batch) unclosed(pos, quote, cells int) int {
	line := indexFrom(b.Data, quote, '\n')
	next := min(line+1, len(b.Data))
	end := pos + len(trimLineEnd(b.Data[pos:next]))
	lines := bytes.Count(b.Data[pos:end], []byte{'\n'})
	b.bad(UnclosedQuote, pos, end, b.Lines+lines, cells, unclosedDetail)
	b.endLines(lines, next > line)
	return next
}

// strays reports the cells of a row that have text after their closing quote.
func (b *Batch) strays(row int) {
	line, from := b.Lines, b.rows[row].start
	for c := range b.columns {
		start, end := b.cell(row, c)
		if start == end || b.Data[start] != b.quote {
			continue
		}
		if closing(b.Data[:end], int(start)+1, b.quote) < int(end) {
			line += bytes.Count(b.Data[from:start], []byte{'\n'})
			from = start
			b.fault(StrayQuote, b.Records-1, line, c, strayDetail)
		}
	}
}

// indexFrom returns where c next stands in data at or after from, len(data) if
// nowhere.
func indexFrom(data []byte, from int, c byte) int {
	if i := bytes.IndexByte(data[from:], c); i >= 0 {
		return from + i
	}
	return len(data)
}

// cellEnd returns where the cell that begins at pos ends in record, which has
// no line end, and whether text follows its closing quote; -1 if its quote is
// never closed.
func cellEnd(record []byte, pos int, delim, quote byte) (end int, stray bool) {
	if pos < len(record) && record[pos] == quote {
		at := closing(record, pos+1, quote)
		if at < 0 {
			return -1, false
		}
		if at == len(record) || record[at] == delim {
			return at, false
		}
		pos, stray = at, true
	}
	if i := bytes.IndexByte(record[pos:], delim); i >= 0 {
		return pos + i, stray
	}
	return len(record), stray
}
