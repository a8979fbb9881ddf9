package columnar

import (
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/encoding"
)

// A Dictionary is the different values of a column in a row group, which its
// rows refer to by their index. One is told from another by its address.
type Dictionary struct {
	column *column
	values encoding.Values
	n      int
}

// Len returns how many values there are.
func (d *Dictionary) Len() int { return d.n }

// AppendAll appends to data the text of all values of the dictionary, and to
// dst where they stand in it.
func AppendAll[S ~struct{ Start, End uint32 }](d *Dictionary, data []byte, dst []S) (_ []byte, _ []S, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a dictionary is damaged: %v", r)
		}
	}()
	for i := range d.n {
		start := len(data)
		if data = d.column.append(data, &d.values, i); len(data) > mostText {
			return data, dst, tooMuchText()
		}
		dst = append(dst, S{uint32(start), uint32(len(data))})
	}
	return data, dst, nil
}

// Codes appends to dst for each row of the slice the index of its value in a
// dictionary, or that dictionary's length where column c is null. The
// dictionary is nil, and dst of no use, if the slice has none or one with more
// values than the row group has rows, which is not worth looking at.
func (s *Slice) Codes(c int, dst []uint32) ([]uint32, *Dictionary) {
	from := len(dst)
	var found *Dictionary
	whole := true
	if !s.each(c, func(p *part) error {
		if whole = whole && p.coded != nil && int64(p.coded.n) <= s.group.rows; whole {
			if found == nil {
				dst = slices.Grow(dst, s.Rows)[:from+s.Rows]
			}
			found = p.coded
			return p.codes(dst[from+p.row:][:p.rows])
		}
		return nil
	}) || !whole {
		return dst, nil
	}
	return dst, found
}

// codes writes the indexes of the part's values.
func (p *part) codes(out []uint32) error {
	values := p.page.Data()
	indexes := values.Int32()[p.at:][:p.there]
	null := uint32(p.coded.n)
	most := uint32(0)
	if p.levels == nil {
		for i, index := range indexes {
			out[i] = uint32(index)
			most = max(most, uint32(index))
		}
	} else {
		next := 0
		for i, level := range p.levels {
			out[i] = null
			if level == p.column.levels {
				out[i] = uint32(indexes[next])
				most = max(most, out[i])
				next++
			}
		}
	}
	if most >= null && p.there > 0 {
		return fmt.Errorf("its dictionary has %d values and none of index %d", null, most)
	}
	return nil
}
