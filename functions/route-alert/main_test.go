package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// TestAPageNamesWhoIsOnCall has the same signal told of by day and by night,
// and as an update of the room.
func TestAPageNamesWhoIsOnCall(t *testing.T) {
	p, err := policy.Read("policy.yaml", []byte(`
people: {kim: {name: Kim}, lee: {name: Lee}}
on_call:
  primary: {time_zone: Europe/Berlin, first_handover: 2026-11-16 09:00, people: [kim, lee]}
escalations:
  - {severities: [P0, P1], levels: [{after: 5m, to: [primary]}, {after: 5m, to: [primary, P0]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "r", Status: alert.Firing, At: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), Summary: "x"}
	for _, c := range []struct {
		rule     string
		severity alert.Severity
		hour     int
		page     bool
		want     string
	}{
		{"before the handover", alert.P1, 7, true, "On call now: Kim (primary until Mon 23 Nov 09:00 Europe/Berlin)."},
		{"after it", alert.P1, 8, true, "On call now: Lee (primary until Mon 30 Nov 09:00 Europe/Berlin)."},
		{"of a severity that calls nobody", alert.P2, 8, true, ""},
		{"an update", alert.P1, 8, false, ""},
	} {
		s.Severity = c.severity
		list, err := composeUnder(p, guide{}, func(id string) string { return "https://example.com/" + id }, nil, slog.New(slog.DiscardHandler))(t.Context(), s, alert.Notice{Incident: "INC-1", Reason: alert.FirstNotification, Page: c.page, Channels: []string{string(c.severity), alert.Chat},
			At: time.Date(2026, 11, 23, c.hour, 0, 0, 0, time.UTC), Since: s.At})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(list[0].Bodies["email"]), " ")
		if !strings.Contains(text, c.want) || c.want == "" && strings.Contains(text, "On call") {
			t.Errorf("%s: the email says %s, want %q", c.rule, text, c.want)
		}
		if led := strings.Contains(text, "Incident: https://example.com/INC-1"); led != c.page {
			t.Errorf("%s: a link to the page: %v, want %v", c.rule, led, c.page)
		}
	}
}
