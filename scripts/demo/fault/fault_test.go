package fault

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"tillwatch/scripts/demo/retail"
	"tillwatch/shared/quality"
)

var now = time.Date(2026, 11, 22, 17, 10, 0, 0, time.UTC)

func mustPlan(t *testing.T) *retail.Plan {
	t.Helper()
	p, err := retail.Synthetic(now, 1).Plan(retail.Setting{Now: now, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSameSeedSameFaults(t *testing.T) {
	a, b := Break(mustPlan(t), 5), Break(mustPlan(t), 5)
	other := Break(mustPlan(t), 6)
	for i := range a {
		if !bytes.Equal(a[i].Bytes, b[i].Bytes) {
			t.Errorf("%s differs between two runs with one seed", a[i].Dataset)
		}
	}
	if bytes.Equal(a[1].Bytes, other[1].Bytes) {
		t.Error("sales are the same for two seeds")
	}
}

func TestNoRowIsInTwoFaults(t *testing.T) {
	for seed := range uint64(20) {
		for _, file := range Break(mustPlan(t), seed) {
			seen := map[int64]string{}
			for _, fault := range file.Faults {
				for _, row := range fault.Rows {
					if seen[row] != "" {
						t.Errorf("seed %d: row %d of %s is in %q and in %q", seed, row, file.Dataset, seen[row], fault.Name)
					}
					seen[row] = fault.Name
				}
			}
		}
	}
}

func TestUntouchedRowsStayAsTheyWere(t *testing.T) {
	p := mustPlan(t)
	sales := Break(p, 3)[1]
	touched := map[int64]bool{}
	for _, fault := range sales.Faults {
		for _, row := range fault.Rows {
			touched[row] = true
		}
	}
	was := map[string]bool{}
	for line := range bytes.SplitSeq(p.Sales(0).CSV(), []byte("\n")) {
		was[string(line)] = true
	}
	for i, line := range bytes.Split(sales.Bytes, []byte("\n")) {
		if i > 0 && !touched[int64(i)] && !was[string(line)] {
			t.Errorf("row %d was changed by no fault: %s", i, line)
		}
	}
}

func TestCompare(t *testing.T) {
	file := File{Faults: []Fault{
		{Name: "one", Finds: []Finding{rowsFail("a", []int64{1, 2}), rowsFail("b", []int64{1, 2})}},
		{Name: "two", Finds: []Finding{rowsFail("a", []int64{7})}},
		{Name: "three", Finds: []Finding{{Check: "c", Status: quality.Errored}}},
	}}
	exact := []Finding{rowsFail("a", []int64{1, 2, 7}), rowsFail("b", []int64{1, 2}), {Check: "c", Status: quality.Errored}}
	change := func(edit func([]Finding)) []Finding {
		found := slices.Clone(exact)
		edit(found)
		return found
	}
	for _, c := range []struct {
		rule          string
		found         []Finding
		missed, extra int
	}{
		{"all found", exact, 0, 0},
		{"a row of one fault missed", change(func(f []Finding) { f[0] = rowsFail("a", []int64{1, 2}) }), 2, 0},
		{"a check did not notice", exact[:2], 1, 0},
		{"another status", change(func(f []Finding) { f[2].Status = quality.Fail }), 1, 0},
		{"a row too many", change(func(f []Finding) { f[1] = rowsFail("b", []int64{1, 2, 3}) }), 0, 1},
		{"a violation too many", change(func(f []Finding) { f[1].Violations = 9 }), 0, 1},
		{"a check too many", append(slices.Clone(exact), Finding{Check: "d", Status: quality.Fail}), 0, 1},
		{"nothing found", nil, 4, 0},
	} {
		got := file.Compare(c.found)
		missed := 0
		for _, o := range got.Outcomes {
			missed += len(o.Missed)
		}
		if missed != c.missed || len(got.Extra) != c.extra {
			t.Errorf("%s: %d missed and %d extra, want %d and %d: %+v", c.rule, missed, len(got.Extra), c.missed, c.extra, got)
		}
		if got.Exact() != (c.missed+c.extra == 0) {
			t.Errorf("%s: exact is %v", c.rule, got.Exact())
		}
	}
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		rows []int64
		want string
	}{
		{nil, "no row"}, {[]int64{4}, "row 4"}, {[]int64{4, 5}, "rows 4, 5"}, {[]int64{1, 2, 3, 4, 5, 6}, "rows 1, 2, 3, 4 and 2 more"},
	} {
		if got := Rows(c.rows); got != c.want {
			t.Errorf("Rows(%v) = %q, want %q", c.rows, got, c.want)
		}
	}
}
