package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"tillwatch/shared/landing"
)

// A Ledger keeps claims, verdicts, history, figures and standings. The zero
// value is empty and ready to use; it is safe for concurrent use.
type Ledger struct {
	mu        sync.Mutex
	newest    map[string]string // bucket/key → highest rank
	claims    map[string]landing.Claim
	history   map[string][]landing.Entry
	contents  map[string][]landing.Entry
	figures   map[string]map[string]landing.Figures // dataset/day → bucket/key
	standings map[string]landing.Standing
}

var (
	_ landing.Claims  = (*Ledger)(nil)
	_ landing.Ledger  = (*Ledger)(nil)
	_ landing.Archive = (*Ledger)(nil)
)

func keyOf(o landing.Object) string   { return o.Bucket + "/" + o.Key }
func claimOf(o landing.Object) string { return keyOf(o) + "#" + o.Rank() }

// clone copies a value so that no caller holds what the store holds.
func clone[T any](v T) T {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("memory: %T can't be stored: %v", v, err))
	}
	var c T
	if err := json.Unmarshal(b, &c); err != nil {
		panic(fmt.Sprintf("memory: %T can't be read back: %v", v, err))
	}
	return c
}

func (l *Ledger) init() {
	if l.newest == nil {
		l.newest = map[string]string{}
		l.claims = map[string]landing.Claim{}
		l.history = map[string][]landing.Entry{}
		l.contents = map[string][]landing.Entry{}
		l.figures = map[string]map[string]landing.Figures{}
		l.standings = map[string]landing.Standing{}
	}
}

// Claim implements landing.Claims.
func (l *Ledger) Claim(_ context.Context, o landing.Object, now time.Time, lease time.Duration) (landing.Claim, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.init()
	c, err := landing.Take(l.claims[claimOf(o)], l.newest[keyOf(o)], o, now, lease)
	if err != nil || c.Done() {
		return clone(c), err
	}
	l.claims[claimOf(o)] = clone(c)
	l.newest[keyOf(o)] = max(l.newest[keyOf(o)], o.Rank())
	return clone(c), nil
}

// Release implements landing.Claims.
func (l *Ledger) Release(_ context.Context, c landing.Claim) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if stored, ok := l.claims[claimOf(c.Object)]; ok && stored.Attempt == c.Attempt {
		stored.Lease = time.Time{}
		l.claims[claimOf(c.Object)] = stored
	}
	return nil
}

// Finish implements landing.Ledger.
func (l *Ledger) Finish(_ context.Context, c landing.Claim, ch landing.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.init()
	o := c.Object
	stored := l.claims[claimOf(o)]
	switch {
	case stored.Attempt != c.Attempt || stored.Record != nil:
		return landing.ErrLost
	case ch.Record.Decision != landing.Stale && l.newest[keyOf(o)] > o.Rank():
		return landing.ErrStale
	case ch.Standing != nil && l.standings[ch.Standing.Key].Revision != ch.Standing.Revision:
		return landing.ErrConflict
	}
	r := clone(ch.Record)
	stored.Record = &r
	l.claims[claimOf(o)] = stored
	if ch.Entry != nil {
		e := clone(*ch.Entry)
		if e.Run.Content != nil {
			l.contents[e.Dataset] = append(l.contents[e.Dataset], e)
			e.Run.Content = nil
		}
		l.history[e.Dataset] = append(l.history[e.Dataset], e)
	}
	if f := ch.Figures; f != nil {
		day := f.Dataset + "/" + f.Day
		if l.figures[day] == nil {
			l.figures[day] = map[string]landing.Figures{}
		}
		l.figures[day][keyOf(f.Object)] = clone(*f)
	}
	if ch.Standing != nil {
		s := clone(*ch.Standing)
		s.Revision++
		l.standings[s.Key] = s
	}
	return nil
}

// Mark implements landing.Ledger.
func (l *Ledger) Mark(_ context.Context, o landing.Object, s landing.Step) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.claims[claimOf(o)]
	if !ok || c.Record == nil {
		return fmt.Errorf("mark %s of %s: no record", s, o.Key)
	}
	if !slices.Contains(c.Published, s) {
		c.Published = append(slices.Clone(c.Published), s)
		l.claims[claimOf(o)] = c
	}
	return nil
}

// History implements landing.Archive.
func (l *Ledger) History(_ context.Context, dataset string, limit int) ([]landing.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return latest(l.history[dataset], limit), nil
}

// Contents implements landing.Archive.
func (l *Ledger) Contents(_ context.Context, dataset string, limit int) ([]landing.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return latest(l.contents[dataset], limit), nil
}

func latest(entries []landing.Entry, limit int) []landing.Entry {
	es := clone(entries)
	slices.SortFunc(es, func(a, b landing.Entry) int {
		return cmp.Or(b.Run.At.Compare(a.Run.At), cmp.Compare(b.ID, a.ID))
	})
	return es[:min(limit, len(es))]
}

// Standing implements landing.Archive.
func (l *Ledger) Standing(_ context.Context, key string) (landing.Standing, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := clone(l.standings[key])
	s.Key = key
	return s, nil
}

// Day implements landing.Archive.
func (l *Ledger) Day(_ context.Context, dataset, day string) ([]landing.Figures, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var fs []landing.Figures
	for _, f := range l.figures[dataset+"/"+day] {
		fs = append(fs, clone(f))
	}
	slices.SortFunc(fs, func(a, b landing.Figures) int { return cmp.Compare(keyOf(a.Object), keyOf(b.Object)) })
	return fs, nil
}

// Records returns what is stored of every object that was finished, by key and rank.
func (l *Ledger) Records() []landing.Claim {
	l.mu.Lock()
	defer l.mu.Unlock()
	var cs []landing.Claim
	for _, c := range l.claims {
		if c.Record != nil {
			cs = append(cs, clone(c))
		}
	}
	slices.SortFunc(cs, func(a, b landing.Claim) int { return cmp.Compare(claimOf(a.Object), claimOf(b.Object)) })
	return cs
}
