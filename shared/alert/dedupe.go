package alert

import (
	"slices"
	"time"
)

// dedupe drops a signal that was handled before: queues deliver twice.
func dedupe(prev State, s Signal, _ time.Time) (Decision, State, bool) {
	if !slices.Contains(prev.Seen, s.ID) {
		return Decision{}, prev, false
	}
	return Decision{Reason: Duplicate, Since: prev.Since}, prev, true
}
