package group

import (
	"fmt"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/alert/policy"
)

// A call is one signal on its way through the stages.
type call struct {
	engine   Engine
	signal   *alert.Signal
	id       uint64
	rule     *policy.Rule
	route    *policy.Route
	group    *Group
	incident *Incident
	alert    *Alert // nil if it is new
	flapped  bool   // its end was being held
	ears     ears   // who is told of it now
	also     *alert.Signal
	view     View
	now      time.Time
}

// A stage decides on a signal, or returns "" and leaves it to the next.
type stage func(*call) (Outcome, Reason, error)

var stages = []stage{
	heartbeat, dedupe, order, retry, storm, resolve, observe,
	suppress, inhibit, pending, escalate, flood, wait, coolDown, update,
}

// Receive takes s, which came at now, into g, which Find returned for it, and
// says what became of it. What it changes of g must be stored before anything
// else is done; then g is flushed if it is due.
func (e Engine) Receive(g *Group, s *alert.Signal, v View, now time.Time) (Decision, error) {
	c := &call{engine: e, signal: s, id: hash(s.ID), rule: e.Policy.Rule(s.Rule, s.Pipeline), group: g, view: v, now: now}
	if g.Route == "" {
		g.Route = e.Policy.Route(s).ID
	}
	c.route = e.Policy.RouteByID(g.Route)
	c.incident = e.incident(g, s, now)
	c.alert = c.incident.Alerts[s.DedupKey]
	for _, stage := range stages {
		outcome, reason, err := stage(c)
		if err != nil {
			return Decision{}, err
		}
		if outcome == "" {
			continue
		}
		if outcome != Duplicate && c.alert != nil {
			c.alert.remember(c.id)
		}
		i := c.incident
		return Decision{
			Outcome: outcome, Reason: reason, Incident: i.ID, Group: g.Key, Page: i.Page, PagedAt: i.PagedAt, Also: c.also,
		}, nil
	}
	return Decision{}, fmt.Errorf("decide on signal %s: no stage did", s.ID)
}

// incident returns the incident of g that s belongs to, a new one if it belongs
// to none.
func (e Engine) incident(g *Group, s *alert.Signal, now time.Time) *Incident {
	w := e.Policy.Incidents
	for n := len(g.Incidents) - 1; n >= 0; n-- {
		i := g.Incidents[n]
		a := i.Alerts[s.DedupKey]
		if a == nil {
			continue
		}
		switch {
		case s.At.Before(a.ResolvedAt), !a.Beat.IsZero(), a.seen(hash(s.ID)):
			return i
		case s.Status == alert.Resolved && (a.Firing || now.Sub(a.Heard) <= w.Window):
			return i
		case e.alive(a, w.Stale, now), a.Firing && e.goesOn(i, now):
			return i
		case a.Firing:
			return e.supersede(g, i, s.DedupKey, now)
		}
		break
	}
	if i := g.last(); i != nil && e.goesOn(i, now) {
		return i
	}
	return g.open(w.Window, now)
}

// silences is how many times its longest gap an alert may be silent.
const silences = 10

// alive reports whether a fires as far as can be known at now: one that fired
// once does for as long as most, one that is repeated until it is silent for
// much longer than it ever was.
func (e Engine) alive(a *Alert, most time.Duration, now time.Time) bool {
	return a.Firing && now.Sub(a.Heard) <= e.silence(a, most)
}

// silence is how long nothing need be heard of an alert that fires, at most most.
func (e Engine) silence(a *Alert, most time.Duration) time.Duration {
	if a.Gap == 0 {
		return most
	}
	return min(most, max(2*e.Policy.Incidents.Reopen, silences*a.Gap))
}

