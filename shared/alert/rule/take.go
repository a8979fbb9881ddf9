package rule

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
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
		next, signals, settled := s.Next(o, verdicts)
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
