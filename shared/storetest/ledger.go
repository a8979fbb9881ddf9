// Package storetest holds the one suite that every store must pass: those in
// memory always, those on AWS when TILLWATCH_ENDPOINT names an endpoint.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/drift"
)

// LedgerStore is all that landing needs of a table.
type LedgerStore interface {
	landing.Claims
	landing.Ledger
	landing.Archive
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const lease = time.Minute

// object returns an object whose key no other test uses.
func object(t *testing.T, sequencer string) landing.Object {
	return landing.Object{
		Bucket: "landing", Key: t.Name() + "/päth+%20.csv", Version: "v1", ETag: "e1", Size: 3,
		Sequencer: sequencer, Arrived: noon, EventID: "event-1",
	}
}

func judgedRecord(o landing.Object, now time.Time) landing.Record {
	return landing.Record{
		ID: o.ID(), Object: o, Decision: landing.Judged, Reason: "all passed", At: now, Dataset: "d", Period: "2026-11-22",
		Verdict: quality.VerdictPass, Scores: map[string]float64{"quality": 99.5}, Rows: 3, Tag: "pass",
		Steps:  []landing.Step{landing.StepTag, landing.StepEvents},
		Events: []event.Event{{Type: event.FileValidated, Metadata: event.Metadata{EventID: "a", OccurredAt: noon}, Data: []byte(`{"x":1}`)}},
	}
}

// Ledger runs the suite against what open returns; each test gets its own, or
// one that others use too.
func Ledger(t *testing.T, open func(*testing.T) LedgerStore) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, LedgerStore)
	}{
		{"a claim keeps others out until its lease ends", claimsExclude},
		{"a claim given back can be taken at once", releases},
		{"ten claims at once make one", tenAtOnce},
		{"an older rank is stale, and ranks are padded on the right", staleRank},
		{"finish happens once and only for the last claim", finishesOnce},
		{"finish is refused when a newer rank is known", finishStale},
		{"an object is done when all steps are marked", marks},
		{"a standing changes only from the revision that was read", standings},
		{"history is the latest first and bounded", history},
		{"content is kept apart from history", contents},
		{"a day holds the current figures of each object", days},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

func mustClaim(t *testing.T, s LedgerStore, o landing.Object, now time.Time) landing.Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), o, now, lease)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	return c
}

func claimsExclude(t *testing.T, s LedgerStore) {
	o := object(t, "0A")
	if c := mustClaim(t, s, o, noon); c.Attempt != 1 || !c.Object.Arrived.Equal(noon) || c.Record != nil {
		t.Errorf("first claim %+v", c)
	}
	if _, err := s.Claim(t.Context(), o, noon.Add(lease-time.Second), lease); !errors.Is(err, landing.ErrBusy) {
		t.Errorf("within the lease: %v, want ErrBusy", err)
	}
	if c := mustClaim(t, s, o, noon.Add(lease)); c.Attempt != 2 {
		t.Errorf("after the lease: attempt %d, want 2", c.Attempt)
	}
}

func releases(t *testing.T, s LedgerStore) {
	o := object(t, "0A")
	first := mustClaim(t, s, o, noon)
	if err := s.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	mustClaim(t, s, o, noon)
	if err := s.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(t.Context(), o, noon, lease); !errors.Is(err, landing.ErrBusy) {
		t.Errorf("a lost claim that is given back must not end another's: %v", err)
	}
}

func tenAtOnce(t *testing.T, s LedgerStore) {
	o := object(t, "0A")
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.Claim(t.Context(), o, noon, lease) })
	}
	wg.Wait()
	got := 0
	for _, err := range errs {
		switch {
		case err == nil:
			got++
		case !errors.Is(err, landing.ErrBusy):
			t.Errorf("claim: %v", err)
		}
	}
	if got != 1 {
		t.Errorf("%d claims, want 1", got)
	}
}

func staleRank(t *testing.T, s LedgerStore) {
	mustClaim(t, s, object(t, "0B"), noon)
	for sequencer, want := range map[string]error{"0A": landing.ErrStale, "0AFF": landing.ErrStale, "0a00000001": landing.ErrStale, "0B00": landing.ErrBusy} {
		if _, err := s.Claim(t.Context(), object(t, sequencer), noon, lease); !errors.Is(err, want) {
			t.Errorf("sequencer %s after 0B: %v, want %v", sequencer, err, want)
		}
	}
	mustClaim(t, s, object(t, "0B01"), noon)
}

