package group

// pending holds an alert whose rule wants it to fire for a while first.
func pending(c *call) (Outcome, Reason, error) {
	if at := c.alert.Since.Add(c.rule.For); c.rule.For > 0 && c.now.Before(at) && !c.alert.Told {
		c.incident.due(at)
		if !c.incident.known() {
			c.incident.first(c.signal.ID, false)
		}
		return Waiting, PendingFor, nil
	}
	return "", "", nil
}
