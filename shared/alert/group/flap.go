package group

import (
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// resolve ends an alert, or holds its end for as long as its rule keeps it
// firing: what flaps is one alert that fires on. A resolve passes every mute:
// whoever was told that it fires is told that it ended.
func resolve(c *call) (Outcome, Reason, error) {
	if c.signal.Status != alert.Resolved {
		return "", "", nil
	}
	i, a := c.incident, c.alert
	if a == nil || !a.Firing {
		if a == nil && len(i.Alerts) < maxAlerts {
			a = &Alert{Of: slim(c.signal), Severity: c.signal.Severity}
			i.Alerts[c.signal.DedupKey], c.alert = a, a
		}
		if a != nil {
			a.ResolvedAt, a.Heard = later(a.ResolvedAt, c.signal.At), c.now
		}
		return Resolved, NeverFired, nil
	}
	a.ResolvedAt, a.Heard = c.signal.At, c.now
	i.ending(*c.signal)
	if c.rule.KeepFiringFor > 0 {
		if a.Hold.IsZero() {
			a.Hold = c.now.Add(c.rule.KeepFiringFor)
		}
		i.due(a.Hold)
		return Resolved, HeldForFlapping, nil
	}
	i.end(c.group, c.engine.Policy, a, c.signal.At)
	i.due(c.now)
	if i.firing() {
		return Resolved, AlertEnded, nil
	}
	return Resolved, IncidentEnded, nil
}

// ending keeps what the message of the incident's end is about: the end of what
// the messages before were about, or what ended last if that fires on. Its time
// is that of what ended last.
func (i *Incident) ending(s alert.Signal) {
	if i.End != nil && i.Lead != nil && i.End.DedupKey == i.Lead.DedupKey && s.DedupKey != i.Lead.DedupKey {
		if a := i.Alerts[i.Lead.DedupKey]; a != nil && (!a.Firing || !a.Hold.IsZero()) {
			end := *i.End
			end.At = later(end.At, s.At)
			s = end
		}
	}
	i.End = &s
}

// end counts a as ended at t.
func (i *Incident) end(g *Group, p *policy.Policy, a *Alert, t time.Time) {
	a.Firing, a.Hold, a.Muted = false, time.Time{}, ""
	a.ResolvedAt = later(a.ResolvedAt, t)
	g.change(p, a, false)
}
