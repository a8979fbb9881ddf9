package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	payloads "tillwatch/events"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/receiver"
	"tillwatch/shared/telemetry"
)

// tool takes notices, or fails for signals with these ids.
type tool struct {
	fails map[string]error
	took  []string
	aside []string
	stuck error // what setting aside fails with
}

func (t *tool) Send(_ context.Context, n receiver.Notice) error {
	if n.Signal.ID == "panic" {
		panic("no")
	}
	if err := t.fails[n.Signal.ID]; err != nil {
		return err
	}
	t.took = append(t.took, n.Signal.ID)
	return nil
}

func (t *tool) Acknowledge(_ context.Context, a answer.Answer) error {
	t.took = append(t.took, a.By+" has "+a.Incident)
	return t.fails[a.ID]
}

// TestAnAcknowledgementIsHandedOn holds that of people's answers only the one
// that PagerDuty must hear of is handed on.
func TestAnAcknowledgementIsHandedOn(t *testing.T) {
	tl := &tool{}
	h := &handler{receiver: "pagerduty", sender: tl, aside: tl, log: slog.New(slog.DiscardHandler)}
	var batch events.SQSEvent
	for _, name := range []string{"incident/answered.json", "incident/silenced.json", "incident/resolved-by-a-person.json", "malformed/answer-unsigned.json"} {
		raw, err := payloads.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: name, Body: string(raw)})
	}
	out, err := h.handle(t.Context(), batch)
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	if want := []string{"Ann Lee has 20261122T030652.000-5f1c2a9b"}; !slices.Equal(tl.took, want) || len(tl.aside) != 1 {
		t.Errorf("took %q, %d aside, want %q and what nobody signed aside", tl.took, len(tl.aside), want)
	}
	h.sender = struct{ receiver.Sender }{tl} // a tool that does not want to know
	if out, err := h.handle(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 || len(tl.took) != 1 {
		t.Errorf("%+v, %v, took %q", out, err, tl.took)
	}
}

func (t *tool) SetAside(_ context.Context, body string) error {
	if t.stuck == nil {
		t.aside = append(t.aside, body)
	}
	return t.stuck
}

func body(t *testing.T, id string) string {
	t.Helper()
	s := alert.Signal{ID: id, DedupKey: "d", GroupKey: "g", Rule: alert.FileRejected, Status: alert.Firing, Severity: alert.P1,
		Pipeline: "sales", At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Summary: "it failed"}
	raw, err := message.Machine(s, alert.Notice{Reason: alert.FirstNotification})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestEachMessageByItself(t *testing.T) {
	tl := &tool{fails: map[string]error{"down": errors.New("no answer"), "bad": receiver.ErrRefused}}
	var log bytes.Buffer
	h := &handler{receiver: "pagerduty", sender: tl, aside: tl, log: telemetry.NewLogger(&log, service, slog.LevelInfo)}
	var batch events.SQSEvent
	for _, id := range []string{"a", "down", "bad", "panic", "b"} {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: id, Body: body(t, id)})
	}
	batch.Records = append(batch.Records, events.SQSMessage{MessageId: "malformed", Body: "{"})
	response, err := h.handle(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var again []string
	for _, f := range response.BatchItemFailures {
		again = append(again, f.ItemIdentifier)
	}
	if want := []string{"down", "panic"}; !slices.Equal(again, want) {
		t.Errorf("to be tried again: %v, want %v", again, want)
	}
	if want := []string{"a", "b"}; !slices.Equal(tl.took, want) {
		t.Errorf("told: %v, want %v", tl.took, want)
	}
	if len(tl.aside) != 2 || tl.aside[0] != body(t, "bad") || tl.aside[1] != "{" {
		t.Errorf("set aside: %q", tl.aside)
	}
	for _, want := range []string{`"receiver_unreachable"`, `"refused"`, `"malformed_notification"`, `"receiver told"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
}

// TestNothingIsLostWhileNothingCanBeSetAside leaves the message in its queue.
func TestNothingIsLostWhileNothingCanBeSetAside(t *testing.T) {
	tl := &tool{fails: map[string]error{"bad": receiver.ErrRefused}, stuck: errors.New("no queue")}
	h := &handler{receiver: "webhook", sender: tl, aside: tl, log: slog.New(slog.DiscardHandler)}
	response, _ := h.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "bad", Body: body(t, "bad")}}})
	if len(response.BatchItemFailures) != 1 {
		t.Errorf("got %+v", response)
	}
}

// TestAlarmsAreHandedOn reads each form in which an alarm comes to a topic.
func TestAlarmsAreHandedOn(t *testing.T) {
	for file, want := range map[string]string{
		"alarm/sns-metric.json": "firing", "alarm/sns-composite.json": "firing", "alarm/sns-metric-math.json": "firing",
	} {
		raw, err := payloads.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, err := read(raw)
		if err != nil || string(n.Signal.Status) != want || n.Signal.Validate() != nil {
			t.Errorf("%s: %+v, %v", file, n, err)
		}
	}
	raw, err := payloads.Files.ReadFile("alarm/eventbridge-insufficient-data.json")
	if err != nil {
		t.Fatal(err)
	}
	tl := &tool{}
	h := &handler{receiver: "webhook", sender: tl, aside: tl, log: slog.New(slog.DiscardHandler)}
	response, _ := h.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "x", Body: string(raw)}}})
	if len(response.BatchItemFailures)+len(tl.took)+len(tl.aside) > 0 {
		t.Errorf("an alarm without data: %+v, %+v", response, tl)
	}
}

func TestConfigureNamesEverythingThatIsMissing(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, want := range []string{"TILLWATCH_RECEIVER", "TILLWATCH_RECEIVER_SECRET", "TILLWATCH_DEAD_LETTERS"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
	_, err = configure(func(name string) string { return map[string]string{"TILLWATCH_RECEIVER": "webhook"}[name] })
	if err == nil || !strings.Contains(err.Error(), "TILLWATCH_RECEIVER_URL") {
		t.Errorf("a webhook without an address: %v", err)
	}
}
