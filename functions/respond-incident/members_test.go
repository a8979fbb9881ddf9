package main

import (
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/incident"
)

// TestWhatJoinsAnIncidentIsInItsTimeline tells the responder of an incident that
// spreads, shrinks, ends and comes back.
func TestWhatJoinsAnIncidentIsInItsTimeline(t *testing.T) {
	w := newWorld()
	first := alert.Member{DedupKey: "sales/2026-11-22", Rule: alert.FileRejected, Pipeline: "sales_data", Status: alert.Firing, Severity: alert.P1, At: noon.Add(-5 * time.Minute), Summary: "sales_data 2026-11-22 failed its contract"}
	second := alert.Member{DedupKey: "completeness", Rule: alert.ScoreBelowTarget, Pipeline: "daily_revenue", Status: alert.Firing, Severity: alert.P2, At: noon.Add(-7 * time.Minute), Summary: "Completeness is 87 %"}
	ended := second
	ended.Status, ended.At = alert.Resolved, noon.Add(8*time.Minute)
	anew := second
	anew.At = noon.Add(21 * time.Minute)
	deliver := func(minutes int, status alert.Status, reason alert.Reason, members ...alert.Member) {
		t.Helper()
		s := alert.Signal{ID: "s-" + string(reason), DedupKey: first.DedupKey, GroupKey: "sales", Rule: first.Rule, Status: status, Severity: alert.P1,
			Pipeline: first.Pipeline, At: first.At, Summary: first.Summary}
		raw, err := message.Machine(s, alert.Notice{Reason: reason, Incident: "20261122-1", Channels: []string{"P1", alert.Chat}, Alerts: members})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			w.deliver(t, minutes, string(raw))
		}
	}
	state := func() string {
		inc := w.incident(t)
		if len(inc.Ignored) > 0 {
			t.Errorf("ignored %+v", inc.Ignored)
		}
		var firing []string
		for _, a := range inc.Alerts {
			if a.EndedAt.IsZero() {
				firing = append(firing, a.Signal.DedupKey)
			}
		}
		return string(inc.Status) + " " + strings.Join(firing, ",")
	}
	deliver(0, alert.Firing, alert.FirstNotification, first)
	for _, c := range []struct {
		rule    string
		minutes int
		status  alert.Status
		reason  alert.Reason
		members []alert.Member
		want    string
	}{
		{"one more", 5, alert.Firing, alert.NewAlerts, []alert.Member{first, second}, "open sales/2026-11-22,completeness"},
		{"one is over", 10, alert.Firing, alert.SomeResolved, []alert.Member{ended, first}, "open sales/2026-11-22"},
		{"all are over", 15, alert.Resolved, alert.AlertResolved, nil, "resolved "},
		{"it comes back", 21, alert.Firing, alert.FiredAgain, []alert.Member{anew, {DedupKey: first.DedupKey, Status: alert.Firing, Severity: alert.P1, At: noon.Add(20 * time.Minute), Summary: "again"}}, "open sales/2026-11-22,completeness"},
	} {
		deliver(c.minutes, c.status, c.reason, c.members...)
		if got := state(); got != c.want {
			t.Errorf("%s: %s, want %s", c.rule, got, c.want)
		}
	}
	inc := w.incident(t)
	if want := noon.Add(-7 * time.Minute); !inc.StartedAt.Equal(want) {
		t.Errorf("it began at %s, want %s: an alert that joined began earlier", inc.StartedAt, want)
	}
	n := 0
	for _, e := range inc.Timeline {
		if e.Kind == incident.AlertJoined {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d alerts joined, want 3: the second, and both anew", n)
	}
	if page := w.objects["reports/incidents/20261122-1/index.html"]; !strings.Contains(page, "Completeness is 87 %") {
		t.Error("the page lacks what joined")
	}
}
