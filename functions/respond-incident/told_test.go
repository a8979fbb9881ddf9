package main

import (
	"slices"
	"strings"
	"testing"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/incident"
)

// TestTheTimelineSaysWhoWasTold holds what the timeline says of a page against
// the channels that it went to.
func TestTheTimelineSaysWhoWasTold(t *testing.T) {
	for _, c := range []struct {
		rule     string
		status   alert.Status
		notice   alert.Notice
		channels []string
		want     string
	}{
		{"a page without channels went to its severity", alert.Firing, alert.Notice{Reason: alert.FirstNotification}, nil, "Told the people of P2"},
		{"the rooms beside people go without saying", alert.Firing, alert.Notice{Reason: alert.FirstNotification}, []string{"P2", alert.Chat}, "Told the people of P2"},
		{"a receiver may name the people of another severity", alert.Firing, alert.Notice{Reason: alert.NewReceivers}, []string{"P0", "P2"}, "Told the people of P0, Told the people of P2"},
		{"or the rooms alone", alert.Firing, alert.Notice{Reason: alert.FirstNotification}, []string{alert.Chat}, "Told the rooms"},
		{"who hear of an end that somebody said", alert.Resolved, alert.Notice{Reason: alert.AlertResolved, By: "Ann"}, []string{alert.Chat}, "Told the rooms that Ann says it is over"},
		{"an update calls nobody", alert.Firing, alert.Notice{Reason: alert.NewAlerts}, []string{alert.Chat}, ""},
	} {
		w := newWorld()
		c.notice.Incident, c.notice.Channels = "20261122-1", c.channels
		s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "r", Status: c.status, Severity: alert.P2, At: noon, Summary: "it failed"}
		raw, err := message.Machine(s, c.notice)
		if err != nil {
			t.Fatal(err)
		}
		if c.status == alert.Resolved {
			w.deliver(t, 0, notice(t, alert.Firing, alert.P2, alert.NewAlerts))
		}
		for minutes := range 2 { // each topic brings it
			w.deliver(t, minutes, string(raw))
		}
		var told []string
		for _, e := range w.incident(t).Timeline {
			if e.Kind == incident.Notified {
				told = append(told, e.Text)
			}
		}
		slices.Sort(told)
		if got := strings.Join(told, ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
}

// TestRoomsThatWereNotToldStayQuiet lets somebody take on an incident whose
// receivers name the rooms, or do not, or do later.
func TestRoomsThatWereNotToldStayQuiet(t *testing.T) {
	for _, c := range []struct {
		rule        string
		first, then []string
		want        string
	}{
		{"rooms that were told hear who has taken it on", []string{"P1", alert.Chat}, nil, "chat"},
		{"others do not", []string{"P1"}, nil, ""},
		{"but from when they were told too", []string{"P1"}, []string{alert.Chat}, "chat"},
		{"nobody else makes them hear of it", []string{"P1"}, []string{"P3"}, ""},
	} {
		w := newWorld()
		s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "r", Status: alert.Firing, Severity: alert.P1, At: noon, Summary: "it failed"}
		for minutes, channels := range [][]string{c.first, c.then} {
			if channels == nil {
				continue
			}
			n := alert.Notice{Incident: "20261122-1", Reason: []alert.Reason{alert.FirstNotification, alert.NewReceivers}[minutes], Channels: channels}
			raw, err := message.Machine(s, n)
			if err != nil {
				t.Fatal(err)
			}
			w.deliver(t, minutes, string(raw))
		}
		w.answered(t, 5, "answered")
		if got := strings.Join(w.channels(), " "); got != c.want {
			t.Errorf("%s: told %q, want %q", c.rule, got, c.want)
		}
	}
}
