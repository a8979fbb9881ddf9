package tabular

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	low7  = 0x7f * ones
	high1 = 0x80 * ones
)

// parseRecords takes in the records of b.Data. A record that has no quote is
// bounded by the next line end, and split at its delimiters eight bytes at a
// time; where the next quote stands is always known, so that it costs such a
// record one comparison.
func (b *Batch) parseRecords() {
	data := b.Data
	delims := ones * uint64(b.delim)
	quote := indexFrom(data, 0, b.quote)
	used := 0 // of b.ends
	for pos := 0; pos < len(data); {
		line := indexFrom(data, pos, '\n')
		if quote < line {
			pos, quote, used = b.quotedRecord(pos, line, quote, used)
			continue
		}
		end, next := line, line+1
		if line == len(data) {
			next = line
		} else if end > pos && data[end-1] == '\r' {
			end--
		}
		if end == pos && b.blank(next) {
			pos = next
			continue
		}
		b.reserve(used + end - pos)
		n, text := split(data, pos, end, delims, b.ends[used:])
		if text&high1 != 0 && !b.foreign {
			b.foreign = !utf8.Valid(data[pos:end])
		}
		if n+1 == b.columns {
			b.ends[used+n] = uint32(end)
			b.starts[b.Rows] = uint32(pos)
			used += b.columns
			b.Rows++
			b.Records++
		} else {
			b.wrongWidth(pos, end, n+1)
		}
		if b.Lines++; next == end {
			b.Lines--
		}
		pos = next
	}
}

// split writes to ends where each delimiter of data[pos:end] stands, and
// returns how many there are, and a word whose high bits tell whether a byte is
// beyond ASCII. It needs len(ends) to be end-pos+extraEnds.
func split(data []byte, pos, end int, delims uint64, ends []uint32) (n int, text uint64) {
	for ; pos+8 <= end; pos += 8 {
		word := binary.LittleEndian.Uint64(data[pos:])
		text |= word
		n = hits(word^delims, pos, ends, n)
	}
	if pos < end {
		word := tail(data, pos, end)
		text |= word &^ (^uint64(0) << (8 * uint(end-pos)))
		x := word ^ delims
		x |= low7 << (8 * uint(end-pos)) // beyond end is no delimiter
		n = hits(x, pos, ends, n)
	}
	return n, text
}

// hits writes the places of the zero bytes of x. Words have mostly up to two, which are
// written without asking, since asking costs more than writing.
func hits(x uint64, pos int, ends []uint32, n int) int {
	m := ^((x&low7 + low7) | x | low7) // 0x80 where x has a zero byte
	count := bits.OnesCount64(m)
	e := ends[n : n+2 : len(ends)]
	e[0] = uint32(pos + bits.TrailingZeros64(m)>>3)
	m &= m - 1
	e[1] = uint32(pos + bits.TrailingZeros64(m)>>3)
	if count > 2 {
		for i := n + 2; i < n+count; i++ {
			m &= m - 1
			ends[i] = uint32(pos + bits.TrailingZeros64(m)>>3)
		}
	}
	return n + count
}

// tail returns the word at pos, of which the bytes from end on are anything.
func tail(data []byte, pos, end int) uint64 {
	if pos+8 <= cap(data) {
		return binary.LittleEndian.Uint64(data[pos : pos+8])
	}
	var w [8]byte
	copy(w[:], data[pos:end])
	return binary.LittleEndian.Uint64(w[:])
}

// Room that split needs in ends beyond one for each byte: those that it
// writes without asking, and the end of the last cell.
const extraEnds = 8

// reserve makes room in b.ends for that many more entries and those that split
// writes in vain, and in b.starts for one more row.
func (b *Batch) reserve(ends int) {
	if ends+extraEnds > len(b.ends) {
		b.ends = slices.Grow(b.ends, ends+extraEnds-len(b.ends))
		b.ends = b.ends[:cap(b.ends)]
	}
	if b.Rows == len(b.starts) {
		b.starts = slices.Grow(b.starts, 1)
		b.starts = b.starts[:cap(b.starts)]
	}
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
// the next quote at quote, before it; used entries of b.ends are taken. It
// returns the same for the next record.
func (b *Batch) quotedRecord(pos, line, quote, used int) (int, int, int) {
	data, delims := b.Data, ones*uint64(b.delim)
	cells, at := 0, pos // whole cells so far; data[at] is outside quotes
	stray, inside := false, false
	for quote < line {
		b.reserve(used + cells + quote - at)
		n, _ := split(data, at, quote, delims, b.ends[used+cells:])
		cells += n
		if quote != pos && data[quote-1] != b.delim {
			at, quote = quote, indexFrom(data, quote+1, b.quote)
			continue
		}
		if cells < b.columns {
			b.quoted[cells] = true
		}
		at = closing(data, quote+1, b.quote)
		if at < 0 {
			next := b.unclosed(pos, quote, cells)
			return next, indexFrom(data, next, b.quote), used
		}
		if at > line {
			inside = true
			line = indexFrom(data, at, '\n')
		}
		if at < line && data[at] != b.delim && !(data[at] == '\r' && at+1 == line && line < len(data)) {
			stray = true
		}
		if at+1 < len(data) && data[at] == b.delim && data[at+1] == b.quote {
			quote = at + 1
		} else {
			quote = indexFrom(data, at, b.quote)
		}
	}
	end, next := line, line+1
	if line == len(data) {
		next = line
	} else if end > at && data[end-1] == '\r' {
		end--
	}
	b.reserve(used + cells + end - at)
	n, _ := split(data, at, end, delims, b.ends[used+cells:])
	cells += n
	b.ends[used+cells] = uint32(end)
	cells++
	if !b.foreign {
		b.foreign = !utf8.Valid(data[pos:end])
	}
	lines := 0
	if inside {
		lines = bytes.Count(data[pos:end], []byte{'\n'})
	}
	if cells == b.columns {
		b.starts[b.Rows] = uint32(pos)
		b.Rows++
		b.Records++
		used += cells
		if stray {
			b.strays(b.Rows - 1)
		}
	} else {
		b.wrongWidth(pos, end, cells)
	}
	b.endLines(lines, next > line)
	return next, quote, used
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
	for c := range b.columns {
		start, end := b.cell(row, c)
		if start == end || b.Data[start] != b.quote {
			continue
		}
		if closing(b.Data[:end], int(start)+1, b.quote) < int(end) {
			b.fault(StrayQuote, b.Records-1, b.Lines+bytes.Count(b.Data[b.starts[row]:start], []byte{'\n'}), c, strayDetail)
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
