package tabular

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// readHeader reads the byte order mark and the first record.
func (r *Reader) readHeader() error {
	var b Block
	want := len(byteOrderMark) + r.block + 1
	b.Data = make([]byte, 0, want+slack)
	fromCarry := r.fill(&b, want)
	if bytes.HasPrefix(b.Data, byteOrderMark) {
		b.Data = b.Data[len(byteOrderMark):]
		r.offset = int64(len(byteOrderMark))
	}
	if len(b.Data) == 0 {
		if r.err != io.EOF {
			return fmt.Errorf("read header: %w", r.err)
		}
		r.faults = append(r.faults, Fault{Kind: EmptyFile, Row: -1, Detail: "the file holds no text, not even a header"})
		return nil
	}
	n := r.long(&b, &fromCarry)
	switch {
	case n == 0:
		return fmt.Errorf("read header: %w", r.err)
	case b.Malformed == LongRecord:
		return fmt.Errorf("read header: %w", &TooLargeError{What: "header line, in bytes,", Limit: int64(r.record),
			Advice: "check that the file is a delimited text and that its delimiter and line ends are the declared ones"})
	}
	r.keep(b.Data[n:], fromCarry)
	r.offset += int64(n)
	line := b.Data[:n]
	r.lines = bytes.Count(line, []byte{'\n'})
	r.raw = bytes.Clone(trimLineEnd(line))
	return r.nameColumns()
}

// More columns than this are a text that is read with the wrong delimiter, or
// an attack on memory.
const mostColumns = 1 << 16

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
	for pos := 0; pos <= len(r.raw); {
		if len(r.names) == mostColumns {
			return fmt.Errorf("read header: %w", &TooLargeError{What: "number of columns", Limit: mostColumns,
				Advice: "check that the delimiter is the declared one"})
		}
		end, stray := cellEnd(r.raw, pos, r.delim, r.quote)
		if end < 0 {
			end = len(r.raw)
			fault(UnclosedQuote, pos, unclosedDetail+"; the name ends with the line")
		}
		text := r.raw[pos:end]
		if len(text) > 0 && text[0] == r.quote {
			text = unquote(nil, text, r.quote)
		}
		name := string(text)
		if stray {
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
		pos = end + 1
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
