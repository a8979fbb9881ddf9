package state

import (
	"maps"
	"slices"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/wire"
)

// What is in a map is written in the order of its keys, so that the same
// aggregate is always written the same.

// EncodeSum writes a sum.
func EncodeSum(w *wire.Writer, s *decimal.Sum) {
	form, _ := s.AppendBinary(nil) // has no error
	w.Bytes(form)
}

// DecodeSum reads a sum.
func DecodeSum(r *wire.Reader, s *decimal.Sum) {
	if err := s.UnmarshalBinary(r.Bytes()); err != nil && !r.Failed() {
		r.Fail(err.Error())
	}
}

// EncodeLongSum writes a sum of long numbers.
func EncodeLongSum(w *wire.Writer, s *decimal.LongSum) {
	form, _ := s.AppendBinary(nil) // has no error
	w.Bytes(form)
}

// DecodeLongSum reads a sum of long numbers.
func DecodeLongSum(r *wire.Reader, s *decimal.LongSum) {
	if err := s.UnmarshalBinary(r.Bytes()); err != nil && !r.Failed() {
		r.Fail(err.Error())
	}
}

func encodeLong(w *wire.Writer, l decimal.Long) {
	var s decimal.LongSum
	s.Add(l)
	EncodeLongSum(w, &s)
}

func decodeLong(r *wire.Reader) decimal.Long {
	var s decimal.LongSum
	DecodeLongSum(r, &s)
	l, ok := s.Long()
	if !ok && !r.Failed() {
		r.Fail("no long number")
	}
	return l
}

// EncodeDecimal writes a number.
func EncodeDecimal(w *wire.Writer, d decimal.Decimal) {
	w.Int(d.Coef)
	w.Uint(uint64(d.Scale))
}

// DecodeDecimal reads a number.
func DecodeDecimal(r *wire.Reader) decimal.Decimal {
	coef := r.Int()
	d, ok := decimal.New(coef, uint8(r.Within(decimal.MaxScale)))
	if !ok {
		r.Fail("no decimal")
		return decimal.Decimal{}
	}
	return d
}

func encodeMoment(w *wire.Writer, m datetime.Moment) {
	w.Int(m.Unix)
	w.Uint(uint64(m.Nano))
	w.Bool(m.Zoned)
}

func decodeMoment(r *wire.Reader) datetime.Moment {
	return datetime.Moment{Unix: r.Int(), Nano: int32(r.Within(999_999_999)), Zoned: r.Bool()}
}

// Encode implements Aggregate.
func (a *Nulls) Encode(w *wire.Writer) { w.Int(a.Null); w.Int(a.Total) }

// Decode implements Aggregate.
func (a *Nulls) Decode(r *wire.Reader) { a.Null, a.Total = r.Natural(), r.Natural() }

// Encode implements Aggregate.
func (a *Extent) Encode(w *wire.Writer) {
	w.Int(a.Seen)
	encodeMoment(w, a.Oldest)
	encodeMoment(w, a.Newest)
}

// Decode implements Aggregate.
func (a *Extent) Decode(r *wire.Reader) {
	a.Seen = r.Natural()
	a.Oldest, a.Newest = decodeMoment(r), decodeMoment(r)
}

// Encode implements Aggregate.
func (a *Newest) Encode(w *wire.Writer) {
	w.Int(a.Seen)
	w.Int(a.Later)
	encodeMoment(w, a.Newest)
}

// Decode implements Aggregate.
func (a *Newest) Decode(r *wire.Reader) {
	a.Seen, a.Later = r.Natural(), r.Natural()
	a.Newest = decodeMoment(r)
}

// Encode implements Aggregate.
func (a *Figures) Encode(w *wire.Writer) {
	w.Int(a.n)
	w.Int(a.Large)
	EncodeSum(w, &a.sum)
	EncodeDecimal(w, a.min)
	EncodeDecimal(w, a.max)
	w.Int(a.long.n)
	if a.long.n > 0 {
		EncodeLongSum(w, &a.long.sum)
		encodeLong(w, a.long.min)
		encodeLong(w, a.long.max)
	}
}

// Decode implements Aggregate.
func (a *Figures) Decode(r *wire.Reader) {
	a.n, a.Large = r.Natural(), r.Natural()
	DecodeSum(r, &a.sum)
	a.min, a.max = DecodeDecimal(r), DecodeDecimal(r)
	if a.long.n = r.Natural(); a.long.n > 0 {
		DecodeLongSum(r, &a.long.sum)
		a.long.min, a.long.max = decodeLong(r), decodeLong(r)
	}
}

// Encode implements Aggregate.
func (a *Occurrences) Encode(w *wire.Writer) {
	w.Bool(a.Full)
	w.Uint(uint64(len(a.Seen)))
	for _, value := range slices.Sorted(maps.Keys(a.Seen)) {
		w.Text(value)
		w.Int(a.Seen[value])
	}
}

// Decode implements Aggregate.
func (a *Occurrences) Decode(r *wire.Reader) {
	a.Full = r.Bool()
	n := ReadGroups(r, 2)
	a.Seen = make(map[string]int64, n)
	for range n {
		value := r.Text()
		a.Seen[value] = r.Natural()
	}
}

// ReadGroups reads how many groups follow.
func ReadGroups(r *wire.Reader, least int) int {
	n := r.Count(least)
	if n > GroupLimit+1 {
		r.Fail("more groups than are remembered")
		return 0
	}
	return n
}

// Encode implements Aggregate.
func (a *Periods) Encode(w *wire.Writer) {
	w.Bool(a.Full)
	w.Uint(uint64(len(a.Seen)))
	for _, period := range slices.Sorted(maps.Keys(a.Seen)) {
		w.Int(period)
		w.Int(a.Seen[period])
	}
}

// Decode implements Aggregate.
func (a *Periods) Decode(r *wire.Reader) {
	a.Full = r.Bool()
	n := ReadGroups(r, 2)
	a.Seen = make(map[int64]int64, n)
	for range n {
		period := r.Int()
		a.Seen[period] = r.Natural()
	}
}

// Encode implements Aggregate.
func (a *Groups) Encode(w *wire.Writer) {
	w.Bool(a.Full)
	w.Int(a.Wrong)
	w.Uint(uint64(len(a.Sums)))
	for _, key := range slices.Sorted(maps.Keys(a.Sums)) {
		w.Text(key)
		EncodeSum(w, a.Sums[key])
	}
}

// Decode implements Aggregate.
func (a *Groups) Decode(r *wire.Reader) {
	a.Full, a.Wrong = r.Bool(), r.Natural()
	n := ReadGroups(r, 2)
	a.Sums = make(map[string]*decimal.Sum, n)
	for range n {
		key := r.Text()
		sum := new(decimal.Sum)
		DecodeSum(r, sum)
		a.Sums[key] = sum
	}
}
