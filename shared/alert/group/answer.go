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
// What was heard to fire after that time has come back, and is told of as such;
// an answer that comes again after that changes nothing. It reports whether
// there was something to end.
func (e Engine) Resolve(g *Group, incident, by string, at, now time.Time) bool {
	i := g.Incident(incident)
	if i == nil || i.over() || !at.After(i.Reopened) {
		return false
	}
	ended := false
	for _, key := range slices.Sorted(maps.Keys(i.Alerts)) {
		a := i.Alerts[key]
		switch {
		case !a.Firing:
		case a.Heard.After(at):
			a.Told = false
			i.first(a.Of.ID, false)
		default:
			i.end(g, e.Policy, a, at)
			ended = true
		}
	}
	i.due(now)
	if i.firing() {
		i.Reopened, i.AckedBy = now, ""
		i.unknown()
		return ended
	}
	i.EndedBy = by
	if i.Lead != nil {
		end := *i.Lead
		end.ID, end.Status, end.At = end.ID+"/answered", alert.Resolved, at
		i.End = &end
	}
	return true
}
