package alert

import "time"

// raise tells at once of an alert that has become worse than what was told.
func raise(prev State, s Signal, now time.Time) (Decision, State, bool) {
	if !s.Severity.Worse(prev.Severity) {
		return Decision{}, prev, false
	}
	return Decision{
		Reason:     SeverityRaised,
		Severities: []Severity{s.Severity},
		Previous:   prev.Severity,
		Since:      prev.Since,
		HeldBack:   prev.HeldBack,
	}, told(prev, s, now), true
}
