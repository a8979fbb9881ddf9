package contract

import (
	"strings"
	"testing"

	"tillwatch/shared/contract/dqdl"
)

func TestARulesetIsAContract(t *testing.T) {
	c, err := ReadDQDL("r.dqdl", "sales", []byte("Metadata = {\"Version\": \"2\"}\nRules = [ RowCount > 5,\n  (IsComplete \"a b\") or (IsUnique \"c\") ]\nAnalyzers = [ Mean \"d\" ]"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != "2" || len(c.Tables) != 1 || c.Tables[0].Name != "sales" || len(c.Tables[0].Columns) != 0 {
		t.Errorf("got version %s and tables %+v", c.Version, c.Tables)
	}
	var got []string
	for _, r := range c.Tables[0].Rules {
		set := r.Implementation.(*dqdl.Ruleset)
		if len(set.Rules)+len(set.Analyzers) != 1 || r.Severity != High || r.Place.Line == 0 {
			t.Errorf("rule %s: got %+v", r.ID, r)
		}
		got = append(got, r.ID)
	}
	if want := "rowCount composite_IsComplete_a_b_or_IsUnique_c analyzers"; strings.Join(got, " ") != want {
		t.Errorf("got ids %v, want %s", got, want)
	}
}
