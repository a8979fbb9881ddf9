package landing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/metric"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// A saboteur stands between a judger and its stores and counts the calls. The
// call number At fails: before it takes effect, or After it did. With Dead, so
// does every later one, as if the worker had been killed.
type saboteur struct {
	At          int
	After, Dead bool
	calls       int
	names       []string
}

type injected struct{ name string }

func (e injected) Error() string { return "injected: " + e.name }
func (injected) Retryable() bool { return true }

// call runs do under sabotage.
func (s *saboteur) call(name string, do func() error) error {
	s.calls++
	s.names = append(s.names, name)
	if s.Dead && s.calls > s.At {
		return injected{"dead: " + name}
	}
	if s.calls != s.At {
		return do()
	}
	if s.After {
		if err := do(); err != nil {
			return err
		}
	}
	return injected{name}
}

func (s *saboteur) wrap(j *landing.Judger) *landing.Judger {
	w := wrapped{s, *j}
	c := *j
	c.Claims, c.Ledger, c.Archive, c.Files, c.Library = w, w, w, w, w
	c.Documents, c.Metrics, c.Bus = documents{w}, metrics{w}, w
	return &c
}

type wrapped struct {
	s *saboteur
	j landing.Judger
}

func (w wrapped) Claim(ctx context.Context, o landing.Object, now time.Time, lease time.Duration) (c landing.Claim, err error) {
	err = w.s.call("claim", func() (err error) { c, err = w.j.Claims.Claim(ctx, o, now, lease); return })
	return c, err
}

func (w wrapped) Release(ctx context.Context, c landing.Claim) error {
	return w.s.call("release", func() error { return w.j.Claims.Release(ctx, c) })
}

func (w wrapped) Finish(ctx context.Context, c landing.Claim, ch landing.Change) error {
	return w.s.call("finish", func() error { return w.j.Ledger.Finish(ctx, c, ch) })
}

func (w wrapped) Mark(ctx context.Context, o landing.Object, step landing.Step) error {
	return w.s.call("mark "+string(step), func() error { return w.j.Ledger.Mark(ctx, o, step) })
}

func (w wrapped) History(ctx context.Context, dataset string, limit int) (es []landing.Entry, err error) {
	err = w.s.call("history", func() (err error) { es, err = w.j.Archive.History(ctx, dataset, limit); return })
	return es, err
}

func (w wrapped) Contents(ctx context.Context, dataset string, limit int) (es []landing.Entry, err error) {
	err = w.s.call("contents", func() (err error) { es, err = w.j.Archive.Contents(ctx, dataset, limit); return })
	return es, err
}

func (w wrapped) Standing(ctx context.Context, key string) (st landing.Standing, err error) {
	err = w.s.call("standing", func() (err error) { st, err = w.j.Archive.Standing(ctx, key); return })
	return st, err
}

func (w wrapped) Day(ctx context.Context, dataset, day string) (fs []landing.Figures, err error) {
	err = w.s.call("day", func() (err error) { fs, err = w.j.Archive.Day(ctx, dataset, day); return })
	return fs, err
}

func (w wrapped) Pin(ctx context.Context, o landing.Object) (p landing.Object, err error) {
	err = w.s.call("pin", func() (err error) { p, err = w.j.Files.Pin(ctx, o); return })
	return p, err
}

func (w wrapped) Source(o landing.Object) tabular.Source {
	return opener{w.s, w.j.Files.Source(o)}
}

type opener struct {
	s   *saboteur
	src tabular.Source
}

func (o opener) Open(ctx context.Context) (r io.ReadCloser, err error) {
	err = o.s.call("read", func() (err error) { r, err = o.src.Open(ctx); return })
	return r, err
}

func (w wrapped) Tag(ctx context.Context, o landing.Object, verdict string) error {
	return w.s.call("tag", func() error { return w.j.Files.Tag(ctx, o, verdict) })
}

func (w wrapped) Contracts(ctx context.Context) (s landing.Shelf, err error) {
	err = w.s.call("contracts", func() (err error) { s, err = w.j.Library.Contracts(ctx); return })
	return s, err
}

func (w wrapped) Reference(ctx context.Context, dataset string) (tabular.Source, error) {
	return w.j.Library.Reference(ctx, dataset)
}

func (w wrapped) Send(ctx context.Context, es []event.Event) error {
	return w.s.call("send", func() error { return w.j.Bus.Send(ctx, es) })
}

type documents struct{ wrapped }

func (d documents) Put(ctx context.Context, doc landing.Document) error {
	return d.s.call("write", func() error { return d.j.Documents.Put(ctx, doc) })
}

type metrics struct{ wrapped }

func (m metrics) Put(ctx context.Context, ms []metric.Measurement) error {
	return m.s.call("metrics", func() error { return m.j.Metrics.Put(ctx, ms) })
}

// end is everything that is left when all is done, without what may differ:
// when it was judged and at which attempt.
type end struct {
	Records   []landing.Record
	Published [][]landing.Step
	History   []landing.Entry
	Day       []landing.Figures
	Standing  landing.Standing
	Documents []string
	Tag       string
	Events    []string
	Metrics   []string
}

