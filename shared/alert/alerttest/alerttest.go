// Package alerttest is the one suite that every alert.Store must pass.
package alerttest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"tillwatch/shared/alert"
)

// Run tests store, which may hold other alerts already: prefix makes the keys
// of this run its own.
func Run(t *testing.T, store alert.Store, prefix string) {
	ctx := context.Background()
	at := time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC)

	t.Run("an unknown alert is the zero state", func(t *testing.T) {
		s, err := store.AlertState(ctx, prefix+"unknown")
		if err != nil {
			t.Fatal(err)
		}
		if want := (alert.State{DedupKey: prefix + "unknown"}); !reflect.DeepEqual(s, want) {
			t.Errorf("got %+v, want %+v", s, want)
		}
	})

	t.Run("what was stored is read back", func(t *testing.T) {
		want := alert.State{
			DedupKey: prefix + "whole/ä #1", Firing: true, Since: at, FiringAt: at.Add(time.Minute),
			ResolvedAt: at.Add(-time.Hour), Severity: alert.P0, Told: []alert.Severity{alert.P2, alert.P0},
			NotifiedAt: at.Add(time.Second), HeldBack: 3, Seen: []string{"a", "b"},
			Claim: alert.Claim{SignalID: "c", Status: alert.Resolved, Until: at.Add(time.Hour), Delivered: []string{"P1", "chat"}},
		}
		put, err := store.PutAlertState(ctx, want)
		if err != nil {
			t.Fatal(err)
		}
		want.Version = 1
		got, err := store.AlertState(ctx, want.DedupKey)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(put, want) {
			t.Errorf("got %+v\nput %+v\nwant %+v", got, put, want)
		}
	})

	t.Run("a write from an old version is refused", func(t *testing.T) {
		s := alert.State{DedupKey: prefix + "versions", FiringAt: at}
		first, err := store.PutAlertState(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutAlertState(ctx, s); !errors.Is(err, alert.ErrConflict) {
			t.Errorf("created twice: got %v, want %v", err, alert.ErrConflict)
		}
		first.HeldBack = 1
		second, err := store.PutAlertState(ctx, first)
		if err != nil || second.Version != 2 {
			t.Fatalf("second write: version %d, %v", second.Version, err)
		}
		first.HeldBack = 9
		if _, err := store.PutAlertState(ctx, first); !errors.Is(err, alert.ErrConflict) {
			t.Errorf("old version: got %v, want %v", err, alert.ErrConflict)
		}
		s.DedupKey, s.Version = prefix+"never stored", 4
		if _, err := store.PutAlertState(ctx, s); !errors.Is(err, alert.ErrConflict) {
			t.Errorf("a version of nothing: got %v, want %v", err, alert.ErrConflict)
		}
		if got, err := store.AlertState(ctx, prefix+"versions"); err != nil || got.HeldBack != 1 {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
	})

	t.Run("of ten writers at once one wins each round", func(t *testing.T) {
		key := prefix + "race"
		for round := range 3 {
			s, err := store.AlertState(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			var won, lost int
			for i := range 10 {
				mine := s
				mine.FiringAt = at
				mine.Seen = []string{fmt.Sprint(i)}
				wg.Go(func() {
					_, err := store.PutAlertState(ctx, mine)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						won++
					case errors.Is(err, alert.ErrConflict):
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
}
