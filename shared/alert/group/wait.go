package group

import "tillwatch/shared/alert"

// wait takes an alert of an incident that nobody knows of. P0 and P1 are told
// of at once, the others, and a storm, when the group has waited for more.
func wait(c *call) (Outcome, Reason, error) {
	i := c.incident
	if i.Known {
		return "", "", nil
	}
	i.first(c.signal.ID, false)
	if i.NotBefore.IsZero() {
		i.NotBefore = c.now.Add(c.route.Wait)
	}
	if urgent(c.alert.Severity) && !c.route.WaitAlways && c.group.Key != FloodKey {
		i.NotBefore = c.now
		i.due(c.now)
		return Waiting, Urgent, nil
	}
	i.due(i.NotBefore)
	return Waiting, GroupWait, nil
}

// urgent severities wait for nothing.
func urgent(s alert.Severity) bool { return s == alert.P0 || s == alert.P1 }