func (h *house) end(t *testing.T, o landing.Object) end {
	t.Helper()
	var e end
	for _, c := range h.ledger.Records() {
		r := *c.Record
		r.At, r.Events, r.Measurements = time.Time{}, nil, nil
		e.Records = append(e.Records, r)
		slices.Sort(c.Published) // a step that failed is done after those behind it
		e.Published = append(e.Published, c.Published)
		if !c.Done() {
			t.Errorf("left to do: %v", c.Todo())
		}
	}
	ctx := t.Context()
	e.History, _ = h.ledger.History(ctx, "sales_data", 100)
	e.Day, _ = h.ledger.Day(ctx, "sales_data", "2026-11-22")
	e.Standing, _ = h.ledger.Standing(ctx, "sales_data/2026-11-22")
	e.Documents = h.documents.Keys()
	e.Tag = h.bucket.Tagged(o)
	seen := map[string]string{}
	for _, ev := range h.bus.All() {
		id, when := ev.Metadata.EventID, ev.Metadata.OccurredAt.String()+string(ev.Data)
		if prev, ok := seen[id]; ok && prev != when {
			t.Errorf("event %s was repeated with another content", id)
		}
		seen[id] = when
	}
	for _, ev := range h.bus.Distinct() {
		e.Events = append(e.Events, ev.Type+" "+ev.Metadata.EventID+" "+ev.Metadata.OccurredAt.String())
	}
	for _, m := range h.metrics.All() {
		if m.Name == metric.EndToEndSeconds || m.Name == metric.DataFreshnessMinutes {
			m.Value = 0 // they tell when it was judged
		}
		e.Metrics = append(e.Metrics, fmt.Sprint(m.Name, m.Dimensions, m.Value, m.At))
	}
	slices.Sort(e.Metrics)
	e.Metrics = slices.Compact(e.Metrics)
	return e
}

// TestCrashAtEachStep fails each call in turn, before and after it took
// effect, with and without the death of the worker, and wants the retry to end
// where an undisturbed run ends.
func TestCrashAtEachStep(t *testing.T) {
	for _, story := range []struct {
		name  string
		setup func(h *house) landing.Object
	}{
		{"a rejected file", func(h *house) landing.Object {
			return h.bucket.Put("landing", salesKey, []byte("-1\nbad\n"), noon)
		}},
		{"a file that resolves a signal", func(h *house) landing.Object {
			bad := h.bucket.Put("landing", salesKey, []byte("-1\nbad\n"), noon.Add(-time.Hour))
			if _, err := h.judger().Judge(context.Background(), bad, noon.Add(-time.Hour)); err != nil {
				panic(err)
			}
			return h.bucket.Put("landing", salesKey, []byte("1\n"), noon)
		}},
		{"a file without a contract", func(h *house) landing.Object {
			return h.bucket.Put("landing", "weather/a.csv", []byte("1\n"), noon)
		}},
		{"a file that panics", func(h *house) landing.Object {
			return h.bucket.Put("landing", salesKey, []byte("panic\n"), noon)
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			h := newHouse()
			o := story.setup(h)
			count := &saboteur{}
			if _, err := count.wrap(h.judger()).Judge(t.Context(), o, noon); err != nil {
				t.Fatal(err)
			}
			want := h.end(t, o)
			if count.calls < 8 {
				t.Fatalf("only %d calls: %v", count.calls, count.names)
			}
			for at := 1; at <= count.calls; at++ {
				for _, mode := range []saboteur{{}, {After: true}, {Dead: true}, {After: true, Dead: true}} {
					s := &saboteur{At: at, After: mode.After, Dead: mode.Dead}
					t.Run(fmt.Sprintf("%02d %s after=%v dead=%v", at, count.names[at-1], s.After, s.Dead), func(t *testing.T) {
						h := newHouse()
						o := story.setup(h)
						_, err := s.wrap(h.judger()).Judge(t.Context(), o, noon)
						if err == nil || !landing.Retryable(err) {
							t.Fatalf("the disturbed run: %v, want a retryable error", err)
						}
						now := noon.Add(time.Second)
						if _, err := h.judger().Judge(t.Context(), o, now); errors.Is(err, landing.ErrBusy) {
							now = noon.Add(2 * time.Minute) // beyond the dead worker's lease
						}
						for range 2 {
							if _, err := h.judger().Judge(t.Context(), o, now); err != nil {
								t.Fatalf("the retry: %v", err)
							}
						}
						if diff := cmp.Diff(want, h.end(t, o)); diff != "" {
							t.Errorf("end differs (-undisturbed +disturbed):\n%s", diff)
						}
					})
				}
			}
		})
	}
}

// TestCrashWhileNewerArrives proves that a newer version that comes between the
// claim and the verdict of the older one is the only one with a verdict.
func TestCrashWhileNewerArrives(t *testing.T) {
	h := newHouse()
	old := h.bucket.Put("landing", salesKey, []byte("-1\nbad\n"), noon)
	j := h.judger()
	var newer landing.Object
	j.Validate = func(ctx context.Context, in quality.Input) (*quality.Report, error) {
		newer = h.bucket.Put("landing", salesKey, []byte("1\n"), noon.Add(time.Second))
		if out := judged(t, h, newer, noon.Add(time.Second)); out.Decision != landing.Judged {
			t.Errorf("the newer: %s", out.Decision)
		}
		return judgeByWord(ctx, in)
	}
	out, err := j.Judge(t.Context(), old, noon)
	if err != nil || out.Decision != landing.Stale {
		t.Fatalf("the older: %s, %v; want stale", out.Decision, err)
	}
	if got := h.kinds(); got != event.FileValidated {
		t.Errorf("events %q, want the newer's alone", got)
	}
	if h.bucket.Tagged(old) != "" || h.bucket.Tagged(newer) != "pass" {
		t.Errorf("tags %q and %q, want none and pass", h.bucket.Tagged(old), h.bucket.Tagged(newer))
	}
}

func decode(t *testing.T, raw []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(raw, to); err != nil {
		t.Fatalf("decode %.200s: %v", raw, err)
	}
}
