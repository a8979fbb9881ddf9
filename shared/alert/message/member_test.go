package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tillwatch/shared/alert"
)

// TestMachinesHearOfEveryAlert lists the alerts of an incident, bounded.
func TestMachinesHearOfEveryAlert(t *testing.T) {
	d := alert.Notice{Reason: alert.NewAlerts}
	for i := range 50 {
		d.Alerts = append(d.Alerts, alert.Member{DedupKey: fmt.Sprint("k", i), Rule: "r", Status: alert.Firing, Severity: alert.P1, At: now, Summary: "late\n" + strings.Repeat("ü", 300)})
	}
	d.Alerts[0].DedupKey = strings.Repeat("k", 2000)
	raw, err := Machine(load(t, "rejected"), d)
	if err != nil || len(raw) > maxMachine {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	var got struct{ Alerts []alert.Member }
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Alerts) != maxMembers-1 || got.Alerts[0].DedupKey != "k1" || !got.Alerts[0].At.Equal(now) {
		t.Errorf("%d alerts, the first %+v", len(got.Alerts), got.Alerts[0])
	}
	for _, m := range got.Alerts {
		if len(m.Summary) > 240 || strings.Contains(m.Summary, "\n") {
			t.Errorf("summary %q", m.Summary)
		}
	}
}
