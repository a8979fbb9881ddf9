package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/event"
	"tillwatch/shared/memory"
)

// observe has the rules of the router's policy held against o, as evaluate-rules
// does, and delivers the signals.
func (w *world) observe(t *testing.T, store rule.Store, o rule.Observation) {
	t.Helper()
	signals, _, err := rule.Take(t.Context(), store, w.router.Engine.Policy, o)
	if err != nil {
		t.Fatal(err)
	}
	var batch events.SQSEvent
	for _, s := range signals {
		e, err := event.New(event.SignalRaised, event.Metadata{EventID: s.ID, OccurredAt: s.At, Producer: "evaluate-rules"}, s)
		if err != nil {
			t.Fatal(err)
		}
		detail, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: s.ID, Body: fmt.Sprintf(`{"detail-type": %q, "detail": %s}`, e.Type, detail)})
	}
	if out, err := w.handle(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %s", err, w.log.String())
	}
}

// TestASilentPipelineIsToldOfAsFullyAsAnyOther lets a pipeline run each hour and
// then no more: the router itself raises that, and people get what every alert
// has.
func TestASilentPipelineIsToldOfAsFullyAsAnyOther(t *testing.T) {
	w := newWorld()
	p, err := policy.Read("policy.yaml", []byte("rules: [{name: pipeline_silent, pipeline: sales, condition: observed, absent_after: 2h, severity: P1}]"))
	if err != nil {
		t.Fatal(err)
	}
	w.router.Engine.Policy = p
	customers := int64(8120)
	store := &memory.Rules{}
	for i := range 15 {
		w.observe(t, store, rule.Observation{ID: fmt.Sprint("run-", i), Pipeline: "sales", Environment: "prod", Team: "retail", At: w.at,
			Stakes: &alert.Stakes{HourlyRevenue: "50000", Currency: "EUR", Customers: &customers, Until: w.at}})
		w.pass(t, time.Hour)
	}
	w.pass(t, 2*time.Hour+15*time.Minute)
	if got := w.channels(); got != "P1 chat" {
		t.Fatalf("told %q", got)
	}
	text := strings.Join(strings.Fields(w.sent[0].Bodies["email"]), " ")
	for _, want := range []string{
		"It began at 19:07 UTC; act by 21:22 UTC.",
		"Measured: silence 195 minutes; at most 120 minutes expected; usually 60 minutes.",
		"Before: 60, 60, 60, 60, 60, 60 minutes, the last of them at 17:07 UTC.",
		"Revenue at risk: 6,250.00 EUR, and 5,000.00 EUR more with each hour. Good data was due at 19:07 UTC, 1 hour 15 minutes ago.",
		"Customers affected: 8,120.",
		"LIKELY CAUSES", "WHAT TO DO NOW", "TO FIND OUT MORE", "Runbook: https://example.com/runbooks/pipeline_silent.md",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the email does not say %q:\n%s", want, w.sent[0].Bodies["email"])
		}
	}
	var told struct{ Signal alert.Signal }
	if err := json.Unmarshal([]byte(w.sent[0].Bodies["sqs"]), &told); err != nil || len(told.Signal.Trend) != alert.MaxTrend {
		t.Errorf("%v, %d points", err, len(told.Signal.Trend))
	}
}

// TestAnAlarmSaysWhatItsMetricWasBefore lets the metric be read, and not.
func TestAnAlarmSaysWhatItsMetricWasBefore(t *testing.T) {
	for _, c := range []struct {
		rule string
		err  error
		want string
		logs bool
	}{
		{"what it was", nil, "usually 0 seconds. Before: 0, 0, 0, 0, 0, 30 seconds, the last of them at 02:56 UTC.", false},
		{"and nothing, where that cannot be read", errors.New("throttled"), "at most 900 seconds expected.", true},
	} {
		w := newWorld()
		w.series.err = c.err
		w.deliver(t, "alarm/sns-metric")
		w.pass(t, time.Minute)
		if len(w.sent) == 0 {
			t.Fatalf("%s: nobody was told", c.rule)
		}
		text := strings.Join(strings.Fields(w.sent[0].Bodies["email"]), " ")
		if !strings.Contains(text, c.want) || strings.Contains(w.log.String(), "trend of an alarm not read") != c.logs {
			t.Errorf("%s: got %s", c.rule, w.sent[0].Bodies["email"])
		}
	}
}
