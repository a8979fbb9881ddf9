package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"unicode/utf8"

	"tillwatch/shared/dialect"
)

// A file that is a plain text can be read in sections: runs of whole records
// that begin anywhere, so that many readers share one file. So can a Parquet file, whose
// sections are runs of row groups.
//
//	Reader.Split    says whether a file can be, and where its records begin
//	Split.Scan      looks at a range of bytes, knowing nothing of those before
//	Split.Cut       puts scans together: where sections begin
//	OpenSection     reads the records of one section
//
// Whether a line end is one of a record depends on all quotes before it. A scan
// therefore follows both cases, that its range begins inside of quotes and that it
// does not, by the rules of the package and not by parity alone, so that stray and
// doubled quotes are no matter. What those rules leave to the length of a record (a quote
// that is never closed, a record that is too long) Cut finds out by reading from where
// the record begins. OpenSection proves what was found: a section that does not end
// with a record is ErrSection.

// A Ranger is a Source that can be read from anywhere.
type Ranger interface {
	Source
	// OpenRange reads the bytes from from to to, both within the file, to excluded.
	OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error)
}

// ErrSection is returned for a section that does not end where a record does:
// it was cut elsewhere, or the file is another than the one that was scanned.
var ErrSection = errors.New("the section does not end with a record")

// A Sized source is a Ranger that knows how large its file is, in bytes. What it opens
// can be closed more than once.
type Sized interface {
	Ranger
	Size() int64
}

// A Split says how a file can be divided.
type Split struct {
	// Head is how many bytes tell the columns, 0 of a Parquet file; Body is where the first
	// record begins, or the first row group.
	Head, Body int64
	// Delimiter and Quote are those of the file; Quote is 0 where a line end is
	// always that of a record, as in JSON Lines.
	Delimiter, Quote byte
	// Encoding is utf-8, latin-1 or windows-1252.
	Encoding string
	// Reading is how the file is written otherwise, which each section is told, as it cannot
	// detect it.
	Reading dialect.Reading
}

// Split returns how the file that r was opened from can be read in sections, by
// Reader.Dialect. It is to be called before Next. A reason says why it can't be: it
// is compressed, and has no records to find in its midst; one JSON array, whose elements
// need no line ends; in UTF-16; or empty.
func (r *Reader) Split() (s Split, reason string) {
	switch {
	case r.form != "":
		return s, r.form + " can only be decompressed from its beginning"
	case r.table != nil:
		return r.splitGroups()
	case r.json != nil && r.json.array:
		return s, "one JSON array is read by one function; write an object a line"
	case r.charset != "utf-8" && r.charset != "latin-1" && r.charset != "windows-1252":
		return s, "text in " + r.charset + " is read by one function; write UTF-8"
	case len(r.names) == 0:
		return s, "the file has no header"
	case r.dialect.Header == dialect.Absent:
		return s, "a file without a header is read by one function"
	case r.json == nil && !r.dialect.QuoteParity():
		return s, "a file of this dialect (escapes, comments, fixed width or lines that end with CR) is read by one function"
	}
	s = Split{Head: r.offset, Body: r.offset, Delimiter: r.delim, Quote: r.quote, Encoding: r.charset, Reading: r.reading}
	s.Reading.Dialect = r.dialect
	if r.json != nil {
		s.Quote = 0
		s.Head += int64(len(r.carry))
	}
	if r.charset != "utf-8" { // where a character is a byte
		if r.json != nil {
			return Split{}, "JSON in " + r.charset + " is read by one function; write UTF-8"
		}
		s.Body = int64(utf8.RuneCount(r.start))
		s.Head = s.Body
	}
	return s, ""
}

// OpenSection opens the records from from to to, to excluded, as sections of s
// are cut; size is that of the file. Header, faults and HeaderLines are the file's.
// What is read ends with io.EOF after the last record, or ErrSection if to is not the end
// of one.
func OpenSection(ctx context.Context, src Ranger, name string, o Options, s Split, from, to, size int64) (*Reader, io.Closer, error) {
	if s.inGroups() {
		return openGroups(ctx, src, name, o, from, to, size)
	}
	head, err := src.OpenRange(ctx, 0, s.Head)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	r, err := openHead(head, o, s)
	if err = errors.Join(err, head.Close()); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	body, err := src.OpenRange(ctx, from, to)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	exact := &exactly{r: body, left: to - from, end: errSectionEnd}
	if to == size {
		exact.end = io.EOF
	}
	r.read = new(atomic.Int64)
	r.src = &counter{r: exact, n: r.read}
	if enc, _ := encodingOf(s.Encoding); enc != nil {
		// A decoder makes nothing of errors but io.EOF, so that the end is turned last.
		exact.end = io.EOF
		last := io.EOF
		if to != size {
			last = errSectionEnd
		}
		r.src = &ending{r: enc.NewDecoder().Reader(r.src), end: last}
	}
	r.carry, r.at, r.err = nil, 0, nil
	r.offset, r.index = from, 0
	return r, body, nil
}

func openHead(head io.Reader, o Options, s Split) (*Reader, error) {
	text := io.Reader(head)
	if enc, err := encodingOf(s.Encoding); err != nil {
		return nil, err
	} else if enc != nil {
		text = enc.NewDecoder().Reader(head)
	}
	o.Dialect = s.Reading.Dialect
	r, err := NewReader(text, o)
	if err == nil {
		r.isRead(s.Reading, s.Encoding)
	}
	return r, err
}

// errSectionEnd ends the source of a section that is not the file's last. As it
// is not io.EOF, what was begun by then is no record.
var errSectionEnd = errors.New("end of section")

// exactly reads as many bytes as it should, and then its own end.
type exactly struct {
	r    io.Reader
	left int64
	end  error
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, e.end
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if err == io.EOF {
		err = nil
		if e.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// ending replaces the end of a reader.
type ending struct {
	r   io.Reader
	end error
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err == io.EOF {
		err = e.end
	}
	return n, err
}
