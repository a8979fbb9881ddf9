package group

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// Find returns the group that s belongs to at now: its own, or that of a
// pipeline up or down the stream which has an incident that spreads. Then alias
// is its own group, changed so that it leads there, and must be stored too; else
// alias is nil. It leads there for as long as that one incident goes on.
func (e Engine) Find(s *alert.Signal, v View, now time.Time) (g, alias *Group, err error) {
	if s.Rule == alert.IncidentStorm && s.GroupKey == FloodKey {
		g, err = v.Group(FloodKey)
		return g, nil, err
	}
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
	for _, name := range e.neighbours(r, s) {
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

// upstreams are the labels by which a signal itself says what it depends on.
var upstreams = []string{"upstream", "upstreams", "upstream_pipeline", "source_pipeline", "parent_pipeline", "depends_on", "caused_by", "triggered_by"}

// maxUpstreams bounds what one signal may say that it depends on.
const maxUpstreams = 8

// neighbours are the parts that the signal itself, or the policy, says are up or
// down the stream. That two have failed together before is no reason: where
// incidents overlap, a history taught enough of it to help gave one incident in
// twenty away to another, of which nobody was told then.
func (e Engine) neighbours(r *policy.Route, s *alert.Signal) []string {
	_, part := r.Part(s)
	var near []string
	for _, name := range upstreams {
		for up := range strings.FieldsFuncSeq(s.Labels[name], func(c rune) bool { return c == ',' || c == ' ' }) {
			if up != part && len(near) < maxUpstreams {
				near = append(near, up)
			}
		}
	}
	return append(near, e.Policy.Neighbours(part)...)
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
