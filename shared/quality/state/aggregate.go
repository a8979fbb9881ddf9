// Package state holds aggregates: what is remembered of the columns of a file.
// An Aggregate observes the view of one block after another, merges with those of
// other workers and sections, and travels in between by Encode and Decode. What
// its numbers mean for a verdict is the business of package check.
package state

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// An Aggregate remembers something of a column over many blocks. Merging is
// commutative and associative; both must be of the same type and the same
// columns. An Aggregate is used by one goroutine at a time.
//
// Encode writes what was seen, and not what the aggregate is of: columns and
// bounds are the plan's. Decode replaces what a fresh aggregate of the same kind
// and columns has seen; whatever it reads, no method of the aggregate may panic
// or go on for ever afterwards, so that what can't be is made r.Fail.
type Aggregate interface {
	Observe(v *view.View)
	Merge(other Aggregate)
	Encode(w *wire.Writer)
	Decode(r *wire.Reader)
}

// GroupLimit bounds the groups, values and days that one aggregate remembers;
// beyond it the check that needs it is an error, not a larger process.
const GroupLimit = 4_000_000

// Nulls counts a column's null cells.
type Nulls struct {
	Slot        int
	Null, Total int64
}

// Observe implements Aggregate.
func (a *Nulls) Observe(v *view.View) {
	a.Null += int64(len(v.Nulls(a.Slot)))
	a.Total += int64(v.Len())
}

// Merge implements Aggregate.
func (a *Nulls) Merge(o Aggregate) {
	a.Null += o.(*Nulls).Null
	a.Total += o.(*Nulls).Total
}

// An Extent is the oldest and the newest moment of a column.
type Extent struct {
	Slot           int
	Oldest, Newest datetime.Moment
	Seen           int64 // how many moments there were
}

// Observe implements Aggregate.
func (a *Extent) Observe(v *view.View) {
	v, times := v.Weighed(a.Slot)
	moments, valid := v.Moments(a.Slot)
	for i, ok := range valid {
		n := view.Weight(times, i)
		if !ok || n == 0 {
			continue
		}
		m := moments[i]
		if a.Seen == 0 || m.Compare(a.Newest) > 0 {
			a.Newest = m
		}
		if a.Seen == 0 || m.Compare(a.Oldest) < 0 {
			a.Oldest = m
		}
		a.Seen += n
	}
}

// Merge implements Aggregate.
func (a *Extent) Merge(other Aggregate) {
	o := other.(*Extent)
	if o.Seen == 0 {
		return
	}
	if a.Seen == 0 || o.Newest.Compare(a.Newest) > 0 {
		a.Newest = o.Newest
	}
	if a.Seen == 0 || o.Oldest.Compare(a.Oldest) < 0 {
		a.Oldest = o.Oldest
	}
	a.Seen += o.Seen
}

// Occurrences counts how often each value of a column occurs.
type Occurrences struct {
	Slot int
	Seen map[string]int64
	Full bool // there were more than fit
}

// Observe implements Aggregate.
func (a *Occurrences) Observe(v *view.View) {
	v, list := v.Tally(a.Slot)
	data := v.Batch.Data
	for _, t := range list {
		a.Add(data[t.Value.Start:t.Value.End], t.N)
	}
}

// Add counts a value n times, unless there are too many different ones: see Full.
func (a *Occurrences) Add(value []byte, n int64) {
	if old, ok := a.Seen[string(value)]; ok {
		a.Seen[string(value)] = old + n
	} else if len(a.Seen) < GroupLimit {
		a.Seen[string(value)] = n
	} else {
		a.Full = true
	}
}

// Merge implements Aggregate.
func (a *Occurrences) Merge(other Aggregate) {
	o := other.(*Occurrences)
	for value, n := range o.Seen {
		a.Add([]byte(value), n)
	}
	a.Full = a.Full || o.Full
}

// Periods counts the rows of each day or hour of a date column, keyed by Unix
// seconds divided by the period's length.
type Periods struct {
	Slot   int
	Length time.Duration
	Seen   map[int64]int64
	Full   bool // there were more than fit
}

