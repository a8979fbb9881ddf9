package memory_test

import (
	"testing"

	"tillwatch/shared/alert/routertest"
	"tillwatch/shared/memory"
)

func TestAlerts(t *testing.T) { routertest.Run(t, &memory.Alerts{}, "") }
