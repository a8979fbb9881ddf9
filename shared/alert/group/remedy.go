package group

import (
	"time"

	"tillwatch/shared/alert"
)

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
