package main

import (
	"context"
	"log/slog"
	"time"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/incident"
	"tillwatch/shared/incident/playbook"
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
	chain, rounds := playbook.Chain(p, inc, now)
	return incident.Playbook{Remedies: remediesOf(p, inc), Chain: chain, Rounds: rounds}
}
