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
	b.Data = make([]byte, 0, r.block+1+slack)
	fromCarry := r.fill(&b, max(r.block+1, len(byteOrderMark)))
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
	r.name()
	return nil
}

// name splits the raw header into names and collects their faults.
func (r *Reader) name() {
	fault := func(k FaultKind, column, at int, detail string) {
		r.faults = append(r.faults, Fault{k, -1, bytes.Count(r.raw[:at], []byte{'\n'}), column, detail})
	}
	first := map[string]int{}
	for pos := 0; pos <= len(r.raw); {
		column := len(r.names)
		end, stray := cellEnd(r.raw, pos, r.delim, r.quote)
		if end < 0 { // only where a quote is never closed
			end = len(r.raw)
			fault(UnclosedQuote, column, pos, unclosedDetail+"; the name ends with the line")
			r.names = append(r.names, string(unquote(nil, r.raw[pos:end], r.quote)))
		} else {
			name := r.raw[pos:end]
			if len(name) > 0 && name[0] == r.quote {
				name = unquote(nil, name, r.quote)
			}
			r.names = append(r.names, string(name))
		}
		name := r.names[column]
		if stray {
			fault(StrayQuote, column, pos, strayDetail)
		}
		if bytes.IndexByte(r.raw[pos:end], 0) >= 0 {
			fault(NULByte, column, pos, "")
		}
		if !utf8.ValidString(name) {
			fault(BadEncoding, column, pos, guessEncoding(r.raw[pos:end]))
		}
		if name == "" {
			fault(BlankHeader, column, pos, "")
		} else if before, twice := first[name]; twice {
			fault(DoubleHeader, column, pos, fmt.Sprintf("%q already names column %d", name, before+1))
		} else {
			first[name] = column
		}
		pos = end + 1
	}
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
