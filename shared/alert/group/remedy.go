package group

import (
	"time"

	"tillwatch/shared/alert"
)

// A Trial is a remedy that is tried before the first page of an incident. The
// zero value is none.
type Trial struct {
	// Since is when the responder was told, Until how long the page waits,
	// Severity that of the gravest alert then.
	Since, Until time.Time
	Severity     alert.Severity
}

// remedyFirst returns how long the first page of the incident waits for a
// remedy, by the most impatient rule of the gravest that fires; 0 if it does not
// wait: a P0 does not, nor does what came back, for then the remedy did not
// hold.
func (f *flush) remedyFirst() time.Duration {
	if f.severity == alert.P0 || f.incident.Page > 0 {
		return 0
	}
	wait := time.Duration(-1)
	for _, key := range f.firing {
		a := f.incident.Alerts[key]
		if d := f.rule(a).RemedyFirst; a.Severity == f.severity && (wait < 0 || d < wait) {
			wait = d
		}
	}
	return max(0, wait)
}

// pageAfter returns when the first page may go out after a trial began. Once
// what was gravest has ended, the rest waits as long as it did: it may end too.
func (f *flush) pageAfter() time.Time {
	t := f.incident.Trying
	if t.Severity.Worse(f.severity) {
		return t.Until
	}
	return t.Since.Add(f.remedyFirst())
}
