package landing

import (
	"slices"
	"time"

	"tillwatch/shared/alert"
)

// A Standing is what is being signalled about one dataset and period, so that
// the end of a trouble is told only where its begin was.
type Standing struct {
	// Key is "dataset/period", or the dedup key of a signal that stands alone.
	Key  string `json:"key"`
	Open []Open `json:"open"`
	// Revision counts the changes; 0 is never stored.
	Revision int `json:"revision"`
}

// An Open is a signal that was raised and not yet resolved.
type Open struct {
	Rule     string `json:"rule"`
	DedupKey string `json:"dedup_key"`
	SignalID string `json:"signal_id"`
	Severity string `json:"severity"`
	Team     string `json:"team,omitempty"`
	// At is when the latest object that raised it arrived.
	At time.Time `json:"at"`
}

// Raise returns the standing with o open; an earlier signal of the same
// dedup key gives way to it.
func (s Standing) Raise(o Open) Standing {
	next := Standing{Key: s.Key, Revision: s.Revision}
	for _, prev := range s.Open {
		if prev.DedupKey == o.DedupKey {
			if prev.At.After(o.At) {
				o.At = prev.At
			}
			continue
		}
		next.Open = append(next.Open, prev)
	}
	next.Open = append(next.Open, o)
	return next
}

// Resolve returns the standing without the signals that end when an object
// that arrived at that time is judged, and those signals. next is the signal
// that the object raises itself, nil for a good one: a signal that is no more
// urgent than next stays open, since it is not over but worse. What arrived
// later is no news that an older file could end.
func (s Standing) Resolve(next *alert.Signal, at time.Time) (Standing, []Open) {
	ends := func(o Open) bool {
		if o.At.After(at) {
			return false
		}
		return next == nil || o.Rule != next.Rule && alert.Severity(o.Severity).Worse(next.Severity)
	}
	var resolved []Open
	for _, o := range s.Open {
		if ends(o) {
			resolved = append(resolved, o)
		}
	}
	rest := s
	rest.Open = slices.DeleteFunc(slices.Clone(s.Open), ends)
	return rest, resolved
}
