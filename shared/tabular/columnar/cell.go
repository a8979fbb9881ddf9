package columnar

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding"
)

// Cells read a column of a slice value by value, so that those of a few rows can
// be had without the others.
type Cells struct {
	file  *File
	name  string
	parts []cells
	at    int // part
	row   int // of the part
	there int // values in the part before row
}

// cells are a part and the values of its page.
type cells struct {
	part
	values encoding.Values
}

// Cells returns a reader of column c, which is of use until the slice is Done.
// If the column can't be read all is null, and File.Err says why.
func (s *Slice) Cells(c int) *Cells {
	k := &Cells{file: s.group.file, name: s.group.file.names[c]}
	if !s.each(c, func(p *part) error {
		k.parts = append(k.parts, cells{*p, p.page.Data()})
		return nil
	}) {
		k.parts = nil
	}
	return k
}

// Append appends the text of the value in a row of the slice to dst; ok is false
// if it is null. It costs least to ask for rows in the order of the file.
func (k *Cells) Append(dst []byte, row int) (_ []byte, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			k.file.fail(fmt.Errorf("column %s: a value is damaged: %v", k.name, r))
			ok = false
		}
	}()
	if k.at == len(k.parts) || row < k.parts[k.at].row+k.row {
		k.at, k.row, k.there = 0, 0, 0
	}
	for k.at < len(k.parts) && row >= k.parts[k.at].row+k.parts[k.at].rows {
		k.at, k.row, k.there = k.at+1, 0, 0
	}
	if k.at == len(k.parts) {
		return dst, false
	}
	p := &k.parts[k.at]
	row -= p.row
	if p.levels == nil {
		k.there = row
	} else {
		k.there += bytes.Count(p.levels[k.row:row], []byte{p.column.levels})
	}
	if k.row = row; p.levels != nil && p.levels[row] != p.column.levels {
		return dst, false
	}
	if p.coded != nil {
		return p.column.append(dst, &p.coded.values, int(p.values.Int32()[p.at+k.there])), true
	}
	return p.column.append(dst, &p.values, p.at+k.there), true
}
