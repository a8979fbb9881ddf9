package dialect

import (
	"bytes"
	"unicode/utf8"
)

// A Cell stands at text[Start:End], quotes included.
type Cell struct {
	Start, End int
	Quoted     bool // its first byte is a quote
	Escaped    bool // it holds an escape or a doubled quote, so that its value is not as written
	Stray      bool // text follows its closing quote
}

// A Splitter finds the records and cells of a text in any dialect, one byte at
// a time. The zero value is not ready: use NewSplitter. It is for one goroutine at a time.
type Splitter struct {
	d             Dialect
	quote, escape int // -1 if there is none; so is an escape that only doubles quotes
	last          int // characters of a record of fixed width
	cells         []Cell
}

// MostCells is how many cells of a record are told apart.
const MostCells = 1<<16 + 1

// NewSplitter returns a splitter for the dialect.
func NewSplitter(d Dialect) *Splitter {
	s := &Splitter{d: d.Filled(), quote: -1, escape: -1}
	if s.d.Quote != None {
		s.quote = int(s.d.Quote)
	}
	if s.d.Escape != s.d.Quote && s.d.Escape != None {
		s.escape = int(s.d.Escape)
	}
	if n := len(d.Fields); n > 0 {
		s.last = d.Fields[n-1].Start + d.Fields[n-1].Width
	}
	return s
}

// A Record is one record of a text.
type Record struct {
	// Cells are the first MostCells, valid until the next call; none for a comment.
	// Count counts all.
	Cells []Cell
	Count int
	// End is where the record's text ends, and Next where the one after it begins.
	// A Next of 0 says that the record does not end in the text.
	End, Next int
	// Open is where the quote stands that is still open where the text ends; -1 if none is.
	Open    int
	Comment bool
	// Length is how many characters too short (below 0) or too long a line of
	// fixed width is.
	Length int
}

// Record splits the record that begins at text[pos], which must be there. At
// the end of the whole text the last record needs no line end.
func (s *Splitter) Record(text []byte, pos int, atEnd bool) Record {
	s.cells = s.cells[:0]
	if s.d.Comment != None && text[pos] == s.d.Comment {
		r := s.line(text, pos, atEnd)
		r.Comment = true
		return r
	}
	if len(s.d.Fields) > 0 {
		r := s.line(text, pos, atEnd)
		if r.Next > 0 {
			s.fixed(text[:r.End], pos, &r)
		}
		return r
	}
	return s.delimited(text, pos, atEnd)
}

// line returns the line at pos.
func (s *Splitter) line(text []byte, pos int, atEnd bool) Record {
	i := bytes.IndexByte(text[pos:], '\n')
	switch {
	case i >= 0:
		end := pos + i
		if end > pos && text[end-1] == '\r' {
			end--
		}
		return Record{End: end, Next: pos + i + 1, Open: -1}
	case atEnd:
		return Record{End: len(text), Next: len(text), Open: -1}
	}
	return Record{Open: -1}
}

func (s *Splitter) delimited(text []byte, pos int, atEnd bool) Record {
	d, count := &s.d, 0
	for {
		cell := Cell{Start: pos}
		for d.SkipSpace && cell.Start < len(text) && (text[cell.Start] == ' ' || text[cell.Start] == '\t') && text[cell.Start] != d.Delimiter {
			cell.Start++
		}
		i := cell.Start
		if i < len(text) && int(text[i]) == s.quote {
			cell.Quoted = true
			after, escaped := s.closing(text, i+1)
			if after < 0 {
				return Record{Cells: s.cells, Count: count, Open: i}
			}
			cell.Escaped, i = escaped, after
		}
		from := i
		for i < len(text) && text[i] != d.Delimiter && text[i] != '\n' {
			if int(text[i]) == s.escape && s.escapes(text, i) {
				cell.Escaped = true
				if i++; text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
					i++
				}
			}
			i++
		}
		if i >= len(text) {
			if !atEnd {
				return Record{Cells: s.cells, Count: count, Open: -1}
			}
			i = len(text)
		}
		cell.End = i
		ends := i == len(text) || text[i] == '\n'
		if ends && i < len(text) && i > from && text[i-1] == '\r' {
			cell.End--
		}
		cell.Stray = cell.Quoted && cell.End > from
		if count++; count <= MostCells {
			s.cells = append(s.cells, cell)
		}
		if ends {
			return Record{Cells: s.cells, Count: count, End: cell.End, Next: min(i+1, len(text)), Open: -1}
		}
		pos = i + 1
	}
}

