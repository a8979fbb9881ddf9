package landing

import (
	"slices"
	"time"
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

// Resolve returns the standing without the signals of other rules than except
// that were raised by objects that did not arrive after at, and those signals.
// What arrived later is no news that an older file could end.
func (s Standing) Resolve(except string, at time.Time) (Standing, []Open) {
	ends := func(o Open) bool { return o.Rule != except && !o.At.After(at) }
	var resolved []Open
	for _, o := range s.Open {
		if ends(o) {
			resolved = append(resolved, o)
		}
	}
	next := s
	next.Open = slices.DeleteFunc(slices.Clone(s.Open), ends)
	return next, resolved
}
