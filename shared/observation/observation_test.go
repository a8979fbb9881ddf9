package observation

import (
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/events"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
)

var now = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func payload(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := events.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		file, id, pipeline, table, period string
		retry                             int
		values                            map[string]float64
	}{
		{"file/rejected-measured.json", "3eec3faa0df3e078e581643e-verdict", "sales_data", "sales_data", "2026-11-22", 0, map[string]float64{
			policy.DataQualityScore: 83.33333333333334, "UniquenessScore": 66.66666666666667, policy.RecordVariance: 3,
			"DataFreshnessMinutes": 12.5, policy.ExecutionDuration: 0.004, "RecordsProcessed": 3}},
		{"file/validated.json", "3eec3faa0df3e078e581643e-verdict", "sales_data", "sales_data", "2026-11-22", 0, map[string]float64{policy.DataQualityScore: 100}},
		{"run/failed.json", "", "daily_revenue", "", "2026-11-22", 0, map[string]float64{
			policy.ErrorRate: 89. / 1204 * 100, policy.ExecutionDuration: 12.5, policy.RecordVariance: 47400, policy.CostIncrease: 1.84, policy.Freshness: 42}},
		{"run/retried.json", "", "daily_revenue", "", "2026-11-22", 1, nil},
		{"run/started.json", "", "daily_revenue", "", "2026-11-23", 0, nil},
		{"run/nothing-expected.json", "", "holiday_sales", "", "", 0, map[string]float64{policy.RecordVariance: 12}},
	} {
		o, err := Decode(payload(t, c.file), now)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if c.id != "" && o.ID != c.id || o.ID == "" || o.Pipeline != c.pipeline || o.Table != c.table || o.Period != c.period || o.Retry != c.retry {
			t.Errorf("%s: got %+v", c.file, o)
		}
		for name, want := range c.values {
			if got, ok := o.Values[name]; !ok || math.Abs(got.Number-want) > 1e-9 {
				t.Errorf("%s: %s is %v, want %v", c.file, name, got, want)
			}
		}
	}
}

// TestRejectedAndValidatedAreOneAlert holds that a good file ends what a bad one
// of its dataset began.
func TestRejectedAndValidatedAreOneAlert(t *testing.T) {
	p := policy.Shipped()
	var s rule.State
	var said []string
	for _, file := range []string{"file/rejected-measured.json", "file/validated.json"} {
		raw := payload(t, file)
		if file == "file/validated.json" { // the corrected file, an hour later
			raw = []byte(strings.ReplaceAll(strings.Replace(string(raw), `"arrived": "2026-11-22T03`, `"arrived": "2026-11-22T04`, 1), "3eec3faa", "4eec3faa"))
			raw = []byte(strings.Replace(string(raw), `"rows": 2,`, `"rows": 2, "expected_rows": 4,`, 1))
		}
		o, err := Decode(raw, now)
		if err != nil {
			t.Fatal(err)
		}
		next, signals, _ := s.Next(o, rule.Evaluate(p, o))
		s = next
		for _, signal := range signals {
			said = append(said, string(signal.Status)+" "+signal.DedupKey)
		}
	}
	want := []string{
		"firing low_quality/sales_data/sales_data",
		"resolved low_quality/sales_data/sales_data", "firing record_count_variance/sales_data/sales_data", // 2 rows, and 4 expected
	}
	if !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	malformed, err := fs.Glob(events.Files, "malformed/run-*.json")
	if err != nil || len(malformed) < 4 {
		t.Fatalf("%d malformed runs, %v", len(malformed), err)
	}
	cases := map[string][]byte{"": nil, "no JSON": []byte("{"), "another event": payload(t, "signal/raised.json")}
	for _, name := range malformed {
		cases[name] = payload(t, name)
	}
	replace := func(rule, file, old, new string) {
		raw := string(payload(t, file))
		if !strings.Contains(raw, old) {
			t.Fatalf("%s does not hold %s", file, old)
		}
		cases[rule] = []byte(strings.Replace(raw, old, new, 1))
	}
	replace("a verdict of somebody else", "file/rejected.json", `"source": "tillwatch"`, `"source": "example"`)
	replace("a verdict on no dataset", "file/rejected.json", `"dataset": "sales_data"`, `"dataset": ""`)
	replace("a run of the future", "run/failed.json", `"ended_at": "2026-`, `"ended_at": "2027-`)
	replace("a verdict without data", "file/rejected.json", `"data"`, `"dta"`)
	for rule, raw := range cases {
		if o, err := Decode(raw, now); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %+v, %v", rule, o, err)
		}
	}
}

// FuzzDecode holds that whatever is decoded can be evaluated, and that what it
// raises can be routed.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"file/rejected-measured.json", "run/failed.json", "run/nothing-expected.json", "malformed/run-negative.json"} {
		f.Add(payload(f, name))
	}
	p := policy.Shipped()
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := Decode(raw, now)
		if err != nil {
			return
		}
		_, signals, verdicts := rule.State{}.Next(o, rule.Evaluate(p, o))
		if len(verdicts) == 0 {
			t.Error("no rule looked at it")
		}
		for _, s := range signals {
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
		}
	})
}
