package runbook_test

import (
	"slices"
	"testing"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// TestTheShippedPolicyHasRunbooks holds with TestEveryRuleHasARunbook that no
// rule that ships leaves those who are woken alone.
func TestTheShippedPolicyHasRunbooks(t *testing.T) {
	rules := policy.Shipped().Rules()
	if len(rules) == 0 {
		t.Fatal("the shipped policy has no rules")
	}
	for _, r := range rules {
		if !slices.Contains(alert.RuleNames, r.Name) {
			t.Errorf("%s is not among alert.RuleNames, so nothing holds that it has a runbook", r.Name)
		}
	}
}
