package tabular

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"tillwatch/shared/dialect"
)

// A File is a Source over the file with that path.
type File string

// Open opens the file.
func (f File) Open(context.Context) (io.ReadCloser, error) { return os.Open(string(f)) }

// OpenRange opens a part of the file.
func (f File) OpenRange(_ context.Context, from, to int64) (io.ReadCloser, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, from, to-from), file}, nil
}

// Bytes is a Source over memory.
type Bytes []byte

// Open returns a reader of the bytes; it returns no error.
func (b Bytes) Open(context.Context) (io.ReadCloser, error) { return memory{bytes.NewReader(b)}, nil }

// OpenRange returns a reader of some of the bytes.
func (b Bytes) OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error) {
	return b[from:to].Open(ctx)
}

// memory is a file in memory, which can be read anywhere.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

var (
	_ Ranger = File("")
	_ Ranger = Bytes(nil)
)

// A counter counts the bytes that pass; others may read the count meanwhile.
// It also repeats an error, so that peeking loses none.
type counter struct {
	r   io.Reader
	n   *atomic.Int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	c.err = err
	return n, err
}

// OpenReader opens src, whose name stands in errors, decompresses and decodes
// it and reads its header. Reader.SourceBytes then counts the bytes before
// decompression. A Parquet file is read in place if what src opens is an
// io.ReaderAt with a Size or the Stat of a file, or if src is Sized: then only of the
// columns that are asked for. Else it is copied to a temporary file of Limits.TotalBytes at most.
// Close the Closer when done; it is nil if there is an error.
func OpenReader(ctx context.Context, src Source, name string, o Options) (*Reader, io.Closer, error) {
	in, err := src.Open(ctx)
	if err != nil {
		var onDisk *fs.PathError // names the file itself
		if errors.As(err, &onDisk) {
			return nil, nil, err
		}
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	read := new(atomic.Int64)
	plain, form, err := decompress(&counter{r: in, n: read}, name, o.Limits)
	if err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	both := closers{plain, in}
	if plain.members != nil {
		r, file, err := openMembers(plain, o)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("read %s: %w", name, err), both.Close())
		}
		r.read, r.form = read, form
		return r, closers{file, plain, in}, nil
	}
	if o.Ahead && form != "" {
		plain.readAhead()
	}
	size := 64
	if o.Detect {
		size = detectEncodingBytes
	}
	start := bufio.NewReaderSize(plain, size)
	magic, _ := start.Peek(len(parquetMagic)) // an error comes again with the first Read
	if format := o.Dialect.Format; format == FormatParquet || format == "" && bytes.Equal(magic, parquetMagic) {
		r, drop, err := openParquet(ctx, src, in, start, o, form)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("read %s: %w", name, err), both.Close())
		}
		return r, closers{drop, plain, in}, nil
	}
	r, err := openText(start, plain, o)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read %s: %w", name, err), both.Close())
	}
	r.read, r.form = read, form
	return r, both, nil
}

// openText opens a text, as it is once it is not compressed; start is a buffer before plain.
func openText(start *bufio.Reader, plain *bounded, o Options) (*Reader, error) {
	reading := dialect.Reading{Dialect: o.Dialect}
	if o.Detect {
		reading = detect(start, o.Dialect)
		o.Dialect = reading.Dialect
	}
	text, charset, err := decodeText(&past{start, plain}, o.Dialect)
	if err != nil {
		return nil, err
	}
	if o.Dialect.CR {
		text = carriageReturns{text}
	}
	r, err := NewReader(text, o)
	if err != nil {
		return nil, err
	}
	r.isRead(reading, charset)
	return r, nil
}

// past reads what stands in a buffer, and then past it: all would be copied once
// more through one as large as detection wants.
type past struct {
	start *bufio.Reader // nil once it is empty
	plain *bounded      // which repeats an error that start has met
}

func (p *past) Read(b []byte) (int, error) {
	if p.start != nil {
		if n := p.start.Buffered(); n > 0 {
			return p.start.Read(b[:min(n, len(b))])
		}
		p.start = nil
	}
	return p.plain.Read(b)
}

// isRead notes how the text is read, and what was declared otherwise.
func (r *Reader) isRead(reading dialect.Reading, charset string) {
	r.charset, r.dialect.Encoding = charset, charset
	reading.Dialect = r.dialect
	r.reading = reading
	for _, against := range reading.Against {
		r.faults = append(r.faults, Fault{NotAsDeclared, -1, 0, -1, against})
	}
}

// closers close in order.
type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, each := range c {
		errs = append(errs, each.Close())
	}
	return errors.Join(errs...)
}
