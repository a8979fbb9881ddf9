package group

import "tillwatch/shared/alert"

// wait takes an alert that somebody is to be paged for: its incident is not known
// yet, or not to all whom the alert's routes tell. P0 and P1 are told of at once,
// the others, and a storm, when the group has waited for more.
func wait(c *call) (Outcome, Reason, error) {
	i := c.incident
	if i.known() && len(i.lacks(c.ears.names, c.alert.Severity)) == 0 {
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
