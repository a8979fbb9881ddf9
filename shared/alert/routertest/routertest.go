// Package routertest is the one suite that every router.Store must pass.
package routertest

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/alert/silence"
)

// Run tests store, which may hold other groups already, but no openings: prefix makes the keys
// of this run its own.
func Run(t *testing.T, store router.Store, prefix string) {
	ctx := t.Context()
	at := time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC)

	t.Run("an unknown group is new", func(t *testing.T) {
		g, err := store.Group(ctx, prefix+"unknown")
		if want := (&group.Group{Key: prefix + "unknown"}); err != nil || !reflect.DeepEqual(g, want) {
			t.Errorf("got %+v, %v, want %+v", g, err, want)
		}
	})

	t.Run("what was stored is read back", func(t *testing.T) {
		want := &group.Group{
			Key: prefix + "whole/ä #1", Route: "0.1", Into: "other",
			Claim: group.Claim{Notice: "n", Incident: "i", Ends: true, Resolved: []string{"a"}, By: "d", Until: at.Add(time.Hour), Delivered: []string{"P1", "chat"}},
			Incidents: []*group.Incident{{
				ID: "i", Opened: at, Spread: at, Active: at.Add(time.Minute), Folded: 2, Due: at.Add(time.Second), First: "s", Severity: alert.P0,
				Page: 1, PagedAt: at, Reached: []string{"P0", alert.Chat}, Topic: alert.P0, Told: []string{"P2", alert.Chat, "P0"}, HeldBack: 3,
				Lead: &alert.Signal{ID: "s", At: at, Findings: []alert.Finding{{Message: "m"}}},
				Alerts: map[string]*group.Alert{"a": {
					Of: alert.Signal{ID: "s", Labels: map[string]string{"k": "v"}}, Firing: true, Severity: alert.P1, Since: at, FiringAt: at,
					Heard: at, Gap: time.Minute, Told: true, Muted: group.Inhibited, Source: true, Seen: []uint64{1, 1 << 63},
				}},
			}},
		}
		if err := store.PutGroup(ctx, want); err != nil {
			t.Fatal(err)
		}
		got, err := store.Group(ctx, want.Key)
		if err != nil || want.Version != 1 || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	})

	t.Run("a write from an old version is refused", func(t *testing.T) {
		g := &group.Group{Key: prefix + "versions"}
		if err := store.PutGroup(ctx, g); err != nil || g.Version != 1 {
			t.Fatalf("version %d, %v", g.Version, err)
		}
		if err := store.PutGroup(ctx, &group.Group{Key: g.Key}); !errors.Is(err, router.ErrConflict) {
			t.Errorf("created twice: got %v, want %v", err, router.ErrConflict)
		}
		g.Route = "0.5"
		if err := store.PutGroup(ctx, g); err != nil || g.Version != 2 {
			t.Fatalf("second write: version %d, %v", g.Version, err)
		}
		old := &group.Group{Key: g.Key, Version: 1}
		if err := store.PutGroup(ctx, old); !errors.Is(err, router.ErrConflict) || old.Version != 1 {
			t.Errorf("old version: got %v, version %d", err, old.Version)
		}
		if err := store.PutGroup(ctx, &group.Group{Key: prefix + "never", Version: 4}); !errors.Is(err, router.ErrConflict) {
			t.Errorf("a version of nothing: got %v, want %v", err, router.ErrConflict)
		}
		if got, err := store.Group(ctx, g.Key); err != nil || got.Route != "0.5" {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
	})

	t.Run("of ten writers at once one wins each round", func(t *testing.T) {
		for round := range 3 {
			g, err := store.Group(ctx, prefix+"race")
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			won, lost := 0, 0
			for range 10 {
				mine := *g
				wg.Go(func() {
					err := store.PutGroup(ctx, &mine)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						won++
					case errors.Is(err, router.ErrConflict):
						lost++
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won != 1 || lost != 9 {
				t.Errorf("round %d: %d won, %d lost", round, won, lost)
			}
		}
	})

	t.Run("sources come, come twice and go", func(t *testing.T) {
		key := prefix + `i0/"sales"`
		put := func(name string, both, firing bool) {
			t.Helper()
			if err := store.PutSource(ctx, group.Change{Key: key, Source: group.Source{Alert: name, Both: both}, Firing: firing}, at); err != nil {
				t.Fatal(err)
			}
		}
		put("b", true, true)
		put("a", false, true)
		put("a", false, true)
		put("never", false, false)
		want := []group.Source{{Alert: "a"}, {Alert: "b", Both: true}}
		if got, err := store.Sources(ctx, key); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		put("a", false, false)
		put("b", true, false)
		if got, err := store.Sources(ctx, key); err != nil || len(got) > 0 {
			t.Errorf("got %v, %v, want none", got, err)
		}
	})
	t.Run("what began is counted once, and not for ever", func(t *testing.T) {
		for n, id := range []string{"b", "a", "a", "c"} {
			o := group.Opening{Incident: prefix + id, At: at.Add(time.Duration(n/2) * time.Second)}
			for range 2 {
				if err := store.PutOpening(ctx, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		for since, want := range map[time.Duration]int{-time.Nanosecond: 4, 0: 2, time.Second - 1: 2, time.Second: 0} {
			if got, err := store.Began(ctx, at.Add(since)); err != nil || got != want {
				t.Errorf("after %v: got %d, %v, want %d", since, got, err, want)
			}
		}
	})
	t.Run("what was said last of a silence holds", func(t *testing.T) {
		said := func(minutes int, ends time.Time, comment string) silence.Silence {
			s, err := silence.New(silence.Silence{ID: prefix + "quiet/ä", Matchers: []string{`pipeline=~"sales|stock"`, "severity!=P0"},
				Starts: at, Ends: ends, By: "Ann", Comment: comment, Updated: at.Add(time.Duration(minutes) * time.Minute), Incident: "i"})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		mine := func() (list []silence.Silence) {
			all, err := store.Silences(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				if strings.HasPrefix(s.ID, prefix) {
					list = append(list, s)
				}
			}
			return list
		}
		first, longer := said(0, at.Add(time.Hour), "work"), said(5, at.Add(4*time.Hour), "more work")
		for _, s := range []silence.Silence{first, first, longer, first} {
			if err := store.PutSilence(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		got := mine()
		if len(got) != 1 || !reflect.DeepEqual(got[0], longer) {
			t.Fatalf("got %+v\nwant %+v", got, longer)
		}
		s := alert.Signal{Pipeline: "stock", Severity: alert.P1}
		if !got[0].Mutes(&s, "i", at, at) || got[0].Mutes(&s, "j", at, at) {
			t.Error("what was read back does not mute what it should")
		}
		if err := store.PutSilence(ctx, got[0].Expire(at.Add(10*time.Minute))); err != nil {
			t.Fatal(err)
		}
		if got := mine(); len(got) != 1 || got[0].Active(at.Add(10*time.Minute)) || !got[0].Active(at.Add(9*time.Minute)) {
			t.Errorf("expired: %+v", got)
		}
	})
}
