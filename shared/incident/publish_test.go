package incident_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/incident"
	"tillwatch/shared/metric"
)

// TestUpdatesTellHowItStood follows an incident to its end: each event is
// announced once, with the state that it made.
func TestUpdatesTellHowItStood(t *testing.T) {
	w := &world{}
	w.respond(t, true, 0, opening())
	w.respond(t, true, 10)
	w.respond(t, true, 12, incident.Event{ID: "ack", Incident: "INC-1", At: noon.Add(12 * time.Minute), Kind: incident.Acknowledge, By: "kim", Text: "Taken on by kim"})
	w.respond(t, true, 13, incident.Event{ID: "ack2", Incident: "INC-1", At: noon.Add(13 * time.Minute), Kind: incident.Acknowledge, By: "lee", Text: "Taken on by lee"})
	w.respond(t, true, 60, ending(60))
	w.respond(t, true, 61)
	type row struct {
		kind   incident.Kind
		status incident.Status
		by     string
		level  int
		firing int
	}
	var got []row
	for _, u := range w.announced {
		got = append(got, row{u.Change.Kind, u.Status, u.Change.By, u.Level, u.Firing})
	}
	want := []row{
		{incident.Opened, incident.StatusOpen, incident.System, 0, 1},
		{incident.RemedyStarted, incident.StatusRemediating, incident.System, 0, 1},
		{incident.Noted, incident.StatusRemediating, incident.System, 0, 1},
		{incident.RemedyFailed, incident.StatusOpen, incident.System, 0, 1},
		{incident.Escalated, incident.StatusOpen, incident.System, 1, 1},
		{incident.Acknowledge, incident.StatusAcknowledged, "kim", 1, 1},
		{incident.Resolve, incident.StatusResolved, incident.System, 1, 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if want := []time.Time{noon, noon.Add(12 * time.Minute), noon.Add(60 * time.Minute)}; !slices.EqualFunc(w.measured, want, time.Time.Equal) {
		t.Errorf("measured at %v, want %v", w.measured, want)
	}
	if want := []incident.Status{incident.StatusRemediating, incident.StatusOpen, incident.StatusAcknowledged, incident.StatusResolved}; !slices.Equal(w.pages, want) {
		t.Errorf("pages say %v, want %v", w.pages, want)
	}
}

// TestWhatCannotBePublishedKeepsNobodyFromBeingCalled has the bus fail for
// ever: levels are called all the same.
func TestWhatCannotBePublishedKeepsNobodyFromBeingCalled(t *testing.T) {
	w := &world{}
	r := w.responder(false)
	r.Publisher.Announcer = deaf{w}
	for _, minutes := range []int{0, 15} {
		if _, err := r.Respond(t.Context(), "INC-1", []incident.Event{opening()}, noon.Add(time.Duration(minutes)*time.Minute)); !errors.Is(err, errStep) {
			t.Errorf("after %d minutes: %v, want %v", minutes, err, errStep)
		}
	}
	inc, err := r.Load(t.Context(), "INC-1")
	if err != nil || inc.Level != 2 {
		t.Fatalf("level %d, %v", inc.Level, err)
	}
	w.respond(t, false, 16)
	if len(w.announced) != len(inc.Timeline) {
		t.Errorf("%d of %d events were announced in the end", len(w.announced), len(inc.Timeline))
	}
}

// deaf is an Announcer that nobody hears.
type deaf struct{ *world }

func (deaf) Announce(context.Context, []incident.Update) error { return errStep }

func TestFigures(t *testing.T) {
	at := noon
	minutes := func(n int) incident.Span {
		return incident.Span{Length: time.Duration(n) * time.Minute, State: incident.Measured}
	}
	pending, unknown, invalid := incident.Span{State: incident.Pending}, incident.Span{State: incident.Unknown}, incident.Span{State: incident.Invalid, Length: -time.Hour}
	spans := func(detect, ack, resolve incident.Span) incident.Spans {
		return incident.Spans{Detect: detect, Acknowledge: ack, Resolve: resolve}
	}
	list := []incident.Standing{
		{ID: "a", OpenedAt: at.Add(-time.Hour), Severity: alert.P1, Over: true, Spans: spans(minutes(2), minutes(10), minutes(60))},
		{ID: "b", OpenedAt: at.AddDate(0, 0, -29), Severity: alert.P1, Over: true, Spans: spans(minutes(4), unknown, minutes(30))},
		{ID: "c", OpenedAt: at.Add(-time.Minute), Severity: alert.P1, Spans: spans(invalid, pending, pending)},
		{ID: "d", OpenedAt: at.Add(-time.Minute), Severity: alert.P0, Spans: spans(minutes(1), minutes(3), pending)},
		{ID: "too old", OpenedAt: at.AddDate(0, 0, -31), Severity: alert.P0, Over: true, Spans: spans(minutes(1000), minutes(1000), minutes(1000))},
		{ID: "of the future", OpenedAt: at.Add(time.Minute), Severity: alert.P0, Spans: spans(minutes(1000), minutes(1000), minutes(1000))},
	}
	want := map[metric.Name]map[string]float64{
		metric.OpenIncidents:            {"P0": 1, "P1": 1, "P2": 0, "P3": 0},
		metric.TimeToDetectMinutes:      {"P0": 1, "P1": 3},
		metric.TimeToAcknowledgeMinutes: {"P0": 3, "P1": 10},
		metric.TimeToResolveMinutes:     {"P1": 45},
		metric.PendingSpans:             {"": 3},
		metric.UnknownSpans:             {"": 1},
		metric.InvalidSpans:             {"": 1},
	}
	seen := 0
	for _, m := range incident.Figures(list, "test", at) {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		value, ok := want[m.Name][m.Dimensions[metric.Severity]]
		if !ok || math.Abs(value-m.Value) > 1e-9 || !m.At.Equal(at) {
			t.Errorf("%s %v = %v at %s, want %v (%v)", m.Name, m.Dimensions, m.Value, m.At, value, ok)
		}
		seen++
	}
	if seen != 12 {
		t.Errorf("%d figures, want 12", seen)
	}
}
