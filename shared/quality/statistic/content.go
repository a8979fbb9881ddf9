package statistic

import (
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/quality/wire"
)

// Content is how a column is distributed: its values, its numbers, and what they
// are written like.
type Content struct {
	Values  *Histogram
	Numbers *Quantiles
	Forms   *Forms
}

// NewContent returns an aggregate that has seen nothing.
func NewContent(slot int) *Content {
	return &Content{NewHistogram(slot, ExactValues), NewQuantiles(slot), &Forms{Slot: slot}}
}

func (a *Content) Observe(v *view.View) {
	a.Values.Observe(v)
	a.Numbers.Observe(v)
	a.Forms.Observe(v)
}

func (a *Content) Merge(other state.Aggregate) {
	o := other.(*Content)
	a.Values.Merge(o.Values)
	a.Numbers.Merge(o.Numbers)
	a.Forms.Merge(o.Forms)
}

// Encode implements Aggregate.
func (a *Content) Encode(w *wire.Writer) {
	a.Values.Encode(w)
	a.Numbers.Encode(w)
	a.Forms.Encode(w)
}

// Decode implements Aggregate.
func (a *Content) Decode(r *wire.Reader) {
	a.Values.Decode(r)
	a.Numbers.Decode(r)
	a.Forms.Decode(r)
}
