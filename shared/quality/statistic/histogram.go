package statistic

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// Bounds of a Histogram.
const (
	// ExactValues is how many different values a Histogram counts exactly, if not
	// fewer are asked for.
	ExactValues = 1000
	// longestValue is how many bytes of a value are kept.
	longestValue = 64
)

// A Histogram tells how often each value of a column occurs, nulls apart:
// exactly, while there are no more different ones than its limit. Beyond it holds
// as many of those whose fingerprints are smallest, with exact counts: a
// sample of the different values, the same in whatever order they came. Of a value
// the first 64 bytes are kept. Source of the sample: Bar-Yossef, Jayram, Kumar,
// Sivakumar and Trevisan, Counting Distinct Elements in a Data Stream (2002).
type Histogram struct {
	Slot  int
	N     int64 // values
	limit int
	below uint64 // fingerprints from here on are not held
	held  map[uint64]*Value
}

// A Value is a value and how often it occurs.
type Value struct {
	Print uint64 // its fingerprint
	Text  string // its first 64 bytes
	N     int64
}

// NewHistogram returns an aggregate that has seen nothing, and holds up to limit
// different values exactly.
func NewHistogram(slot, limit int) *Histogram {
	return &Histogram{Slot: slot, limit: limit, below: math.MaxUint64, held: map[uint64]*Value{}}
}

func (a *Histogram) Observe(v *view.View) {
	spans := v.Spans(a.Slot)
	data := v.Batch.Data
	for _, s := range spans {
		if !s.IsNull() {
			a.count(data[s.Start:s.End])
		}
	}
}

func (a *Histogram) count(value []byte) {
	a.N++
	print := xxh3.Hash(value)
	if print > a.below {
		return
	}
	if one := a.held[print]; one != nil {
		one.N++
		return
	}
	a.held[print] = &Value{print, string(value[:min(len(value), longestValue)]), 1}
	if len(a.held) > 2*a.limit {
		a.shrink()
	}
}

// shrink lets go of all but the values with the smallest fingerprints.
func (a *Histogram) shrink() {
	if len(a.held) > a.limit {
		a.below = slices.Sorted(maps.Keys(a.held))[a.limit-1]
	}
	for print := range a.held {
		if print > a.below {
			delete(a.held, print)
		}
	}
}

func (a *Histogram) Merge(other state.Aggregate) {
	o := other.(*Histogram)
	a.N += o.N
	a.below = min(a.below, o.below)
	for print, theirs := range o.held {
		if mine := a.held[print]; mine != nil {
			mine.N += theirs.N
		} else if print <= a.below {
			one := *theirs
			a.held[print] = &one
		}
	}
	a.shrink()
}

// Exact reports whether every value is held.
func (a *Histogram) Exact() bool { return a.below == math.MaxUint64 && len(a.held) <= a.limit }

// All returns the values that are held, most frequent first, and of equal ones
// in the order of their bytes.
func (a *Histogram) All() []Value {
	a.shrink()
	list := make([]Value, 0, len(a.held))
	for _, one := range a.held {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(x, y Value) int {
		return cmp.Or(cmp.Compare(y.N, x.N), cmp.Compare(x.Text, y.Text), cmp.Compare(x.Print, y.Print))
	})
	return list
}

// Forms tells what the values that are held are written like.
func (a *Histogram) Forms() *Forms {
	forms := &Forms{Slot: a.Slot}
	for _, v := range a.All() {
		_, kind := decimal.Parse([]byte(v.Text))
		forms.N[formOf([]byte(v.Text), kind)] += v.N
	}
	return forms
}

// Encode implements Aggregate.
func (a *Histogram) Encode(w *wire.Writer) {
	a.shrink()
	w.Int(a.N)
	w.Word(a.below)
	w.Uint(uint64(len(a.held)))
	for _, print := range slices.Sorted(maps.Keys(a.held)) {
		w.Word(print)
		w.Text(a.held[print].Text)
		w.Int(a.held[print].N)
	}
}

// Decode implements Aggregate.
func (a *Histogram) Decode(r *wire.Reader) {
	a.N, a.below, a.held = r.Natural(), r.Word(), map[uint64]*Value{}
	for range r.Count(10) {
		one := &Value{Print: r.Word(), Text: r.Text(), N: r.Natural()}
		a.held[one.Print] = one
	}
	if len(a.held) > a.limit {
		r.Fail("more values than are held")
		a.held = map[uint64]*Value{}
	}
}
