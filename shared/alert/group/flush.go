package group

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// Flush does what time does to g: ends what was held, raises what was not heard
// of, and returns the next thing that there is to tell at now, or false. What
// it returns must be sent and recorded, and Flush called again, until there is
// nothing; a notice that is not recorded comes again.
//
// The reasons and their order are those of Alertmanager: first notification,
// new alerts, all resolved, some resolved, repeat interval elapsed.
func (e Engine) Flush(g *Group, v View, now time.Time) (Notice, bool, error) {
	route := e.Policy.RouteByID(g.Route)
	for _, i := range g.Incidents {
		if i.Due.IsZero() || now.Before(i.Due) {
			continue
		}
		f := newFlush(e, route, g, i, v, now)
		if err := f.age(); err != nil {
			return Notice{}, false, err
		}
		if reason, page := f.reason(); reason != "" {
			return f.notice(reason, page), true, nil
		}
		f.schedule()
	}
	return Notice{}, false, nil
}

// A flush looks at one incident at one time.
type flush struct {
	engine   Engine
	route    *policy.Route
	group    *Group
	incident *Incident
	view     View
	now      time.Time
	listener listener

	fresh, firing, ended []string            // told to nobody; may be told; told and over
	severity             alert.Severity      // the worst of firing
	ears                 map[string][]string // the names of the channels of fresh, firing and ended
	topic                alert.Severity      // the worst of firing that somebody is told of by severity
	lacking              []string            // channels of firing whose people do not know of the incident
	heard                bool                // one of firing goes on as far as can be known
	flooded              bool                // more incidents begin than are told of one by one
	goesOn               bool                // the incident is not over, but for what is suppressed and told to nobody
	again                time.Time           // when something changes by time alone
	stakes               *alert.Stakes       // the worst of firing, as they are now
}

func newFlush(e Engine, route *policy.Route, g *Group, i *Incident, v View, now time.Time) *flush {
	return &flush{
		engine: e, route: route, group: g, incident: i, view: v, now: now,
		listener: listener{policy: e.Policy, now: now}, ears: map[string][]string{},
	}
}

func (f *flush) rule(a *Alert) *policy.Rule { return f.engine.Policy.Rule(a.Of.Rule, a.Of.Pipeline) }

// age does what time does to the alerts, and sorts them.
func (f *flush) age() error {
	if f.incident.Folds != "" || f.group.Key == FloodKey {
		if err := f.flood(); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.incident.Alerts)) {
		a := f.incident.Alerts[key]
		rule := f.rule(a)
		if absent := a.Beat.Add(rule.AbsentAfter); !a.Beat.IsZero() && rule.AbsentAfter > 0 && !a.Firing {
			if f.now.Before(absent) {
				f.again = sooner(f.again, absent)
			} else {
				f.absent(a, rule.AbsentAfter)
			}
		}
		if a.Firing && !a.Hold.IsZero() {
			if f.now.Before(a.Hold) {
				f.again = sooner(f.again, a.Hold)
			} else {
				f.incident.end(f.group, f.engine.Policy, a, a.ResolvedAt)
			}
		}
		if !a.Firing {
			if a.Told {
				f.ended = append(f.ended, key)
				f.ears[key] = f.heardOf(a)
			}
			continue
		}
		if err := f.stillFiring(key, a, rule); err != nil {
			return err
		}
	}
	if f.lacking = f.incident.lacks(f.names(f.firing), f.topic); f.topic == "" {
		f.topic = f.incident.Topic
	}
	f.weigh()
	return nil
}

// stillFiring sorts an alert that fires.
func (f *flush) stillFiring(key string, a *Alert, rule *policy.Rule) error {
	if rule.EscalateAfter > 0 && rule.EscalateTo.Worse(a.Severity) {
		if at := a.Since.Add(rule.EscalateAfter); f.now.Before(at) {
			f.again = sooner(f.again, at)
		} else {
			a.Severity = rule.EscalateTo
			if f.incident.Lead != nil && f.incident.Lead.DedupKey == key {
				f.incident.Lead.Severity = a.Severity
			}
		}
	}
	if a.Source {
		if lost := a.Heard.Add(f.engine.silence(a, f.engine.Policy.Incidents.Stale)); f.now.Before(lost) {
			f.again = sooner(f.again, lost)
		} else {
			f.group.change(f.engine.Policy, a, false)
		}
	}
	if at := a.Since.Add(rule.For); rule.For > 0 && f.now.Before(at) && !a.Told {
		f.again = sooner(f.again, at)
		return nil
	}
	hear := f.listener.ears(&a.Of)
	f.again = sooner(f.again, f.listener.next(hear, &a.Of, f.incident))
	reason, until, err := f.engine.suppressed(&f.listener, hear, f.route, &a.Of, f.incident, f.view)
	if err != nil {
		return err
	}
	muted := Outcome("")
	if reason != "" {
		muted = Suppressed
		f.again = sooner(f.again, until)
	} else if yes, err := f.engine.inhibited(&a.Of, f.view); err != nil {
		return err
	} else if yes {
		muted = Inhibited
		f.again = sooner(f.again, f.now.Add(f.route.Interval))
	}
	a.Muted = muted
	f.goesOn = f.goesOn || a.Told || muted != Suppressed
	if muted != "" {
		return nil
	}
	if !a.Told && !a.Hold.IsZero() {
		return nil // it is over, as far as is known: nobody need hear of it
	}
	f.firing = append(f.firing, key)
	f.ears[key] = hear.names
	if slices.Contains(hear.names, policy.BySeverity) && (f.topic == "" || a.Severity.Worse(f.topic)) {
		f.topic = a.Severity
	}
	f.heard = f.heard || f.engine.alive(a, f.engine.Policy.Incidents.Stale, f.now)
	if f.severity == "" || a.Severity.Worse(f.severity) {
		f.severity = a.Severity
	}
	if !a.Told {
		f.fresh = append(f.fresh, key)
	}
	return nil
}