// Observe implements Aggregate.
func (a *Periods) Observe(v *view.View) {
	v, times := v.Weighed(a.Slot)
	moments, valid := v.Moments(a.Slot)
	seconds := int64(a.Length / time.Second)
	for i, ok := range valid {
		if n := view.Weight(times, i); ok && n > 0 {
			a.Add(floorDiv(moments[i].Unix, seconds), n)
		}
	}
}

// Add counts n rows of a period, unless there are too many: see Full.
func (a *Periods) Add(period, n int64) {
	if _, ok := a.Seen[period]; !ok && len(a.Seen) >= GroupLimit {
		a.Full = true
		return
	}
	a.Seen[period] += n
}

// Merge implements Aggregate.
func (a *Periods) Merge(other Aggregate) {
	o := other.(*Periods)
	for p, n := range o.Seen {
		a.Add(p, n)
	}
	a.Full = a.Full || o.Full
}

// floorDiv is a/b rounded down, for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Groups sums a column by key; without slots all rows are one group, and with
// column -1 rows are counted.
type Groups struct {
	Slots  []int
	Column int
	Minus  bool
	Sums   map[string]*decimal.Sum // by the key's values, separated by U+001F
	Full   bool                    // there were more than fit
	Wrong  int64                   // values that are no number that can be summed exactly
	key    []byte
}

// Observe implements Aggregate.
func (a *Groups) Observe(v *view.View) {
	for _, s := range a.Slots {
		v.Spans(s)
	}
	var numbers []decimal.Decimal
	var kinds []decimal.Kind
	if a.Column >= 0 {
		numbers, kinds = v.Numbers(a.Column)
	}
	data := v.Batch.Data
rows:
	for row := range v.Len() {
		a.key = a.key[:0]
		for i, slot := range a.Slots {
			s := v.Spans(slot)[row]
			if s.IsNull() {
				continue rows
			}
			if i > 0 {
				a.key = append(a.key, KeySeparator)
			}
			a.key = append(a.key, data[s.Start:s.End]...)
		}
		d := decimal.Decimal{Coef: 1}
		if a.Column >= 0 {
			if v.Spans(a.Column)[row].IsNull() {
				d.Coef = 0
			} else if kinds[row] != decimal.Fits {
				a.Wrong++
				continue
			} else {
				d = numbers[row]
			}
		}
		if a.Minus {
			d = d.Neg()
		}
		sum := a.Sums[string(a.key)]
		if sum == nil {
			if len(a.Sums) >= GroupLimit {
				a.Full = true
				continue
			}
			sum = new(decimal.Sum)
			a.Sums[string(a.key)] = sum
		}
		sum.Add(d)
	}
}

// KeySeparator stands between the values of a key; the unit separator of
// ASCII, which data files don't hold.
const KeySeparator = 0x1F

// Merge implements Aggregate.
func (a *Groups) Merge(other Aggregate) {
	o := other.(*Groups)
	for key, sum := range o.Sums {
		if mine := a.Sums[key]; mine != nil {
			mine.Merge(*sum)
		} else if len(a.Sums) < GroupLimit {
			a.Sums[key] = sum
		} else {
			a.Full = true
		}
	}
	a.Full = a.Full || o.Full
	a.Wrong += o.Wrong
}

// NewOccurrences returns an aggregate that has seen nothing.
func NewOccurrences(slot int) *Occurrences {
	return &Occurrences{Slot: slot, Seen: map[string]int64{}}
}

// NewPeriods returns an aggregate of periods of a length in whole seconds that
// has seen nothing.
func NewPeriods(slot int, length time.Duration) *Periods {
	return &Periods{Slot: slot, Length: length, Seen: map[int64]int64{}}
}

// NewGroups returns an aggregate that has seen nothing; column -1 counts rows,
// and minus negates what is summed.
func NewGroups(slots []int, column int, minus bool) *Groups {
	return &Groups{Slots: slots, Column: column, Minus: minus, Sums: map[string]*decimal.Sum{}}
}
