package tabular

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"tillwatch/shared/dialect"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// readHeader reads what stands before the first record.
func (r *Reader) readHeader() error {
	if err := r.readBeginning(); err != nil {
		return err
	}
	r.lines, r.offset = bytes.Count(r.start, []byte{'\n'}), int64(len(r.start))
	var b Block
	b.Data = make([]byte, 0, r.block+1+slack)
	fromCarry := r.fill(&b, r.block+1)
	if len(b.Data) == 0 {
		if r.err != io.EOF {
			return fmt.Errorf("read header: %w", r.err)
		}
		r.faults = append(r.faults, Fault{Kind: EmptyFile, Row: -1, Detail: "the file holds no text, not even a header"})
		return nil
	}
	if err := checkTar(b.Data); err != nil {
		return err
	}
	absent := r.dialect.Header == dialect.Absent
	if absent && (len(r.dialect.Names) > 0 || len(r.dialect.Fields) > 0) {
		r.keep(b.Data, fromCarry)
		return r.giveNames(0)
	}
	n := r.long(&b, &fromCarry)
	switch {
	case n == 0:
		return fmt.Errorf("read header: %w", r.err)
	case b.Malformed == LongRecord:
		return fmt.Errorf("read header: %w", &TooLargeError{What: "header line, in bytes,", Limit: int64(r.record),
			Advice: "check that the file is a delimited text and that its delimiter and line ends are the declared ones"})
	}
	line := b.Data[:n]
	if absent {
		r.keep(b.Data, fromCarry)
		return r.giveNames(dialect.NewSplitter(r.dialect).Record(line, 0, true).Count)
	}
	r.start = append(r.start, line...)
	r.keep(b.Data[n:], fromCarry)
	r.offset += int64(n)
	r.lines += bytes.Count(line, []byte{'\n'})
	r.raw = bytes.Clone(trimLineEnd(line))
	if len(r.dialect.Fields) > 0 {
		r.raw = nil
		return r.giveNames(0)
	}
	return r.nameColumns()
}

// readBeginning reads the byte order mark and the lines that are passed over.
func (r *Reader) readBeginning() error {
	var b Block
	b.Data = make([]byte, 0, peekBytes+slack)
	fromCarry := r.fill(&b, len(byteOrderMark))
	if bytes.Equal(b.Data, byteOrderMark) {
		r.start = append(r.start, byteOrderMark...)
		b.Data = b.Data[:0]
	}
	r.keep(b.Data, fromCarry)
	for n := 0; ; n++ {
		b.Data = b.Data[:0]
		fromCarry = r.fill(&b, 1)
		r.keep(b.Data, fromCarry)
		if len(b.Data) == 0 || n >= r.dialect.SkipRows && (r.dialect.Comment == dialect.None || b.Data[0] != r.dialect.Comment) {
			return nil
		}
		if err := r.passLine(&b); err != nil {
			return err
		}
	}
}

// peekBytes is how much of the beginning is looked at at a time.
const peekBytes = 4 << 10

// passLine moves a line to what stands before the first record.
func (r *Reader) passLine(b *Block) error {
	for {
		b.Data = b.Data[:0]
		fromCarry := r.fill(b, peekBytes)
		n := bytes.IndexByte(b.Data, '\n') + 1
		ends := n > 0 || len(b.Data) == 0
		if n == 0 {
			n = len(b.Data)
		}
		r.start = append(r.start, b.Data[:n]...)
		r.keep(b.Data[n:], fromCarry)
		if len(r.start) > r.record {
			return fmt.Errorf("read lines before the header: %w", &TooLargeError{What: "what stands before the header, in bytes,", Limit: int64(r.record),
				Advice: "check how many lines are to be passed over and what begins a comment"})
		}
		if ends {
			return nil
		}
	}
}

// giveNames names the columns, of which there are width, of a file that does not.
func (r *Reader) giveNames(width int) error {
	if n := len(r.dialect.Fields); n > 0 {
		width = n
	} else if n := len(r.dialect.Names); n > 0 {
		width = n
	}
	if width > mostColumns {
		return fmt.Errorf("read first record: %w", tooManyColumns)
	}
	for i := range width {
		name := fmt.Sprintf("column%d", i+1)
		switch {
		case i < len(r.dialect.Fields) && r.dialect.Fields[i].Name != "":
			name = r.dialect.Fields[i].Name
		case i < len(r.dialect.Names):
			name = r.dialect.Names[i]
		}
		r.names = append(r.names, name)
	}
	r.nameRaw()
	return nil
}

// More columns than this, or a longer name, in bytes, are a text that is read with
// the wrong delimiter, no table at all, or an attack on memory: every report
// repeats the names.
const (
	mostColumns = 1 << 16
	longestName = 1 << 16
)

var tooManyColumns = &TooLargeError{What: "number of columns", Limit: mostColumns, Advice: "check that the delimiter is the declared one"}

// nameColumns splits the raw header into names and collects their faults, the
// first of each kind.
func (r *Reader) nameColumns() error {
	line, from, kept := 0, 0, map[FaultKind]int{}
	fault := func(k FaultKind, at int, detail string) {
		line += bytes.Count(r.raw[from:at], []byte{'\n'})
		from = at
		if kept[k]++; kept[k] <= keptFaults {
			r.faults = append(r.faults, Fault{k, -1, line, len(r.names), detail})
		}
	}
	first := map[string]int{}
	split := dialect.NewSplitter(r.dialect)
	cells := []dialect.Cell{{}}
	var record dialect.Record
	if len(r.raw) > 0 {
		record = split.Record(r.raw, 0, true)
		cells = record.Cells
	}
	unclosed := record.Next == 0 && len(r.raw) > 0
	if unclosed {
		cells = append(cells, dialect.Cell{Start: record.Open, End: len(r.raw), Quoted: true})
	}
	if record.Count > mostColumns {
		return fmt.Errorf("read header: %w", tooManyColumns)
	}
	for i, cell := range cells {
		pos := cell.Start
		if unclosed && i == len(cells)-1 {
			fault(UnclosedQuote, pos, unclosedDetail+"; the name ends with the line")
		}
		text := split.Append(nil, r.raw, cell)
		if len(text) > longestName {
			return fmt.Errorf("read header: %w", &TooLargeError{What: fmt.Sprintf("name of column %d, in bytes,", len(r.names)+1), Limit: longestName,
				Advice: "check that the file is a delimited text, that its first line is a header and that its delimiter and line ends are the declared ones"})
		}
		name := string(text)
		if cell.Stray {
			fault(StrayQuote, pos, strayDetail)
		}
		if bytes.IndexByte(text, 0) >= 0 {
			fault(NULByte, pos, nulDetail)
		}
		if !utf8.Valid(text) {
			fault(BadEncoding, pos, guessEncoding(text))
		}
		if before, twice := first[name]; name == "" {
			fault(BlankHeader, pos, fmt.Sprintf("column %d has no name", len(r.names)+1))
		} else if twice {
			fault(DoubleHeader, pos, fmt.Sprintf("columns %d and %d are both called %.60q", before+1, len(r.names)+1, name))
		} else {
			first[name] = len(r.names)
		}
		r.names = append(r.names, name)
	}
	return nil
}

// trimLineEnd returns record without its LF or CRLF.
func trimLineEnd(record []byte) []byte {
	n := len(record)
	if n == 0 || record[n-1] != '\n' {
		return record
	}
	if n--; n > 0 && record[n-1] == '\r' {
		n--
	}
	return record[:n]
}
