package group

import (
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// suppress mutes what maintenance windows, the time intervals of all routes or
// people's silences mute. The alert is known all the same, and told of if it
// still fires when they end. What no route tells anybody of is known too, so that
// it mutes what it should, and never told of.
func suppress(c *call) (Outcome, Reason, error) {
	l := listener{policy: c.engine.Policy, now: c.now}
	c.ears = l.ears(c.signal)
	reason, until, err := c.engine.suppressed(&l, c.ears, c.route, c.signal, c.incident, c.view)
	if err != nil || reason == "" {
		return "", "", err
	}
	c.alert.Muted = Suppressed
	if reason != NoReceiver && c.pages() {
		c.incident.first(c.signal.ID, true)
	}
	c.incident.due(until)
	return Suppressed, reason, nil
}

// suppressed returns why s, of incident i, is not told to those who hear of it at
// l.now, "" if it is, and when to ask again, zero for never. A silence may be
// expired before its end, so that it is asked again after a group interval at the
// latest, as Alertmanager does.
func (e Engine) suppressed(l *listener, hear ears, r *policy.Route, s *alert.Signal, i *Incident, v View) (Reason, time.Time, error) {
	now := l.now
	ends := func(w policy.Window) time.Time {
		if len(w.Intervals) == 0 {
			return w.Until
		}
		return policy.Reopens(now, func(t time.Time) bool { return !e.Policy.Mutes(w, s, t) })
	}
	if hear.nobody() {
		return NoReceiver, time.Time{}, nil
	}
	for _, w := range e.Policy.Maintenance {
		if e.Policy.Mutes(w, s, now) {
			return MaintenanceWindow, ends(w), nil
		}
	}
	if len(hear.names) == 0 {
		return TimeInterval, l.next(hear, s, i), nil
	}
	silences, err := v.Silences()
	if err != nil {
		return "", time.Time{}, err
	}
	for n := range silences {
		if q := &silences[n]; q.Mutes(s, i.ID, later(i.Opened, i.Reopened), now) {
			return Silenced, sooner(q.Ends, now.Add(r.Interval)), nil
		}
	}
	return "", time.Time{}, nil
}
