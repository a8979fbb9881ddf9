package group

import (
	"slices"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// ears are who is told of an alert at a time.
type ears struct {
	// names are the channels of those of its routes that are open then, as
	// receivers name them; shut are the others that tell somebody.
	names []string
	shut  []*policy.Route
}

// nobody reports whether no route ever tells anybody.
func (e ears) nobody() bool { return len(e.names)+len(e.shut) == 0 }

// A listener finds ears at one time.
type listener struct {
	policy *policy.Policy
	now    time.Time
	opens  map[*policy.Route]time.Time // those that were asked for
}

// ears returns who is told of s.
func (l *listener) ears(s *alert.Signal) (e ears) {
	for _, r := range l.policy.RoutesOf(s) {
		if len(r.Channels) == 0 {
			continue
		}
		if _, open := l.policy.Open(r, l.now); !open {
			e.shut = append(e.shut, r)
			continue
		}
		if e.names == nil {
			e.names = slices.Clip(r.Channels)
		}
		e.names = joined(e.names, r.Channels)
	}
	return e
}

// next returns when a route of s, an alert of i, opens that would tell somebody
// who does not know of i, or any route if none is open; zero if there is none.
func (l *listener) next(e ears, s *alert.Signal, i *Incident) (at time.Time) {
	for _, r := range e.shut {
		if len(e.names) == 0 || len(i.lacks(r.Channels, s.Severity)) > 0 {
			at = sooner(at, l.reopens(r))
		}
	}
	return at
}

// reopens returns when r, which is shut, opens.
func (l *listener) reopens(r *policy.Route) time.Time {
	at, ok := l.opens[r]
	if !ok {
		at = policy.Reopens(l.now, func(t time.Time) bool { _, open := l.policy.Open(r, t); return open })
		if l.opens == nil {
			l.opens = map[*policy.Route]time.Time{}
		}
		l.opens[r] = at
	}
	return at
}

// channels returns the channels of the deployment that receivers mean by names,
// each once, for an alert whose severity is topic.
func channels(names []string, topic alert.Severity) (list []string) {
	for _, name := range names {
		if name == policy.BySeverity {
			name = string(topic)
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// lacks returns the channels of names whose people do not know of i. The people
// of a severity need not be told what those of a worse one were.
func (i *Incident) lacks(names []string, topic alert.Severity) (list []string) {
	for _, name := range names {
		if name == policy.BySeverity && i.Topic != "" && !topic.Worse(i.Topic) {
			continue
		}
		for _, c := range channels([]string{name}, topic) {
			if !slices.Contains(i.Reached, c) && !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list
}

// pages reports whether somebody would be paged of the alert if nothing muted it.
func (c *call) pages() bool {
	i, names := c.incident, slices.Clip(c.ears.names)
	for _, r := range c.ears.shut {
		names = joined(names, r.Channels)
	}
	return !i.known() || c.alert.Severity.Worse(i.Severity) || len(i.lacks(names, c.alert.Severity)) > 0
}

// names returns what the receivers of the alerts with keys are told through,
// each once.
func (f *flush) names(keys []string) (list []string) {
	for _, key := range keys {
		list = joined(list, f.ears[key])
	}
	return list
}

// heardOf returns the names of the channels of a's routes, open or not, whose
// people may have heard of it.
func (f *flush) heardOf(a *Alert) (list []string) {
	i := f.incident
	for _, r := range f.engine.Policy.RoutesOf(&a.Of) {
		for _, name := range r.Channels {
			if slices.Contains(i.Told, name) || name == policy.BySeverity && i.Topic != "" {
				list = append(list, name)
			}
		}
	}
	return list
}

// update returns the channels of an update about the alerts with keys: a page
// goes to all that their receivers name, anything else to the rooms among them.
func (f *flush) update(keys []string, page bool) []string {
	names := f.names(keys)
	if !page {
		names = slices.DeleteFunc(names, func(name string) bool { return name != alert.Chat })
	}
	return channels(names, f.topic)
}

// channels returns who is told for a reason, the worst severity first and the
// rooms last.
func (f *flush) channels(reason alert.Reason, page bool) []string {
	list := f.told(reason, page)
	slices.Sort(list)
	return list
}

func (f *flush) told(reason alert.Reason, page bool) []string {
	switch reason {
	case alert.AlertResolved:
		return slices.Clone(f.incident.Told)
	case alert.RemedyFirst, alert.CostsMore:
		return f.update(f.firing, false)
	case alert.NewReceivers:
		return joined(f.lacking, f.update(f.fresh, f.route.PageUpdates))
	case alert.NewAlerts:
		return f.update(f.fresh, page)
	case alert.SomeResolved:
		return f.update(f.ended, page)
	}
	return channels(f.names(f.firing), f.topic)
}
