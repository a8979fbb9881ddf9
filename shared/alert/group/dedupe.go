package group

import "tillwatch/shared/alert"

// dedupe drops a signal that was handled before: queues deliver twice, and what
// watches says twice what it saw once.
func dedupe(c *call) (Outcome, Reason, error) {
	a, s := c.alert, c.signal
	switch {
	case a == nil:
	case a.seen(c.id):
		return Duplicate, SameSignal, nil
	case s.Status == alert.Firing && a.Firing && s.At.Equal(a.FiringAt) && s.Severity == a.Severity && a.Hold.IsZero():
		return Duplicate, SameFact, nil
	case s.Status == alert.Resolved && (!a.Firing || !a.Hold.IsZero()) && s.At.Equal(a.ResolvedAt):
		return Duplicate, SameFact, nil
	}
	return "", "", nil
}