// absent raises the alert of a heartbeat that was not heard for longer than after.
// From then on what it was to bring is late.
func (f *flush) absent(a *Alert, after time.Duration) {
	i, since := f.incident, a.Beat.Add(after)
	if s := a.Of.Stakes; s != nil {
		a.Of.Stakes = &alert.Stakes{Due: since, HourlyRevenue: s.HourlyRevenue, Currency: s.Currency, Customers: s.Customers}
	}
	if i.Page == 0 && !i.firing() {
		i.Opened = since // and not with the first sign of life
	}
	a.Firing, a.Since, a.FiringAt = true, since, since
	i.Active = f.now
	i.again(f.now)
	if lead := a.Of; i.Lead == nil || !i.leads() {
		lead.At, lead.Severity, lead.Status = since, a.Severity, alert.Firing
		name := a.Of.Rule
		if a.Of.Pipeline != "" {
			name = a.Of.Pipeline + " (" + name + ")"
		}
		lead.Summary = "nothing was heard of " + name + " since " + a.Beat.UTC().Format(time.RFC3339)
		limit := after.Minutes()
		lead.Measure = &alert.Measure{Name: "silence", Value: f.now.Sub(a.Beat).Minutes(), Unit: "minutes",
			Expected: alert.Usual(a.Gaps), Threshold: &limit, Crossed: alert.Above}
		lead.Trend = a.Gaps
		lead.Facts = []alert.Fact{{Name: "last heard of", Value: a.Beat.UTC().Format(time.RFC3339)}}
		i.Lead = &lead
	}
	f.group.change(f.engine.Policy, a, true)
}

// reason returns why something is told of the incident now, "" if nothing is,
// and whether it is a page.
func (f *flush) reason() (alert.Reason, bool) {
	i := f.incident
	tick := !f.now.Before(i.NextTick)
	known := i.known()
	lacks := known && len(f.lacking) > 0
	if lacks && f.now.Before(i.NotBefore) {
		f.again, lacks = sooner(f.again, i.NotBefore), false
	}
	switch {
	case len(f.fresh) > 0 && !known && i.Folds != "" && f.flooded && f.engine.Policy.Incidents.Storm.Folds(f.severity):
		return "", false
	case len(f.fresh) > 0 && !known:
		if !i.NotBefore.IsZero() && f.now.Before(i.NotBefore) {
			f.again = sooner(f.again, i.NotBefore)
			return "", false
		}
		if i.Trying.Since.IsZero() && f.remedyFirst() > 0 {
			return alert.RemedyFirst, false
		}
		if at := f.pageAfter(); f.now.Before(at) {
			f.again = sooner(f.again, at)
			return "", false
		}
		if i.Page > 0 {
			return alert.FiredAgain, true
		}
		return alert.FirstNotification, true
	case len(f.firing) > 0 && known && f.severity.Worse(i.Severity):
		return alert.SeverityRaised, true
	case lacks:
		return alert.NewReceivers, true
	case len(f.firing) > 0 && known && len(f.concerned()) > 0:
		return alert.CostsMore, false
	case len(f.fresh) > 0 && tick:
		return alert.NewAlerts, f.route.PageUpdates
	case (len(i.Told) > 0 || !i.Trying.Since.IsZero()) && !f.goesOn && (len(f.ended) > 0 || !i.firing()):
		if f.route.PageUpdates && !tick {
			break
		}
		return alert.AlertResolved, true
	case len(f.ended) > 0 && tick:
		return alert.SomeResolved, f.route.PageUpdates
	case f.heard && known && tick && i.AckedBy == "" && !f.now.Before(i.PagedAt.Add(f.repeat())):
		return alert.StillFiring, true
	}
	if len(f.fresh) > 0 || len(f.ended) > 0 {
		f.again = sooner(f.again, i.NextTick)
	}
	return "", false
}

