package group

import (
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// suppress mutes what maintenance windows or the route's time intervals
// mute. The alert is known all the same, and told of if it still
// fires when they end.
func suppress(c *call) (Outcome, Reason, error) {
	reason, until := c.engine.suppressed(c.route, c.signal, c.now)
	if reason == "" {
		return "", "", nil
	}
	c.alert.Muted = Suppressed
	if !c.incident.Known || c.alert.Severity.Worse(c.incident.Severity) {
		c.incident.first(c.signal.ID, true)
	}
	c.incident.due(until)
	return Suppressed, reason, nil
}

// suppressed returns why s is not told of at now, "" if it is, and when to ask
// again.
func (e Engine) suppressed(r *policy.Route, s *alert.Signal, now time.Time) (Reason, time.Time) {
	ends := func(w policy.Window) time.Time {
		if len(w.Intervals) == 0 {
			return w.Until
		}
		return policy.Reopens(now, func(t time.Time) bool { return !e.Policy.Mutes(w, s, t) })
	}
	for _, w := range e.Policy.Maintenance {
		if e.Policy.Mutes(w, s, now) {
			return MaintenanceWindow, ends(w)
		}
	}
	if _, open := e.Policy.Open(r, now); !open {
		return TimeInterval, policy.Reopens(now, func(t time.Time) bool { _, open := e.Policy.Open(r, t); return open })
	}
	return "", time.Time{}
}
