package alert

import "time"

// resolve lets the end of an alert through to everybody who was, or may have
// been, told of it, whatever else holds, and to nobody if nobody was.
func resolve(prev State, s Signal, now time.Time) (Decision, State, bool) {
	if s.Status != Resolved {
		return Decision{}, prev, false
	}
	next := prev
	next.ResolvedAt = later(prev.ResolvedAt, s.At)
	if len(prev.Told) == 0 {
		return Decision{Reason: ResolvedWithoutFiring}, next, true
	}
	next.Firing, next.Told, next.HeldBack = false, nil, 0
	next.NotifiedAt = now
	return Decision{
		Reason:     AlertResolved,
		Severities: prev.Told,
		Since:      prev.Since,
		HeldBack:   prev.HeldBack,
	}, next, true
}
