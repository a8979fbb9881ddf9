package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
)

// IncidentStore is all that a responder needs of a table.
type IncidentStore interface {
	incident.Store
	incident.Guard
	incident.Journal
}

// Incidents runs the suite against what open returns, a store of the test's own.
func Incidents(t *testing.T, open func(t *testing.T, allowed ...remedy.Target) IncidentStore) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, IncidentStore)
	}{
		{"an event comes back as it was", eventsComeBack},
		{"an event is stored once, also by ten at once", eventsOnce},
		{"an unknown incident has no events", noEvents},
		{"recent incidents come newest first", recentFirst},
		{"one of ten claims of a remedy is not held", oneClaim},
		{"a cool-down ends", claimAfterCoolDown},
		{"what the deployment does not allow is held", onlyAllowed},
		{"what was published is marked once for each incident", publishedOnce},
		{"of an incident's standings the one that knows most is kept", standingsGrow},
		{"only so many remedies are tried in an hour", triesAreCounted},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t, remedy.Target{Kind: remedy.Machine, Name: "sales"})) })
	}
}

func opened(id string, at time.Time) incident.Event {
	return incident.Event{ID: id + "/opened", Incident: id, At: at, Kind: incident.Opened, By: incident.System, Text: "Opened: päth",
		Group: "g", Severity: alert.P1, Signal: &alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "r", Status: alert.Firing,
			Severity: alert.P1, At: at, Summary: "it failed", Findings: []alert.Finding{{Check: "c", Message: "m"}}, Facts: []alert.Fact{{Name: "rows", Value: "3"}}}}
}

func eventsComeBack(t *testing.T, s IncidentStore) {
	want := []incident.Event{
		opened("INC-1", noon),
		{ID: "INC-1/0/remedy-0", Incident: "INC-1", At: noon.Add(time.Nanosecond), Kind: incident.RemedyStarted, By: incident.System,
			Remedy: &incident.Attempt{Action: remedy.CacheInvalidation, Target: "lambda:prices", Before: "12 items"}},
		{ID: "INC-1/corrected", Incident: "INC-1", At: noon.Add(time.Hour), Kind: incident.Corrected, By: "kim", Field: incident.StartedAt, Time: noon.Add(-time.Hour)},
	}
	for _, e := range want {
		if added, err := s.Append(t.Context(), e); err != nil || !added {
			t.Fatalf("append %s: %v, %v", e.ID, added, err)
		}
	}
	got, err := s.Events(t.Context(), "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b incident.Event) int { return a.At.Compare(b.At) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func eventsOnce(t *testing.T, s IncidentStore) {
	var added int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			ok, err := s.Append(t.Context(), opened("INC-2", noon))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if ok {
				added++
			}
		})
	}
	wg.Wait()
	if got, err := s.Events(t.Context(), "INC-2"); added != 1 || len(got) != 1 || err != nil {
		t.Errorf("added %d times, %d events, %v; want one", added, len(got), err)
	}
}

func noEvents(t *testing.T, s IncidentStore) {
	if got, err := s.Events(t.Context(), "INC-unknown"); len(got) > 0 || err != nil {
		t.Errorf("got %v, %v; want nothing", got, err)
	}
}

func recentFirst(t *testing.T, s IncidentStore) {
	for day := range 4 {
		if _, err := s.Append(t.Context(), opened(fmt.Sprintf("INC-day-%d", day), noon.AddDate(0, 0, day))); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Recent(t.Context(), noon.AddDate(0, 0, 1))
	if want := []string{"INC-day-3", "INC-day-2", "INC-day-1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

var restart = incident.Remedy{Action: remedy.PipelineRestart, Target: "states:sales", Live: true, CoolDown: time.Hour}

func oneClaim(t *testing.T, s IncidentStore) {
	holds := map[incident.Hold]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			h, err := s.Claim(t.Context(), restart, noon)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			holds[h]++
		})
	}
	wg.Wait()
	if holds[incident.NotHeld] != 1 || holds[incident.StillCooling] != 9 {
		t.Errorf("got %v, want one not held and nine cooling down", holds)
	}
}

