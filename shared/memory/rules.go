package memory

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"tillwatch/shared/alert/rule"
)

// Rules is a rule.Store that forgets when the process ends. The zero value is
// empty. It is safe for concurrent use.
type Rules struct {
	mu     sync.Mutex
	states map[string]rule.State
}

var _ rule.Store = (*Rules)(nil)

// State implements rule.Store.
func (r *Rules) State(_ context.Context, pipeline string) (rule.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.states[pipeline]
	s.Rules = maps.Clone(s.Rules)
	return s, nil
}

// PutState implements rule.Store.
func (r *Rules) PutState(_ context.Context, pipeline string, s rule.State) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.states[pipeline].Version != s.Version {
		return fmt.Errorf("put state of %s: %w", pipeline, rule.ErrConflict)
	}
	if r.states == nil {
		r.states = map[string]rule.State{}
	}
	r.states[pipeline] = rule.State{Version: s.Version + 1, Rules: maps.Clone(s.Rules), Worth: s.Worth}
	return nil
}
