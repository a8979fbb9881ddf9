package tabular

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// A Scan is what a range of bytes tells of where records begin. Each pair is of
// two cases: that the first line of the range begins outside of quotes, and that
// it begins inside.
type Scan struct {
	// End is where the range really ends: after the first line end at or after
	// the byte before its nominal end. There the next range begins.
	End int64 `json:"end"`
	// First and Last are where the first and the last record of the range begin,
	// -1 if none does; First[0] is where the range begins, -1 if no line begins in it.
	First [2]int64 `json:"first"`
	Last  [2]int64 `json:"last"`
	// Longest is no less than the longest record that begins and ends in the range.
	Longest [2]int64 `json:"longest"`
	// Inside says whether what follows the range begins inside of quotes.
	Inside [2]bool `json:"inside"`
}

// scanChunk is how much of a range is looked at at a time.
const scanChunk = 1 << 20

// Scan looks at the bytes of src from from to to, to excluded. The first range of
// a file begins at s.Body, the last ends at size, and each begins where the one
// before it ends.
func (s Split) Scan(ctx context.Context, src Ranger, from, to, size int64) (Scan, error) {
	if s.inGroups() {
		return s.scanGroups(ctx, src, from, to, size)
	}
	none := Scan{First: [2]int64{-1, -1}, Last: [2]int64{-1, -1}, Inside: [2]bool{false, true}}
	at := from
	if from > s.Body {
		var err error
		if at, err = s.lineFrom(ctx, src, from, to); err != nil {
			return Scan{}, err
		}
	}
	if at >= to {
		none.End = at // no line begins here
		return none, nil
	}
	return s.scanLines(ctx, src, at, to, size)
}

// lineFrom returns where the first line at or after from begins, or to if none
// begins before that.
func (s Split) lineFrom(ctx context.Context, src Ranger, from, to int64) (int64, error) {
	for at := from - 1; at < to; {
		// Mostly the next line end is close.
		text, err := readRange(ctx, src, at, min(at+lineChunk, to))
		if err != nil {
			return 0, err
		}
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			return at + int64(i) + 1, nil
		}
		at += int64(len(text))
	}
	return to, nil
}

// lineChunk is how much is read at a time where a line end is looked for.
const lineChunk = 64 << 10

func readRange(ctx context.Context, src Ranger, from, to int64) ([]byte, error) {
	body, err := src.OpenRange(ctx, from, to)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text := make([]byte, to-from)
	if _, err := io.ReadFull(body, text); err != nil {
		return nil, fmt.Errorf("read from %d: %w", from, cutOff(err))
	}
	return text, nil
}

// scanLines scans from at, where a line begins, to the first line that begins at
// to or later.
func (s Split) scanLines(ctx context.Context, src Ranger, at, to, size int64) (Scan, error) {
	body, err := src.OpenRange(ctx, at, to)
	if err != nil {
		return Scan{}, err
	}
	defer body.Close()
	cases := [2]trail{{state: cellStart, first: at, last: at}, {state: quoted, first: -1, last: -1}}
	if s.Quote == 0 {
		cases[1] = cases[0]
	}
	buf := make([]byte, max(min(scanChunk, to-at), lineChunk))
	for at < size {
		if err := ctx.Err(); err != nil {
			return Scan{}, err
		}
		var chunk []byte
		if at < to {
			chunk = buf[:min(int64(len(buf)), to-at)]
			_, err = io.ReadFull(body, chunk)
		} else {
			chunk, err = readRange(ctx, src, at, min(at+lineChunk, size))
		}
		if err != nil {
			return Scan{}, fmt.Errorf("scan from %d: %w", at, cutOff(err))
		}
		n, done := len(chunk), false
		if at+int64(n) >= to {
			from := max(to-1-at, 0)
			if i := bytes.IndexByte(chunk[from:], '\n'); i >= 0 {
				chunk, done = chunk[:from+int64(i)+1], true
			}
		}
		if cases[0].state == cases[1].state {
			step := cases[0].state.through(chunk, s.Delimiter, s.Quote)
			cases[0].take(at, step)
			cases[1].take(at, step)
		} else {
			for i := range cases {
				cases[i].take(at, cases[i].state.through(chunk, s.Delimiter, s.Quote))
			}
		}
		if at += int64(len(chunk)); done {
			break
		}
	}
	scan := Scan{End: at}
	for i, c := range cases {
		scan.First[i], scan.Last[i], scan.Longest[i] = c.first, c.last, c.longest
		if c.last == at { // begins with the next range
			scan.Last[i] = c.before
			if c.first == at {
				scan.First[i], scan.Last[i] = -1, -1
			}
		}
		scan.Inside[i] = c.state == quoted || c.state == closed
	}
	return scan, nil
}

// A place is what a byte of a delimited text means.
type place uint8

const (
	cellStart place = iota // the first byte of a cell: a quote opens it
	plain                  // text that no quotes are around
	quoted                 // inside of quotes
	closed                 // after a quote inside of quotes: another one makes it a text
)

// A step is what going through a chunk found.
type step struct {
	state       place
	first, last int   // after the first and the last line end of a record, 0 if there is none
	before      int   // after the last but one, if that lies in the chunk
	longest     int64 // at least as long as the records between
}

