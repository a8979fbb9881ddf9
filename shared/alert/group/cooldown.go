package group

// coolDown holds back an alert that people know of and were paged for not long
// ago; exactly at its end it is over.
func coolDown(c *call) (Outcome, Reason, error) {
	switch {
	case !c.alert.Told:
		return "", "", nil
	case c.flapped:
		return Grouped, FlapHeld, nil
	case c.now.Sub(c.incident.PagedAt) < c.rule.CoolDown:
		return CoolingDown, Cooling, nil
	}
	if c.incident.Again == "" {
		c.incident.Again = c.signal.ID
	}
	return Grouped, StillFires, nil
}
