package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	payloads "tillwatch/events"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/event"
	"tillwatch/shared/memory"
	"tillwatch/shared/metric"
	"tillwatch/shared/telemetry"
)

// world is everything around the handler.
type world struct {
	handler
	sent    []event.Event
	down    error // what sending fails with
	counted float64
	out     bytes.Buffer
}

func (w *world) Send(_ context.Context, e []event.Event) error {
	if w.down == nil {
		w.sent = append(w.sent, e...)
	}
	return w.down
}

func (w *world) Put(_ context.Context, ms []metric.Measurement) error {
	for _, m := range ms {
		if err := m.Validate(); err != nil {
			return err
		}
		w.counted += m.Value
	}
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	traces, err := telemetry.StartTraces(t.Context(), service, "test", "")
	if err != nil {
		t.Fatal(err)
	}
	w.handler = handler{
		policy: func(context.Context, time.Time) (*policy.Policy, error) { return policy.Shipped(), nil },
		store:  &memory.Rules{}, bus: w, metrics: w, environment: "test", traces: traces,
		now: func() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) },
		log: telemetry.NewLogger(&w.out, service, slog.LevelInfo),
	}
	return w
}

func message(t *testing.T, name string) events.SQSMessage {
	t.Helper()
	raw, err := payloads.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return events.SQSMessage{MessageId: name, Body: string(raw)}
}

// deliver hands the handler a batch and returns the ids of what failed.
func (w *world) deliver(t *testing.T, msgs ...events.SQSMessage) []string {
	t.Helper()
	response, err := w.handle(t.Context(), events.SQSEvent{Records: msgs})
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

// said lists what was sent, type and dedup key.
func (w *world) said(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, e := range w.sent {
		var s alert.Signal
		if err := json.Unmarshal(e.Data, &s); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(); err != nil || s.Environment != "test" || e.Metadata.EventID != s.ID {
			t.Errorf("%s of %s in %q: %v", e.Metadata.EventID, s.ID, s.Environment, err)
		}
		list = append(list, e.Type+" "+s.DedupKey)
	}
	return list
}

// TestARunFromItsFaultToItsEnd follows a run that fails, a retry that fails, and
// one that goes well.
func TestARunFromItsFaultToItsEnd(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		rule, file string
		want       []string
	}{
		{"a bad run fires", "run/failed.json", []string{"signal.raised.v1 high_error_rate/daily_revenue"}},
		{"a bad retry does not", "run/retried.json", nil},
		{"a good one ends it", "run/succeeded.json", []string{"signal.resolved.v1 high_error_rate/daily_revenue"}},
		{"a run that begins is no news", "run/started.json", nil},
		{"what nobody expected fires", "run/nothing-expected.json", []string{"signal.raised.v1 record_count_variance/holiday_sales"}},
	} {
		w.sent = nil
		if failed := w.deliver(t, message(t, c.file)); failed != nil {
			t.Fatalf("%s: %v\n%s", c.rule, failed, w.out.String())
		}
		if got := w.said(t); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
	if w.counted != 3 {
		t.Errorf("%v signals counted, want 3", w.counted)
	}
}

// TestASecondDeliverySaysTheSame holds ids to be the same, so that whoever gets
// the double drops it.
func TestASecondDeliverySaysTheSame(t *testing.T) {
	w := newWorld(t)
	w.down = errors.New("no bus")
	bad := message(t, "run/failed.json")
	if failed := w.deliver(t, bad); !slices.Equal(failed, []string{"run/failed.json"}) {
		t.Errorf("while the bus is down: %v", failed)
	}
	w.down = nil
	if failed := w.deliver(t, bad, bad); failed != nil || len(w.sent) != 2 {
		t.Fatalf("%v, %d events", failed, len(w.sent))
	}
	if a, b := w.sent[0], w.sent[1]; a.Metadata != b.Metadata || string(a.Data) != string(b.Data) {
		t.Errorf("the second delivery says something else:\n%s\n%s", a.Data, b.Data)
	}
}

func TestEachMessageByItself(t *testing.T) {
	w := newWorld(t)
	failed := w.deliver(t, message(t, "malformed/run-negative.json"), message(t, "run/failed.json"),
		message(t, "malformed/run-not-a-number.json"), message(t, "file/rejected.json"))
	if want := []string{"malformed/run-negative.json", "malformed/run-not-a-number.json"}; !slices.Equal(failed, want) {
		t.Errorf("failed %v, want %v", failed, want)
	}
	want := []string{"signal.raised.v1 high_error_rate/daily_revenue", "signal.raised.v1 low_quality/sales_data/sales_data"}
	if got := w.said(t); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, want := range []string{"failed_tasks is -1", "freshness_minutes is of the type text, want a number", `"malformed_observation"`} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, w.out.String())
		}
	}
}

// TestOneLineSaysWhatBecameOfIt holds the fields that the runbooks query.
func TestOneLineSaysWhatBecameOfIt(t *testing.T) {
	w := newWorld(t)
	w.deliver(t, message(t, "run/failed.json"))
	var line struct {
		Message       string `json:"message"`
		Pipeline      string `json:"pipeline_id"`
		ExecutionDate string `json:"execution_date"`
		Context       struct {
			Kind     string            `json:"kind"`
			Run      string            `json:"run_id"`
			Fired    []string          `json:"fired"`
			Resolved []string          `json:"resolved"`
			Reasons  map[string]string `json:"reasons"`
			Measured map[string]string `json:"measured"`
		} `json:"context"`
	}
	if err := json.Unmarshal(w.out.Bytes(), &line); err != nil {
		t.Fatalf("not one line: %v\n%s", err, w.out.String())
	}
	c := line.Context
	if line.Message != "observation evaluated" || line.Pipeline != "daily_revenue" || line.ExecutionDate != "2026-11-22" ||
		c.Kind != "pipeline.run.v1" || c.Run != "daily_revenue-2026-11-22" || !slices.Equal(c.Fired, []string{alert.HighErrorRate}) || c.Resolved == nil ||
		c.Reasons[alert.HighErrorRate] != string(rule.AboveThreshold) || c.Reasons[alert.LowQuality] != string(rule.WithinThreshold) ||
		c.Measured[alert.HighErrorRate] != "error rate 7.39 % of 1,204 tasks, limit 5 %" {
		t.Errorf("got %s", w.out.String())
	}
}

// TestABrokenPolicyChangesNothing goes on with the last one.
func TestABrokenPolicyChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.policy = func(context.Context, time.Time) (*policy.Policy, error) {
		return policy.Shipped(), errors.New("line 3")
	}
	if failed := w.deliver(t, message(t, "run/failed.json")); failed != nil || len(w.sent) != 1 || !strings.Contains(w.out.String(), "line 3") {
		t.Errorf("%v, %d events\n%s", failed, len(w.sent), w.out.String())
	}
}

func TestConfigurationNamesAllThatIsMissing(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, want := range []string{"TILLWATCH_ENVIRONMENT", "TILLWATCH_TABLE", "TILLWATCH_BUS", "TILLWATCH_RESULTS_BUCKET"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
}
