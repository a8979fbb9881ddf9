package glue

import (
	"testing"

	"tillwatch/shared/contract/dqdl"
)

func TestEachRuleTypeIsExecuted(t *testing.T) {
	names := map[string]bool{}
	for _, name := range dqdl.RuleTypes() {
		names[name] = true
		switch rule, analyzer := ruleTypes[name].make, analyzed[name]; {
		case rule == nil && analyzer == nil:
			t.Errorf("%s is not executed", name)
		case rule == nil && name != "AllStatistics":
			t.Errorf("%s is executed as an analyzer only", name)
		}
	}
	for name := range ruleTypes {
		if !names[name] {
			t.Errorf("%s is executed, and DQDL has no such rule type", name)
		}
	}
}
