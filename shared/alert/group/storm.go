package group

import "tillwatch/shared/alert"

// storm counts new alerts of a rule beyond its limit instead of keeping them.
// Those that are known go on being heard, and one that is worse than all that
// people know of is never folded.
func storm(c *call) (Outcome, Reason, error) {
	if c.alert != nil || c.signal.Status != alert.Firing {
		return "", "", nil
	}
	i, n := c.incident, 0
	for _, a := range i.Alerts {
		if a.Of.Rule == c.signal.Rule && a.Firing {
			n++
		}
	}
	if n < c.rule.StormLimit && len(i.Alerts) < maxAlerts {
		return "", "", nil
	}
	if len(i.Told) > 0 && i.Page > 0 && c.signal.Severity.Worse(i.Severity) && len(i.Alerts) < 2*maxAlerts {
		return "", "", nil
	}
	i.Folded++
	i.Active = c.now
	return Folded, StormLimit, nil
}
