package policy

import (
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a zone that a policy names is the same on every machine

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/oncall"
	"tillwatch/shared/document"
)

// local is how the times of a schedule are written, in its own time zone.
const local = "2006-01-02 15:04"

// The bounds of what a policy holds of people. They keep what is asked for
// every message small.
const (
	maxPeople    = 500
	maxSchedules = 100
	maxIntervals = 10 // of a schedule
	maxOverrides = 500
	maxLevels    = 20
	maxCalled    = 10 // in a level
	maxRounds    = 20
)

var (
	channel = &document.Shape{Name: "a topic of the deployment", Kinds: document.Text, Words: Channels}

	personShape = &document.Shape{Name: "a person", Kinds: document.Map,
		Keys: map[string]*document.Shape{"name": text, "channel": channel},
		Instead: map[string]string{"email": "subscribe the address to a topic and name the topic as channel", "phone": "subscribe the number to a topic and name the topic as channel",
			"slack": "the room is told of everything; name a topic as channel"}}

	scheduleShape = &document.Shape{Name: "an on-call schedule", Kinds: document.Map, Need: []string{"time_zone", "first_handover", "people"},
		Keys: map[string]*document.Shape{
			"time_zone": text, "first_handover": text, "turn": duration, "channel": channel,
			"people": {Kinds: document.List, Item: text, Min: 1}, "active_time_intervals": names,
			"overrides": {Kinds: document.List, Item: &document.Shape{Name: "an override", Kinds: document.Map, Need: []string{"person", "from", "until"},
				Keys: map[string]*document.Shape{"person": text, "from": text, "until": text}}},
		},
		Instead: map[string]string{"start": "write first_handover", "handover": "write first_handover: its day and time are those of all", "rotation": "write turn: 1w",
			"length": "write turn: 1w", "timezone": "write time_zone", "location": "write time_zone", "participants": "write people"}}

	escalationShape = &document.Shape{Name: "an escalation", Kinds: document.Map, Need: []string{"levels"},
		Keys: map[string]*document.Shape{
			"severities": {Kinds: document.List, Item: severity, Min: 1}, "matchers": names, "rounds": {Kinds: document.Int},
			"levels": {Kinds: document.List, Min: 1, Item: &document.Shape{Name: "a level", Kinds: document.Map, Need: []string{"after", "to"},
				Keys: map[string]*document.Shape{"after": duration, "to": {Kinds: document.List, Item: text, Min: 1}}}},
		},
		Instead: map[string]string{"severity": "write severities: [P0]", "pipeline": `write matchers: ['pipeline="…"']`, "rule": `write matchers: ['rule="…"']`,
			"repeat": "write rounds"}}
)

// keyed is the shape of a map with keys of one's own.
func keyed(name string, value *document.Shape) *document.Shape {
	return &document.Shape{Name: name, Kinds: document.Map, Check: func(n *document.Node, f *document.Faults) {
		for _, e := range n.Entries {
			value.CheckNode(e.Value, f)
		}
	}}
}

func (r *reader) readPeople(root *document.Node) {
	r.p.People = map[string]Person{}
	for _, e := range entries(root.Get("people")) {
		if len(r.p.People) == maxPeople {
			r.faults.Addf(e.Place, "keep only those who are called", "more than %d people", maxPeople)
			break
		}
		r.unique(e, "person")
		p := Person{Name: e.Value.Get("name").Str(), Channel: e.Value.Get("channel").Str()}
		if p.Name == "" {
			p.Name = e.Key
		}
		r.p.People[e.Key] = p
	}
	for _, e := range entries(root.Get("on_call")) {
		if len(r.p.Schedules) == maxSchedules {
			r.faults.Addf(e.Place, "remove those that are in no level", "more than %d schedules", maxSchedules)
			break
		}
		r.unique(e, "schedule")
		if _, taken := r.p.People[e.Key]; taken {
			r.faults.Addf(e.Place, "rename one of them", "%s is a person and a schedule", e.Key)
		}
		r.p.Schedules = append(r.p.Schedules, r.readSchedule(e.Key, e.Value))
	}
	if root.Get("escalations") == nil {
		r.p.Escalations = Shipped().Escalations
		return
	}
	for _, n := range root.Get("escalations").List() {
		r.p.Escalations = append(r.p.Escalations, r.readEscalation(n))
	}
}

// entries returns the entries of a map, none of nil.
func entries(n *document.Node) []document.Entry {
	if n == nil {
		return nil
	}
	return n.Entries
}

// unique refuses a name that a channel has, which a level could not tell apart.
func (r *reader) unique(e document.Entry, what string) {
	if slices.Contains(Channels, e.Key) || strings.TrimSpace(e.Key) == "" {
		r.faults.Addf(e.Place, "give it another name", "a %s cannot be called %q", what, e.Key)
	}
}