// repeat is how long a page is not repeated.
func (f *flush) repeat() time.Duration {
	d := f.route.Repeat
	for _, key := range f.firing {
		d = max(d, f.rule(f.incident.Alerts[key]).CoolDown)
	}
	return d
}

func (f *flush) notice(reason alert.Reason, page bool) Notice {
	i := f.incident
	n := Notice{
		Notice: alert.Notice{
			Reason: reason, Page: page, At: f.now, Since: i.Opened, HeldBack: max(0, i.HeldBack-1), Folded: i.Folded,
			Incident: i.ID, Group: f.group.Key, Channels: f.channels(reason, page), AckedBy: i.AckedBy,
		},
		ID:    i.ID + "-" + strconv.Itoa(i.Page+1) + "-" + string(reason),
		First: i.First, Firing: f.firing, Resolved: f.ended,
	}
	for _, a := range i.Alerts {
		if a.Since.Before(n.Since) && !a.Since.IsZero() {
			n.Since = a.Since
		}
	}
	if page && reason != alert.AlertResolved {
		n.QuietUntil = f.now.Add(f.repeat())
	}
	lead := i.Lead
	if reason == alert.AlertResolved {
		n.By = i.EndedBy
		if i.End != nil {
			lead = i.End
		}
	} else if page && slices.Contains(n.Channels, string(f.topic)) {
		n.Topic = f.topic
	}
	switch reason {
	case alert.SeverityRaised:
		n.Previous = i.Severity
	case alert.StillFiring:
		n.First = i.Again
	case alert.NewReceivers:
		n.First = cmp.Or(i.First, i.Again)
	}
	if lead != nil {
		n.Signal = *lead
	}
	if reason == alert.AlertResolved {
		n.Signal.Status = alert.Resolved
	} else {
		n.Signal.Severity = cmp.Or(f.severity, i.Severity, n.Signal.Severity)
	}
	if f.group.Key == FloodKey {
		n.Signal.DedupKey, n.Signal.Summary = FloodKey, f.storm(reason)
		n.Signal.Measure = &alert.Measure{Name: "incidents beyond the limit", Value: float64(f.incident.beyond())}
		if reason == alert.AlertResolved {
			n.Signal.At = f.now
		}
	}
	f.tellOfStakes(&n)
	n.Others = i.others(n.Signal.DedupKey, append(slices.Clone(f.firing), f.ended...))
	n.Alerts = append(i.alerts(f.ended, alert.Resolved), i.alerts(f.firing, alert.Firing)...)
	n.Alerts = n.Alerts[:min(len(n.Alerts), maxOthers)]
	return n
}

// alerts lists the alerts with keys, worst first.
func (i *Incident) alerts(keys []string, status alert.Status) (list []alert.Member) {
	for _, key := range keys {
		a := i.Alerts[key]
		m := alert.Member{DedupKey: key, Rule: a.Of.Rule, Pipeline: a.Of.Pipeline, Status: status, Severity: a.Severity, At: a.Since, Summary: a.Of.Summary}
		if status == alert.Resolved {
			m.At = a.ResolvedAt
		}
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(a, b alert.Member) int { return strings.Compare(string(a.Severity), string(b.Severity)) })
	return list
}

// maxOthers bounds what a message lists.
const maxOthers = 20

// others returns the summaries of the alerts with keys but for one, worst first.
func (i *Incident) others(but string, keys []string) []string {
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == but })
	slices.SortStableFunc(keys, func(a, b string) int {
		return slices.Index(alert.Severities, i.Alerts[a].Severity) - slices.Index(alert.Severities, i.Alerts[b].Severity)
	})
	var list []string
	for _, key := range keys[:min(len(keys), maxOthers)] {
		a := i.Alerts[key]
		text := a.Of.Summary
		if text == "" {
			text = key
		}
		list = append(list, string(a.Severity)+" "+text)
	}
	return list
}

// schedule says when the incident is looked at next, and ends it if nothing of
// it fires and everybody knows.
func (f *flush) schedule() {
	i := f.incident
	i.Due = f.again
	if i.firing() {
		if f.heard && i.known() && i.AckedBy == "" {
			i.due(later(i.NextTick, i.tick(f.route.Interval, i.PagedAt.Add(f.repeat()))))
		}
		return
	}
	if len(i.Told) == 0 && i.Ended.IsZero() && !i.Active.IsZero() {
		i.Ended, i.First, i.Again = f.now, "", ""
	}
}

// tick returns the first tick at or after t.
func (i *Incident) tick(interval time.Duration, t time.Time) time.Time {
	if i.FirstTick.IsZero() || !t.After(i.FirstTick) {
		return later(t, i.FirstTick)
	}
	n := (t.Sub(i.FirstTick) + interval - 1) / interval
	return i.FirstTick.Add(n * interval)
}
