package main

import (
	"context"
	"log/slog"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/incident"
)

// policies is the policy that was pushed.
type policies interface {
	// Policy returns the policy in force, with an error if the newest is not.
	Policy(ctx context.Context, now time.Time) (*policy.Policy, error)
}

// books makes playbooks by the policy in force.
type books struct {
	policies policies
	log      *slog.Logger
}

// policy returns the policy in force at now. One that is broken is told of in
// the log, and the last good one holds.
func (b *books) policy(ctx context.Context, now time.Time) *policy.Policy {
	p, err := b.policies.Policy(ctx, now)
	if err != nil {
		b.log.ErrorContext(ctx, "alert policy not read, the last one stays in force", "error", err, "error_code", "policy")
	}
	return p
}

// book is what is done about inc.
func (b *books) book(ctx context.Context, inc *incident.Incident, now time.Time) incident.Playbook {
	p := b.policy(ctx, now)
	chain, rounds := chainOf(p, inc, now)
	return incident.Playbook{Remedies: remediesOf(p, inc), Chain: chain, Rounds: rounds}
}

// chainOf returns whom p has called, level by level, while nobody takes inc on,
// with those who are on call at now.
func chainOf(p *policy.Policy, inc *incident.Incident, now time.Time) (chain []incident.Level, rounds int) {
	e := p.Escalation(inc.Severity, signalsOf(inc)...)
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

// signalsOf are the signals of an incident's alerts.
func signalsOf(inc *incident.Incident) []alert.Signal {
	list := make([]alert.Signal, len(inc.Alerts))
	for i, a := range inc.Alerts {
		list[i] = a.Signal
		list[i].Severity = inc.Severity
	}
	return list
}
