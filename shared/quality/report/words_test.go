package report

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

func TestReason(t *testing.T) {
	check := func(status quality.Status, severity string) quality.Result {
		return quality.Result{ID: "c", Name: "a is there", Status: status, Severity: severity, Message: "2 are not"}
	}
	pass, fail, low := check(quality.Pass, "HIGH"), check(quality.Fail, "HIGH"), check(quality.Fail, "LOW")
	errored, skipped := check(quality.Errored, "HIGH"), check(quality.Skipped, "HIGH")
	for _, tt := range []struct {
		name    string
		verdict quality.Verdict
		checks  []quality.Result
		want    string
	}{
		{"nothing asked", quality.VerdictPass, nil, "The contract asks for nothing that can be checked."},
		{"all passed", quality.VerdictPass, []quality.Result{pass, pass}, "All 2 checks passed."},
		{"the only one passed", quality.VerdictPass, []quality.Result{pass}, "The only check passed."},
		{"passed in spite of the small", quality.VerdictPass, []quality.Result{pass, low, skipped}, "1 of 3 checks passed; 1 minor check failed, 1 skipped."},
		{"failed", quality.VerdictFail, []quality.Result{pass, low, fail}, "2 of 3 checks failed; the worst: a is there – 2 are not."},
		{"the only one failed", quality.VerdictFail, []quality.Result{fail}, "The only check failed; the worst: a is there – 2 are not."},
		{"not measured", quality.VerdictError, []quality.Result{pass, errored}, "Nothing failed, but 1 check could not be measured: a is there – 2 are not."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Reason(&quality.Report{Verdict: tt.verdict, Checks: tt.checks}); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNextSteps(t *testing.T) {
	if got := NextSteps(empty()); len(got) != 0 {
		t.Errorf("a clean file wants %q, want nothing", got)
	}
	r := invented()
	r.Quarantine = &quality.Quarantine{Rows: make([]quality.BadRow, 10), Total: 61, Cap: 10}
	got := NextSteps(r)
	if want := "Send the first 10 of 61 bad rows in quarantine to whoever writes the file, and ask for a new delivery."; got[len(got)-1] != want {
		t.Errorf("last step is %q, want %q", got[len(got)-1], want)
	}
	if n := len(NextSteps(many(500))); n > 6 {
		t.Errorf("%d steps, want at most 6", n)
	}
}

func TestWorstFirst(t *testing.T) {
	r := invented()
	before, _ := json.Marshal(r)
	var got []string
	for _, c := range sorted(r).failed {
		got = append(got, c.Severity)
	}
	if want := []string{"HIGH", "MEDIUM", "LOW"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if after, _ := json.Marshal(r); !bytes.Equal(before, after) {
		t.Error("the report was changed")
	}
}

func TestTarget(t *testing.T) {
	r := &quality.Report{Scores: map[string]float64{"completeness": 98, "accuracy": 99.01, "timeliness": 95.1, "uniqueness": 99.9, "quality": 1, "coverage": 1}}
	missed := map[string]bool{}
	for _, s := range scores(r) {
		missed[s.Name] = s.Missed
	}
	for name, want := range map[string]bool{"completeness": true, "accuracy": false, "timeliness": false, "uniqueness": true, "quality": false, "coverage": false} {
		if missed[name] != want {
			t.Errorf("%s: missed is %v, want %v", name, missed[name], want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[float64]string{100: "100", 99.99999: "99.99", 0: "0.00", 97.1: "97.10", 0.29: "0.29"} {
		if got := points(in); got != want {
			t.Errorf("points(%v) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[int64]string{-1: "", 0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 9_949: "9.9 kB", 9_951: "10 kB", 999_600: "1.0 MB", 5e12: "5.0 TB"} {
		if got := words.Bytes(in); got != want {
			t.Errorf("words.Bytes(%d) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[float64]float64{0.1 + 0.2: 0.3, 1e15 + 1: 1e15 + 1, 1e-9: 1e-9, 2.0 / 3: 0.666666666667} {
		if got := quiet(in); got != want {
			t.Errorf("quiet(%v) = %v, want %v", in, got, want)
		}
	}
	for in, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := words.Count(in); got != want {
			t.Errorf("words.Count(%d) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[int64]string{12: "12 ms", 2400: "2.4 s", 125_000: "2 min 5 s"} {
		if got := span(in); got != want {
			t.Errorf("span(%d) = %s, want %s", in, got, want)
		}
	}
}

func TestTextKeepsToTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(40, 160).Draw(t, "width")
		var out bytes.Buffer
		if err := Text(&out, hostile(rapid.String().Draw(t, "text")), TextOptions{Width: width, Verbose: true}); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if n := runewidth.StringWidth(line); n > width {
				t.Fatalf("%d cells at width %d: %q", n, width, line)
			}
		}
	})
}

func TestJSONFollowsItsSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	nan := invented()
	nan.Scores["accuracy"], nan.Metrics["mean:x"] = math.NaN(), math.Inf(1)
	nan.Checks[0].Measured = ptr(math.NaN())
	for _, r := range []*quality.Report{invented(), empty(), nan} {
		var out bytes.Buffer
		if err := JSON(&out, r); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Error(err)
		}
		documented(t, v.(map[string]any), doc.(map[string]any), doc.(map[string]any))
	}
}

// documented wants every key of an object among a schema's properties.
func documented(t *testing.T, v, schema, root map[string]any) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	for key, value := range v {
		p, ok := properties[key].(map[string]any)
		if !ok {
			if _, free := schema["additionalProperties"]; !free {
				t.Errorf("key %q is not in the schema", key)
			}
			continue
		}
		items, _ := p["items"].(map[string]any)
		list, _ := value.([]any)
		for _, each := range list {
			object, ok := each.(map[string]any)
			if !ok {
				continue
			}
			name := strings.TrimPrefix(items["$ref"].(string), "#/$defs/")
			documented(t, object, root["$defs"].(map[string]any)[name].(map[string]any), root)
		}
		if object, ok := value.(map[string]any); ok {
			documented(t, object, p, root)
		}
	}
}
