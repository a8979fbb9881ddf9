package state

import (
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/view"
)

// Newest is the newest moment of a column that is not after Until. Later ones
// are counted: a date in the future says nothing of how fresh the others are.
type Newest struct {
	Slot   int
	Until  time.Time
	Newest datetime.Moment
	Seen   int64 // moments up to Until
	Later  int64 // moments after Until
}

// Observe implements Aggregate.
func (a *Newest) Observe(v *view.View) {
	v, times := v.Weighed(a.Slot)
	moments, valid := v.Moments(a.Slot)
	until, nano := a.Until.Unix(), int32(a.Until.Nanosecond())
	for i, ok := range valid {
		n := view.Weight(times, i)
		if !ok || n == 0 {
			continue
		}
		m := moments[i]
		if a.Seen > 0 && m.Unix < a.Newest.Unix { // and so not after Until
			a.Seen += n
			continue
		}
		if m.Unix > until || m.Unix == until && m.Nano > nano {
			a.Later += n
			continue
		}
		a.take(m, n)
	}
}

// Merge implements Aggregate; both have the same Until.
func (a *Newest) Merge(other Aggregate) {
	o := other.(*Newest)
	a.Later += o.Later
	if o.Seen > 0 {
		a.take(o.Newest, o.Seen)
	}
}

func (a *Newest) take(m datetime.Moment, n int64) {
	if a.Seen == 0 || m.Compare(a.Newest) > 0 {
		a.Newest = m
	}
	a.Seen += n
}
