package memory

import (
	"context"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
)

// Incidents is an incident.Store, an incident.Guard and an incident.Journal that
// forgets when the process ends. The zero value is empty. It is safe for concurrent use.
type Incidents struct {
	// Stopped is the kill switch of remedies; PerHour is how many are tried in
	// an hour, the default of incident.Surroundings if 0; Allowed are the targets
	// that remedies may act on.
	Stopped bool
	PerHour int
	Allowed []remedy.Target

	mu     sync.Mutex
	events map[string][]incident.Event
	tries  []try

	published map[string]map[string]bool
	standings map[string]incident.Standing
}

// try is when a remedy was tried, by its action and target.
type try struct {
	what string
	at   time.Time
}

var (
	_ incident.Store   = (*Incidents)(nil)
	_ incident.Guard   = (*Incidents)(nil)
	_ incident.Journal = (*Incidents)(nil)
)

// Append stores e unless the incident has an event of its ID.
func (m *Incidents) Append(_ context.Context, e incident.Event) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.events[e.Incident]
	if slices.ContainsFunc(list, func(o incident.Event) bool { return o.ID == e.ID }) {
		return false, nil
	}
	if m.events == nil {
		m.events = map[string][]incident.Event{}
	}
	m.events[e.Incident] = append(list, e)
	return true, nil
}

// Events returns the incident's events in the order in which they were stored.
func (m *Incidents) Events(_ context.Context, id string) ([]incident.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events[id]), nil
}

// Recent returns the ids of the incidents opened since a time, newest first.
func (m *Incidents) Recent(_ context.Context, since time.Time) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	opened := map[string]time.Time{}
	var ids []string
	for id, list := range m.events {
		for _, e := range list {
			if e.Kind == incident.Opened && !e.At.Before(since) {
				opened[id] = e.At
				ids = append(ids, id)
				break
			}
		}
	}
	sort.Slice(ids, func(i, j int) bool {
		a, b := ids[i], ids[j]
		if !opened[a].Equal(opened[b]) {
			return opened[a].After(opened[b])
		}
		return a > b
	})
	return ids, nil
}

// Surroundings returns when each remedy was last tried, and how many were
// within the last hour.
func (m *Incidents) Surroundings(_ context.Context, list []incident.Remedy, now time.Time) (incident.Surroundings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.surroundings(list, now), nil
}

func (m *Incidents) surroundings(list []incident.Remedy, now time.Time) incident.Surroundings {
	around := incident.Surroundings{Stopped: m.Stopped, Allowed: m.Allowed, PerHour: m.PerHour, LastTry: map[string]time.Time{}}
	for _, t := range m.tries {
		if now.Sub(t.at) < time.Hour {
			around.ThisHour++
		}
		for _, r := range list {
			if t.what == r.Key() {
				around.LastTry[t.what] = t.at
			}
		}
	}
	return around
}

// Claim notes that r is tried now, or returns what holds it.
func (m *Incidents) Claim(_ context.Context, r incident.Remedy, now time.Time) (incident.Hold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if hold := m.surroundings([]incident.Remedy{r}, now).Holds(r, now); hold != incident.NotHeld {
		return hold, nil
	}
	m.tries = append(m.tries, try{r.Key(), now})
	return incident.NotHeld, nil
}

// Published returns the ids of the incident's events that were published.
func (m *Incidents) Published(_ context.Context, id string) (map[string]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.published[id]), nil
}

// MarkPublished notes that events of an incident were published.
func (m *Incidents) MarkPublished(_ context.Context, id string, events []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.published == nil {
		m.published = map[string]map[string]bool{}
	}
	if m.published[id] == nil {
		m.published[id] = map[string]bool{}
	}
	for _, e := range events {
		m.published[id][e] = true
	}
	return nil
}

// Keep stores s, unless one of the same incident that knows more events is there.
func (m *Incidents) Keep(_ context.Context, s incident.Standing) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.standings == nil {
		m.standings = map[string]incident.Standing{}
	}
	if m.standings[s.ID].Events <= s.Events {
		m.standings[s.ID] = s
	}
	return nil
}

// Standings returns those of the incidents opened since a time.
func (m *Incidents) Standings(_ context.Context, since time.Time) ([]incident.Standing, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []incident.Standing
	for _, s := range m.standings {
		if !s.OpenedAt.Before(since) {
			list = append(list, s)
		}
	}
	return list, nil
}
