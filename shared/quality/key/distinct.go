package key

import (
	"math/bits"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// Distinct remembers which tuples of its slots there are. Values of one column
// that are one prefix and a number, such as C004711, cost a bit for each number;
// of others it remembers fingerprints.
type Distinct struct {
	Slots []int
	Full  bool // there were more than fit

	whole   bool       // a null is a value like others
	numbers *numbering // nil once there are fingerprints
	seen    []uint64   // a bit for each number from 0
	ones    int        // in seen
	prints  Prints
}

// NewDistinct returns an aggregate that has seen nothing.
func NewDistinct(slots []int) *Distinct {
	a := &Distinct{Slots: slots}
	if len(slots) == 1 {
		a.numbers = new(numbering)
	}
	return a
}

// NewRows returns an aggregate for tuples in which a null is a value like others.
func NewRows(slots []int) *Distinct { return &Distinct{Slots: slots, whole: true} }

// Numbers below denseNumbers always have a bit; those above only while there
// are no more than sparseBits for each number that was seen.
const (
	denseNumbers = 1 << 19
	sparseBits   = 128
)

// Len returns how many tuples there are.
func (a *Distinct) Len() int { return a.ones + a.prints.Len() }

// Observe implements state.Aggregate.
func (a *Distinct) Observe(v *view.View) {
	if a.Full {
		return
	}
	if a.numbers != nil && a.observeNumbers(v) {
		return
	}
	a.Fingerprints()
	add := func(print uint64) {
		if !a.Full {
			a.prints.Add(print)
			a.Full = a.prints.Len() > state.GroupLimit
		}
	}
	if a.whole {
		WholeTuples(v, a.Slots, func(_ int, print uint64) { add(print) })
	} else {
		TupleTimes(v, a.Slots, func(print uint64, _ int64) { add(print) })
	}
}

// observeNumbers returns false if a value is no number of the form of those
// before, or the numbers are far apart. What it took in by then is no harm.
func (a *Distinct) observeNumbers(v *view.View) bool {
	v, times := v.Weighed(a.Slots[0])
	spans := v.Spans(a.Slots[0])
	data := v.Batch.Data
	n := a.numbers
	for i, s := range spans {
		if s.IsNull() || view.Weight(times, i) == 0 {
			continue
		}
		number, ok := n.number(data[s.Start:s.End])
		if !ok || number >= uint64(len(a.seen))*64 && !a.reach(number) {
			return false
		}
		n.note(number)
		word := &a.seen[number>>6]
		bit := uint64(1) << (number & 63)
		if *word&bit == 0 {
			*word |= bit
			a.ones++
		}
	}
	a.Full = a.ones > state.GroupLimit
	return true
}

// reach makes room for a number, and reports whether that is worth it.
func (a *Distinct) reach(number uint64) bool {
	if number >= denseNumbers && number > sparseBits*uint64(a.ones) {
		return false
	}
	more := make([]uint64, max(int(number>>6)+1, len(a.seen)+len(a.seen)/2))
	copy(more, a.seen)
	a.seen = more
	return true
}

// Fingerprints returns the fingerprints of the tuples, as Tuples makes them.
// From then on the aggregate remembers these.
func (a *Distinct) Fingerprints() *Prints {
	if n := a.numbers; n != nil {
		var text []byte
		for i, word := range a.seen {
			for ; word != 0; word &= word - 1 {
				text = n.text(text[:0], uint64(i<<6+bits.TrailingZeros64(word)))
				a.prints.Add(Fingerprint(text))
			}
		}
		a.numbers, a.seen, a.ones = nil, nil, 0
	}
	return &a.prints
}

// Merge implements state.Aggregate.
func (a *Distinct) Merge(other state.Aggregate) {
	o := other.(*Distinct)
	a.Full = a.Full || o.Full
	if a.numbers != nil && o.numbers != nil && a.numbers.join(o.numbers) {
		if len(o.seen) > len(a.seen) {
			a.seen, o.seen = o.seen, a.seen
		}
		a.ones = 0
		for i := range a.seen {
			if i < len(o.seen) {
				a.seen[i] |= o.seen[i]
			}
			a.ones += bits.OnesCount64(a.seen[i])
		}
	} else {
		a.Fingerprints().Merge(o.Fingerprints())
	}
	a.Full = a.Full || a.Len() > state.GroupLimit
}

// Encode implements state.Aggregate.
func (a *Distinct) Encode(w *wire.Writer) {
	w.Bool(a.Full)
	w.Bool(a.numbers != nil)
	if a.numbers == nil {
		a.prints.Encode(w)
		return
	}
	a.numbers.encodeForm(w)
	last := len(a.seen)
	for last > 0 && a.seen[last-1] == 0 {
		last--
	}
	w.Words(a.seen[:last])
}

// Decode implements state.Aggregate.
func (a *Distinct) Decode(r *wire.Reader) {
	a.Full = r.Bool()
	a.numbers, a.seen, a.ones, a.prints = nil, nil, 0, Prints{}
	if !r.Bool() {
		a.prints.Decode(r)
		return
	}
	a.numbers = new(numbering)
	a.numbers.decodeForm(r)
	a.seen = r.Words()
	for _, word := range a.seen {
		a.ones += bits.OnesCount64(word)
	}
	if len(a.Slots) != 1 || a.ones > 0 && (a.numbers.keys == 0 || uint64(len(a.seen)-1)*64 > a.numbers.top) {
		r.Fail("numbers without their form")
		a.numbers, a.seen, a.ones = nil, nil, 0
	}
}
