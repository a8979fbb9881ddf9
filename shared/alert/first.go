package alert

import "time"

// first tells of an alert that nobody knows of. One that fires again after its
// end was told is new: a cool-down that hid it would leave people believing
// that all is well.
func first(prev State, s Signal, now time.Time) (Decision, State, bool) {
	if prev.Firing {
		return Decision{}, prev, false
	}
	d := Decision{Reason: FirstNotification, Severities: []Severity{s.Severity}}
	if !prev.NotifiedAt.IsZero() {
		d.Reason = FiredAgain
	}
	return d, told(prev, s, now), true
}
