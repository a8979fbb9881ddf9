// Package columnar reads Parquet files as columns of text, a slice of rows at a
// time, so that checks that were written for delimited text see them as such.
//
// A File hands out Slices, to each reader those of row groups of its own as long
// as there are any. Append writes the text of one column of a slice and where each
// value stands in it; a value of a dictionary is written once, however many rows
// have it. Codes, Numbers, Times and Nulls give a column as the file has it, and
// then say the same as its text; Cells the text of single rows. Columns that nobody
// asks for are not read. Each page is read, decompressed and looked at once, by whoever
// needs it first, and let go when no slice needs it any more. Of a file that is far away,
// opened by OpenFar, windows into its columns are read ahead.
//
// Columns are the leaves of the schema, those inside groups named by their path
// with points between; what is inside a list or a map is no column.
package columnar

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// What a file may make us hold at once.
const (
	mostPage    = 512 << 20 // bytes of a page, decompressed
	mostValues  = 1 << 26   // of a page
	mostText    = 1 << 30   // bytes of the text of a slice
	mostColumns = 1 << 16
	mostFooter  = 64 << 20 // bytes
	mostRows    = 1 << 40
)

// A File is a Parquet file. Next is for one goroutine at a time; slices may be
// read by several.
type File struct {
	in      io.ReaderAt
	far     *far // nil if in is near
	size    int64
	file    *parquet.File
	columns []column
	names   []string
	lists   []string

	sliced int                // rows of a slice
	all    []parquet.RowGroup // that are read
	first  int                // number of the first of them in the file
	groups []*group           // that have rows which are in no slice yet, in the order of the file
	ahead  *group             // of a far file: that at next, nil if nothing of it was asked for
	next   int                // row group after groups, in all
	slices int                // in the row groups before next

	mu     sync.Mutex
	err    error
	wanted []int // columns that were read, of a far file
}

// OpenFar opens a file that is far away, of that many bytes: of each column that is
// asked for some 100 KB to 4 MB are read at a time, before they are needed, in 128 MB of memory
// for all of them, about. ctx is for all of its life. Close it when done.
func OpenFar(ctx context.Context, src Ranger, size int64) (*File, error) {
	far := newFar(ctx, src, size)
	f, err := Open(far, size)
	if err != nil {
		far.close()
		return nil, err
	}
	f.far = far
	return f, nil
}

// Close ends what is under way of a file that is far away. It returns no error.
func (f *File) Close() error {
	if f.far != nil {
		f.far.close()
	}
	return nil
}

// Open reads the footer of a Parquet file of that many bytes. It returns an
// error if there is none or it makes no sense.
func Open(in io.ReaderAt, size int64) (f *File, err error) {
	f = &File{in: in, size: size}
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("the Parquet footer is damaged: %v", r)
		}
	}()
	if size < 12 {
		return nil, fmt.Errorf("%d bytes are no Parquet file: %w", size, io.ErrUnexpectedEOF)
	}
	var end [8]byte // how long the footer is, and the magic number
	if _, err := in.ReadAt(end[:], size-8); err != nil && err != io.EOF {
		return nil, err
	}
	if n := int64(binary.LittleEndian.Uint32(end[:])); string(end[4:]) != "PAR1" {
		return nil, fmt.Errorf("the file does not end as a Parquet file does, and may be cut off: %w", io.ErrUnexpectedEOF)
	} else if n > min(size-12, mostFooter) {
		return nil, fmt.Errorf("a Parquet footer of %d bytes can't be in a file of %d", n, size)
	}
	f.file, err = parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	rows := int64(0)
	f.all = f.file.RowGroups()
	for _, g := range f.all {
		n := g.NumRows()
		if n < 0 || n > mostRows || rows > mostRows {
			return nil, fmt.Errorf("a row group of %d rows can't be", n)
		}
		rows += n
	}
	f.addColumns(f.file.Root(), "")
	if len(f.columns) > mostColumns {
		return nil, fmt.Errorf("%d columns are more than %d", len(f.columns), mostColumns)
	}
	return f, nil
}

func (f *File) addColumns(parent *parquet.Column, path string) {
	for _, c := range parent.Columns() {
		switch name := path + c.Name(); {
		case c.MaxRepetitionLevel() > 0 || !c.Leaf() && repeats(c):
			f.lists = append(f.lists, name)
		case !c.Leaf():
			f.addColumns(c, name+".")
		default:
			f.columns = append(f.columns, newColumn(c))
			f.names = append(f.names, name)
		}
	}
}

// repeats reports whether a group is a list or a map: holds nothing but one group that
// repeats.
func repeats(c *parquet.Column) bool {
	inner := c.Columns()
	return len(inner) == 1 && inner[0].MaxRepetitionLevel() > c.MaxRepetitionLevel()
}

