package landing

import (
	"encoding/json"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/event"
	"tillwatch/shared/quality"
)

// TestExpectedRows holds what a file is expected to have against histories of a
// file a day, the newest last.
func TestExpectedRows(t *testing.T) {
	arrived := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) // a Sunday
	daily := func(rows ...float64) []quality.Run {
		var list []quality.Run
		for i, n := range rows {
			list = append(list, quality.Run{At: arrived.AddDate(0, 0, i-len(rows)), Verdict: quality.VerdictPass, Metrics: map[string]float64{"rowCount": n}})
		}
		return list
	}
	weeks := make([]float64, 28)
	for i := range weeks {
		weeks[i] = 1000
		if i%7 == 0 {
			weeks[i] = 100 + float64(i) // Sundays: 100, 107, 114, 121
		}
	}
	rejected := daily(10, 20, 30, 40)
	rejected[1].Verdict, rejected[2].Verdict = quality.VerdictFail, quality.VerdictError
	broken := daily(10, 20, 30)
	delete(broken[0].Metrics, "rowCount")
	for _, c := range []struct {
		rule    string
		history []quality.Run
		want    float64 // -1 is nil
	}{
		{"nobody knows without history", nil, -1},
		{"two files say nothing", daily(10, 20), -1},
		{"the median of three", daily(10, 900, 20), 20},
		{"the mean of the middle two of four", daily(10, 20, 30, 900), 25},
		{"four of the same weekday count alone", daily(weeks...), 110.5},
		{"older ones do not", daily(append([]float64{5, 5, 5, 5, 5, 5, 5}, weeks...)...), 110.5},
		{"rejected files do not", rejected, -1},
		{"nor those that were not counted", broken, -1},
	} {
		got := expectedRows(c.history, arrived)
		if got == nil && c.want != -1 || got != nil && *got != c.want {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
	if got := expectedRows(daily(10, 20, 30), arrived.AddDate(0, 0, -2)); got != nil {
		t.Errorf("files that came later count: %v", *got)
	}
}

// TestVerdictsCarryWhatRulesLookAt takes a record to its event and that to what
// rules are held against.
func TestVerdictsCarryWhatRulesLookAt(t *testing.T) {
	expected, fresh := 120.0, 42.5
	r := Record{ID: "id", Dataset: "sales", Verdict: quality.VerdictPass, Scores: map[string]float64{"quality": 98, "coverage": 7, "accuracy": 99},
		Rows: 100, Report: "r", Team: "store-data", ExpectedRows: &expected, FreshnessMinutes: &fresh, DurationMS: 90_000}
	e, err := (&Judger{}).verdictEvent(&r, &alert.Stakes{HourlyRevenue: "12.5"})
	if err != nil {
		t.Fatal(err)
	}
	var n Notice
	if err := json.Unmarshal(e.Data, &n); err != nil {
		t.Fatal(err)
	}
	o := n.Observation("id", event.FileValidated)
	for name, want := range map[string]float64{
		policy.DataQualityScore: 98, "QualityScore": 98, "AccuracyScore": 99, policy.RecordVariance: 100, "RecordsProcessed": 100,
		"DataFreshnessMinutes": 42.5, policy.ExecutionDuration: 1.5,
	} {
		if got, ok := o.Values[name]; !ok || got.Number != want {
			t.Errorf("%s: got %+v, want %v", name, got, want)
		}
	}
	if len(o.Values) != 7 || *o.Values[policy.RecordVariance].Base != 120 || o.Team != "store-data" || o.Table != "sales" || o.Stakes == nil || o.Stakes.HourlyRevenue != "12.5" {
		t.Errorf("got %+v", o)
	}
	if v, ok := o.Values[policy.Freshness]; ok {
		t.Errorf("the contract judges how old a file may be, and the rule on runs would again: %+v", v)
	}
	n.Report = ""
	if o := n.Observation("id", event.FileRejected); len(o.Values) != 3 {
		t.Errorf("rows of a file that could not be read are known: %+v", o.Values)
	}
}
