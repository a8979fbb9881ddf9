package rule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/decimal"
)

// A Store keeps the state of each pipeline's rules.
type Store interface {
	// State returns the state of a pipeline, the zero State if there is none. It
	// reads finished writes.
	State(ctx context.Context, pipeline string) (State, error)
	// PutState stores s if the stored version is s.Version; otherwise it returns
	// ErrConflict and stores nothing.
	PutState(ctx context.Context, pipeline string, s State) error
}

// ErrConflict says that somebody else wrote the state in between. It is worth
// another try.
var ErrConflict = errors.New("state of rules has changed")

// attempts bounds how often a state is read again; beyond it the queue's retry
// takes over.
const attempts = 8

// Take evaluates o by p and stores what it comes to. The signals that it returns
// are to be sent after that; if that fails, take o again.
func Take(ctx context.Context, store Store, p *policy.Policy, o Observation) ([]alert.Signal, []Verdict, error) {
	verdicts := Evaluate(p, o)
	for attempt := 1; ; attempt++ {
		s, err := store.State(ctx, o.Pipeline)
		if err != nil {
			return nil, nil, fmt.Errorf("read what rules said of %s: %w", o.Pipeline, err)
		}
		inherited, err := inherit(ctx, store, p, o, s, verdicts)
		if err != nil {
			return nil, nil, fmt.Errorf("read what %s is worth: %w", o.Pipeline, err)
		}
		next, signals, settled := State{s.Version, s.Rules, cmp.Or(s.Worth, inherited)}.Next(o, verdicts)
		if next.Worth == inherited {
			next.Worth = s.Worth // it is kept where it was said
		}
		if reflect.DeepEqual(s, next) {
			return signals, settled, nil
		}
		err = store.PutState(ctx, o.Pipeline, next)
		if errors.Is(err, ErrConflict) && attempt < attempts {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("store what rules say of %s: %w", o.Pipeline, err)
		}
		return signals, settled, nil
	}
}

// maxUpstreams bounds how many pipelines are asked what their data is worth.
const maxUpstreams = 8

// inherit returns what the data is worth of a pipeline of whose own none was
// accepted: that of the pipelines directly upstream which brings the most in an
// hour, nil if nothing is known. It asks only where something fires.
func inherit(ctx context.Context, store Store, p *policy.Policy, o Observation, s State, verdicts []Verdict) (*alert.Stakes, error) {
	fires := slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Outcome == Fires || v.Outcome == Beats })
	if newer(s.Worth, o) != nil || !fires {
		return nil, nil
	}
	var most *alert.Stakes
	var brings *big.Rat
	upstreams := p.Upstreams()[o.Pipeline]
	for _, name := range upstreams[:min(len(upstreams), maxUpstreams)] {
		up, err := store.State(ctx, name)
		if err != nil {
			return nil, err
		}
		if up.Worth == nil {
			continue
		}
		hourly, known := decimal.Rat([]byte(up.Worth.HourlyRevenue))
		if most == nil || known && (brings == nil || hourly.Cmp(brings) > 0) {
			most = up.Worth
			if brings = nil; known {
				brings = hourly
			}
		}
	}
	return most, nil
}
