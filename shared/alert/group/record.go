package group

import (
	"cmp"
	"slices"
	"time"

	"tillwatch/shared/alert"
)

// A Claim keeps two deliveries from sending the same notice.
type Claim struct {
	// Notice is the ID of the notice being sent, Incident that of its incident,
	// "" if there is no claim. Ends says that it tells of the end.
	Notice, Incident string
	Ends             bool
	// Resolved are the alerts that it says have ended.
	Resolved []string `json:",omitempty"`
	// By names its holder, "" if that has no name.
	By string `json:",omitempty"`
	// Until is when the claim ends, should its holder have died, or when its
	// holder gave up after an error. At Until the claim is free.
	Until time.Time
	// Delivered names the channels that were reached before the error.
	Delivered []string `json:",omitempty"`
}

// Hold claims g in the name of by for sending n until until. From then on the
// people of n may have heard of it, whatever becomes of the sender.
func (g *Group) Hold(n Notice, by string, until time.Time) {
	var delivered []string
	if g.Claim.Notice == n.ID {
		delivered = g.Claim.Delivered
	}
	g.Claim = Claim{
		Notice: n.ID, Incident: n.Incident, Ends: n.Reason == alert.AlertResolved, Resolved: n.Resolved, By: by,
		Until: until, Delivered: delivered,
	}
	if i := g.Incident(n.Incident); i != nil && n.Reason != alert.AlertResolved {
		i.tell(n.Channels)
		i.tellAudiences(n.Audiences)
	}
}

func (i *Incident) tell(channels []string) { i.Told = joined(i.Told, channels) }

// joined returns list and what of more is not in it.
func joined(list, more []string) []string {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// Assume takes a claim of g that was abandoned for what it may have done: if it
// told of an end, people may believe that all is well, and must hear if it is
// not. A claim that is held at now is left alone.
func (g *Group) Assume(now time.Time) {
	c := g.Claim
	if c.Notice == "" || c.Until.After(now) {
		return
	}
	if i := g.Incident(c.Incident); i != nil && c.Ends {
		i.unknown()
		for _, a := range i.Alerts {
			if a.Firing {
				a.Told = false
			}
		}
	}
}

// Record notes in g that n was sent at now. g may have changed since Flush
// returned n, but for what only the holder of its claim changes.
func (e Engine) Record(g *Group, n Notice, v View, now time.Time) error {
	if g.Claim.Notice == n.ID {
		g.Claim = Claim{}
	}
	i := g.Incident(n.Incident)
	if i == nil {
		return nil
	}
	route := e.Policy.RouteByID(g.Route)
	for _, key := range n.Resolved {
		if a := i.Alerts[key]; a != nil {
			a.Told = false
		}
	}
	if n.Reason == alert.AlertResolved {
		for _, a := range i.Alerts {
			a.Told = false
		}
		i.Told, i.Audiences, i.Trying = nil, nil, Trial{}
		i.unknown()
	} else if n.Reason != alert.RemedyFirst {
		i.tellAudiences(n.Audiences)
		for _, key := range n.Firing {
			if a := i.Alerts[key]; a != nil {
				a.Told = true
			}
		}
	}
	if n.Page {
		i.Page++
		i.HeldBack = 0
		if n.Reason != alert.AlertResolved {
			if i.First == n.First {
				i.First = ""
			}
			i.Again = ""
			i.NotBefore, i.Folds = time.Time{}, ""
			i.tell(n.Channels)
			i.Reached = joined(i.Reached, n.Channels)
			i.Topic = cmp.Or(n.Topic, i.Topic)
			i.Severity, i.PagedAt = n.Signal.Severity, now
		}
	}
	if n.Reason == alert.FirstNotification || n.Reason == alert.FiredAgain {
		i.FirstTick = now
	}
	i.NextTick = i.tick(route.Interval, now.Add(1))
	f := newFlush(e, route, g, i, v, now)
	if err := f.age(); err != nil {
		return err
	}
	if n.Reason == alert.RemedyFirst {
		i.Trying = Trial{Since: now, Until: now.Add(f.remedyFirst()), Severity: f.severity}
	}
	if reason, _ := f.reason(); reason != "" {
		i.Due = now
		return nil
	}
	f.schedule()
	return nil
}
