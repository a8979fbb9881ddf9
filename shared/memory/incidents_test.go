package memory_test

import (
	"testing"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/memory"
	"tillwatch/shared/storetest"
)

func TestIncidents(t *testing.T) {
	storetest.Incidents(t, func(_ *testing.T, allowed ...remedy.Target) storetest.IncidentStore {
		return &memory.Incidents{Allowed: allowed}
	})
}
