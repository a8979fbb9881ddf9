package group

import (
	"slices"

	"tillwatch/shared/alert"
)

// heartbeat takes the signals of a rule that is to be heard again and again: as
// long as they come nothing is wrong, and Flush raises an alert when they stop.
// One that comes after that ends it.
func heartbeat(c *call) (Outcome, Reason, error) {
	if c.rule.AbsentAfter <= 0 || c.signal.Status != alert.Firing {
		return "", "", nil
	}
	a := c.alert
	if a == nil {
		a = &Alert{Of: slim(c.signal), Severity: worst(c.rule.Severity, c.signal.Severity)}
		c.incident.Alerts[c.signal.DedupKey], c.alert = a, a
	}
	if a.seen(c.id) {
		return Duplicate, SameSignal, nil
	}
	if at := c.signal.At; at.After(a.Beat) && !a.Beat.IsZero() {
		gap := alert.Point{At: at, Value: at.Sub(a.Beat).Minutes()}
		a.Gaps = alert.Newest(append(slices.Clip(a.Gaps), gap), alert.MaxTrend)
	}
	a.Beat, a.Heard = later(a.Beat, c.signal.At), c.now
	switch s := a.Of.Stakes; {
	case !a.Firing:
		a.Of.Stakes = c.signal.Stakes
	case s != nil:
		over := *s
		over.Until, a.Of.Stakes = c.signal.At, &over
	}
	if a.Firing {
		end := *c.signal
		end.Status, end.Severity = alert.Resolved, a.Severity
		c.incident.ending(end)
		c.incident.end(c.group, c.engine.Policy, a, c.signal.At)
		c.incident.due(c.now)
	}
	c.incident.due(a.Beat.Add(c.rule.AbsentAfter))
	return Heartbeat, Alive, nil
}

// worst returns rule's severity, or the signal's if the rule has none.
func worst(rule, signal alert.Severity) alert.Severity {
	if rule != "" {
		return rule
	}
	return signal
}
