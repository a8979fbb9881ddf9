// Package columnar reads Parquet files as columns of text, a slice of rows at a
// time, so that checks that were written for delimited text see them as such.
//
// A File hands out Slices, to each reader those of row groups of its own as long
// as there are any. Append writes the text of one column of a slice and where each
// value stands in it; a value of a dictionary is written once, however many rows
// have it. Codes, Numbers, Times and Nulls give a column as the file has it, and
// then say the same as its text; Cells the text of single rows. Columns that nobody
// asks for are not read. Each page is read and decompressed once, by whoever needs
// it first, and let go when no slice needs it any more.
//
// Columns are the leaves of the schema, those inside groups named by their path
// with points between; what is inside a list or a map is no column.
package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
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
	size    int64
	file    *parquet.File
	columns []column
	names   []string

	sliced int      // rows of a slice
	groups []*group // that have rows which are in no slice yet, in the order of the file
	next   int      // row group after them
	slices int      // in the row groups before next

	mu  sync.Mutex
	err error
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
	for _, g := range f.file.RowGroups() {
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
		case c.MaxRepetitionLevel() > 0:
		case !c.Leaf():
			f.addColumns(c, name+".")
		default:
			f.columns = append(f.columns, newColumn(c))
			f.names = append(f.names, name)
		}
	}
}

// Names returns the names of the columns, in the order of the schema.
func (f *File) Names() []string { return f.names }

// Rows returns how many rows the footer says there are.
func (f *File) Rows() int64 {
	n := int64(0)
	for _, g := range f.file.RowGroups() {
		n += g.NumRows()
	}
	return n
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
	for all := f.file.RowGroups(); f.next < len(all); {
		g := newGroup(f, f.next, all[f.next])
		g.slices = f.slices
		f.next++
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

// Slices returns how many slices of so many rows the file has.
func (f *File) Slices(rows int) int {
	n, each := int64(0), int64(max(rows, 1))
	for _, g := range f.file.RowGroups() {
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

// A group is a row group being read.
type group struct {
	file   *File
	index  int // among the file's row groups
	rows   int64
	slices int     // in the row groups before
	chunks []chunk // by column

	mu     sync.Mutex
	open   map[int64]bool // where slices begin that are not done
	handed int64          // rows handed out
}

func newGroup(f *File, index int, g parquet.RowGroup) *group {
	all := g.ColumnChunks()
	made := &group{file: f, index: index, rows: g.NumRows(), open: map[int64]bool{}, chunks: make([]chunk, len(f.columns))}
	for i := range f.columns {
		c := &f.columns[i]
		made.chunks[i].column = c
		if c.index < len(all) {
			made.chunks[i].of = all[c.index]
		}
	}
	return made
}

func (g *group) hand(from, to int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[from] = true
	g.handed = to
}

func (g *group) done(from int64) {
	g.mu.Lock()
	delete(g.open, from)
	finished := len(g.open) == 0 && g.handed == g.rows
	g.mu.Unlock()
	if finished {
		for i := range g.chunks {
			g.chunks[i].close()
		}
	}
}

// low returns the first row that is still wanted.
func (g *group) low() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	low := g.handed
	for from := range g.open {
		low = min(low, from)
	}
	return low
}

// A chunk is a column of a row group, read page by page.
type chunk struct {
	column *column
	of     parquet.ColumnChunk

	mu     sync.Mutex
	pages  parquet.Pages
	pieces []piece     // pages that slices may want
	coded  *Dictionary // nil if no page had one yet
	at     int64       // rows read
	failed bool
}

// read returns the pages that hold rows [from, to).
func (k *chunk) read(g *group, from, to int64) (found []piece, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a page is damaged: %v", r)
		}
		k.failed = k.failed || err != nil
	}()
	if k.failed {
		return nil, errors.New("a page before it could not be read")
	}
	if k.pages == nil {
		if err := g.file.check(k.of, g.index, g.rows); err != nil {
			return nil, err
		}
		k.pages = k.of.Pages()
	}
	k.trim(g.low())
	for k.at < to {
		page, err := k.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the column has %d values where its row group has %d rows: %w", k.at, g.rows, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, err
		}
		rows := page.NumRows()
		if d := page.Dictionary(); d != nil && k.coded == nil {
			k.coded = &Dictionary{column: k.column, values: d.Page().Data(), n: d.Len()}
		}
		p := piece{page: page, from: k.at, rows: rows, coded: k.coded}
		if k.column.levels > 0 {
			p.countThere(k.column.levels)
		}
		k.pieces = append(k.pieces, p)
		k.at += rows
	}
	for _, p := range k.pieces {
		if p.from < to && p.from+p.rows > from {
			found = append(found, p)
		}
	}
	return found, nil
}

// trim lets the pages go that end before low.
func (k *chunk) trim(low int64) {
	n := 0
	for n < len(k.pieces) && k.pieces[n].from+k.pieces[n].rows <= low {
		parquet.Release(k.pieces[n].page)
		n++
	}
	k.pieces = append(k.pieces[:0], k.pieces[n:]...)
}

func (k *chunk) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trim(math.MaxInt64)
	if k.pages != nil {
		k.pages.Close()
		k.pages, k.failed = nil, true
	}
}
