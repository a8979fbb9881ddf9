package pipeline

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert/policy"
)

const good = `{"pipeline":"sales","run_id":"1","status":"succeeded","started_at":"2026-11-22T03:00:00Z","ended_at":"2026-11-22T03:12:00Z"}`

// with returns the good run with more fields, or others.
func with(t testing.TB, fields string) []byte {
	t.Helper()
	run := map[string]json.RawMessage{}
	for _, text := range []string{good, "{" + fields + "}"} {
		if err := json.Unmarshal([]byte(text), &run); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range run {
		if string(v) == "null" {
			delete(run, name)
		}
	}
	raw, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ rule, fields, want string }{
		{"no pipeline", `"pipeline":null`, "pipeline is missing"},
		{"no id", `"run_id":""`, "run_id is missing"},
		{"a status that is none", `"status":"ok"`, `status is "ok", want started, succeeded, failed or cancelled`},
		{"no end", `"ended_at":null`, "ended_at is missing, and the run has succeeded"},
		{"a start without its time", `"status":"started","started_at":null`, "started_at is missing"},
		{"an end before the start", `"ended_at":"2026-11-22T02:00:00Z"`, "ended_at is before started_at"},
		{"a time that is none", `"ended_at":"soon"`, "invalid pipeline run"},
		{"NaN as text", `"freshness_minutes":"NaN"`, "freshness_minutes is of the type text, want a number"},
		{"a number beyond all numbers", `"freshness_minutes":1e999`, "freshness_minutes is 1e999, which is out of range"},
		{"a negative number", `"freshness_minutes":-1`, "freshness_minutes is -1, want 0 to"},
		{"a negative count", `"records":-1`, "records is -1"},
		{"half a record", `"records":1.5`, "records is 1.5, which is out of range or not a whole number"},
		{"failed tasks of none", `"failed_tasks":1`, "tasks and failed_tasks need each other"},
		{"more failed tasks than tasks", `"tasks":1,"failed_tasks":2`, "failed_tasks is more than tasks"},
		{"a share beyond all", `"error_rate_percentage":101`, "error_rate_percentage is 101"},
		{"a cost that is none", `"cost":"NaN"`, "invalid pipeline run"},
		{"a negative cost", `"cost":-1.5`, "cost is -1.5"},
		{"a metric that is none", `"measurements":{"Qualty":1}`, `measurement "Qualty" is no metric`},
		{"a metric of ours", `"measurements":{"FilesJudged":1}`, `measurement "FilesJudged" is no metric`},
		{"a condition is no metric", `"measurements":{"data_quality_score":1}`, "is no metric"},
		{"a score beyond 100", `"measurements":{"QualityScore":101}`, "measurement QualityScore is 101, want 0 to 100"},
		{"a date that is none", `"execution_date":"2026-13-45"`, "execution_date is"},
		{"a long name", `"pipeline":"` + strings.Repeat("x", 300) + `"`, "pipeline has more than 256 bytes"},
		{"a name of two lines", `"pipeline":"a\nb"`, "control character"},
		{"many labels", `"labels":{` + labels(17) + `}`, "17 labels, at most 16"},
		{"a long label", `"labels":{"a":"` + strings.Repeat("x", 200) + `"}`, "longer than 128 bytes"},
		{"an address that is not safe", `"url":"javascript:alert(1)"`, "url must begin with https://"},
		{"many retries", `"retry":100000`, "retry is 100000"},
		{"a trace that is none", `"traceparent":"x"`, "traceparent is"},
		{"too much", `"more":"` + strings.Repeat("x", maxBytes) + `"`, "bytes, at most"},
	} {
		_, err := Parse(with(t, c.fields))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.want)
		}
	}
	for _, raw := range []string{"", "null", "[]", `"run"`, "{", `{"records":NaN}`} {
		if _, err := Parse([]byte(raw)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: got %v", raw, err)
		}
	}
}

func labels(n int) string {
	var list []string
	for i := range n {
		list = append(list, `"l`+strings.Repeat("x", i)+`":"v"`)
	}
	return strings.Join(list, ",")
}

