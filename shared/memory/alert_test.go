package memory_test

import (
	"testing"

	"tillwatch/shared/alert/alerttest"
	"tillwatch/shared/memory"
)

func TestAlerts(t *testing.T) { alerttest.Run(t, &memory.Alerts{}, "") }
