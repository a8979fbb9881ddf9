package group

import (
	"fmt"
	"time"

	"tillwatch/shared/alert"
)

// Find returns the group that s belongs to at now: its own, or that of a
// pipeline up or down the stream which has an incident that spreads. Then alias
// is its own group, changed so that it leads there, and must be stored too; else
// alias is nil. It leads there for as long as that one incident goes on.
func (e Engine) Find(s *alert.Signal, v View, now time.Time) (g, alias *Group, err error) {
	r := e.Policy.Route(s)
	own, err := v.Group(r.GroupKey(s))
	if err != nil {
		return nil, nil, fmt.Errorf("find group: %w", err)
	}
	if own.Into != "" {
		g, err := v.Group(own.Into)
		if err != nil {
			return nil, nil, fmt.Errorf("find group: %w", err)
		}
		if e.knows(g, s, now) || g.took(own) && e.goesOn(g.last(), now) {
			return g, nil, nil
		}
		own.Into, own.Joined, alias = "", "", own
	}
	if s.Status == alert.Resolved || e.holds(own, s, now) {
		return own, alias, nil
	}
	for _, name := range e.neighbours(s) {
		key := r.NeighbourKey(s, name)
		if key == "" || key == own.Key {
			continue
		}
		near, err := v.Group(key)
		if err == nil && near.Into != "" {
			via := near
			if near, err = v.Group(via.Into); err == nil && !near.took(via) {
				near = via
			}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("find group up or down the stream: %w", err)
		}
		if near.Key != own.Key && e.spreads(near, now) {
			own.Into, own.Joined = near.Key, near.last().ID
			return near, own, nil
		}
	}
	return own, alias, nil
}

// neighbours are the pipelines that the policy, or the signal itself by its
// label upstream, says are up or down the stream.
func (e Engine) neighbours(s *alert.Signal) []string {
	near := e.Policy.Neighbours(s.Pipeline)
	if up := s.Labels["upstream"]; up != "" && up != s.Pipeline {
		near = append([]string{up}, near...)
	}
	return near
}

// holds reports whether s belongs to what g knows already: to an alert of it,
// or to an incident that is open or was until just now.
func (e Engine) holds(g *Group, s *alert.Signal, now time.Time) bool {
	i := g.last()
	return e.knows(g, s, now) || i != nil && !i.Active.IsZero() && e.goesOn(i, now)
}

// knows reports whether s belongs to an alert that g holds.
func (e Engine) knows(g *Group, s *alert.Signal, now time.Time) bool {
	for _, i := range g.Incidents {
		a := i.Alerts[s.DedupKey]
		if a != nil && (e.alive(a, e.Policy.Incidents.Stale, now) || a.Firing && s.Status == alert.Resolved || s.At.Before(a.ResolvedAt)) {
			return true
		}
	}
	return false
}

// took reports whether the newest incident of g is the one that own joined.
func (g *Group) took(own *Group) bool {
	i := g.last()
	return i != nil && i.ID == own.Joined
}

// spreads reports whether an incident of g is spreading at now: an alert joined
// it within the look-back. That one still fires is no sign that it explains
// what fails an hour later.
func (e Engine) spreads(g *Group, now time.Time) bool {
	i := g.last()
	return i != nil && i.Ended.IsZero() && !i.Spread.IsZero() && now.Sub(i.Spread) <= e.Policy.Incidents.LookBack
}
