package memory_test

import (
	"testing"

	"tillwatch/shared/memory"
	"tillwatch/shared/storetest"
)

func TestIncidents(t *testing.T) {
	storetest.Incidents(t, func(*testing.T) storetest.IncidentStore { return &memory.Incidents{} })
}
