package group

// update takes a new alert of an incident that people know of: the room hears
// of it at the next tick, and nobody is paged again unless the route says so.
func update(c *call) (Outcome, Reason, error) {
	i := c.incident
	i.due(later(i.NextTick, c.now))
	if c.route.PageUpdates {
		i.first(c.signal.ID, false)
		return Waiting, NewInGroup, nil
	}
	if c.group.Key != c.route.GroupKey(c.signal) {
		return Grouped, CorrelatedUp, nil
	}
	return Grouped, NewInGroup, nil
}
