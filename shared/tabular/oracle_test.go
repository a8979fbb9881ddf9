package tabular

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A record as the oracle sees it; row and line count within the whole text
// after the header.
type record struct {
	kind  FaultKind // "" for a well-formed one
	line  int
	raw   string
	cells []cell
}

type cell struct {
	value string
	null  bool
}

type reading struct {
	header  []string
	records []record
	faults  []Fault // Row and Line of the whole text, Detail left out
	lines   int
}

// An oracle reads one byte at a time, as the package comment says it.
type oracle struct {
	text         string
	delim, quote byte
	limit        int
}

// next runs the state machine from pos. It returns the record's end (line end
// included) and the offsets of its cells; malformed says what is wrong.
func (o oracle) next(pos int) (end int, cells [][2]int, stray []int, kind FaultKind, open int) {
	const (
		start = iota
		plain
		inside
		closed
	)
	state, from := start, pos
	stop := min(len(o.text), pos+o.limit)
	finish := func(at int) { cells = append(cells, [2]int{from, at}); from = at + 1 }
	for i := pos; i < stop; i++ {
		c := o.text[i]
		if state == inside {
			if c == o.quote {
				state = closed
			}
			continue
		}
		switch {
		case state == closed && c == o.quote:
			state = inside
		case c == o.delim:
			finish(i)
			state = start
		case c == '\n':
			at := i
			if at > from && o.text[at-1] == '\r' {
				at--
			}
			// A stray mark made by the CR of a CRLF is no stray.
			if n := len(stray); n > 0 && stray[n-1] == len(cells) && at == i-1 && o.text[at-1] == o.quote && closes(o.text[from:at], o.quote) {
				stray = stray[:n-1]
			}
			finish(at)
			return i + 1, cells, stray, "", -1
		case state == start && c == o.quote:
			state, open = inside, i
		case state == closed:
			stray = append(stray, len(cells))
			state = plain
		case state == start:
			state = plain
		}
	}
	if stop == len(o.text) && state != inside {
		finish(stop)
		return stop, cells, stray, "", -1
	}
	if state == inside {
		if i := strings.IndexByte(o.text[open:stop], '\n'); i >= 0 {
			return open + i + 1, cells, nil, UnclosedQuote, open
		}
		if stop == len(o.text) {
			return stop, cells, nil, UnclosedQuote, open
		}
	}
	if i := strings.IndexByte(o.text[stop:], '\n'); i >= 0 {
		return stop + i + 1, cells, nil, LongRecord, -1
	}
	return len(o.text), cells, nil, LongRecord, -1
}

// closes reports whether the last byte of the cell is its closing quote.
func closes(cell string, quote byte) bool {
	q := string(quote)
	if len(cell) < 2 || !strings.HasPrefix(cell, q) || !strings.HasSuffix(cell, q) {
		return false
	}
	return !strings.Contains(strings.ReplaceAll(cell[1:len(cell)-1], q+q, ""), q)
}

func (o oracle) value(raw string) cell {
	if raw == "" {
		return cell{null: true}
	}
	if raw[0] != o.quote {
		return cell{value: raw}
	}
	var v []byte
	i := 1
	for ; i < len(raw); i++ {
		if raw[i] == o.quote {
			if i+1 < len(raw) && raw[i+1] == o.quote {
				i++
			} else {
				break
			}
		}
		v = append(v, raw[i])
	}
	if i < len(raw) {
		v = append(v, raw[i+1:]...)
	}
	return cell{value: string(v)}
}

// read reads the records after the header, of which columns is the width.
func (o oracle) read(pos, columns int) reading {
	var got reading
	for pos < len(o.text) {
		end, cells, stray, kind, open := o.next(pos)
		whole := o.text[pos:end]
		raw := strings.TrimSuffix(whole, "\n")
		if raw != whole {
			raw = strings.TrimSuffix(raw, "\r")
		}
		line, row := got.lines, len(got.records)
		got.lines += strings.Count(whole, "\n")
		rec := record{kind: kind, line: line, raw: raw}
		add := func(k FaultKind, line, column int) {
			got.faults = append(got.faults, Fault{Kind: k, Row: row, Line: line, Column: column})
		}
		switch {
		case kind == UnclosedQuote:
			add(kind, line+strings.Count(o.text[pos:open], "\n"), len(cells))
		case kind == LongRecord:
			cut := o.text[pos : pos+o.limit]
			if strings.HasSuffix(whole, "\n") {
				cut = strings.TrimSuffix(cut, "\r")
			}
			rec.raw = cut
			add(kind, line, 0)
		case raw == "" && (columns > 1 || end == len(o.text)):
			pos = end
			continue
		case len(cells) < columns:
			rec.kind = ShortRow
			add(ShortRow, line, len(cells))
		case len(cells) > columns:
			rec.kind = LongRow
			add(LongRow, line, columns)
		default:
			for c, at := range cells {
				text := o.text[at[0]:at[1]]
				first := line + strings.Count(o.text[pos:at[0]], "\n")
				rec.cells = append(rec.cells, o.value(text))
				if slices.Contains(stray, c) {
					add(StrayQuote, first, c)
				}
				if strings.Contains(text, "\x00") {
					add(NULByte, first, c)
				}
				if !utf8.ValidString(text) {
					add(BadEncoding, first, c)
				}
			}
		}
		got.records = append(got.records, rec)
		pos = end
	}
	return got
}