// Lists returns the names of the columns that are no columns here, as what is inside of
// them is repeated.
func (f *File) Lists() []string { return f.lists }

// Names returns the names of the columns, in the order of the schema.
func (f *File) Names() []string { return f.names }

// Rows returns how many rows the footer says there are, of the row groups that are
// read.
func (f *File) Rows() int64 {
	n := int64(0)
	for _, g := range f.all {
		n += g.NumRows()
	}
	return n
}

// Starts returns where the row groups begin; false if they do not stand one after
// another in the file.
func (f *File) Starts() ([]int64, bool) {
	starts := []int64{}
	end := int64(0)
	for i := range f.all {
		from, to := f.size, int64(0)
		for c := range f.file.Metadata().RowGroups[f.first+i].Columns {
			at, end, err := f.bounds(f.first+i, c)
			if err != nil {
				return nil, false
			}
			from, to = min(from, at), max(to, end)
		}
		if from < end || to < from {
			return nil, false
		}
		starts, end = append(starts, from), to
	}
	return starts, true
}

// Keep has only the row groups read that begin at from or later and before to. It is
// called before Next.
func (f *File) Keep(from, to int64) error {
	starts, ok := f.Starts()
	if !ok {
		return errors.New("the row groups do not stand one after another")
	}
	low, _ := slices.BinarySearch(starts, from)
	high, _ := slices.BinarySearch(starts, to)
	f.all, f.first = f.all[low:max(low, high)], f.first+low
	return nil
}

// Err returns the first error that reading a slice met.
func (f *File) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *File) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

// Next returns rows that are in no slice yet, as many as asked for or fewer; nil
// if there are none. Whoever asks for several slices passes the one before, and is
// given those of one row group before those of another, so that several readers
// are each about pages of their own; what one reader is given is in the order of
// the file. Next asks for the same number of rows each time. A slice is Done before
// it is forgotten.
func (f *File) Next(rows int, before *Slice) *Slice {
	f.sliced = max(rows, 1)
	g := f.pick(before)
	if g == nil {
		return nil
	}
	at := g.handed
	s := &Slice{group: g, from: at, Rows: int(min(int64(f.sliced), g.rows-at)), Index: g.slices + int(at/int64(f.sliced))}
	g.hand(at, at+int64(s.Rows))
	if g.handed == g.rows {
		f.groups = slices.DeleteFunc(f.groups, func(open *group) bool { return open == g })
	}
	return s
}

// pick returns the row group to take a slice of: that of the slice before, else
// one that nobody reads, else one after it that others read; nil if there is
// none.
func (f *File) pick(before *Slice) *group {
	if before != nil && before.group.handed < before.group.rows {
		return before.group
	}
	for f.next < len(f.all) {
		g := f.open()
		g.slices = f.slices
		f.slices += int((g.rows + int64(f.sliced) - 1) / int64(f.sliced))
		if g.rows > 0 {
			f.groups = append(f.groups, g)
			return g
		}
	}
	for _, g := range f.groups {
		if before == nil || g.index > before.group.index {
			return g
		}
	}
	return nil
}

// open returns the next row group. Of a far file it asks for the columns of the one
// after it that were read so far.
func (f *File) open() *group {
	g := f.ahead
	if g == nil {
		g = newGroup(f, f.first+f.next, f.all[f.next])
	}
	f.next++
	if f.ahead = nil; f.far == nil || f.next == len(f.all) {
		return g
	}
	f.ahead = newGroup(f, f.first+f.next, f.all[f.next])
	f.mu.Lock()
	wanted := slices.Clone(f.wanted)
	f.mu.Unlock()
	for _, c := range wanted {
		k := &f.ahead.chunks[c]
		k.mu.Lock()
		k.begin(f.ahead, c) // an error comes again with the first value
		k.mu.Unlock()
	}
	return g
}

// want notes that a column of a far file is read, and returns how many are.
func (f *File) want(c int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.wanted, c) {
		f.wanted = append(f.wanted, c)
	}
	return len(f.wanted)
}

// Slices returns how many slices of so many rows the file has.
func (f *File) Slices(rows int) int {
	n, each := int64(0), int64(max(rows, 1))
	for _, g := range f.all {
		n += (g.NumRows() + each - 1) / each
	}
	return int(n)
}

// A Slice is a run of rows.
type Slice struct {
	Index int // 0, 1, 2 … in the order of the file
	Rows  int
	group *group
	from  int64
}

// Done says that the slice is not read any more.
func (s *Slice) Done() { s.group.done(s.from) }