func finishesOnce(t *testing.T, s LedgerStore) {
	ctx, o := t.Context(), object(t, "0A")
	lost := mustClaim(t, s, o, noon)
	c := mustClaim(t, s, o, noon.Add(lease))
	ch := landing.Change{Record: judgedRecord(o, noon)}
	if err := s.Finish(ctx, lost, ch); !errors.Is(err, landing.ErrLost) {
		t.Errorf("by a lost claim: %v, want ErrLost", err)
	}
	if err := s.Finish(ctx, c, ch); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(ctx, c, ch); !errors.Is(err, landing.ErrLost) {
		t.Errorf("a second time: %v, want ErrLost", err)
	}
	again := mustClaim(t, s, o, noon.Add(3*lease))
	if diff := cmp.Diff(&ch.Record, again.Record); diff != "" {
		t.Errorf("record (-stored +read):\n%s", diff)
	}
}

func finishStale(t *testing.T, s LedgerStore) {
	ctx, o := t.Context(), object(t, "0A")
	c := mustClaim(t, s, o, noon)
	mustClaim(t, s, object(t, "0B"), noon)
	ch := landing.Change{Record: judgedRecord(o, noon), Figures: &landing.Figures{Object: o, Dataset: t.Name(), Day: "2026-11-22"}}
	if err := s.Finish(ctx, c, ch); !errors.Is(err, landing.ErrStale) {
		t.Errorf("finish: %v, want ErrStale", err)
	}
	if day, err := s.Day(ctx, t.Name(), "2026-11-22"); err != nil || len(day) != 0 {
		t.Errorf("a refused finish left %d figures, %v", len(day), err)
	}
	stale := landing.Change{Record: landing.Record{ID: o.ID(), Object: o, Decision: landing.Stale, At: noon}}
	if err := s.Finish(ctx, c, stale); err != nil {
		t.Errorf("finish as stale: %v", err)
	}
	if again, err := s.Claim(ctx, o, noon, lease); err != nil || !again.Done() {
		t.Errorf("claim of a stale object: %+v, %v; want done", again, err)
	}
}