func TestObservation(t *testing.T) {
	for _, c := range []struct {
		rule, fields, condition string
		want                    float64 // NaN is no value
		of                      string
	}{
		{"tasks that failed", `"tasks":1204,"failed_tasks":89`, policy.ErrorRate, 89. / 1204 * 100, "1,204 tasks"},
		{"a rate that was measured counts", `"tasks":10,"failed_tasks":1,"error_rate_percentage":7.5`, policy.ErrorRate, 7.5, "10 tasks"},
		{"of no tasks there is no share", `"tasks":0,"failed_tasks":0`, policy.ErrorRate, math.NaN(), ""},
		{"a run that counts no tasks is its only one", ``, policy.ErrorRate, 0, "1 run"},
		{"and failed as a whole", `"status":"failed"`, policy.ErrorRate, 100, "1 run"},
		{"a cancelled run has no error rate", `"status":"cancelled"`, policy.ErrorRate, math.NaN(), ""},
		{"a run that began has measured nothing", `"status":"started","records":5`, policy.RecordVariance, math.NaN(), ""},
		{"from start to end", ``, policy.ExecutionDuration, 12, ""},
		{"without a start nobody knows how long", `"started_at":null`, policy.ExecutionDuration, math.NaN(), ""},
		{"records", `"records":12,"expected_records":0`, policy.RecordVariance, 12, ""},
		{"records are a metric too", `"records":12`, "RecordsProcessed", 12, ""},
		{"a cost as text", `"cost":"12.50","baseline_cost":7.7`, policy.CostIncrease, 12.5, ""},
		{"freshness", `"freshness_minutes":90`, policy.Freshness, 90, ""},
		{"freshness as a metric", `"measurements":{"DataFreshnessMinutes":90}`, policy.Freshness, 90, ""},
		{"the quality score", `"measurements":{"QualityScore":90}`, policy.DataQualityScore, 90, ""},
		{"any metric", `"measurements":{"CompletenessScore":90}`, "CompletenessScore", 90, ""},
	} {
		r, err := Parse(with(t, c.fields))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		v, ok := r.Observation().Values[c.condition]
		if ok == math.IsNaN(c.want) || ok && (math.Abs(v.Number-c.want) > 1e-9 || v.Of != c.of) {
			t.Errorf("%s: got %+v, %v; want %v", c.rule, v, ok, c.want)
		}
	}
}

func TestReportsAreTheSameOrNot(t *testing.T) {
	first, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule, fields string
		same         bool
	}{
		{"a second delivery", ``, true},
		{"with more measured", `"records":5`, true},
		{"another run", `"run_id":"2"`, false},
		{"another attempt", `"retry":1`, false},
		{"another status", `"status":"failed"`, false},
		{"another pipeline", `"pipeline":"sale"`, false},
		{"the same letters in other fields", `"pipeline":"sale","table":"s"`, false},
	} {
		r, err := Parse(with(t, c.fields))
		if err != nil {
			t.Fatal(err)
		}
		if (r.ID() == first.ID()) != c.same {
			t.Errorf("%s: %s and %s", c.rule, first.ID(), r.ID())
		}
	}
}

func TestExecutionDates(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-22": "2026-11-22", "2026-11-22T03": "2026-11-22T03", "2026-11-22T03:30:00+02:00": "2026-11-22T01",
	} {
		r, err := Parse(with(t, `"execution_date":"`+in+`"`))
		if err != nil || r.Observation().Period != want {
			t.Errorf("%s: got %q, %v", in, r.ExecutionDate, err)
		}
	}
}

// FuzzParse holds that what is taken is within its bounds, and is taken again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add(with(f, `"tasks":10,"failed_tasks":1,"measurements":{"QualityScore":1},"labels":{"a":"b"},"cost":"1.5"`))
	f.Add([]byte(`{"pipeline":"p","records":NaN}`))
	f.Fuzz(func(t *testing.T, detail []byte) {
		r, err := Parse(detail)
		if err != nil {
			return
		}
		o := r.Observation()
		if o.At.IsZero() || o.At.Location() != time.UTC || o.Pipeline == "" || len(o.Labels) > maxLabels {
			t.Errorf("observation %+v", o)
		}
		for name, v := range o.Values {
			if _, ok := policy.ConditionOf(name); !ok || v.Number < 0 || math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
				t.Errorf("%s is %v", name, v.Number)
			}
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(raw); err != nil || again.ID() != r.ID() {
			t.Errorf("%s is taken, and then %v", detail, err)
		}
	})
}
