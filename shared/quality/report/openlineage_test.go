package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tillwatch/shared/quality"
)

func lineage(t *testing.T, r *quality.Report) (map[string]any, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := OpenLineage(&b, r); err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(b.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	return event, b.Bytes()
}

// within walks into a decoded JSON value.
func within(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			if v = object[step]; !ok || v == nil {
				t.Fatalf("no %v of %v", step, path)
			}
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("no element %d of %v", step, path)
			}
			v = list[step]
		}
	}
	return v
}

func TestOpenLineageSaysWhatWasFound(t *testing.T) {
	r := invented()
	r.Checks = append(r.Checks, quality.Result{ID: "amount.required", Column: "amount", Status: quality.Fail, Violations: 48, LookedAt: 12345})
	r.Metrics["sum:amount"], r.Metrics["maximum:amount"], r.Metrics["distinctCount:customer_id"] = 12.5, 3, 400
	event, _ := lineage(t, r)
	input := func(path ...any) []any { return append([]any{"inputs", 0}, path...) }
	assertion := func(path ...any) []any {
		return append(input("inputFacets", "dataQualityAssertions", "assertions"), path...)
	}
	metric := func(path ...any) []any { return append(input("inputFacets", "dataQualityMetrics"), path...) }
	for _, c := range []struct {
		rule string
		path []any
		want string
	}{
		{"a judged file is a completed run", []any{"eventType"}, "COMPLETE"},
		{"the event's time is that of judging", []any{"eventTime"}, "2026-11-22T06:12:30Z"},
		{"the producer is a URI", []any{"producer"}, "urn:tillwatch:validate"},
		{"the schema is named", []any{"schemaURL"}, "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
		{"the job is of the dataset", []any{"job", "name"}, "validate sales_data"},
		{"a bucket is the namespace", input("namespace"), "s3://landing"},
		{"a key is the name", input("name"), "sales_data/2026-11-22/sales_data.csv"},
		{"columns have their position", input("facets", "schema", "fields", 4, "ordinal_position"), "5"},
		{"a passed check is a success", assertion(0, "success"), "true"},
		{"a failed check is none", assertion(1, "success"), "false"},
		{"a check has its column", assertion(1, "column"), "unit_price"},
		{"MEDIUM is warn", assertion(1, "severity"), "warn"},
		{"what was wanted is told", assertion(1, "expected"), "<= 0"},
		{"what was measured is told", assertion(2, "actual"), "0.388821466181"},
		{"what could not be measured is no success", assertion(4, "success"), "false"},
		{"what could not be measured is told apart", assertion(4, "params", "status"), "error"},
		{"what was skipped is no assertion", assertion(5, "name"), "transaction-id-unique"},
		{"rows are counted", metric("rowCount"), "12345"},
		{"nulls are counted", metric("columnMetrics", "amount", "nullCount"), "48"},
		{"values are counted", metric("columnMetrics", "amount", "count"), "12297"},
		{"sums are told", metric("columnMetrics", "amount", "sum"), "12.5"},
		{"extremes are told", metric("columnMetrics", "amount", "max"), "3"},
		{"distinct values are counted", metric("columnMetrics", "customer_id", "distinctCount"), "400"},
	} {
		if got := fmt.Sprint(within(t, event, c.path...)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
	if n := len(within(t, event, assertion()...).([]any)); n != len(r.Checks)-1 {
		t.Errorf("%d assertions, want all checks but the skipped one", n)
	}
}

func TestOpenLineageClassifiesChecks(t *testing.T) {
	for id, want := range map[string]string{"amount.required": "not_null", "amount.unique": "unique", "amount.maximum": "maximum",
		"structure": "structure", "own": "accuracy"} {
		c := quality.Result{ID: id, Dimension: "accuracy"}
		if id != "structure" {
			c.Column = "amount"
		}
		if got := assertionOf(&c); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
}

func TestOpenLineageRunID(t *testing.T) {
	id := func(r *quality.Report) string {
		event, _ := lineage(t, r)
		return within(t, event, "run", "runId").(string)
	}
	first := id(invented())
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first) {
		t.Errorf("%s is no UUID of version 8", first)
	}
	again := invented()
	again.DurationMS = 999
	if got := id(again); got != first {
		t.Errorf("how long judging took changes the id from %s to %s", first, got)
	}
	for what, change := range map[string]func(*quality.Report){
		"object":   func(r *quality.Report) { r.Object += "x" },
		"contract": func(r *quality.Report) { r.Contract += "x" },
		"dataset":  func(r *quality.Report) { r.Dataset += "x" },
		"moment":   func(r *quality.Report) { r.JudgedAt = r.JudgedAt.Add(time.Nanosecond) },
	} {
		other := invented()
		change(other)
		if id(other) == first {
			t.Errorf("another %s has the same id", what)
		}
	}
}

func TestOpenLineageOfAnError(t *testing.T) {
	r := invented()
	r.Verdict = quality.VerdictError
	event, _ := lineage(t, r)
	if got := within(t, event, "eventType"); got != "FAIL" {
		t.Errorf("got %v, want FAIL", got)
	}
	if got := within(t, event, "run", "facets", "errorMessage", "message"); got == "" {
		t.Error("no message")
	}
}

// TestOpenLineageFollowsTheSchemas has the standard's JSON Schemas judge the
// events. They are not part of this project: put OpenLineage.json and the facets'
// files, side by side, into the directory that TILLWATCH_OPENLINEAGE_SCHEMAS
// names (.cache/openlineage if it names none).
func TestOpenLineageFollowsTheSchemas(t *testing.T) {
	dir := os.Getenv("TILLWATCH_OPENLINEAGE_SCHEMAS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", ".cache", "openlineage")
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	ids := map[string]string{}
	for _, name := range []string{"OpenLineage", "DataQualityAssertionsDatasetFacet", "DataQualityMetricsInputDatasetFacet", "SchemaDatasetFacet", "ErrorMessageRunFacet"} {
		file, err := os.Open(filepath.Join(dir, name+".json"))
		if err != nil {
			t.Skipf("no JSON Schemas of OpenLineage in %s (set TILLWATCH_OPENLINEAGE_SCHEMAS): %v", dir, err)
		}
		doc, err := jsonschema.UnmarshalJSON(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = doc.(map[string]any)["$id"].(string)
		if err := compiler.AddResource(ids[name], doc); err != nil {
			t.Fatal(err)
		}
	}
	follow := func(url string, v any) {
		t.Helper()
		schema, err := compiler.Compile(url)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Error(err)
		}
	}
	unmeasured, odd := invented(), invented()
	unmeasured.Verdict = quality.VerdictError
	odd.Object, odd.Bytes, odd.Columns = "s3://bucket", -1, nil
	odd.Metrics["sum:x"], odd.Metrics["distinctCount:y"], odd.Metrics["sum:y"] = math.NaN(), 3, 1.5
	odd.Checks[0].Measured = ptr(math.Inf(1))
	for _, r := range []*quality.Report{invented(), empty(), unmeasured, odd} {
		_, text := lineage(t, r)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		follow(within(t, v, "schemaURL").(string), v)
		follow(ids["OpenLineage"], v)
		for _, facets := range []any{within(t, v, "inputs", 0, "facets"), within(t, v, "inputs", 0, "inputFacets")} {
			for _, facet := range facets.(map[string]any) {
				follow(within(t, facet, "_schemaURL").(string), facet)
			}
		}
		if r.Verdict == quality.VerdictError {
			facet := within(t, v, "run", "facets", "errorMessage")
			follow(within(t, facet, "_schemaURL").(string), facet)
		}
	}
}
