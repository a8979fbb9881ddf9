package storetest

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/rule"
)

// Rules runs the suite against what open returns, a store of the test's own.
func Rules(t *testing.T, open func(*testing.T) rule.Store) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, rule.Store)
	}{
		{"an unknown pipeline has the zero state", noState},
		{"a state comes back as it was, one version on", stateComesBack},
		{"of ten writers at once one wins", oneWriter},
		{"a long name is a name like any other", longName},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

func said(by string) rule.State {
	customers := int64(8120)
	return rule.State{
		Worth: &alert.Stakes{HourlyRevenue: "41200.5", Currency: "EUR", Customers: &customers, AsOf: noon},
		Rules: map[string]rule.Last{
			"high_error_rate/sälés": {Rule: "high_error_rate", Firing: true, Severity: alert.P1, At: noon, By: by, Period: "2026-11-22",
				Of: "error_rate_percentage", Values: []alert.Point{{At: noon.Add(-time.Minute), Value: 0.1}, {At: noon, Value: 7}}},
			"stale_data/sälés/t": {Rule: "stale_data", Table: "t", At: noon, By: by, Ended: true},
		},
	}
}

func noState(t *testing.T, s rule.Store) {
	got, err := s.State(t.Context(), "nobody")
	if err != nil || got.Version != 0 || len(got.Rules) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func stateComesBack(t *testing.T, s rule.Store) {
	for version := range int64(3) {
		want := said(strings.Repeat("x", int(version)))
		want.Version = version
		if err := s.PutState(t.Context(), "sälés", want); err != nil {
			t.Fatal(err)
		}
		got, err := s.State(t.Context(), "sälés")
		want.Version++
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if err := s.PutState(t.Context(), "sälés", said("late")); !errors.Is(err, rule.ErrConflict) {
		t.Errorf("a write of an old version: %v, want a conflict", err)
	}
}

func oneWriter(t *testing.T, s rule.Store) {
	var wins atomic.Int32
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			switch err := s.PutState(t.Context(), "sales", said("one")); {
			case err == nil:
				wins.Add(1)
			case !errors.Is(err, rule.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d writers won", wins.Load())
	}
}

func longName(t *testing.T, s rule.Store) {
	name := strings.Repeat("pipeline ", 28)
	if err := s.PutState(t.Context(), name, said("one")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.State(t.Context(), name); err != nil || len(got.Rules) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}
