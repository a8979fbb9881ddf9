package alert

import "time"

// order drops a signal that something newer has overtaken: a firing older than
// the newest resolve, a resolve older than the newest firing. At equal times
// the signal goes on, since a notification too many beats one too few.
func order(prev State, s Signal, _ time.Time) (Decision, State, bool) {
	newest := prev.ResolvedAt
	if s.Status == Resolved {
		newest = prev.FiringAt
	}
	if !s.At.Before(newest) {
		return Decision{}, prev, false
	}
	return Decision{Reason: Outdated, Since: prev.Since}, prev, true
}
