package columnar

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// A piece is a page and its first row.
type piece struct {
	page  parquet.Page
	from  int64
	rows  int64
	coded *Dictionary // of the page if it has one
	// there says, where values may be missing, how many there are before each row whose
	// number is a multiple of thereEvery: to count from the first row for every slice would
	// take the square of a page's time.
	there []int
}

const thereEvery = 1024

// countThere makes p.there; level is that of a value which is there.
func (p *piece) countThere(level byte) {
	levels := p.page.DefinitionLevels()
	n := 0
	for row := 0; row <= int(p.rows); row += thereEvery {
		p.there = append(p.there, n)
		n += bytes.Count(levels[row:min(row+thereEvery, len(levels))], []byte{level})
	}
}

// check returns an error unless the page holds as many values as its header says: slices of
// the library's memory reach further than what was read into it, to what was read before.
func (p *piece) check(c *column) error {
	want := int(p.rows)
	if c.levels > 0 {
		if n := len(p.page.DefinitionLevels()); n < want {
			return fmt.Errorf("a page of %d rows says of %d whether they have a value", p.rows, n)
		}
		p.countThere(c.levels)
		want = p.thereBefore(want, c.levels)
	}
	if n := held(p.page.Data()); n < want {
		return fmt.Errorf("a page holds %d values where its header says %d", n, want)
	}
	return nil
}

// held returns how many values there are, or for truth values how many there is room for.
func held(v encoding.Values) int {
	switch v.Kind() {
	case encoding.Boolean:
		return 8 * len(v.Boolean())
	case encoding.Int32:
		return len(v.Int32())
	case encoding.Int64:
		return len(v.Int64())
	case encoding.Int96:
		return len(v.Int96())
	case encoding.Float:
		return len(v.Float())
	case encoding.Double:
		return len(v.Double())
	case encoding.ByteArray:
		_, offsets := v.ByteArray()
		return len(offsets) - 1
	case encoding.FixedLenByteArray:
		if data, size := v.FixedLenByteArray(); size > 0 {
			return len(data) / size
		}
	}
	return 0
}

// thereBefore returns how many values there are before a row of the page.
func (p *piece) thereBefore(row int, level byte) int {
	i := row / thereEvery
	return p.there[i] + bytes.Count(p.page.DefinitionLevels()[i*thereEvery:row], []byte{level})
}

// A part is the rows of a slice that one page holds.
type part struct {
	column *column
	page   parquet.Page
	coded  *Dictionary // nil if the page's values stand in it themselves
	row    int         // of the slice, where it begins
	rows   int
	at     int    // of its first value, among those of the page
	there  int    // how many of its values are there
	levels []byte // definition levels of its rows; nil if all values are there
}

// each calls f with the parts of a column, one after another. It returns false
// if the column can't be read, or f returns an error or panics, which it
// tells the file.
func (s *Slice) each(c int, f func(*part) error) (ok bool) {
	var err error
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a value is damaged: %v", r)
		}
		if ok = err == nil; !ok {
			s.group.file.fail(fmt.Errorf("column %s: %w", s.group.file.names[c], err))
		}
	}()
	to := s.from + int64(s.Rows)
	pieces, err := s.group.chunks[c].read(s.group, c, s.from, to)
	if err != nil {
		return false
	}
	p := part{column: s.group.chunks[c].column}
	for _, piece := range pieces {
		low, high := int(max(s.from-piece.from, 0)), int(min(to-piece.from, piece.rows))
		p.page, p.coded, p.rows, p.at, p.there, p.levels = piece.page, nil, high-low, low, high-low, nil
		if piece.page.Dictionary() != nil {
			p.coded = piece.coded
		}
		if p.column.levels > 0 {
			p.at = piece.thereBefore(low, p.column.levels)
			if p.there = piece.thereBefore(high, p.column.levels) - p.at; p.there < p.rows {
				p.levels = piece.page.DefinitionLevels()[low:high]
			}
		}
		if err = f(&p); err != nil {
			return false
		}
		p.row += p.rows
	}
	return true
}

// Nulls appends to dst the rows of the slice in which column c is null,
// ascending. If the column can't be read all are, and File.Err says why.
func (s *Slice) Nulls(c int, dst []uint32) []uint32 {
	from := len(dst)
	if s.each(c, func(p *part) error {
		dst = p.nulls(dst)
		return nil
	}) {
		return dst
	}
	dst = dst[:from]
	for row := range s.Rows {
		dst = append(dst, uint32(row))
	}
	return dst
}

// nulls appends the rows of the slice at which the part is null.
func (p *part) nulls(dst []uint32) []uint32 {
	for i, level := range p.levels {
		if level != p.column.levels {
			dst = append(dst, uint32(p.row+i))
		}
	}
	return dst
}
