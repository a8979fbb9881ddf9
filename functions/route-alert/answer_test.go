package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/aws/answerevent"
)

// said puts what a person says of what was told last onto the queue.
func (w *world) said(t *testing.T, kind answer.Kind) {
	t.Helper()
	var told struct {
		Incident string `json:"incident_id"`
		Group    string `json:"group_key"`
	}
	for _, m := range w.sent {
		if m.Channel == "P1" {
			if err := json.Unmarshal([]byte(m.Bodies["sqs"]), &told); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := answer.Answer{ID: "t/" + string(kind), Incident: told.Incident, Group: told.Group, Kind: kind, By: "Ann", At: w.at,
		Title: "it failed", Severity: alert.P1, Pipeline: "sales_data"}
	if kind == answer.Silence {
		a.Until, a.Matchers = w.at.Add(48*time.Hour), []string{`pipeline="sales_data"`}
	}
	e, err := answerevent.New(a, "test")
	if err != nil {
		t.Fatal(err)
	}
	detail, err := e.Detail()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"detail-type": e.Type, "detail": json.RawMessage(detail)})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // everything comes twice
		out, err := w.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: string(body)}}})
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%+v, %v: %s", out, err, w.log.String())
		}
	}
}

func (w *world) pages() (n int) {
	for _, m := range w.sent {
		if m.Channel == "P1" {
			n++
		}
	}
	return n
}

func TestAnswersReachTheRouter(t *testing.T) {
	for _, c := range []struct {
		rule  string
		kind  answer.Kind
		pages int // within 9 hours, the first included
		last  string
	}{
		{"nobody answers", "", 3, "STILL"},
		{"acknowledged, it is not repeated", answer.Acknowledge, 1, ""},
		{"resolved, its end is told once", answer.Resolve, 2, "RESOLVED"},
		{"silenced for longer, it is not repeated", answer.Silence, 1, ""},
		{"mitigated, it is repeated", answer.Mitigate, 3, "STILL"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := newWorld()
			p, err := policy.Read("policy.yaml", []byte("defaults: {cooldown_minutes: 5}\nincidents: {stale: 24h}\nroute: {group_wait: 30s, group_interval: 5m, repeat_interval: 4h}\n"))
			if err != nil {
				t.Fatal(err)
			}
			w.router.Engine.Policy = p
			w.deliver(t, "signal/raised")
			if c.kind != "" {
				w.at = w.at.Add(time.Minute)
				w.said(t, c.kind)
			}
			for range 9 * 4 {
				w.pass(t, 15*time.Minute)
			}
			last := ""
			for _, m := range w.sent {
				if m.Channel == "P1" {
					last = m.Subject
				}
			}
			if got := w.pages(); got != c.pages || !strings.Contains(last, c.last) {
				t.Errorf("%d pages, the last %q, want %d and %s", got, last, c.pages, c.last)
			}
			if c.kind != "" && strings.Count(w.log.String(), "answer taken") != 2 {
				t.Errorf("the log does not tell of both deliveries: %s", w.log.String())
			}
		})
	}
}

func TestAnAnswerThatCannotBeTakenIsSetAside(t *testing.T) {
	w := newWorld()
	if failed := w.deliver(t, "malformed/answer-unsigned"); len(failed) != 1 || !strings.Contains(w.log.String(), `"malformed_signal"`) {
		t.Errorf("failed %v: %s", failed, w.log.String())
	}
	if failed := w.deliver(t, "incident/answered"); len(failed) > 0 || !strings.Contains(w.log.String(), `"changed":false`) {
		t.Errorf("of an incident that nobody knows: failed %v: %s", failed, w.log.String())
	}
}