func marks(t *testing.T, s LedgerStore) {
	ctx, o := t.Context(), object(t, "0A")
	c := mustClaim(t, s, o, noon)
	if err := s.Mark(ctx, o, landing.StepTag); err == nil {
		t.Error("a step of an unfinished object was marked")
	}
	if err := s.Finish(ctx, c, landing.Change{Record: judgedRecord(o, noon)}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Mark(ctx, o, landing.StepEvents); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Claim(ctx, o, noon, lease); !errors.Is(err, landing.ErrBusy) {
		t.Errorf("claim while it is being published: %v, want ErrBusy", err)
	}
	mustClaim(t, s, object(t, "0B"), noon)
	rest := mustClaim(t, s, o, noon.Add(lease)) // older by now, but what it has to tell is true
	if diff := cmp.Diff([]landing.Step{landing.StepTag}, rest.Todo()); diff != "" {
		t.Errorf("to do:\n%s", diff)
	}
	if err := s.Mark(ctx, o, landing.StepTag); err != nil {
		t.Fatal(err)
	}
	if done := mustClaim(t, s, o, noon.Add(lease)); !done.Done() || done.Attempt != rest.Attempt {
		t.Errorf("after all marks: %+v, want done", done)
	}
}

func standings(t *testing.T, s LedgerStore) {
	ctx, k := t.Context(), t.Name()
	st, err := s.Standing(ctx, k)
	if err != nil || st.Key != k || st.Revision != 0 {
		t.Fatalf("standing %+v, %v; want the zero one", st, err)
	}
	finish := func(sequencer string, st landing.Standing) error {
		o := object(t, sequencer)
		o.Key += sequencer
		return s.Finish(ctx, mustClaim(t, s, o, noon), landing.Change{Record: judgedRecord(o, noon), Standing: &st})
	}
	raised := st.Raise(landing.Open{Rule: "file_rejected", DedupKey: "k", SignalID: "s1", Severity: "P1", At: noon})
	if err := finish("0A", raised); err != nil {
		t.Fatal(err)
	}
	if err := finish("0B", raised); !errors.Is(err, landing.ErrConflict) {
		t.Errorf("from an old revision: %v, want ErrConflict", err)
	}
	now, err := s.Standing(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	raised.Revision = 1
	if diff := cmp.Diff(raised, now); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if err := finish("0C", now); err != nil {
		t.Errorf("from the current revision: %v", err)
	}
}

func history(t *testing.T, s LedgerStore) {
	ctx, dataset := t.Context(), t.Name()
	for i := range 5 {
		o := object(t, fmt.Sprintf("0%d", i))
		at := noon.Add(time.Duration(i) * time.Minute)
		e := landing.Entry{ID: o.ID(), Key: o.Key, Rank: o.Rank(), Dataset: dataset, Period: "2026-11-22",
			Run: quality.Run{At: at, Verdict: quality.VerdictPass, Metrics: map[string]float64{"rowCount": float64(i)}, Columns: []string{"a"}}}
		if err := s.Finish(ctx, mustClaim(t, s, o, noon), landing.Change{Record: judgedRecord(o, noon), Entry: &e}); err != nil {
			t.Fatal(err)
		}
	}
	es, err := s.History(ctx, dataset, 3)
	if err != nil || len(es) != 3 {
		t.Fatalf("%d entries, %v; want 3", len(es), err)
	}
	for i, e := range es {
		if want := float64(4 - i); e.Run.Metrics["rowCount"] != want {
			t.Errorf("entry %d has %v rows, want %v", i, e.Run.Metrics["rowCount"], want)
		}
	}
}

func contents(t *testing.T, s LedgerStore) {
	ctx, dataset := t.Context(), t.Name()
	for i, held := range [][]drift.Column{{{Name: "a", Type: "integer", At: []float64{1.5}, Numbers: []int64{2}}}, nil, {{Name: "b", Classes: map[string]int64{"x": 1}}}} {
		o := object(t, fmt.Sprintf("0%d", i))
		e := landing.Entry{ID: o.ID(), Key: o.Key, Rank: o.Rank(), Dataset: dataset, Period: "2026-11-22",
			Run: quality.Run{At: noon.Add(time.Duration(i) * time.Minute), Verdict: quality.VerdictPass, Content: held}}
		if err := s.Finish(ctx, mustClaim(t, s, o, noon), landing.Change{Record: judgedRecord(o, noon), Entry: &e}); err != nil {
			t.Fatal(err)
		}
	}
	brief, err := s.History(ctx, dataset, 9)
	if err != nil || len(brief) != 3 || brief[0].Run.Content != nil || brief[2].Run.Content != nil {
		t.Errorf("history %+v, %v; want 3 entries without content", brief, err)
	}
	whole, err := s.Contents(ctx, dataset, 9)
	if err != nil || len(whole) != 2 || whole[0].ID != brief[0].ID || whole[0].Run.Content[0].Classes["x"] != 1 || whole[1].Run.Content[0].At[0] != 1.5 {
		t.Errorf("contents %+v, %v; want the third and the first", whole, err)
	}
	if last, err := s.Contents(ctx, dataset, 1); err != nil || len(last) != 1 || last[0].ID != brief[0].ID {
		t.Errorf("the last content %+v, %v", last, err)
	}
}

func days(t *testing.T, s LedgerStore) {
	ctx, dataset := t.Context(), t.Name()
	put := func(key, sequencer string, rows int64) {
		o := object(t, sequencer)
		o.Key += key
		f := landing.Figures{Object: o, Dataset: dataset, Day: "2026-11-22", Accepted: true, Rows: rows, Revenue: "0.10", Customers: -1}
		if err := s.Finish(ctx, mustClaim(t, s, o, noon), landing.Change{Record: judgedRecord(o, noon), Figures: &f}); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "0A", 1)
	put("b", "0A", 10)
	put("a", "0B", 100)
	day, err := s.Day(ctx, dataset, "2026-11-22")
	if total := landing.Merge(day); err != nil || total.Files != 2 || total.Rows != 110 {
		t.Errorf("day %+v, %v; want 2 files, 110 rows", total, err)
	}
	if other, err := s.Day(context.WithoutCancel(ctx), dataset, "2026-11-23"); err != nil || len(other) != 0 {
		t.Errorf("another day has %d figures, %v", len(other), err)
	}
}
