package main

import (
	"strings"
	"testing"

	"tillwatch/shared/event"
)

// TestNothingOfOursConsumesWhatIncidentsTell keeps the router and the responder
// from hearing of what they did themselves: no rule of a bus matches it.
func TestNothingOfOursConsumesWhatIncidentsTell(t *testing.T) {
	tm := load(t).main
	rules := 0
	for _, id := range tm.of("AWS::Events::Rule") {
		pattern, _ := tm.at(id, "EventPattern").(map[string]any)
		if sources, ok := pattern["source"].([]any); !ok || len(sources) != 1 || sources[0] != event.Source {
			continue // of AWS's own events
		}
		rules++
		kinds, _ := pattern["detail-type"].([]any)
		if len(kinds) == 0 {
			t.Errorf("%s takes every event of ours", id)
		}
		for _, k := range kinds {
			kind, ok := k.(string)
			if !ok {
				t.Errorf("%s takes events by %v, not by their name", id, k)
			}
			switch kind {
			case event.IncidentOpened, event.IncidentUpdated, event.IncidentResolved, event.AlertNotified:
				t.Errorf("%s takes %s, which our own functions send", id, kind)
			}
		}
	}
	if rules == 0 {
		t.Error("no rule takes events of ours: this test looks at nothing")
	}
}

func TestRespondIncidentMayTellOfIncidents(t *testing.T) {
	tm := load(t).main
	var rights strings.Builder
	for _, id := range tm.of("AWS::IAM::Policy") {
		if strings.HasPrefix(id, "Incident") {
			rights.WriteString(text(tm.at(id, "PolicyDocument")))
		}
	}
	for _, want := range []string{`"events:PutEvents"`, `"cloudwatch:PutMetricData"`, `"Tillwatch/Self"`, "/reports/incidents/*", "/alerts/policy.yaml"} {
		if !strings.Contains(rights.String(), want) {
			t.Errorf("respond-incident has no right to %s: %s", want, rights.String())
		}
	}
}
