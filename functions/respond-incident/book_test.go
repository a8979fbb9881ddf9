package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"tillwatch/shared/alert"
	"tillwatch/shared/incident"
	"tillwatch/shared/telemetry"
)

// TestABrokenPolicyIsLoggedAndTheLastHolds calls by the policy that was read
// before.
func TestABrokenPolicyIsLoggedAndTheLastHolds(t *testing.T) {
	w := newWorld()
	w.broken = errors.New("alerts/policy.yaml:3:1: unknown key")
	b := &books{w, telemetry.NewLogger(&w.log, service, slog.LevelInfo)}
	book := b.book(t.Context(), &incident.Incident{Severity: alert.P1}, noon)
	if len(book.Chain) != 2 || book.Chain[1].Through[0] != "P0" {
		t.Errorf("chain %+v, want that of the shipped policy", book.Chain)
	}
	if !strings.Contains(w.log.String(), "alert policy not read, the last one stays in force") {
		t.Errorf("the log says %s", w.log.String())
	}
}
