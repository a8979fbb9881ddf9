package statistic

import (
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// Share counts the values of a column, nulls apart, and those among them that
// are one bar of a histogram.
type Share struct {
	Slot     int
	N, Total int64 // those in the bar, and all
	Large    int64 // numbers too long to be compared, if the bar is of numbers
	text     []byte
	from, to *decimal.Decimal
}

// NewShare returns an aggregate that has seen nothing, of the values that are
// text.
func NewShare(slot int, text string) *Share { return &Share{Slot: slot, text: []byte(text)} }

// NewShareBetween returns an aggregate that has seen nothing, of the numbers from
// from on and below to; either may be nil.
func NewShareBetween(slot int, from, to *decimal.Decimal) *Share {
	return &Share{Slot: slot, from: from, to: to}
}

func (a *Share) Observe(v *view.View) {
	if a.from == nil && a.to == nil {
		v, list := v.Tally(a.Slot)
		data := v.Batch.Data
		for _, t := range list {
			if a.Total += t.N; string(data[t.Value.Start:t.Value.End]) == string(a.text) {
				a.N += t.N
			}
		}
		return
	}
	numbers, kinds := v.Numbers(a.Slot)
	for i, s := range v.Spans(a.Slot) {
		if s.IsNull() {
			continue
		}
		a.Total++
		switch {
		case kinds[i] == decimal.Large:
			a.addLong(v.Value(a.Slot, i))
		case kinds[i] == decimal.Fits && (a.from == nil || numbers[i].Cmp(*a.from) >= 0) && (a.to == nil || numbers[i].Cmp(*a.to) < 0):
			a.N++
		}
	}
}

func (a *Share) addLong(text []byte) {
	l, ok := decimal.ParseLong(text)
	switch {
	case !ok:
		a.Large++
	case (a.from == nil || l.Cmp(a.from.Long()) >= 0) && (a.to == nil || l.Cmp(a.to.Long()) < 0):
		a.N++
	}
}

func (a *Share) Merge(other state.Aggregate) {
	o := other.(*Share)
	a.N += o.N
	a.Total += o.Total
	a.Large += o.Large
}

// Encode implements Aggregate.
func (a *Share) Encode(w *wire.Writer) { w.Int(a.N); w.Int(a.Total); w.Int(a.Large) }

// Decode implements Aggregate.
func (a *Share) Decode(r *wire.Reader) { a.N, a.Total, a.Large = r.Natural(), r.Natural(), r.Natural() }
