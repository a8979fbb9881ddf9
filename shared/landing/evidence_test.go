package landing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
)

// before is what history has of accepted files of the days before, the newest
// last: so many days as there are values of any name.
func before(metrics map[string][]float64) (history []quality.Run) {
	days := 0
	for _, values := range metrics {
		days = max(days, len(values))
	}
	for day := range days {
		run := quality.Run{At: noon.AddDate(0, 0, day-days), Verdict: quality.VerdictPass, Metrics: map[string]float64{}}
		for name, values := range metrics {
			if day < len(values) {
				run.Metrics[name] = values[day]
			}
		}
		history = append(history, run)
	}
	return history
}

// TestWhatARejectedFileIsComparedWith holds which number of a file is shown, and
// what it was before.
func TestWhatARejectedFileIsComparedWith(t *testing.T) {
	failed := func(id, unit, want string, measured float64) []quality.Result {
		return []quality.Result{{ID: id, Unit: unit, Want: want, Measured: &measured, Status: quality.Fail}}
	}
	twenty := make([]float64, 20)
	rejected := before(map[string][]float64{metricQuality: {20}})
	rejected[0].Verdict = quality.VerdictFail
	for _, c := range []struct {
		rule    string
		rows    int64
		badRows int64
		checks  []quality.Result
		history []quality.Run
		want    string // measure, usual and trend
	}{
		{"bad rows, whatever else failed", 200, 3, failed("sum", "EUR", ">= 10", 5), before(map[string][]float64{metricBad: {0, 0.5}, metricMeasured + "sum": {11}}), "bad rows 1.5 percent; usually 0.25; 0 0.5"},
		{"what the worst check measured", 200, 0, failed("arrival", "minutes late", "between 00:00 and 06:00 UTC", 95), before(map[string][]float64{metricMeasured + "arrival": {-5, 0, 4}, metricQuality: {100}}), "arrival 95 minutes late; usually 0; -5 0 4"},
		{"with its bound", 200, 0, failed("sum", "EUR", ">= 10", 5), before(map[string][]float64{metricMeasured + "sum": {11}}), "sum 5 EUR below 10; usually 11; 11"},
		{"rows, as history has always had them", 7, 0, failed("count", "rows", "> 10", 7), before(map[string][]float64{"rowCount": {20}}), "count 7 rows below 10; usually 20; 20"},
		{"the quality score, where history has not that check", 200, 0, failed("new", "EUR", "", 5), before(map[string][]float64{metricQuality: {100, 99.5, 98}}), "quality score 87.45; usually 99.5; 100 99.5 98"},
		{"and where the check measured nothing", 200, 0, []quality.Result{{ID: "columns", Status: quality.Errored}}, before(map[string][]float64{metricQuality: {100}}), "quality score 87.45; usually 100; 100"},
		{"the first file has what it measured, and no trend", 200, 0, failed("sum", "EUR", "", 5), nil, "sum 5 EUR; "},
		{"rejected files are no history", 200, 0, failed("sum", "EUR", "", 5), rejected, "sum 5 EUR; "},
		{"twelve of them", 200, 1, nil, before(map[string][]float64{metricBad: twenty}), "bad rows 0.5 percent; usually 0; " + strings.TrimSpace(strings.Repeat("0 ", 12))},
	} {
		f := file{Object: Object{Arrived: noon}, history: c.history}
		r := &quality.Report{Rows: c.rows, BadRows: c.badRows, Scores: map[string]float64{"quality": 87.456}}
		var s alert.Signal
		f.evidence(&s, f.readings(r, c.checks))
		if got := told(s); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
	f := file{Object: Object{Arrived: noon, Size: 12}, history: before(map[string][]float64{"bytes": {4000, 4100}})}
	var s alert.Signal
	f.evidence(&s, f.weight())
	if got := told(s); got != "size 12 bytes; usually 4050; 4000 4100" {
		t.Errorf("one that cannot be read: got %s", got)
	}
}

func told(s alert.Signal) string {
	m := s.Measure
	text := strings.TrimSpace(fmt.Sprint(m.Name, " ", m.Value, " ", m.Unit))
	if m.Threshold != nil {
		text += fmt.Sprintf(" %s %v", m.Crossed, *m.Threshold)
	}
	if m.Expected != nil {
		text += fmt.Sprint("; usually ", *m.Expected)
	}
	var values []string
	for _, p := range s.Trend {
		values = append(values, fmt.Sprint(p.Value))
	}
	return text + "; " + strings.Join(values, " ")
}

// TestHistoryKeepsWhatChecksMeasured takes it from a report to the next one.
func TestHistoryKeepsWhatChecksMeasured(t *testing.T) {
	late := 4.0
	r := &quality.Report{Rows: 10, Verdict: quality.VerdictPass, Metrics: map[string]float64{"rowCount": 10}, Scores: map[string]float64{"quality": 99},
		Checks: []quality.Result{{ID: "arrival", Dimension: contract.Timeliness, Measured: &late}, {ID: strings.Repeat("x", maxCheckID+1), Measured: &late}, {ID: "skipped"}}}
	got := historyMetrics(r)
	if got[metricMeasured+"arrival"] != 4 || got[metricQuality] != 99 || got["rowCount"] != 10 || len(got) != 4 {
		t.Errorf("history keeps %v", got)
	}
	r.Verdict = quality.VerdictFail
	if got := historyMetrics(r); len(got) != 3 {
		t.Errorf("of a rejected file history keeps %v", got)
	}
	// What checks measured is the first to go.
	metrics := map[string]float64{metricMeasured + "arrival": 1}
	for i := range 400 {
		metrics[fmt.Sprintf("sum:%0200d", i)] = 1
	}
	run := bounded(quality.Run{At: time.Time{}, Metrics: metrics})
	if _, ok := run.Metrics[metricMeasured+"arrival"]; ok || len(run.Metrics) < 40 {
		t.Errorf("%d metrics are kept, and what a check measured: %v", len(run.Metrics), ok)
	}
}
