package rule

import (
	"math"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func read(t testing.TB, rules ...string) *policy.Policy {
	t.Helper()
	p, err := policy.Read("policy.yaml", []byte("rules:\n  - "+strings.Join(rules, "\n  - ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func base(v float64) *float64 { return &v }

// rulesOf are one rule of each condition.
var rulesOf = map[string]string{
	policy.ErrorRate:         "{name: queue_age, condition: error_rate_percentage, threshold: 5, severity: P1}",
	policy.ExecutionDuration: "{name: queue_age, condition: execution_duration_minutes, threshold: 60, severity: P2}",
	policy.DataQualityScore:  "{name: queue_age, condition: data_quality_score, threshold: 95, severity: P2}",
	policy.RecordVariance:    "{name: queue_age, condition: record_count_variance, threshold: 20, severity: P2}",
	policy.Freshness:         "{name: queue_age, condition: freshness_minutes, threshold: 60, severity: P1}",
	policy.CostIncrease:      "{name: queue_age, condition: cost_increase_percentage, threshold: 50, severity: P3}",
	"CompletenessScore":      "{name: queue_age, condition: CompletenessScore, threshold: 98, severity: P2}",
	"AverageOrderValue":      "{name: queue_age, condition: AverageOrderValue, compare: above, threshold: 100, severity: P2}",
	"DailyRevenue":           "{name: queue_age, condition: DailyRevenue, compare: below, threshold: 1000, severity: P2}",
}

func TestEvaluate(t *testing.T) {
	for _, c := range []struct {
		rule, condition string
		value           Value
		outcome         Outcome
		reason          Reason
		text            string
	}{
		{"an error rate above fires", policy.ErrorRate, Value{Number: 7.392, Of: "1,204 tasks"}, Fires, AboveThreshold,
			"error rate 7.39 % of 1,204 tasks, limit 5 %"},
		{"an error rate at the limit is fine", policy.ErrorRate, Value{Number: 5}, Fine, WithinThreshold, "error rate 5 %, limit 5 %"},
		{"a hair above reads as above", policy.ErrorRate, Value{Number: 5.0004}, Fires, AboveThreshold, "error rate 5.0004 %, limit 5 %"},
		{"NaN is not evaluated", policy.ErrorRate, Value{Number: math.NaN()}, NotEvaluated, NoNumber, ""},
		{"infinity is not evaluated", policy.Freshness, Value{Number: math.Inf(1)}, NotEvaluated, NoNumber, ""},
		{"a long run fires", policy.ExecutionDuration, Value{Number: 72.5}, Fires, AboveThreshold,
			"ran for 1 hour 12 minutes 30 seconds, limit 1 hour"},
		{"a short run is fine", policy.ExecutionDuration, Value{Number: 0.004}, Fine, WithinThreshold, "ran for 240 milliseconds, limit 1 hour"},
		{"a run longer by a blink", policy.ExecutionDuration, Value{Number: 60.001}, Fires, AboveThreshold, "ran for 60.001 minutes, limit 60 minutes"},
		{"a low score fires", policy.DataQualityScore, Value{Number: 83.33333333333334}, Fires, BelowThreshold,
			"quality score 83.33, at least 95 wanted"},
		{"a score at the limit is fine", policy.DataQualityScore, Value{Number: 95}, Fine, WithinThreshold, "quality score 95, at least 95 wanted"},
		{"a score just below does not read as the limit", policy.DataQualityScore, Value{Number: 94.9999}, Fires, BelowThreshold,
			"quality score 94.9999, at least 95 wanted"},
		{"too few records fire", policy.RecordVariance, Value{Number: 1240, Base: base(2000)}, Fires, AboveThreshold,
			"1,240 records, 38 % fewer than the 2,000 expected, limit 20 %"},
		{"too many records fire", policy.RecordVariance, Value{Number: 2600, Base: base(2000)}, Fires, AboveThreshold,
			"2,600 records, 30 % more than the 2,000 expected, limit 20 %"},
		{"some more are fine", policy.RecordVariance, Value{Number: 2400, Base: base(2000)}, Fine, WithinThreshold,
			"2,400 records, 20 % more than the 2,000 expected, limit 20 %"},
		{"as many as expected", policy.RecordVariance, Value{Number: 1, Base: base(1)}, Fine, WithinThreshold, "1 record, as many as expected"},
		{"records where none was expected fire", policy.RecordVariance, Value{Number: 12, Base: base(0)}, Fires, Unexpected,
			"12 records where none was expected"},
		{"none where none was expected are fine", policy.RecordVariance, Value{Base: base(0)}, Fine, WithinThreshold,
			"no records, and none expected"},
		{"no records where some were expected fire", policy.RecordVariance, Value{Base: base(2000)}, Fires, AboveThreshold,
			"0 records, 100 % fewer than the 2,000 expected, limit 20 %"},
		{"records that nobody expects anything of", policy.RecordVariance, Value{Number: 12}, NotEvaluated, NoExpectation, ""},
		{"an expectation that is no number", policy.RecordVariance, Value{Number: 12, Base: base(math.NaN())}, NotEvaluated, NoNumber, ""},
		{"a tiny expectation stays a number", policy.RecordVariance, Value{Number: 1e15, Base: base(5e-324)}, Fires, AboveThreshold,
			"1,000,000,000,000,000 records, 1.8e+308 % more than the 0 expected, limit 20 %"},
		{"old rows fire", policy.Freshness, Value{Number: 95}, Fires, AboveThreshold, "newest row 1 hour 35 minutes old, limit 1 hour"},
		{"a dear run fires", policy.CostIncrease, Value{Number: 12.5, Base: base(7.7), Unit: "USD"}, Fires, AboveThreshold,
			"cost 12.50 USD, 62.34 % above its baseline of 7.70 USD, limit 50 %"},
		{"a cheap run is fine", policy.CostIncrease, Value{Number: 1, Base: base(10)}, Fine, WithinThreshold,
			"cost 1.00, 90 % below its baseline of 10.00, limit 50 %"},
		{"a cost where none was expected fires", policy.CostIncrease, Value{Number: 1, Base: base(0), Unit: "USD"}, Fires, Unexpected,
			"cost 1.00 USD where nothing was expected"},
		{"no cost where none was expected is fine", policy.CostIncrease, Value{Base: base(0)}, Fine, WithinThreshold,
			"cost nothing, and nothing was expected"},
		{"a metric by the catalogue's side", "CompletenessScore", Value{Number: 97.5}, Fires, BelowThreshold,
			"CompletenessScore 97.5 %, at least 98 % wanted"},
		{"a metric above by the rule", "AverageOrderValue", Value{Number: 120}, Fires, AboveThreshold, "AverageOrderValue 120, limit 100"},
		{"a metric below by the rule", "DailyRevenue", Value{Number: 999}, Fires, BelowThreshold, "DailyRevenue 999, at least 1,000 wanted"},
	} {
		o := Observation{ID: "o", Pipeline: "sales", At: noon, Values: map[string]Value{c.condition: c.value}}
		v := Evaluate(read(t, rulesOf[c.condition]), o)[0]
		if v.Outcome != c.outcome || v.Reason != c.reason || v.Text != c.text {
			t.Errorf("%s: got %s, %s, %q", c.rule, v.Outcome, v.Reason, v.Text)
		}
		if !finite(v.Measured) {
			t.Errorf("%s: measured %v", c.rule, v.Measured)
		}
	}
}

func TestWhichRulesAreEvaluated(t *testing.T) {
	p := read(t,
		"{name: queue_age, condition: error_rate_percentage, threshold: 5, severity: P1, not_on_retry: true}",
		"{name: queue_age, pipeline: wild, condition: error_rate_percentage, threshold: 50, severity: P2}",
		"{name: queue_age, pipeline: quiet}",
		"{name: nothing_judged, condition: observed, absent_after: 26h, severity: P1}",
		"{name: low_quality, condition: data_quality_score, threshold: 95, severity: P2}",
		"{name: file_rejected}")
	for _, c := range []struct {
		rule     string
		o        Observation
		verdicts string
	}{
		{"in the order of their names, those without a condition left out",
			Observation{Pipeline: "sales"}, "low_quality not_evaluated no_such_value; nothing_judged beats heard; queue_age not_evaluated no_such_value"},
		{"the rule of the pipeline counts",
			Observation{Pipeline: "wild", Values: map[string]Value{policy.ErrorRate: {Number: 20}}}, "low_quality not_evaluated no_such_value; nothing_judged beats heard; queue_age fine within_threshold"},
		{"also if it has no condition",
			Observation{Pipeline: "quiet", Values: map[string]Value{policy.ErrorRate: {Number: 20}}}, "low_quality not_evaluated no_such_value; nothing_judged beats heard"},
		{"nothing fires on a retry, where the rule says so",
			Observation{Pipeline: "sales", Retry: 1, Values: map[string]Value{policy.ErrorRate: {Number: 20}, policy.DataQualityScore: {Number: 20}}},
			"low_quality fires below_threshold; nothing_judged beats heard; queue_age not_evaluated on_retry"},
		{"what is fine on a retry is fine",
			Observation{Pipeline: "sales", Retry: 1, Values: map[string]Value{policy.ErrorRate: {Number: 2}}}, "low_quality not_evaluated no_such_value; nothing_judged beats heard; queue_age fine within_threshold"},
	} {
		var got []string
		for _, v := range Evaluate(p, c.o) {
			got = append(got, v.Rule+" "+string(v.Outcome)+" "+string(v.Reason))
		}
		if strings.Join(got, "; ") != c.verdicts {
			t.Errorf("%s: got %s", c.rule, strings.Join(got, "; "))
		}
	}
}

// TestSignal holds what an engineer reads, and what the router goes by.
func TestSignal(t *testing.T) {
	p := read(t, "{name: queue_age, condition: error_rate_percentage, threshold: 5, severity: P1, runbook: 'https://example.com/r'}")
	o := Observation{
		ID: "run-1", Pipeline: "sales", Table: "tills", Environment: "prod", Team: "retail", Period: "2026-11-22", Run: "r1", Retry: 1, At: noon,
		Values: map[string]Value{policy.ErrorRate: {Number: 7.4, Of: "1,204 tasks"}, policy.RecordVariance: {Number: 3, Base: base(4), Unit: "records"}},
		Labels: map[string]string{"region": "eu"}, Links: []alert.Link{{Name: "run", URL: "https://example.com/1"}}, Trace: "t",
	}
	_, signals, _ := State{}.Next(o, Evaluate(p, o))
	if len(signals) != 1 {
		t.Fatalf("%d signals", len(signals))
	}
	s := signals[0]
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	for name, got := range map[string][2]string{
		"id":        {s.ID, "run-1-queue_age"},
		"dedup key": {s.DedupKey, "queue_age/sales/tills"},
		"group key": {s.GroupKey, "sales"},
		"summary":   {s.Summary, "sales 2026-11-22: error rate 7.4 % of 1,204 tasks, limit 5 %"},
		"labels":    {s.Labels["region"] + " " + s.Labels["table"], "eu tills"},
		"runbook":   {s.Links[1].URL, "https://example.com/r"},
		"finding":   {s.Findings[0].Check + " " + s.Findings[0].Severity, "error_rate_percentage HIGH"},
		"measure":   {s.Measure.Name + " " + s.Measure.Unit + " " + string(s.Measure.Crossed), "error rate percent above"},
		"metrics":   {s.Metrics[0].Name + ", " + s.Metrics[1].Name + " in " + s.Metrics[1].Unit, "error rate, records in records"},
		"period":    {s.Facts[0].Name + " " + s.Facts[0].Value, "period 2026-11-22"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %q, want %q", name, got[0], got[1])
		}
	}
	if s.Retry != 1 || *s.Measure.Threshold != 5 || s.Measure.Value != 7.4 || s.Stakes == nil || *s.Stakes.ErrorRate != 7.4 || len(s.NextSteps) == 0 || s.Trace != "t" || len(o.Labels) != 1 {
		t.Errorf("got %+v of %+v", s, o)
	}
	o.Pipeline, o.Table = strings.Repeat("päth", 400), strings.Repeat("x", 400)
	_, signals, _ = State{}.Next(o, Evaluate(p, o))
	if s = signals[0]; s.Validate() != nil || len([]rune(s.Summary)) > summaryLimit || len(s.DedupKey) > keyLimit {
		t.Errorf("a long name: %v, %d characters, %d bytes", s.Validate(), len([]rune(s.Summary)), len(s.DedupKey))
	}
}
