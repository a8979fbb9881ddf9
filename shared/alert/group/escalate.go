package group

// escalate tells at once of an incident that has become worse than people know.
func escalate(c *call) (Outcome, Reason, error) {
	i := c.incident
	if !i.known() || !c.alert.Severity.Worse(i.Severity) {
		return "", "", nil
	}
	i.First, i.Muted = c.signal.ID, false
	i.due(c.now)
	return Waiting, WorseNow, nil
}