func (r *reader) readSchedule(name string, n *document.Node) Schedule {
	s := Schedule{Schedule: oncall.Schedule{Name: name, People: texts(n.Get("people"))}, Channel: n.Get("channel").Str()}
	zone := time.UTC
	if v := n.Get("time_zone"); v != nil {
		location, err := time.LoadLocation(v.Text)
		if err != nil || v.Text == "Local" {
			r.faults.Addf(v.Place, "write a name of the IANA time zones: Europe/Berlin, UTC", "there is no time zone %q", v.Text)
		} else {
			zone = location
		}
	}
	s.Start = r.local(n.Get("first_handover"), zone)
	if v := n.Get("turn"); v != nil {
		var turn time.Duration
		r.duration(v, &turn)
		s.Days = int(turn / (24 * time.Hour))
		if turn%(24*time.Hour) != 0 || s.Days < 1 || s.Days > 366 {
			r.faults.Addf(v.Place, "write whole days or weeks: 1d, 1w, 2w", "a turn of %s", v.Text)
		}
	}
	for _, v := range n.Get("people").List() {
		r.person(v)
	}
	if v := n.Get("active_time_intervals"); v != nil {
		r.names(v)
		intervals := texts(v)
		if len(intervals) > maxIntervals {
			r.faults.Addf(v.Place, "put their times into one interval", "more than %d intervals", maxIntervals)
			intervals = nil
		}
		s.Hours = func(t time.Time) bool {
			return slices.ContainsFunc(intervals, func(name string) bool { return r.p.Within(name, t) })
		}
	}
	list := n.Get("overrides").List()
	if len(list) > maxOverrides {
		r.faults.Addf(n.Get("overrides").Place, "remove those that are over", "more than %d overrides", maxOverrides)
		list = nil
	}
	for _, v := range list {
		o := oncall.Override{Person: v.Get("person").Str(), From: r.local(v.Get("from"), zone), Until: r.local(v.Get("until"), zone)}
		r.person(v.Get("person"))
		if !o.From.Before(o.Until) && !o.Until.IsZero() {
			r.faults.Addf(v.Place, "until must be later than from", "the override lasts no time")
		}
		s.Overrides = append(s.Overrides, o)
	}
	return s
}

// local reads a time as the clocks of a zone show it.
func (r *reader) local(n *document.Node, zone *time.Location) time.Time {
	if n == nil {
		return time.Time{}
	}
	t, err := time.ParseInLocation(local, n.Text, zone)
	if err != nil {
		r.faults.Addf(n.Place, "write it as 2026-11-02 09:00, in the schedule's time zone", "%q is no time", n.Text)
	}
	return t
}

// person reports a person who is not there.
func (r *reader) person(n *document.Node) {
	if n == nil {
		return
	}
	if _, ok := r.p.People[n.Text]; !ok {
		r.faults.Addf(n.Place, document.Among(n.Text, slices.Sorted(maps.Keys(r.p.People))), "there is no person %q under people", n.Text)
	}
}

func (r *reader) readEscalation(n *document.Node) Escalation {
	e := Escalation{Matchers: r.matchers(n, "matchers"), Rounds: 1}
	for _, v := range n.Get("severities").List() {
		e.Severities = append(e.Severities, alert.Severity(v.Text))
	}
	if v := n.Get("rounds"); v != nil {
		rounds, err := v.Int()
		if err != nil || rounds < 1 || rounds > maxRounds {
			r.faults.Addf(v.Place, "write a whole number from 1 to 20", "rounds is %s", document.Describe(v))
		}
		e.Rounds = rounds
	}
	list := n.Get("levels").List()
	if len(list) > maxLevels {
		r.faults.Addf(n.Get("levels").Place, "write rounds to call the same again", "more than %d levels", maxLevels)
		list = nil
	}
	for i, v := range list {
		l := Level{To: texts(v.Get("to"))}
		r.duration(v.Get("after"), &l.After)
		if l.After == 0 && (i > 0 || e.Rounds > 1) {
			r.faults.Addf(v.Place, "give the people before some time, or name both in one level", "this level is called together with the one before it")
		}
		called := v.Get("to").List()
		if len(called) > maxCalled {
			r.faults.Addf(v.Get("to").Place, "name a topic that reaches them all", "a level calls more than %d", maxCalled)
			called = nil
		}
		for _, to := range called {
			r.callable(to)
		}
		e.Levels = append(e.Levels, l)
	}
	return e
}

// callable reports a name of a level that is nobody.
func (r *reader) callable(n *document.Node) {
	_, schedule := r.p.schedule(n.Text)
	_, person := r.p.People[n.Text]
	if schedule || person || slices.Contains(Channels, n.Text) {
		return
	}
	known := slices.Concat(Channels, slices.Sorted(maps.Keys(r.p.People)))
	for _, s := range r.p.Schedules {
		known = append(known, s.Name)
	}
	r.faults.Addf(n.Place, document.Among(n.Text, known), "nobody is called %q: no schedule, person or topic", n.Text)
}

// lintPeople finds escalations that never come about, and says who is never
// called.
func (r *reader) lintPeople(root *document.Node) {
	taken := map[alert.Severity]bool{}
	called := map[string]bool{}
	for i, n := range root.Get("escalations").List() {
		e := r.p.Escalations[i]
		severities := e.Severities
		if len(severities) == 0 {
			severities = alert.Severities
		}
		if !slices.ContainsFunc(severities, func(s alert.Severity) bool { return !taken[s] }) {
			r.faults.Addf(n.Place, "move it before the one without matchers", "this escalation never comes about: one before it takes all of its incidents")
		}
		for _, s := range severities {
			taken[s] = taken[s] || len(e.Matchers) == 0
		}
		for _, l := range e.Levels {
			for _, to := range l.To {
				called[to] = true
			}
		}
	}
	if root.Get("escalations") != nil {
		for _, s := range []alert.Severity{alert.P0, alert.P1} {
			if !taken[s] {
				r.notef("not every %s has an escalation: of one that has none, people are told once, and again only when the policy's repeat_interval is over", s)
			}
		}
	}
	for _, s := range r.p.Schedules {
		if !called[s.Name] {
			r.notef("the schedule %s is in no level of an escalation: who is on call there is not called", s.Name)
		}
	}
}
