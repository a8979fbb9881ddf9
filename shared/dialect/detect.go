package dialect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Bounds of what Detect looks at. Text beyond SampleBytes changes nothing.
const (
	SampleBytes   = 64 << 10
	sampleRecords = 1_000
)

// Detect completes what is declared by how a text begins. Text is UTF-8 with LF,
// CRLF or CR for line ends; whole says that it is all there is. Each way to read it
// is tried, and the one kept
//
//   - whose first record has the expected names, where names are given and a
//     way finds at least half of them: nothing else counts as much,
//   - in which most records have the same number of cells, and more than one,
//   - in which cells are numbers, dates, words or quoted, and hold no other separator,
//   - that needs the least: a comma before others, a double quote, no escape, no comment;
//     a line with as many cells as the records, such as "#7,red", is a record.
//
// Text that is no table in any way is read with commas, or with what stands in
// every record where commas separate nothing. There is a header unless the first
// record is like those after it: see hasHeader.
func Detect(text []byte, whole bool, declared Dialect) Reading {
	r := Reading{Dialect: declared}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(text) > SampleBytes {
		text, whole = text[:SampleBytes], false
	}
	d := &r.Dialect
	if d.CR || bytes.IndexByte(text, '\n') < 0 && bytes.Count(text, []byte{'\r'}) > 1 {
		if !d.CR {
			r.Detected = append(r.Detected, "lineTerminator")
		}
		d.CR = true
		text = bytes.ReplaceAll(text, []byte{'\r'}, []byte{'\n'})
	}
	if len(d.Fields) > 0 {
		d.Format = Fixed
		if d.Header == Unsaid {
			d.Header = Absent
		}
		return r.settled(declared)
	}
	s := &sample{text: text, whole: whole, names: d.Names}
	best := s.best(*d)
	free := *d
	free.Delimiter, free.Quote, free.Escape = 0, 0, 0
	if declared.Delimiter != 0 {
		if other := s.best(free); other.d.Delimiter != d.Delimiter && other.score > 2*best.score && other.score > 0.4 && other.matched >= best.matched {
			r.Against = append(r.Against, fmt.Sprintf("the delimiter %s is declared, and the file is %s-separated", Name(d.Delimiter), Name(other.d.Delimiter)))
			best = other
		}
	}
	*d = best.d
	if d.Header == Unsaid {
		if d.Header = Present; !s.hasHeader(best) {
			d.Header = Absent
		}
	} else if d.Header == Absent && len(d.Names) > 1 && 2*best.matched > len(d.Names) {
		r.Against = append(r.Against, "no header line is declared, and the first line names the columns")
		d.Header = Present
	}
	return r.settled(declared)
}

// settled notes where the fields of a dialect come from.
func (r Reading) settled(declared Dialect) Reading {
	d := r.Dialect.Filled()
	if d.Format == "" {
		d.Format = Delimited
	}
	note := func(property string, was, is, usual int) {
		switch {
		case was == is:
			r.Declared = append(r.Declared, property)
		case is != usual || property == "delimiter":
			r.Detected = append(r.Detected, property)
		}
	}
	if len(d.Fields) > 0 {
		r.Declared = append(r.Declared, "widths")
	} else {
		note("delimiter", int(declared.Delimiter), int(d.Delimiter), ',')
		note("quoteChar", int(declared.Quote), int(d.Quote), '"')
		note("escapeChar", int(declared.Escape), int(d.Escape), int(d.Quote))
	}
	note("commentChar", int(declared.Comment), int(d.Comment), None)
	note("header", int(declared.Header), int(d.Header), int(Present))
	if declared.CR {
		r.Declared = append(r.Declared, "lineTerminator")
	}
	if d.SkipRows > 0 {
		note("skipRows", declared.SkipRows, d.SkipRows, 0)
	}
	r.Dialect = d
	return r
}

// A sample is the beginning of a text.
type sample struct {
	text  []byte
	whole bool
	names []string
}

