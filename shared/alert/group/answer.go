package group

import (
	"maps"
	"slices"
	"time"

	"tillwatch/shared/alert"
)

// Acknowledge says that somebody has taken the incident on: nothing of it is
// repeated, but it is told if it becomes worse or comes back after its end. The
// first to say so has it. It reports whether there is such an incident.
func (g *Group) Acknowledge(incident, by string) bool {
	i := g.Incident(incident)
	if i == nil || i.over() {
		return false
	}
	if i.AckedBy == "" {
		i.AckedBy = by
	}
	return true
}

// Resolve says that somebody said at a time that the incident is over: its
// alerts count as ended, and who was told of them is told so at the next Flush.
// What was heard to fire after that time fires on. It reports whether there is
// such an incident.
func (e Engine) Resolve(g *Group, incident, by string, at, now time.Time) bool {
	i := g.Incident(incident)
	if i == nil || i.over() {
		return false
	}
	for _, key := range slices.Sorted(maps.Keys(i.Alerts)) {
		if a := i.Alerts[key]; a.Firing && !a.Heard.After(at) {
			i.end(g, e.Policy, a, at)
		}
	}
	if !i.firing() {
		i.EndedBy = by
		if i.Lead != nil {
			end := *i.Lead
			end.ID, end.Status, end.At = end.ID+"/answered", alert.Resolved, at
			i.End = &end
		}
	}
	i.due(now)
	return true
}
