package query

import (
	"strings"
	"testing"

	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/view"
)

// TestTooManyGroups holds that groups beyond the bound are told as such, by the
// state that saw them and by one that it was merged into.
func TestTooManyGroups(t *testing.T) {
	q, err := Compile("SELECT COUNT(*) FROM (SELECT id FROM t GROUP BY id HAVING COUNT(*) > 1) d", shop.table())
	if err != nil {
		t.Fatal(err)
	}
	s, other := q.NewState(), q.NewState()
	s.fold.groups.most = 4 // of six ids
	shop.views(t, 1<<20, nil, func(v *view.View) { s.Observe(v) })
	other.Merge(s)
	for _, s := range []*State{s, other} {
		if got := answered(s); !strings.HasPrefix(got, "problem: the query has more than") {
			t.Errorf("got %s", got)
		}
	}
}

// TestGroupsAreFewerTheMoreIsRemembered holds that what groups may take is
// bounded whatever a query asks of them.
func TestGroupsAreFewerTheMoreIsRemembered(t *testing.T) {
	last := state.GroupLimit + 1
	for _, columns := range []string{"COUNT(*)", "SUM(qty), AVG(price)", "COUNT(DISTINCT qty)", "MAX(region || 'x'), MIN(UPPER(note))"} {
		q, err := Compile("SELECT id, "+columns+" FROM t GROUP BY id", shop.table())
		if err != nil {
			t.Fatal(err)
		}
		most := q.NewState().fold.groups.most
		if most >= last || most < 100_000 {
			t.Errorf("%s: %d groups, want fewer than %d and no fewer than 100,000", columns, most, last)
		}
		last = most
	}
}
