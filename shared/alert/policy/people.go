package policy

import (
	"slices"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/oncall"
)

// A Person can be called.
type Person struct {
	Name string
	// Channel is the topic that reaches the person, "" for that of the schedule
	// or, without one, that of the incident's severity.
	Channel string
}

// A Schedule is an on-call schedule and the channel that reaches whoever is on
// call, "" for that of the incident's severity.
type Schedule struct {
	oncall.Schedule
	Channel string
}

// An Escalation says who is called, level by level, while nobody takes an
// incident on.
type Escalation struct {
	// Severities are those it is for; empty is all.
	Severities []alert.Severity
	// Matchers must hold for one of the incident's alerts; empty is any.
	Matchers labels.Matchers
	Levels   []Level
	// Rounds is how often the levels are gone through, at least 1.
	Rounds int
}

// A Level is called After so long: after the incident opened, or after the
// level before.
type Level struct {
	After time.Duration
	// To names schedules, people and channels.
	To []string
}

// Channels are what a level, a schedule and a person may name: the topics of
// the deployment.
var Channels = []string{string(alert.P0), string(alert.P1), string(alert.P2), string(alert.P3), alert.Chat}

// Escalation returns the first escalation for an incident of that severity with
// these alerts, nil if there is none: then nobody is called again.
func (p *Policy) Escalation(severity alert.Severity, alerts ...alert.Signal) *Escalation {
	for i := range p.Escalations {
		e := &p.Escalations[i]
		if len(e.Severities) > 0 && !slices.Contains(e.Severities, severity) {
			continue
		}
		if len(e.Matchers) == 0 || slices.ContainsFunc(alerts, func(s alert.Signal) bool { return Matches(e.Matchers, &s) }) {
			return e
		}
	}
	return nil
}

// Call resolves what a level names: the channels that it goes through, in order
// and each once, and the people of its schedules who are on call at now. A
// schedule that has nobody then is called through its channel all the same.
func (p *Policy) Call(to []string, severity alert.Severity, now time.Time) (channels []string, duties []alert.Duty) {
	through := func(candidates ...string) {
		for _, c := range candidates {
			if c != "" {
				if !slices.Contains(channels, c) {
					channels = append(channels, c)
				}
				return
			}
		}
	}
	for _, name := range to {
		if s, ok := p.schedule(name); ok {
			d := s.duty(now)
			through(p.People[d.Person].Channel, s.Channel, string(severity))
			d.Person = p.named(d.Person)
			duties = append(duties, d)
		} else if person, ok := p.People[name]; ok {
			through(person.Channel, string(severity))
			duties = append(duties, alert.Duty{Person: person.Name})
		} else {
			through(name)
		}
	}
	return channels, duties
}

// OnCall returns who is on call at now for an incident of that severity with
// these alerts: those of all levels of its escalation, in order and each person
// once.
func (p *Policy) OnCall(now time.Time, severity alert.Severity, alerts ...alert.Signal) []alert.Duty {
	e := p.Escalation(severity, alerts...)
	if e == nil {
		return nil
	}
	var names []string
	for _, l := range e.Levels {
		for _, name := range l.To {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	_, all := p.Call(names, severity, now)
	var duties []alert.Duty
	for _, d := range all {
		if !slices.ContainsFunc(duties, func(o alert.Duty) bool { return o.Person == d.Person && d.Person != "" }) {
			duties = append(duties, d)
		}
	}
	return duties
}

func (p *Policy) schedule(name string) (Schedule, bool) {
	i := slices.IndexFunc(p.Schedules, func(s Schedule) bool { return s.Name == name })
	if i < 0 {
		return Schedule{}, false
	}
	return p.Schedules[i], true
}

// duty is who is on call at now, by the key of the person.
func (s Schedule) duty(now time.Time) alert.Duty {
	shift := s.At(now)
	d := alert.Duty{Person: shift.Person, Schedule: s.Name}
	if !shift.Until.IsZero() {
		d.Until = shift.Until.In(s.Start.Location())
	}
	return d
}

// named is the name of the person with that key, "" for nobody.
func (p *Policy) named(key string) string {
	if person, ok := p.People[key]; ok {
		return person.Name
	}
	return key
}
