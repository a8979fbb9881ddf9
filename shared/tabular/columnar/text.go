package columnar

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// A meaning is what the numbers and bytes of a column stand for.
type meaning uint8

const (
	plain meaning = iota
	unsigned
	date      // days since 1970
	clock     // units since midnight
	timestamp // units since 1970
	fraction  // a decimal
	uuid
	half // a float of 16 bits
	binaryText
)

type column struct {
	index  int
	kind   parquet.Kind
	levels byte // definition level of a value that is there; 0 if all are
	means  meaning
	scale  int   // of a fraction
	unit   int64 // nanoseconds of a clock or timestamp
	utc    bool
}

func newColumn(c *parquet.Column) column {
	t := c.Type()
	made := column{index: c.Index(), kind: t.Kind(), levels: byte(c.MaxDefinitionLevel())}
	if l := t.LogicalType(); l != nil && l.Value != nil {
		switch v := l.Value.(type) {
		case *format.DateType:
			made.means = date
		case *format.TimeType:
			made.means, made.unit = clock, nanoseconds(v.Unit)
		case *format.TimestampType:
			made.means, made.unit, made.utc = timestamp, nanoseconds(v.Unit), v.IsAdjustedToUTC
		case *format.DecimalType:
			made.means, made.scale = fraction, int(v.Scale)
		case *format.IntType:
			if !v.IsSigned {
				made.means = unsigned
			}
		case *format.UUIDType:
			made.means = uuid
		case *format.Float16Type:
			made.means = half
		}
		return made
	}
	if old := t.ConvertedType(); old != nil {
		switch *old {
		case deprecated.Date:
			made.means = date
		case deprecated.TimeMillis:
			made.means, made.unit = clock, 1e6
		case deprecated.TimeMicros:
			made.means, made.unit = clock, 1e3
		case deprecated.TimestampMillis:
			made.means, made.unit, made.utc = timestamp, 1e6, true
		case deprecated.TimestampMicros:
			made.means, made.unit, made.utc = timestamp, 1e3, true
		case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
			made.means = unsigned
		case deprecated.Interval:
			made.means = binaryText
		}
	}
	return made
}

func nanoseconds(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e6
	case *format.MicroSeconds:
		return 1e3
	}
	return 1
}

// Scratch is memory that Append uses again. The zero value is ready; a Scratch
// is for one goroutine at a time.
type Scratch struct {
	written []uint64 // by dictionary index: where the text stands, 0 if nowhere yet
}

// Append appends to data the text of column c of the slice, and to dst where
// the value of each row stands in data; null is {1, 0}. If the column can't be
// read, all are null and File.Err says why.
func Append[S ~struct{ Start, End uint32 }](s *Slice, c int, data []byte, dst []S, scratch *Scratch) ([]byte, []S) {
	from := len(dst)
	dst = slices.Grow(dst, s.Rows)[:from+s.Rows]
	out := dst[from:]
	if !s.each(c, func(p *part) (err error) {
		data, err = appendPart(p, data, out[p.row:p.row+p.rows], scratch)
		return err
	}) {
		for i := range out {
			out[i] = S{1, 0}
		}
	}
	return data, dst
}

// appendPart writes the rows of a part.
func appendPart[S ~struct{ Start, End uint32 }](p *part, data []byte, out []S, scratch *Scratch) ([]byte, error) {
	c, at, levels := p.column, p.at, p.levels
	if p.coded != nil {
		indexes := p.page.Data()
		return appendIndexed(p.coded, indexes.Int32()[at:], levels, data, out, scratch)
	}
	values := p.page.Data()
	if values.Kind() == encoding.ByteArray && c.means == plain {
		return appendTexts(c, &values, at, levels, data, out)
	}
	for i := range out {
		if levels != nil && levels[i] != c.levels {
			out[i] = S{1, 0}
			continue
		}
		start := len(data)
		data = c.append(data, &values, at)
		at++
		if len(data) > mostText {
			return data, tooMuchText()
		}
		out[i] = S{uint32(start), uint32(len(data))}
	}
	return data, nil
}

// appendTexts writes texts from the at-th on, which stand in the page one after
// another, all at once.
func appendTexts[S ~struct{ Start, End uint32 }](c *column, values *encoding.Values, at int, levels, data []byte, out []S) ([]byte, error) {
	text, offsets := values.ByteArray()
	offsets = offsets[at:]
	there := len(out)
	if levels != nil {
		there = bytes.Count(levels, []byte{c.levels})
	}
	if there == 0 {
		for i := range out {
			out[i] = S{1, 0}
		}
		return data, nil
	}
	first, last := offsets[0], offsets[there]
	if len(data)+int(last)-int(first) > mostText {
		return data, tooMuchText()
	}
	shift := uint32(len(data)) - first
	data = append(data, text[first:last]...)
	next := 0
	for i := range out {
		if levels != nil && levels[i] != c.levels {
			out[i] = S{1, 0}
			continue
		}
		from, to := offsets[next], offsets[next+1]
		if from > to || to > last {
			return data, errors.New("the lengths of its texts make no sense")
		}
		out[i] = S{from + shift, to + shift}
		next++
	}
	return data, nil
}

// appendIndexed writes values that are indexes into a dictionary, each value of
// which is written when it is first met.
func appendIndexed[S ~struct{ Start, End uint32 }](d *Dictionary, indexes []int32, levels, data []byte, out []S, scratch *Scratch) ([]byte, error) {
	c := d.column
	if cap(scratch.written) < d.n {
		scratch.written = make([]uint64, d.n)
	}
	written := scratch.written[:d.n]
	clear(written)
	const there = 1 << 63
	next := 0
	for i := range out {
		if levels != nil && levels[i] != c.levels {
			out[i] = S{1, 0}
			continue
		}
		index := indexes[next]
		next++
		place := written[index]
		if place == 0 {
			start := len(data)
			data = c.append(data, &d.values, int(index))
			if len(data) > mostText {
				return data, tooMuchText()
			}
			place = there | uint64(start)<<32 | uint64(len(data))
			written[index] = place
		}
		out[i] = S{uint32(place &^ there >> 32), uint32(place)}
	}
	return data, nil
}

func tooMuchText() error {
	return fmt.Errorf("the text of its rows is longer than %d bytes", mostText)
}
