package judge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// narrowed are DQDL rules that may have a where, and look at rows in every way
// there is: by kernels, keys and aggregates.
var narrowed = []string{
	`IsComplete "n"`, `IsUnique "id"`, `IsPrimaryKey "id" "n"`, `ColumnValues "n" > 1 with threshold > 0.5`, `ColumnValues "id" in ["a","b"]`,
	`ColumnValues "id" matches "[ab]+"`, `ColumnLength "id" = 1`, `ColumnDataType "n" = "Integer"`, `Completeness "n" > 0.5`, `RowCount > 2`, `Sum "n" > 3`, `Mean "n" > 1`,
	`StandardDeviation "n" > 0.5`, `Uniqueness "id" > 0.5`, `UniqueValueRatio "id" > 0.5`, `DistinctValuesCount "id" > 1`, `Entropy "id" > 0.3`,
}

// TestWhereIsAFileOfThoseRows holds that a rule with where finds in a file what
// the rule without finds in a file of those rows, whatever the blocks.
func TestWhereIsAFileOfThoseRows(t *testing.T) {
	judge := func(t *rapid.T, rules []string, rows []string, block int) []quality.Result {
		text := "Rules = [ " + strings.Join(rules, ",\n") + " ]"
		c, err := contract.ReadDQDL("r.dqdl", "t", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		in := quality.Input{Contract: c, Object: "t.csv", Source: tabular.Bytes("id,n,kind\n" + strings.Join(rows, "")), Bytes: -1, Threads: 2, Samples: 3}
		in.Limits.BlockBytes = block
		report, err := Validate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(report.Checks, func(r quality.Result) bool { return r.ID == "structure" || r.ID == "columns" })
	}
	var with []string
	for _, rule := range narrowed {
		with = append(with, rule+` where "kind = 'x' or kind is null"`)
	}
	rapid.Check(t, func(t *rapid.T) {
		var all, some []string
		for range rapid.IntRange(0, 30).Draw(t, "rows") {
			kind := rapid.SampledFrom([]string{"x", "y", "", `"x,"`}).Draw(t, "kind")
			row := rapid.SampledFrom([]string{"a", "b", "cc", "", `"a"`}).Draw(t, "id") + "," + rapid.SampledFrom([]string{"1", "2", "3", "", "z", "2.50"}).Draw(t, "n") + "," + kind + "\n"
			all = append(all, row)
			if kind == "x" || kind == "" {
				some = append(some, row)
			}
		}
		got := judge(t, with, all, rapid.IntRange(1, 200).Draw(t, "block"))
		want := judge(t, narrowed, some, 1<<20)
		for i := range want {
			a := fmt.Sprint(got[i].Status, value(got[i].Measured), got[i].Violations, got[i].LookedAt, shownValues(got[i]))
			b := fmt.Sprint(want[i].Status, value(want[i].Measured), want[i].Violations, want[i].LookedAt, shownValues(want[i]))
			if a != b {
				t.Fatalf("%s finds %s (%s), without where in those rows %s (%s)", with[i], a, got[i].Message, b, want[i].Message)
			}
		}
	})
}

func value(v *float64) string {
	if v == nil {
		return " nothing "
	}
	return fmt.Sprintf(" %.12g ", *v)
}

func shownValues(r quality.Result) (values []string) {
	for _, s := range r.Samples {
		values = append(values, s.Value)
	}
	return values
}
