package main

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	payloads "tillwatch/events"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/incident"
	"tillwatch/shared/metric"
)

const team = `
people: {kim: {name: Kim}, lee: {name: Lee, channel: P0}}
on_call:
  primary: {time_zone: Europe/Berlin, first_handover: 2026-11-16 09:00, people: [kim]}
  secondary: {time_zone: Europe/Berlin, first_handover: 2026-11-16 09:00, people: [lee]}
escalations:
  - {severities: [P1], levels: [{after: 5m, to: [primary]}, {after: 10m, to: [secondary]}]}
`

// TestTheWorldIsToldOfAnIncident follows a P1 through two levels, a person and
// its end, and reads what people, the bus, the figures and the page say.
func TestTheWorldIsToldOfAnIncident(t *testing.T) {
	w := newWorld()
	var err error
	if w.policy, err = policy.Read("policy.yaml", []byte(team)); err != nil {
		t.Fatal(err)
	}
	page := func() string { return w.objects["reports/incidents/20261122-1/index.html"] }
	wakeUp := `{"wake_incident":"20261122-1"}`
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	if want := "At 22 Nov 12:05, unless somebody takes it on before: call Kim (primary until Mon 23 Nov 09:00 Europe/Berlin)."; !strings.Contains(page(), want) {
		t.Errorf("the page lacks %q:\n%s", want, page())
	}
	w.deliver(t, 5, wakeUp)
	w.deliver(t, 15, wakeUp)
	if want := []string{"P1", "chat", "P0", "chat"}; !slices.Equal(w.channels(), want) {
		t.Fatalf("told %v, want %v", w.channels(), want)
	}
	for i, want := range map[int]string{0: "act by 13:00 UTC. Called now: Kim (primary until Mon 23 Nov 09:00 Europe/Berlin).", 2: "act by 13:00 UTC. Called now: Lee (secondary until"} {
		if text := strings.Join(strings.Fields(w.sent[i].Bodies["email"]), " "); !strings.Contains(text, want) {
			t.Errorf("message %d lacks %q: %s", i, want, text)
		}
	}
	if n := strings.Count(w.sent[0].Bodies["email"], pageOf("20261122-1")); n != 1 || strings.Contains(page(), pageOf("20261122-1")) {
		t.Errorf("the email leads to the page %d times, and the page to itself", n)
	}
	if _, err := w.store.Append(t.Context(), incident.Event{ID: "ack", Incident: "20261122-1", At: w.clock.UTC(), Kind: incident.Acknowledge, By: "lee", Text: "Taken on by lee"}); err != nil {
		t.Fatal(err)
	}
	w.deliver(t, 16, wakeUp)
	w.deliver(t, 60, notice(t, alert.Resolved, alert.P1, alert.AlertResolved))
	w.deliver(t, 61, notice(t, alert.Resolved, alert.P1, alert.AlertResolved))
	if len(w.sent) != 4 {
		t.Errorf("told of more: %v", w.channels()[4:])
	}
	if !strings.Contains(page(), "taken on by lee") || !strings.Contains(page(), `<a href="review.html">`) {
		t.Errorf("the page at the end:\n%s", page())
	}
	w.holdEvents(t, []string{
		"incident.opened.v1 opened open", "incident.updated.v1 notified open", "incident.updated.v1 escalated open", "incident.updated.v1 escalated open",
		"incident.updated.v1 acknowledged acknowledged", "incident.resolved.v1 resolved resolved",
	})
	figures := map[string]float64{}
	for _, m := range w.metrics.All() {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		figures[string(m.Name)+" "+m.Dimensions[metric.Severity]] = m.Value // the newest counts
	}
	for name, want := range map[string]float64{"OpenIncidents P1": 0, "TimeToDetectMinutes P1": 5, "TimeToAcknowledgeMinutes P1": 15, "TimeToResolveMinutes P1": 65, "PendingSpans ": 0, "InvalidSpans ": 0} {
		if got, ok := figures[name]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, ok, want)
		}
	}
}

// holdEvents holds what was sent to the bus against its schemas, and as lines of
// type, kind of change and status.
func (w *world) holdEvents(t *testing.T, want []string) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	names, err := fs.Glob(payloads.Files, "schema/*.json")
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://tillwatch.example/schema/"
	for _, name := range names {
		raw, err := payloads.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(base+path.Base(name), doc); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, e := range w.bus.Distinct() {
		schema, err := compiler.Compile(base + e.Type + ".json")
		if err != nil {
			t.Fatal(err)
		}
		detail, err := e.Detail()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(detail)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", detail, err)
		}
		var u incident.Update
		if err := json.Unmarshal(e.Data, &u); err != nil {
			t.Fatal(err)
		}
		if e.Metadata.EventID != u.Change.ID || e.Metadata.CorrelationID != "20261122-1" {
			t.Errorf("metadata %+v of %s", e.Metadata, u.Change.ID)
		}
		got = append(got, e.Type+" "+string(u.Change.Kind)+" "+string(u.Status))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the bus got\n  %s, want\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if all := w.bus.All(); len(all) != len(got) {
		t.Errorf("%d events were sent, %d of them different", len(all), len(got))
	}
}

// TestAllOfAnIncidentIsOneThread holds that the router's notes and the
// responder's go to the same thread.
func TestAllOfAnIncidentIsOneThread(t *testing.T) {
	w := newWorld()
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	w.deliver(t, 60, `{"wake_incident":"20261122-1"}`)
	inc := w.incident(t)
	s := inc.Alerts[0].Signal
	routers, err := message.Compose(s, alert.Notice{Reason: alert.FirstNotification, Incident: inc.ID, Page: true, Channels: []string{"P1", alert.Chat}, At: noon, Since: noon})
	if err != nil {
		t.Fatal(err)
	}
	thread := func(m alert.Message) string {
		var n message.Note
		if err := json.Unmarshal([]byte(m.Bodies["default"]), &n); err != nil {
			t.Fatal(err)
		}
		return n.Metadata.ThreadID
	}
	router, responder := thread(routers[len(routers)-1]), thread(w.sent[len(w.sent)-1])
	if router != responder || router != "20261122-1" {
		t.Errorf("the router's thread is %q, the responder's %q", router, responder)
	}
}

// TestTheRoomGetsOneLineForWhatIsDone reads the note that somebody took it on.
func TestTheRoomGetsOneLineForWhatIsDone(t *testing.T) {
	w := newWorld()
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	ack := incident.Event{ID: "ack", Incident: "20261122-1", At: w.clock.UTC(), Kind: incident.Acknowledge, By: "kim", Text: "Taken on by kim"}
	for range 2 { // delivered twice, told once
		if _, err := w.handler.responder.Respond(t.Context(), "20261122-1", []incident.Event{ack}, w.clock); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(w.channels(), []string{alert.Chat}) {
		t.Fatalf("told %v, want the room alone, once", w.channels())
	}
	var n message.Note
	if err := json.Unmarshal([]byte(w.sent[0].Bodies["default"]), &n); err != nil {
		t.Fatal(err)
	}
	if want := "🔴 P1: Taken on by kim"; n.Content.Title != want {
		t.Errorf("title %q, want %q", n.Content.Title, want)
	}
	if want := "It began at 11:55 UTC.\n<https://example.com/incidents/20261122-1|Incident>"; n.Content.Description != want || len(n.Content.NextSteps) > 0 {
		t.Errorf("description %q and steps %q, want %q and none", n.Content.Description, n.Content.NextSteps, want)
	}
}
