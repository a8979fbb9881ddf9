package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"tillwatch/shared/dialect"
	"tillwatch/shared/tabular/columnar"
)

// parquetMagic is how a Parquet file begins.
var parquetMagic = []byte("PAR1")

// A parquetInput is a Parquet file being read, its slices numbered like blocks.
type parquetInput struct {
	file   *columnar.File
	rows   int // of a slice
	slices int
	end    func() error
}

// Bounds of a slice, so that its cells take no more memory than a block's.
const (
	rowBytes  = 64      // of a block for each row
	mostCells = 4 << 20 // of a slice, if all columns are read
)

// openParquet reads from in itself if it can be read anywhere, or from src if that is
// Sized, and else, or if the file is compressed, from a copy of plain in a temporary
// file.
func openParquet(ctx context.Context, src Source, in io.ReadCloser, plain io.Reader, o Options, form string) (*Reader, io.Closer, error) {
	anywhere, size := randomAccess(in)
	if far, ok := src.(Sized); ok && anywhere == nil && form == "" {
		if err := in.Close(); err != nil { // what it has read ahead is of no use
			return nil, nil, err
		}
		return openFar(ctx, far, far.Size(), o)
	}
	var drop io.Closer = closers{}
	end := func() error { return readEnd(in) }
	if anywhere == nil || form != "" {
		spool, err := os.CreateTemp("", "tillwatch-*.parquet")
		if err != nil {
			return nil, nil, err
		}
		drop = spooled{spool}
		if size, err = io.Copy(spool, plain); err != nil {
			return nil, nil, errors.Join(err, drop.Close())
		}
		anywhere, end = spool, func() error { return nil }
	}
	read := new(atomic.Int64)
	file, err := columnar.Open(&countedAt{anywhere, read}, size)
	if err != nil {
		return nil, nil, errors.Join(err, drop.Close())
	}
	r, err := newParquet(file, o)
	if err != nil {
		return nil, nil, errors.Join(err, drop.Close())
	}
	r.form, r.read, r.table.end = form, read, end
	return r, drop, nil
}

// openFar reads a file that is far away.
func openFar(ctx context.Context, src Ranger, size int64, o Options) (*Reader, io.Closer, error) {
	read := new(atomic.Int64)
	file, err := columnar.OpenFar(ctx, countedRanger{src, read}, size)
	if err != nil {
		return nil, nil, err
	}
	r, err := newParquet(file, o)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	r.read, r.table.end = read, func() error { return nil }
	return r, file, nil
}

// newParquet returns a reader of all of a file.
func newParquet(file *columnar.File, o Options) (*Reader, error) {
	d := o.Dialect.Filled()
	if err := d.Check(); err != nil {
		return nil, err
	}
	most := o.Limits.TotalBytes
	if most <= 0 {
		most = defaultTotal
	}
	if file.Rows() > most { // each counts as a byte at least, or a few bytes could claim any number
		return nil, &TooLargeError{"number of rows", most, "split the file, or raise the limit (--max-bytes; context max_bytes for the functions)"}
	}
	r := &Reader{delim: d.Delimiter, quote: d.Quote, dialect: d, charset: "utf-8", names: file.Names()}
	r.dialect.Format = FormatParquet
	r.reading = dialect.Reading{Dialect: r.dialect}
	if o.Dialect.Format == FormatParquet {
		r.reading.Declared = []string{"format"}
	} else {
		r.reading.Detected = []string{"format"}
	}
	block := o.Limits.BlockBytes
	if block <= 0 {
		block = defaultBlock
	}
	rows := max(1, min(block/rowBytes, mostCells/max(1, len(r.names))))
	r.table = &parquetInput{file: file, rows: rows, slices: file.Slices(rows)}
	first := map[string]int{}
	for i, name := range r.names {
		if before, twice := first[name]; twice {
			r.faults = append(r.faults, Fault{DoubleHeader, -1, 0, i, fmt.Sprintf("columns %d and %d are both called %.60q", before+1, i+1, name)})
		}
		first[name] = i
	}
	r.nameRaw()
	return r, nil
}

// randomAccess returns in as one that can be read anywhere, and its size; nil
// if it can't be.
func randomAccess(in io.Reader) (io.ReaderAt, int64) {
	at, ok := in.(io.ReaderAt)
	if !ok {
		return nil, 0
	}
	switch sized := in.(type) {
	case interface{ Size() int64 }:
		return at, sized.Size()
	case interface{ Stat() (os.FileInfo, error) }:
		if info, err := sized.Stat(); err == nil && info.Mode().IsRegular() {
			return at, info.Size()
		}
	}
	return nil, 0
}

// readEnd reads in to its end, since some sources only say there that what was
// read is no whole.
func readEnd(in io.Reader) error {
	if s, ok := in.(io.Seeker); ok {
		if _, err := s.Seek(0, io.SeekEnd); err != nil {
			return err
		}
	}
	if _, err := in.Read(make([]byte, 1)); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// countedAt counts the bytes that are read.
type countedAt struct {
	io.ReaderAt
	n *atomic.Int64
}

func (c *countedAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// countedRanger counts the bytes that are read.
type countedRanger struct {
	Ranger
	n *atomic.Int64
}

func (c countedRanger) OpenRange(ctx context.Context, from, to int64) (io.ReadCloser, error) {
	body, err := c.Ranger.OpenRange(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&counter{r: body, n: c.n}, body}, nil
}

// spooled is a temporary file, removed when it is closed.
type spooled struct{ *os.File }

func (s spooled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

// nextSlice makes b rows of the file that no block has had yet, those of one
// row group after another; io.EOF if there are none after its rows.
func (r *Reader) nextSlice(b *Block) error {
	before := b.slice
	if b.slice = nil; before != nil {
		before.Done()
	}
	if err := r.Err(); err != nil {
		return err
	}
	b.Data, b.json, b.exact = b.Data[:0], nil, false
	if b.slice = r.table.file.Next(r.table.rows, before); b.slice == nil {
		if err := r.table.end(); err != nil {
			return err
		}
		return io.EOF
	}
	b.FirstOffset, b.Index = 0, b.slice.Index
	b.Final = b.Index+1 == r.table.slices
	return nil
}

// Err returns what went wrong where blocks were parsed, which Next only tells
// of blocks that were parsed before it was called: ask once all are.
func (r *Reader) Err() error {
	if r.table == nil {
		return nil
	}
	return r.table.file.Err()
}

// Lists returns the names of the columns that are lists or maps of a Parquet file, which
// are not read and not in the Header.
func (r *Reader) Lists() []string {
	if r.table == nil {
		return nil
	}
	return r.table.file.Lists()
}

// sliceColumn appends the spans of a column of a Parquet file to dst.
func (b *Batch) sliceColumn(c int, dst []Span) []Span {
	b.Data, dst = columnar.Append(b.blk.slice, c, b.Data, dst, &b.scratch)
	b.blk.Data = b.Data[:0] // so that the block keeps grown memory
	return dst
}

// sliceRaw writes a row as one of a delimited text. It reads the row's values and
// no others.
func (b *Batch) sliceRaw(row int) []byte {
	if len(b.whole) == 0 {
		for c := range b.columns {
			b.whole = append(b.whole, b.blk.slice.Cells(c))
		}
	}
	raw, cell := []byte(nil), b.cellText
	for c, cells := range b.whole {
		if c > 0 {
			raw = append(raw, b.delim)
		}
		var there bool
		if cell, there = cells.Append(cell[:0], row); there {
			raw = appendCell(raw, cell, b.delim, b.quote)
		}
	}
	b.cellText = cell
	return raw
}
