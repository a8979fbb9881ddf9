package alert

import "time"

// coolDown holds back an alert that was told of less than d ago; exactly d
// after the notification the cool-down is over.
func coolDown(d time.Duration) Stage {
	return func(prev State, s Signal, now time.Time) (Decision, State, bool) {
		if now.Sub(prev.NotifiedAt) >= d {
			return Decision{}, prev, false
		}
		next := prev
		next.FiringAt = later(prev.FiringAt, s.At)
		next.HeldBack++
		return Decision{Reason: CoolingDown, Since: prev.Since, HeldBack: next.HeldBack}, next, true
	}
}

// repeat tells again of an alert that fires on after its cool-down.
func repeat(prev State, s Signal, now time.Time) (Decision, State, bool) {
	return Decision{
		Reason:     StillFiring,
		Severities: []Severity{s.Severity},
		Since:      prev.Since,
		HeldBack:   prev.HeldBack,
	}, told(prev, s, now), true
}
