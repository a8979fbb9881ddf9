package memory_test

import (
	"testing"

	"tillwatch/shared/alert/rule"
	"tillwatch/shared/memory"
	"tillwatch/shared/storetest"
)

func TestRules(t *testing.T) {
	storetest.Rules(t, func(*testing.T) rule.Store { return &memory.Rules{} })
}