// A trial is a way to read a sample, and how well it goes.
type trial struct {
	d       Dialect
	score   float64
	matched int // of the expected names, in the first record
	rows    [][]string
	quoted  [][]bool
}

// The delimiters that are tried, in order of preference, and what each must beat: those of weight below 1
// stand in text for other reasons.
var candidates = []struct {
	c      byte
	weight float64
}{{',', 1}, {';', 1}, {'\t', 1}, {'|', 1}, {0x01, 1}, {0x1f, 1}, {'^', 0.9}, {'~', 0.9}, {':', 0.6}, {' ', 0.5}}

// enough is the score below which a text is no table, and nearly that which is
// worth more than commas that separate nothing.
const (
	enough = 0.3
	nearly = 0.2
)

// best tries the ways that are open to read the sample.
func (s *sample) best(d Dialect) trial {
	var best trial
	consider := func(d Dialect, weight float64) {
		t := s.try(d, weight)
		if best.d.Delimiter == 0 || t.score > best.score+1e-9 {
			best = t
		}
	}
	skip := []int{d.SkipRows}
	if d.SkipRows == 0 && len(s.names) > 1 {
		skip = append(skip, s.preamble()...)
	}
	for _, d.SkipRows = range skip {
		for _, c := range candidates {
			if d.Delimiter != 0 && c.c != candidates[0].c {
				continue
			}
			try := d
			if weight := c.weight; d.Delimiter == 0 {
				try.Delimiter = c.c
				if bytes.IndexByte(s.text, c.c) >= 0 || c.c == ',' {
					s.quotes(try, func(q Dialect) { consider(q, weight) })
				}
			} else {
				s.quotes(try, func(q Dialect) { consider(q, 1) })
			}
		}
	}
	if d.Delimiter == 0 && best.score < enough {
		d.SkipRows = skip[0]
		return s.likeliest(d, best)
	}
	return best
}

// likeliest reads a sample that no way makes a table of: with commas, unless they
// separate nothing and another delimiter stands in every record, or best is nearly
// a table. Spaces and colons stand in every line of prose and of times.
func (s *sample) likeliest(d Dialect, best trial) trial {
	var commas trial
	for _, c := range candidates {
		if c.weight < 1 {
			continue
		}
		d.Delimiter = c.c
		t := s.try(d, 1)
		if len(t.rows) > 0 && !slices.ContainsFunc(t.rows, func(row []string) bool { return len(row) < 2 }) {
			return t
		}
		if c.c == ',' {
			if commas = t; len(t.rows) > 0 {
				if width, _ := modalWidth(t.rows); width > 1 {
					return t
				}
			}
		}
	}
	if best.score > nearly {
		return best
	}
	return commas
}

// quotes tries the ways to quote, escape and comment that the text can have.
func (s *sample) quotes(d Dialect, consider func(Dialect)) {
	quotes := []byte{d.Quote}
	if d.Quote == 0 {
		quotes = []byte{'"'}
		if d.Delimiter != '\'' && s.begins(d.Delimiter, '\'') {
			quotes = append(quotes, '\'')
		}
	}
	for _, d.Quote = range quotes {
		escapes := []byte{d.Escape}
		if d.Escape == 0 && (bytes.Contains(s.text, []byte{'\\', d.Quote}) || bytes.Contains(s.text, []byte{'\\', d.Delimiter})) {
			escapes = append(escapes, '\\')
		}
		for _, d.Escape = range escapes {
			comments := []byte{d.Comment}
			if d.Comment == 0 && d.Delimiter != '#' && (bytes.HasPrefix(s.text, []byte{'#'}) || bytes.Contains(s.text, []byte("\n#"))) {
				comments = append(comments, '#')
			}
			for _, d.Comment = range comments {
				consider(d)
			}
		}
	}
}

// begins reports whether a cell may begin with a quote: one within words is an apostrophe.
func (s *sample) begins(delimiter, quote byte) bool {
	for rest := s.text; ; {
		i := bytes.IndexByte(rest, quote)
		if i < 0 {
			return false
		}
		if at := len(s.text) - len(rest) + i; at == 0 || s.text[at-1] == delimiter || s.text[at-1] == '\n' || s.text[at-1] == ' ' {
			return true
		}
		rest = rest[i+1:]
	}
}

