package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"tillwatch/shared/alert"
)

// Alerts is an alert.Store that forgets when the process ends. The zero value
// is empty. It is safe for concurrent use.
type Alerts struct {
	mu     sync.Mutex
	states map[string]alert.State
}

var _ alert.Store = (*Alerts)(nil)

// AlertState returns what is stored of the alert.
func (a *Alerts) AlertState(_ context.Context, dedupKey string) (alert.State, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.states[dedupKey]
	if !ok {
		return alert.State{DedupKey: dedupKey}, nil
	}
	return cloned(s), nil
}

// PutAlertState stores s if the stored version is its version.
func (a *Alerts) PutAlertState(_ context.Context, s alert.State) (alert.State, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.states[s.DedupKey].Version != s.Version {
		return s, fmt.Errorf("put alert %s: %w", s.DedupKey, alert.ErrConflict)
	}
	if a.states == nil {
		a.states = map[string]alert.State{}
	}
	s.Version++
	a.states[s.DedupKey] = cloned(s)
	return s, nil
}

func cloned(s alert.State) alert.State {
	s.Told, s.Seen = slices.Clone(s.Told), slices.Clone(s.Seen)
	s.Claim.Delivered = slices.Clone(s.Claim.Delivered)
	return s
}