// closing returns the place after the quote that closes a cell whose text
// begins at pos, -1 if there is none.
func (s *Splitter) closing(text []byte, pos int) (after int, escaped bool) {
	for i := pos; i < len(text); i++ {
		switch c := int(text[i]); {
		case c == s.escape && s.escapes(text, i):
			escaped = true
			i++
		case c == s.quote && i+1 < len(text) && int(text[i+1]) == s.quote:
			escaped = true
			i++
		case c == s.quote:
			return i + 1, escaped
		}
	}
	return -1, escaped
}

// escapes reports whether the escape at i has something to escape.
func (s *Splitter) escapes(text []byte, i int) bool {
	if i+1 >= len(text) {
		return false
	}
	switch c := text[i+1]; c {
	case s.d.Delimiter, '\n', '\r':
		return true
	default:
		return int(c) == s.quote || int(c) == s.escape
	}
}

// fixed cuts a line of fixed width. Blanks beyond the last column are no fault.
func (s *Splitter) fixed(line []byte, pos int, r *Record) {
	at, chars := pos, 0
	to := func(char int) bool { // moves to a character of the line
		if ascii := char - chars; ascii > 0 && at+ascii <= len(line) && isASCII(line[at:at+ascii]) {
			at, chars = at+ascii, char
		}
		for chars < char && at < len(line) {
			_, size := utf8.DecodeRune(line[at:])
			at, chars = at+size, chars+1
		}
		return chars == char
	}
	for i, f := range s.d.Fields {
		if !to(f.Start) {
			r.Length = chars - max(s.last, f.Start+1)
			break
		}
		start := at
		if last := i == len(s.d.Fields)-1; last && f.Width == 0 {
			at = len(line)
		} else if !to(f.Start + f.Width) {
			r.Length = chars - s.last
			break
		}
		start, end := trimmed(line, start, at)
		s.cells = append(s.cells, Cell{Start: start, End: end})
	}
	if r.Length == 0 && at < len(line) {
		r.Length = utf8.RuneCount(bytes.TrimRight(line[at:], " \t"))
	}
	r.Cells, r.Count = s.cells, len(s.cells)
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// trimmed returns line[start:end] without the blanks around it.
func trimmed(line []byte, start, end int) (int, int) {
	for start < end && (line[start] == ' ' || line[start] == '\t') {
		start++
	}
	for start < end && (line[end-1] == ' ' || line[end-1] == '\t') {
		end--
	}
	return start, end
}

// IsNull reports whether the cell of text is null.
func (s *Splitter) IsNull(text []byte, c Cell) bool {
	return c.Start == c.End || !c.Quoted && s.d.Null != "" && string(text[c.Start:c.End]) == s.d.Null
}

// Append appends the value of a cell of text to dst: without its quotes, each
// escape resolved, and what follows a closing quote as it is.
func (s *Splitter) Append(dst, text []byte, c Cell) []byte {
	cell := text[c.Start:c.End]
	inside := c.Quoted
	if inside {
		cell = cell[1:]
	}
	for i := 0; i < len(cell); i++ {
		ch := cell[i]
		switch {
		case int(ch) == s.escape && s.escapes(cell, i):
			i++
			if dst = append(dst, cell[i]); cell[i] == '\r' && i+1 < len(cell) && cell[i+1] == '\n' {
				i++
				dst = append(dst, '\n')
			}
		case inside && int(ch) == s.quote && i+1 < len(cell) && int(cell[i+1]) == s.quote:
			i++
			dst = append(dst, ch)
		case inside && int(ch) == s.quote:
			inside = false
		default:
			dst = append(dst, ch)
		}
	}
	return dst
}
