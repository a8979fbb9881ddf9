// Package playbook makes of a policy what is done about an incident.
package playbook

import (
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/incident"
)

// Chain returns whom p has called, level by level and that often, while nobody
// takes inc on, with those who are on call at now; nil for an incident of which
// nobody is called again.
func Chain(p *policy.Policy, inc *incident.Incident, now time.Time) (chain []incident.Level, rounds int) {
	e := p.Escalation(inc.Severity, signals(inc)...)
	if e == nil {
		return nil, 0
	}
	for _, l := range e.Levels {
		level := incident.Level{After: l.After}
		level.Through, _ = p.Call(l.To, inc.Severity, now)
		for _, name := range l.To {
			who := "everybody of " + name
			if _, duties := p.Call([]string{name}, inc.Severity, now); len(duties) > 0 {
				who = duties[0].String()
			}
			level.To = append(level.To, who)
		}
		chain = append(chain, level)
	}
	return chain, e.Rounds
}

// OnCall returns who is on call for inc at now, as they are to be read.
func OnCall(p *policy.Policy, inc *incident.Incident, now time.Time) (list []string) {
	for _, d := range p.OnCall(now, inc.Severity, signals(inc)...) {
		list = append(list, d.String())
	}
	return list
}

// signals are those of the incident's alerts, with its severity: it is as bad as
// the worst of them.
func signals(inc *incident.Incident) []alert.Signal {
	list := make([]alert.Signal, len(inc.Alerts))
	for i, a := range inc.Alerts {
		list[i] = a.Signal
		list[i].Severity = inc.Severity
	}
	return list
}
