package main

import (
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/incident"
	"tillwatch/shared/receiver"
)

// TestTheTimelineSaysWhichAudiencesWereTold holds also that those on call are not
// said to have been called again because it costs more.
func TestTheTimelineSaysWhichAudiencesWereTold(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	n := receiver.Notice{Version: receiver.Version, Incident: "INC-1", Reason: alert.CostsMore, Audiences: []alert.Audience{alert.Executives},
		Signal: alert.Signal{ID: "s1", DedupKey: "k", GroupKey: "g", Rule: alert.FileRejected, Status: alert.Firing, Severity: alert.P1, At: now, Summary: "sales_data was rejected"}}
	count := func(reason alert.Reason) map[string]int {
		n.Reason = reason
		told := map[string]int{}
		for _, e := range eventsOf(n, now) {
			if e.Kind == incident.Notified {
				told[e.Channel]++
			}
		}
		return told
	}
	if got := count(alert.CostsMore); got["executive_team"] != 1 || len(got) != 1 {
		t.Errorf("told %v, want the executives alone", got)
	}
	if got := count(alert.FirstNotification); got["executive_team"] != 1 || got["P1"] != 1 {
		t.Errorf("told %v, want both", got)
	}
}
