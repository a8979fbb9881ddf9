package alert

import (
	"strings"
	"testing"
)

func TestValidateNamesEveryFault(t *testing.T) {
	err := Signal{Status: "on", Severity: "HIGH"}.Validate()
	for _, want := range []string{"id is empty", "dedup_key", "group_key", "rule", "summary", `status is "on"`, `severity is "HIGH"`, "at is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func TestLabelKnowsTheSignalsOwnFields(t *testing.T) {
	s := Signal{Rule: "r", Severity: P1, Pipeline: "p", Environment: "e", Team: "t", Labels: map[string]string{"store": "7", "pipeline": "other"}}
	for name, want := range map[string]string{"alertname": "r", "rule": "r", "severity": "P1", "pipeline": "p",
		"environment": "e", "team": "t", "store": "7", "region": ""} {
		if got := s.Label(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
