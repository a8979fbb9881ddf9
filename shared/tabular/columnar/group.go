package columnar

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/parquet-go/parquet-go"
)

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
	raw    *unpacker // nil before begin
	pages  *parquet.FilePages
	pieces []piece     // pages that slices may want
	coded  *Dictionary // nil if no page had one yet
	at     int64       // rows read
	failed bool
}

// begin opens column c of g, which the chunk is. It is called with k.mu held.
func (k *chunk) begin(g *group, c int) error {
	if k.pages != nil {
		return nil
	}
	of, ok := k.of.(*parquet.FileColumnChunk)
	if !ok {
		return errors.New("the row group lacks the column")
	}
	if err := g.file.checkCodec(g.index, of.Column()); err != nil {
		return err
	}
	from, to, err := g.file.bounds(g.index, of.Column())
	if err != nil {
		return err
	}
	in := g.file.in
	if far := g.file.far; far != nil {
		in = far.stretch(from, to, g.file.want(c))
	}
	meta := &g.file.file.Metadata().RowGroups[g.index].Columns[of.Column()].MetaData
	k.raw = newUnpacker(in, meta.Codec, k.column, of.Type().Length(), from, to)
	// The library reads no more than it takes the column for, and unpacked it is longer.
	packed := meta.TotalCompressedSize
	meta.TotalCompressedSize = math.MaxInt64 - from
	k.pages = of.PagesFrom(k.raw)
	meta.TotalCompressedSize = packed
	return nil
}

// read returns the pages that hold rows [from, to) of column c of g, which the chunk is.
func (k *chunk) read(g *group, c int, from, to int64) (found []piece, err error) {
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
	if err := k.begin(g, c); err != nil {
		return nil, err
	}
	k.trim(g.low())
	for k.at < to {
		page, err := k.raw.page(k.pages.ReadPage)
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
		if err := p.check(k.column); err != nil {
			return nil, err
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