// goesOn reports whether new alerts of its group belong to i at now. A resolve
// whose alert never fired is no sign of it.
func (e Engine) goesOn(i *Incident, now time.Time) bool {
	w := e.Policy.Incidents
	if !i.Ended.IsZero() {
		return now.Sub(i.Ended) <= w.Reopen
	}
	if i.Active.IsZero() {
		return now.Sub(i.Opened) <= w.Window
	}
	for _, a := range i.Alerts {
		if e.alive(a, w.Window, now) || !a.Firing && !a.FiringAt.IsZero() && now.Sub(a.Heard) <= w.Reopen {
			return true
		}
	}
	return false
}

// supersede moves the alert with that key from old, in which nothing was heard
// of it for too long, to the incident that goes on, or to a new one. Who was told
// of it there hears of its end there no more, so that they are carried along.
func (e Engine) supersede(g *Group, old *Incident, key string, now time.Time) *Incident {
	delete(old.Alerts, key)
	told, audiences := old.Told, old.Audiences
	if !old.firing() {
		old.Told, old.Audiences, old.Due, old.Ended = nil, nil, time.Time{}, now
		old.unknown()
	}
	i := g.last()
	if i == old || !e.goesOn(i, now) {
		i = g.open(e.Policy.Incidents.Window, now)
	}
	i.tell(told)
	i.tellAudiences(audiences)
	return i
}

// observe takes a firing signal into its alert. It decides nothing.
func observe(c *call) (Outcome, Reason, error) {
	i, s := c.incident, c.signal
	a := c.alert
	if a == nil {
		a = &Alert{}
		i.Alerts[s.DedupKey], c.alert, i.Spread = a, a, c.now
	}
	again := a.Firing
	if !a.Firing {
		a.Firing, a.Since, a.Muted = true, s.At, ""
		i.again(c.now)
	} else if !a.Hold.IsZero() {
		c.flapped = true
	}
	a.Hold = time.Time{}
	if !s.At.Before(a.FiringAt) {
		stakes := s.Stakes
		if again {
			stakes = impact.Since(a.Of.Stakes, s.Stakes)
		}
		a.FiringAt, a.Severity, a.Of = s.At, s.Severity, slim(s)
		a.Of.Stakes = stakes
	} else if s.Severity.Worse(a.Severity) {
		a.Severity = s.Severity // late, and worse than what came after it
	}
	if !a.Heard.IsZero() {
		a.Gap = max(a.Gap, c.now.Sub(a.Heard))
	}
	a.Heard, i.Active = c.now, c.now
	if !a.Source && c.group.change(c.engine.Policy, a, true) {
		i.due(c.now.Add(c.engine.silence(a, c.engine.Policy.Incidents.Stale)))
	}
	i.HeldBack++
	if i.Lead == nil || i.Lead.DedupKey == s.DedupKey || s.Severity.Worse(i.Lead.Severity) || !i.leads() {
		lead := *s
		i.Lead = &lead
	}
	if at := a.Since.Add(c.rule.EscalateAfter); c.rule.EscalateAfter > 0 && c.rule.EscalateTo.Worse(a.Severity) {
		i.due(later(at, c.now))
	}
	return "", "", nil
}

// again notes that something of i fires at now: whoever took it on before it
// ended took on another one.
func (i *Incident) again(now time.Time) {
	if i.Ended.IsZero() && i.EndedBy == "" {
		return
	}
	i.Ended, i.Reopened, i.AckedBy, i.EndedBy = time.Time{}, now, "", ""
}

// leads reports whether the alert of the lead still fires.
func (i *Incident) leads() bool {
	a := i.Alerts[i.Lead.DedupKey]
	return a != nil && a.Firing
}

// slim returns what is kept of a signal for as long as its alert is.
func slim(s *alert.Signal) alert.Signal {
	return alert.Signal{
		ID: s.ID, DedupKey: s.DedupKey, GroupKey: s.GroupKey, Status: s.Status, Severity: s.Severity, Rule: s.Rule,
		Pipeline: s.Pipeline, Environment: s.Environment, Team: s.Team, Labels: s.Labels, At: s.At, Summary: s.Summary, Stakes: s.Stakes,
	}
}