// through goes through a chunk that begins at p. quote is 0 if there are no quotes.
func (p place) through(data []byte, delim, quote byte) step {
	s := step{state: p}
	for pos := 0; pos < len(data); {
		switch s.state {
		case quoted:
			i := bytes.IndexByte(data[pos:], quote)
			if i < 0 {
				return s
			}
			pos += i + 1
			s.state = closed
			continue
		case closed:
			if data[pos] == quote {
				s.state = quoted
				pos++
				continue
			}
			s.state = plain
		}
		end := len(data)
		if quote != 0 {
			end = indexFrom(data, pos, quote)
		}
		s.lines(data, pos, end)
		opens := s.state == cellStart
		if end > pos {
			opens = data[end-1] == delim || data[end-1] == '\n'
		}
		switch {
		case end == len(data) && opens:
			s.state = cellStart
		case end == len(data):
			s.state = plain
		case opens:
			s.state = quoted
		default:
			s.state = plain
		}
		pos = end + 1
	}
	return s
}

// lines takes in the line ends of data[pos:end], which is outside of quotes.
func (s *step) lines(data []byte, pos, end int) {
	text := data[pos:end]
	last := bytes.LastIndexByte(text, '\n')
	if last < 0 {
		return
	}
	first := bytes.IndexByte(text, '\n')
	if s.last > 0 {
		s.longest = max(s.longest, int64(pos+first+1-s.last))
	}
	s.before = s.last
	if first != last {
		s.longest = max(s.longest, int64(last-first))
		s.before = pos + bytes.LastIndexByte(text[:last], '\n') + 1
	}
	if s.first == 0 {
		s.first = pos + first + 1
	}
	s.last = pos + last + 1
}

// A trail is what one case came to so far.
type trail struct {
	state                place
	first, last, longest int64
	before               int64 // the record before last
}

// take goes on with a chunk that begins at at.
func (t *trail) take(at int64, s step) {
	t.state = s.state
	if s.last == 0 {
		return
	}
	if t.last >= 0 {
		t.longest = max(t.longest, at+int64(s.first)-t.last)
	}
	t.longest = max(t.longest, s.longest)
	if t.first < 0 {
		t.first = at + int64(s.first)
	}
	t.before = t.last
	if s.before > 0 {
		t.before = at + int64(s.before)
	}
	t.last = at + int64(s.last)
}

// Cut puts together the scans of all ranges of a file, in order, and returns
// where sections begin that hold about a range each: the first at s.Body. Records
// that are longer than o's limit are read, and what follows them in their range
// is scanned again; only UTF-8 can be cut then.
func (s Split) Cut(ctx context.Context, src Ranger, name string, o Options, scans []Scan, size int64) ([]int64, error) {
	if s.inGroups() {
		return s.cutGroups(scans)
	}
	limit := int64(o.Limits.RecordBytes)
	if limit <= 0 {
		limit = defaultRecord
	}
	if s.Encoding != "utf-8" {
		limit /= 3 // as many bytes as a character may become
	}
	starts := []int64{s.Body}
	done, open, inside := s.Body, s.Body, 0 // open is where the record begins that goes on
	for _, scan := range scans {
		if scan.First[0] < 0 || scan.End <= done {
			continue // no line begins there, or what was read goes beyond
		}
		if scan.First[0] != done {
			var err error
			if scan, err = s.scanLines(ctx, src, done, scan.End, size); err != nil {
				return nil, err
			}
		}
		if worst := scan.worst(open, inside); worst > limit {
			if s.Encoding != "utf-8" {
				return nil, fmt.Errorf("%w: a record of about %d bytes in %s: write UTF-8", ErrSection, worst, s.Encoding)
			}
			past, err := s.walk(ctx, src, name, o, open, scan.End, size)
			if err != nil {
				return nil, err
			}
			done, open, inside = past, past, 0
			continue
		}
		if first := scan.First[inside]; first >= 0 {
			if first > starts[len(starts)-1] {
				starts = append(starts, first)
			}
			open = scan.Last[inside]
		}
		done = scan.End
		if scan.Inside[inside] {
			inside = 1
		} else {
			inside, open = 0, scan.End
		}
	}
	if done < size {
		return nil, fmt.Errorf("%w: the scans end at %d of %d bytes", ErrSection, done, size)
	}
	return starts, nil
}

// worst bounds the records that begin in the range or reach into it.
func (s Scan) worst(open int64, inside int) int64 {
	if s.First[inside] < 0 {
		return s.End - open
	}
	return max(s.First[inside]-open, s.Longest[inside], s.End-s.Last[inside])
}

// walk reads records from from on and returns where the first begins that lies
// at or after to; size if none does.
func (s Split) walk(ctx context.Context, src Ranger, name string, o Options, from, to, size int64) (int64, error) {
	r, closer, err := OpenSection(ctx, src, name, o, s, from, size, size)
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	var blk Block
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		switch err := r.Next(&blk); {
		case err == io.EOF:
			return size, nil
		case err != nil:
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		if blk.Malformed == UnclosedQuote {
			// Only so many bytes show that: a section must not end before.
			to = max(to, blk.FirstOffset+int64(r.record)+1)
		}
		if at := blk.FirstOffset + int64(len(blk.Data)) + blk.Skipped; at >= to {
			return at, nil
		}
	}
}
