package judge

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

const rulesetFile = "id,region,amount,sold\n1,North,10,2026-11-22\n2,\"\",-5.50,soon\n2,,1e400,2026-11-21T08:00:00Z\nx\n"

func judgeRuleset(t testing.TB, text string) (*quality.Report, *contract.Contract) {
	t.Helper()
	c, err := contract.ReadDQDL("r.dqdl", "t", []byte(text))
	if err != nil {
		return nil, nil
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	report, err := Validate(context.Background(), quality.Input{Contract: c, Object: "t.csv", Source: tabular.Bytes([]byte(rulesetFile)), Bytes: int64(len(rulesetFile)),
		Now: now, Arrived: now, Threads: 2, Limits: tabular.Limits{BlockBytes: 16}, QuarantineRows: 10,
		References: map[string]tabular.Source{"regions": tabular.Bytes([]byte("name\nNorth\n"))},
		History:    []quality.Run{{At: now.Add(-time.Hour), Verdict: quality.VerdictPass, Metrics: map[string]float64{"rowCount": 3, "bytes": 5}}}})
	if err != nil {
		t.Fatal(err)
	}
	return report, c
}

// FuzzRuleset holds that whatever ruleset can be read is judged: one result for
// each rule, none of which stopped, in messages of bounded length.
func FuzzRuleset(f *testing.F) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "dqdl_rules.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		if _, rules, ok := strings.Cut(string(file.Data), "Rules = ["); ok && strings.HasPrefix(file.Name, "contract") {
			f.Add("regions = [\"North\", NULL] Rules = [" + rules)
		}
	}
	f.Add(`Rules = [ (IsUnique "id") and (ColumnValues "amount" > last() or IsComplete "region"), FileFreshness > "9:30" with timeZone = 5 ] Analyzers = [ AllStatistics "amount" ]`)
	f.Add(`Rules = [ (IsUnique "00") and (ColumnValues "" > 5), DatasetMatch "regions" "," = 1, DatasetMatch "regions" "id->name" ",a->" = 1, DuplicateRowCount "" = 0 ]`)
	f.Fuzz(func(t *testing.T, text string) {
		report, c := judgeRuleset(t, text)
		if report == nil {
			return
		}
		rules := 0
		for _, r := range c.Tables[0].Rules {
			rules += len(r.Implementation.(*dqdl.Ruleset).Rules)
		}
		if len(report.Checks) < rules+1 {
			t.Errorf("got %d results, want the file's form and %d rules", len(report.Checks), rules)
		}
		for _, r := range report.Checks {
			if r.Status == "" || strings.Contains(r.Message, "stopped") || len(r.Message) > 20_000 || r.Message == "" {
				t.Errorf("%s: got %s, a message of %d bytes: %.300s", r.Name, r.Status, len(r.Message), r.Message)
			}
		}
	})
}

// Long lists and many parts do not make long reports.
func TestLongRulesetsMakeShortReports(t *testing.T) {
	list := strings.TrimSuffix(strings.Repeat(`"a long value",`, 20_000), ",")
	text := fmt.Sprintf(`Rules = [ ColumnValues "region" in [%s], %s(RowCount > 5) ]`, list, strings.Repeat(`(IsComplete "id") and `, 3_000))
	report, _ := judgeRuleset(t, text)
	if report == nil || len(report.Checks) != 3 {
		t.Fatalf("got %+v", report)
	}
	for _, r := range report.Checks {
		if n := len(r.Name) + len(r.Message) + len(r.Want); n > 5_000 {
			t.Errorf("%.40s: %d bytes", r.Name, n)
		}
	}
}
