package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/alert/silence"
)

// Alerts is a router.Store that forgets when the process ends. The zero value
// is empty. It is safe for concurrent use.
type Alerts struct {
	mu      sync.Mutex
	groups  map[string]stored
	sources map[string][]group.Source
	began   map[group.Opening]bool

	silences map[string]silence.Silence
}

// stored is a group as a table keeps it: as a text that nobody else holds.
type stored struct {
	version int64
	state   []byte
}

var _ router.Store = (*Alerts)(nil)

// Group implements router.Store.
func (a *Alerts) Group(_ context.Context, key string) (*group.Group, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := &group.Group{Key: key}
	if s, ok := a.groups[key]; ok {
		if err := json.Unmarshal(s.state, g); err != nil {
			return nil, fmt.Errorf("decode group %s: %w", key, err)
		}
		g.Version = s.version
	}
	return g, nil
}

// PutGroup implements router.Store.
func (a *Alerts) PutGroup(_ context.Context, g *group.Group) error {
	state, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("encode group %s: %w", g.Key, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.groups[g.Key].version != g.Version {
		return fmt.Errorf("put group %s: %w", g.Key, router.ErrConflict)
	}
	if a.groups == nil {
		a.groups = map[string]stored{}
	}
	g.Version++
	a.groups[g.Key] = stored{g.Version, state}
	return nil
}

// Sources implements router.Store.
func (a *Alerts) Sources(_ context.Context, key string) ([]group.Source, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.sources[key]), nil
}

// PutSource implements router.Store.
func (a *Alerts) PutSource(_ context.Context, c group.Change, _ time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sources == nil {
		a.sources = map[string][]group.Source{}
	}
	list := slices.DeleteFunc(a.sources[c.Key], func(s group.Source) bool { return s.Alert == c.Alert })
	if c.Firing {
		list = append(list, c.Source)
		slices.SortFunc(list, func(a, b group.Source) int { return strings.Compare(a.Alert, b.Alert) })
	}
	a.sources[c.Key] = list
	return nil
}

// Began implements router.Store.
func (a *Alerts) Began(_ context.Context, since time.Time) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for o := range a.began {
		if o.At.After(since) {
			n++
		}
	}
	return n, nil
}

// PutOpening implements router.Store.
func (a *Alerts) PutOpening(_ context.Context, o group.Opening) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.began == nil {
		a.began = map[group.Opening]bool{}
	}
	a.began[o] = true
	return nil
}

// Silences implements router.Store.
func (a *Alerts) Silences(context.Context) ([]silence.Silence, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := slices.Collect(maps.Values(a.silences))
	silence.Sort(list)
	return list, nil
}

// PutSilence implements router.Store.
func (a *Alerts) PutSilence(_ context.Context, s silence.Silence) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.silences == nil {
		a.silences = map[string]silence.Silence{}
	}
	if !a.silences[s.ID].Updated.After(s.Updated) {
		a.silences[s.ID] = s
	}
	return nil
}