// readAll reads the text as the package does and puts the blocks together.
func readAll(t testing.TB, text string, o Options) (reading, *Reader) {
	t.Helper()
	r, err := NewReader(oneByteAtTimes{strings.NewReader(text)}, o)
	if err != nil {
		t.Fatalf("NewReader(%q): %v", text, err)
	}
	got := reading{header: r.Header()}
	var blk Block
	var b Batch
	var spans []Span
	kinds := map[FaultKind]int64{}
	want := r.offset
	for i := 0; ; i++ {
		err := r.Next(&blk)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if blk.Index != i || blk.FirstOffset != want {
			t.Fatalf("block %d: index %d, offset %d, want %d", i, blk.Index, blk.FirstOffset, want)
		}
		if blk.Skipped == 0 && text[want:want+int64(len(blk.Data))] != string(blk.Data) {
			t.Fatalf("block %d at %d is %q", i, want, blk.Data)
		}
		want += int64(len(blk.Data)) + blk.Skipped
		if blk.Final != (want == int64(len(text))) {
			t.Fatalf("block %d of %q: final is %v at %d of %d", i, text, blk.Final, want, len(text))
		}
		b.Parse(&blk, len(r.Header()), o.Dialect)
		if b.Records != b.Rows+b.Malformed() {
			t.Fatalf("%d records, %d rows, %d malformed", b.Records, b.Rows, b.Malformed())
		}
		base := len(got.records)
		got.records = append(got.records, make([]record, b.Records)...)
		for i := range b.Malformed() {
			ordinal, line, kind := b.MalformedRecord(i)
			got.records[base+ordinal] = record{kind, got.lines + line, string(b.RawRecord(ordinal)), nil}
		}
		for row := range b.Rows {
			ordinal := b.Ordinal(row)
			if !bytes.Equal(b.Raw(row), b.RawRecord(ordinal)) {
				t.Fatalf("row %d is %q, record %d %q", row, b.Raw(row), ordinal, b.RawRecord(ordinal))
			}
			got.records[base+ordinal] = record{"", got.lines + b.Line(row), string(b.Raw(row)), make([]cell, len(r.Header()))}
		}
		for c := range r.Header() {
			spans = b.Column(c, spans[:0])
			if len(spans) != b.Rows {
				t.Fatalf("column %d has %d spans, %d rows", c, len(spans), b.Rows)
			}
			for row, s := range spans {
				v := cell{null: s.IsNull()}
				if !v.null {
					v.value = string(b.Data[s.Start:s.End])
				}
				got.records[base+b.Ordinal(row)].cells[c] = v
			}
		}
		for _, f := range b.Faults {
			f.Row, f.Line, f.Detail = f.Row+base, f.Line+got.lines, ""
			got.faults = append(got.faults, f)
		}
		for k, n := range b.FaultCount {
			kinds[k] += n
		}
		got.lines += b.Lines
	}
	if want != int64(len(text)) {
		t.Fatalf("read %d of %d bytes", want, len(text))
	}
	for _, f := range got.faults {
		kinds[f.Kind]--
	}
	for k, n := range kinds {
		if n < 0 || n > 0 && len(text) < 20 {
			t.Fatalf("%q: count of %q is off by %d", text, k, n)
		}
	}
	return got, r
}

// oneByteAtTimes returns fewer bytes than asked, as a network does.
type oneByteAtTimes struct{ r io.Reader }

func (o oneByteAtTimes) Read(p []byte) (int, error) {
	return o.r.Read(p[:min(len(p), 1+len(p)%7)])
}