// preamble returns how many lines stand before those, among the first twenty,
// that hold at least half of the expected names.
func (s *sample) preamble() []int {
	var skip []int
	n := 0
	for line := range bytes.Lines(s.text) {
		if n > 0 {
			found := 0
			for _, name := range s.names {
				if bytes.Contains(line, []byte(name)) {
					found++
				}
			}
			if 2*found >= len(s.names) {
				skip = append(skip, n)
			}
		}
		if n++; n > 20 || len(skip) == 2 {
			break
		}
	}
	return skip
}

// try reads the sample in one way.
func (s *sample) try(d Dialect, weight float64) trial {
	t := trial{d: d}
	split := NewSplitter(d)
	pos := 0
	for n := 0; n < d.SkipRows && pos < len(s.text); n++ {
		if i := bytes.IndexByte(s.text[pos:], '\n'); i >= 0 {
			pos += i + 1
		} else {
			pos = len(s.text)
		}
	}
	bad, strange := 0, 0.0
	var comments []string
	for pos < len(s.text) && len(t.rows) < sampleRecords {
		r := split.Record(s.text, pos, s.whole)
		if r.Next == 0 {
			if s.whole || r.Open >= 0 && len(t.rows) < 2 {
				bad++ // its quote is not closed
			}
			break
		}
		switch {
		case r.Comment:
			comments = append(comments, string(s.text[pos:r.End]))
		case r.End > pos:
			row, quoted := make([]string, len(r.Cells)), make([]bool, len(r.Cells))
			for i, c := range r.Cells {
				row[i] = string(split.Append(nil, s.text, c))
				quoted[i] = c.Quoted
				if c.Stray {
					bad++
				}
			}
			t.rows, t.quoted = append(t.rows, row), append(t.quoted, quoted)
		}
		pos = r.Next
	}
	if len(t.rows) == 0 {
		return t
	}
	width, most := modalWidth(t.rows)
	cells := 0
	for i, row := range t.rows {
		for j, cell := range row {
			cells++
			strange += 1 - likelihood(cell, t.quoted[i][j], d)
		}
	}
	consistent := float64(most) / float64(len(t.rows)+bad)
	t.score = consistent * consistent * float64(width-1) / float64(width) * (1 - strange/float64(cells)) * weight
	if d.Escape == '\\' || d.Quote == '\'' {
		t.score *= 0.99
	}
	if len(comments) > 0 {
		t.score *= 0.99
	}
	if width > 1 && slices.ContainsFunc(comments, func(c string) bool { return cellsOf(c, d) == width }) {
		t.score = 0 // passing over it would lose a record
	}
	if weight < 1 && len(t.rows[0]) != width {
		t.score = 0
	}
	if len(s.names) > 1 && len(t.rows[0]) > 1 {
		t.matched = matches(t.rows[0], s.names)
		if 2*t.matched >= len(s.names) {
			t.score += 10 * float64(t.matched) / float64(len(s.names))
		}
	}
	return t
}

// cellsOf returns how many cells a line has that is no comment.
func cellsOf(line string, d Dialect) int {
	d.Comment = None
	return NewSplitter(d).Record([]byte(line), 0, true).Count
}

// modalWidth returns the number of cells that most records have, the greatest
// where several are as frequent, and how many have it.
func modalWidth(rows [][]string) (width, most int) {
	counts := map[int]int{}
	for _, row := range rows {
		counts[len(row)]++
	}
	for n, c := range counts {
		if c > most || c == most && n > width {
			width, most = n, c
		}
	}
	return width, most
}

// matches counts the names that are among the cells.
func matches(cells, names []string) int {
	have := map[string]bool{}
	for _, c := range cells {
		have[strings.TrimSpace(c)] = true
	}
	n := 0
	for _, name := range names {
		if have[name] {
			n++
		}
	}
	return n
}