func claimAfterCoolDown(t *testing.T, s IncidentStore) {
	for _, c := range []struct {
		after time.Duration
		want  incident.Hold
	}{{0, incident.NotHeld}, {59 * time.Minute, incident.StillCooling}, {time.Hour, incident.NotHeld}} {
		now := noon.Add(c.after)
		if h, err := s.Claim(t.Context(), restart, now); err != nil || h != c.want {
			t.Errorf("%s later: %q, %v; want %q", c.after, h, err, c.want)
		}
	}
	around, err := s.Surroundings(t.Context(), []incident.Remedy{restart}, noon.Add(61*time.Minute))
	if err != nil || !around.LastTry[restart.Key()].Equal(noon.Add(time.Hour)) {
		t.Errorf("last tried %v, %v; want %s", around.LastTry, err, noon.Add(time.Hour))
	}
}

func onlyAllowed(t *testing.T, s IncidentStore) {
	r := restart
	r.Target = "states:orders"
	if h, err := s.Claim(t.Context(), r, noon); err != nil || h != incident.NotAllowed {
		t.Errorf("got %q, %v; want %q", h, err, incident.NotAllowed)
	}
}

func triesAreCounted(t *testing.T, s IncidentStore) {
	for i := range 7 {
		r := restart
		r.CoolDown = 0
		want := incident.NotHeld
		if i >= 6 {
			want = incident.TooManyTries
		}
		if h, err := s.Claim(t.Context(), r, noon.Add(time.Duration(i)*time.Minute)); err != nil || h != want {
			t.Errorf("try %d: %q, %v; want %q", i+1, h, err, want)
		}
	}
	r := restart
	if h, err := s.Claim(t.Context(), r, noon.Add(2*time.Hour)); err != nil || h != incident.NotHeld {
		t.Errorf("two hours later: %q, %v", h, err)
	}
}

func publishedOnce(t *testing.T, s IncidentStore) {
	var many []string
	for i := range 150 {
		many = append(many, fmt.Sprintf("INC-7/alert/%d", i))
	}
	for range 2 {
		if err := s.MarkPublished(t.Context(), "INC-7", many); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Append(t.Context(), opened("INC-7", noon)); err != nil {
		t.Fatal(err)
	}
	got, err := s.Published(t.Context(), "INC-7")
	if err != nil || len(got) != len(many) || !got[many[149]] {
		t.Errorf("got %d marks, %v; want %d", len(got), err, len(many))
	}
	if events, err := s.Events(t.Context(), "INC-7"); err != nil || len(events) != 1 {
		t.Errorf("got %d events, %v; want the one that was stored", len(events), err)
	}
	if got, err := s.Published(t.Context(), "INC-8"); err != nil || len(got) != 0 {
		t.Errorf("another incident has %v, %v", got, err)
	}
}

func standingsGrow(t *testing.T, s IncidentStore) {
	at := noon
	measured := func(minutes int) incident.Spans {
		return incident.Spans{Detect: incident.Span{Length: time.Duration(minutes) * time.Minute, State: incident.Measured},
			Acknowledge: incident.Span{State: incident.Pending}, Resolve: incident.Span{State: incident.Unknown}, Repair: incident.Span{State: incident.Invalid, Length: -time.Second}}
	}
	newer := incident.Standing{ID: "INC-9", OpenedAt: at, Severity: alert.P0, Over: true, Spans: measured(3), Events: 7}
	older := newer
	older.Events, older.Over = 6, false
	past := incident.Standing{ID: "INC-1", OpenedAt: at.AddDate(0, 0, -40), Severity: alert.P1, Spans: measured(1), Events: 2}
	for _, st := range []incident.Standing{past, newer, older, newer} {
		if err := s.Keep(t.Context(), st); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Standings(t.Context(), at.AddDate(0, 0, -30))
	if diff := cmp.Diff([]incident.Standing{newer}, got); diff != "" || err != nil {
		t.Errorf("of 30 days: %v, -want +got\n%s", err, diff)
	}
	if got, err := s.Standings(t.Context(), at.AddDate(0, 0, -50)); err != nil || len(got) != 2 {
		t.Errorf("of 50 days: %v, %v; want both", got, err)
	}
}
