package contract

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tillwatch/shared/document"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each testdata/*.odcs.yaml without a fault is read whole; each with faults has
// a .golden that lists all of them, as a person sees them.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.odcs.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(path, ".odcs.yaml") + ".golden"
		_, err = ReadODCS(filepath.Base(path), data)
		if err == nil {
			if _, e := os.Stat(golden); e == nil {
				t.Errorf("%s: no fault found", path)
			}
			continue
		}
		if list, ok := err.(document.Errors); !ok || len(list) == 0 {
			t.Errorf("%s: got a %T", path, err)
		}
		got := err.Error() + "\n"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Errorf("%s: %v (go test -update writes it):\n%s", path, err, got)
			continue
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// contract wraps the lines of a table into a contract of version 3.2.
func contractOf(table string) []byte {
	return []byte("apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n" + table)
}

func mustRead(t *testing.T, data []byte) *Contract {
	t.Helper()
	c, err := ReadODCS("contract", data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// one is a contract with a table of one column a, which has what is written.
func one(column string) []byte {
	return contractOf("  - name: t\n    properties:\n      - {name: a, " + column + "}\n")
}

func TestPersonal(t *testing.T) {
	for _, c := range []struct {
		column string
		want   bool
	}{
		{"required: true", false}, {"classification: public", false}, {"classification: Public", false}, {"classification: restricted", true},
		{"tags: [PII]", true}, {"tags: [a, personal]", true}, {"tags: [piio]", false}, {"classification: public, tags: [pii]", true},
	} {
		if got := mustRead(t, one(c.column)).Tables[0].Columns[0].Personal; got != c.want {
			t.Errorf("%s: got %v, want %v", c.column, got, c.want)
		}
	}
}

func TestRuleIDs(t *testing.T) {
	c := mustRead(t, contractOf(`
  - name: t
    quality:
      - {metric: rowCount, mustBe: 1}
      - {name: "Größe: as usual!", metric: rowCount, mustBe: 1}
      - {name: "as usual", metric: rowCount, mustBe: 1}
      - {id: as_usual, metric: rowCount, mustBe: 1}
      - {type: text, name: As  Usual}
    properties:
      - name: A b
        quality: [{metric: nullValues, mustBe: 0}, {metric: nullValues, mustBe: 1}, {type: text}]
      - {name: c, logicalType: object, properties: [{name: d, quality: [{metric: nullValues, mustBe: 0}]}]}
      - {name: e, logicalType: array, items: {quality: [{id: item, metric: nullValues, mustBe: 0}]}}
  - name: u
    quality: [{id: as_usual, metric: rowCount, mustBe: 1}]
`))
	var got []string
	for _, r := range c.Tables[0].Rules {
		got = append(got, r.ID)
	}
	for _, col := range c.Tables[0].Columns {
		for _, r := range col.Rules {
			got = append(got, r.ID)
		}
	}
	got = append(got, c.Tables[0].Columns[1].Properties[0].Rules[0].ID, c.Tables[0].Columns[2].Items.Rules[0].ID, c.Tables[1].Rules[0].ID)
	want := []string{"rowCount_1", "größe_as_usual", "as_usual_2", "as_usual", "as_usual_3", "a_b_nullValues_1", "a_b_nullValues_2", "a_b_text_3", "d_nullValues_1", "item", "as_usual"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExclusiveBoundsOfVersion30(t *testing.T) {
	read := func(options string) Options {
		return mustRead(t, []byte("apiVersion: v3.0.2\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\nschema:\n"+
			"  - name: t\n    properties:\n      - {name: a, logicalType: number, logicalTypeOptions: {"+options+"}}\n")).Tables[0].Columns[0].Options
	}
	for _, c := range []struct {
		options string
		want    Options
	}{
		{"minimum: 0.1, exclusiveMinimum: true, maximum: 5", Options{ExclusiveMinimum: "0.1", Maximum: "5"}},
		{"minimum: 0.10, exclusiveMinimum: false, maximum: 5, exclusiveMaximum: true", Options{Minimum: "0.10", ExclusiveMaximum: "5"}},
		{"exclusiveMaximum: 100", Options{ExclusiveMaximum: "100"}},
	} {
		if diff := cmp.Diff(c.want, read(c.options)); diff != "" {
			t.Errorf("%s: %s", c.options, diff)
		}
	}
}

func TestRulesOfVersion30(t *testing.T) {
	c := mustRead(t, []byte(`{apiVersion: v3.0.0, kind: DataContract, id: a, version: "1", status: active, schema: [{name: t, properties: [{name: a, quality: [
  {rule: duplicateCount, mustBeLessThan: 10, unit: percent},
  {rule: validValues, validValues: [x, 1, null]},
  {rule: nullValues, mustBe: 0},
  {metric: nullValues, mustBe: 0}]}]}]}`))
	rules := c.Tables[0].Columns[0].Rules
	for i, want := range []Rule{
		{Metric: DuplicateValues, Want: Want{Op: Less, Low: 10}, Unit: Percent},
		{Metric: InvalidValues, Want: Want{Op: Equal}, Unit: Rows, ValidValues: []Value{{Text: "x"}, {Text: "1"}, {Null: true}}},
		{Metric: NullValues, Want: Want{Op: Equal}, Unit: Rows},
		{Metric: NullValues, Want: Want{Op: Equal}, Unit: Rows},
	} {
		want.Kind, want.ID, want.Place = Library, rules[i].ID, rules[i].Place
		if diff := cmp.Diff(want, rules[i]); diff != "" {
			t.Errorf("rule %d: %s", i, diff)
		}
	}
}

func TestWant(t *testing.T) {
	for text, want := range map[string]Want{
		"mustBe: 5": {Equal, 5, 0}, "mustNotBe: 3.14": {NotEqual, 3.14, 0}, "mustBeGreaterThan: -1": {Greater, -1, 0},
		"mustBeGreaterOrEqualTo: 0x10": {GreaterOrEqual, 16, 0}, "mustBeLessThan: 1e3": {Less, 1000, 0}, "mustBeLessOrEqualTo: 0": {LessOrEqual, 0, 0},
		"mustBeBetween: [0, 100]": {Between, 0, 100}, "mustNotBeBetween: [-1.5, 2]": {NotBetween, -1.5, 2},
	} {
		c := mustRead(t, contractOf("  - name: t\n    quality: [{metric: rowCount, "+text+"}]\n"))
		if got := c.Tables[0].Rules[0].Want; got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

func TestCustomChecks(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	for _, c := range []struct {
		implementation string
		want           any
	}{
		{"check: history, metric: rowCount", HistoryCheck{Metric: "rowCount", Strategy: "robustZScore", Lower: 3.5, Upper: 3.5, MinHistory: 7, Lookback: 28}},
		{"check: history, metric: sum, strategy: relativeChange, lower: 20, season: dayOfWeek, lookback: 9, minHistory: 3, ignoreChangeBelowPercent: 5, ignoreChangeBelow: 2.5",
			HistoryCheck{Metric: "sum", Column: "a", Strategy: "relativeChange", Season: "dayOfWeek", Lower: 20, Upper: inf, MinHistory: 3, Lookback: 9, IgnoreChangeBelowPercent: 5, IgnoreChangeBelow: 2.5}},
		{"check: history, metric: minimum, column: b, strategy: range, upper: -2", HistoryCheck{Metric: "minimum", Column: "b", Strategy: "range", Lower: -inf, Upper: -2, MinHistory: 1, Lookback: 28}},
		{"check: fileSize, min: 10 KB, max: 2GiB", FileSizeCheck{10_000, 2 << 30}},
		{"check: fileSize, max: 1.5 MiB", FileSizeCheck{0, 3 << 19}},
		{"check: history, metric: rowCount, strategy: holtWinters, lower: 2", HistoryCheck{Metric: "rowCount", Strategy: "holtWinters", Lower: 2, Upper: 3, MinHistory: 14, Lookback: 56}},
		{"check: history, metric: rowCount, strategy: onlineNormal, minHistory: 40", HistoryCheck{Metric: "rowCount", Strategy: "onlineNormal", Lower: 3, Upper: 3, MinHistory: 40, Lookback: 40}},
		{"check: fileSize, min: 12", FileSizeCheck{12, 0}},
		{"check: arrival, by: 06:30", ArrivalCheck{0, 6*time.Hour + 30*time.Minute, time.UTC}},
		{"check: arrival, after: 22:00:15, by: 2:00, zone: Europe/Paris", ArrivalCheck{22*time.Hour + 15*time.Second, 2 * time.Hour, paris}},
		{"check: coverage, values: [North, 7, null]", CoverageCheck{Column: "a", Values: []Value{{Text: "North"}, {Text: "7"}, {Null: true}}, MinRows: 1, AtLeastPercent: 100}},
		{"check: coverage, column: b, dataset: stores, atLeastPercent: 80.5", CoverageCheck{Column: "b", Dataset: "stores", RefColumn: "b", MinRows: 1, AtLeastPercent: 80.5}},
		{"check: coverage, dataset: stores, refColumn: id, minRows: 5", CoverageCheck{Column: "a", Dataset: "stores", RefColumn: "id", MinRows: 5, AtLeastPercent: 100}},
		{"check: coverage, every: hour, last: P1D", CoverageCheck{Column: "a", Every: "hour", Last: Span{Days: 1}, MinRows: 1, AtLeastPercent: 100}},
		{`check: arithmetic, expression: "a = b * 2", tolerance: 0.010, maxPercent: 1`, ArithmeticCheck{"a = b * 2", "0.010", 1}},
		{"check: columns", ColumnsCheck{}},
		{"check: columns, ordered: true, closed: true", ColumnsCheck{true, true}},
		{"check: drift", DriftCheck{Column: "a", Method: "stabilityIndex", Threshold: 0.25}},
		{"check: drift, column: b, method: chiSquare, threshold: 0.2, dataset: usual", DriftCheck{"b", "chiSquare", 0.2, "usual", "b"}},
		{"check: drift, method: kolmogorovSmirnov, dataset: usual, refColumn: x", DriftCheck{"a", "kolmogorovSmirnov", 0.1, "usual", "x"}},
		{"check: structure, maxPercent: 0.1", StructureCheck{0.1, 0}},
		{"check: structure, maxPercent: 0, headerFaults: 2", StructureCheck{0, 2}},
		{"check: total, sum: rows, dataset: other", TotalCheck{Sum: "rows", OtherSum: "rows", Dataset: "other"}},
		{"check: total, by: a, otherBy: [x], sum: -b, otherSum: y, dataset: other, tolerance: 1, missing: ignore",
			TotalCheck{By: []string{"a"}, OtherBy: []string{"x"}, Sum: "-b", OtherSum: "y", Dataset: "other", Tolerance: "1", Missing: "ignore"}},
		{"check: freshness, within: 90 minutes", FreshnessCheck{"a", Span{Clock: 90 * time.Minute}}},
		{"check: processing, within: PT5M", ProcessingCheck{Span{Clock: 5 * time.Minute}}},
		{"check: period, offset: -1, zone: Europe/Paris", PeriodCheck{"a", -1, paris}},
	} {
		block := "|\n              " + strings.Join(strings.Split(c.implementation, ", "), "\n              ")
		if strings.ContainsAny(c.implementation, "[") {
			block = "|\n              {" + c.implementation + "}"
		}
		for form, impl := range map[string]string{"map": "{" + c.implementation + "}", "text": block} {
			got := mustRead(t, contractOf("  - name: t\n    properties:\n      - name: a\n        quality:\n          - type: custom\n            engine: Tillwatch\n            implementation: "+
				impl+"\n      - name: b\n")).Tables[0].Columns[0].Rules[0].Implementation
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
				t.Errorf("%s as %s: %s", c.implementation, form, diff)
			}
		}
	}
	other := mustRead(t, contractOf("  - {name: t, quality: [{type: custom, engine: soda, implementation: {anything: [1]}}]}\n")).Tables[0].Rules[0]
	if other.Implementation != nil || other.Engine != "soda" {
		t.Errorf("another engine: got %+v", other)
	}
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]Span{
		"PT60M": {Clock: time.Hour}, "P3Y": {Years: 3}, "P1Y2M3W4DT5H6M7.5S": {1, 2, 25, 5*time.Hour + 6*time.Minute + 7500*time.Millisecond},
		"60 minutes": {Clock: time.Hour}, "60m": {Clock: time.Hour}, "2 d": {Days: 2}, "1.5 h": {Clock: 90 * time.Minute}, "1.5 d": {Clock: 36 * time.Hour},
		"2 wk": {Days: 14}, "3 months": {Months: 3}, "1 yr": {Years: 1}, "90 sec": {Clock: 90 * time.Second}, "PT0H5M": {Clock: 5 * time.Minute},
	} {
		if got, err := ParseSpan(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "60", "m", "PT0S", "P0D", "0 h", "-1 h", "1.5 y", "1 fortnight", "P1H", "P2000Y", "99999999 h", "PT999999999H", "1 h 5 m", "١ h"} {
		if got, err := ParseSpan(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

func TestServiceLevels(t *testing.T) {
	c := mustRead(t, []byte(`
apiVersion: v3.2.0
kind: DataContract
id: a
version: 1.0.0
schema: [{name: t, properties: [{name: at, logicalType: timestamp}]}]
slaDefaultElement: t.at
slaProperties:
  - {property: ly, value: 5, unit: m}
  - {property: Retention, value: 6, unit: m, element: at}
  - {id: x, property: frequency, value: "1", unit: D, element: "t, t.at"}
  - {property: FRESHNESS, value: PT1H, customProperties: [{property: severity, value: Info}]}
  - {property: latency, value: 90 minutes}
  - {property: availability, value: 99.5, unit: percent, driver: regulatory}
`))
	var got []SLA
	for _, s := range c.SLAs {
		s.Place = Place{}
		got = append(got, s)
	}
	want := []SLA{
		{ID: "latency_t_at", Property: "latency", Value: "5", Span: Span{Clock: 5 * time.Minute}, Table: "t", Column: "at"},
		{ID: "retention_t_at", Property: "retention", Value: "6", Span: Span{Months: 6}, Table: "t", Column: "at"},
		{ID: "x", Property: "frequency", Value: "1", Span: Span{Days: 1}, Table: "t"},
		{ID: "frequency_t_at", Property: "frequency", Value: "1", Span: Span{Days: 1}, Table: "t", Column: "at"},
		{ID: "freshness_t_at", Property: "freshness", Value: "PT1H", Span: Span{Clock: time.Hour}, Table: "t", Column: "at", Severity: Low},
		{ID: "latency_t_at_2", Property: "latency", Value: "90 minutes", Span: Span{Clock: 90 * time.Minute}, Table: "t", Column: "at"},
		{ID: "availability", Property: "availability", Value: "99.5", Driver: "regulatory"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An error about a key points at the key: any key that is changed into one that
// nobody knows is named where it stands.
func TestErrorsPointAtTheKey(t *testing.T) {
	for _, path := range []string{"testdata/full-3.0.odcs.yaml", "testdata/full-3.1.odcs.yaml", "testdata/full-3.2.odcs.yaml"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		root, err := document.Parse(path, data)
		if err != nil {
			t.Fatal(err)
		}
		var places []document.Place
		var walk func(n *document.Node)
		walk = func(n *document.Node) {
			for _, v := range n.Items {
				walk(v)
			}
			for _, e := range n.Entries {
				places = append(places, e.Place)
				if e.Key != "value" && e.Key != "examples" && e.Key != "arguments" && e.Key != "implementation" && e.Key != "type" { // these hold anything, or say what the others mean
					walk(e.Value)
				}
			}
		}
		walk(root)
		lines := strings.Split(string(data), "\n")
		rapid.Check(t, func(t *rapid.T) {
			p := rapid.SampledFrom(places).Draw(t, "place")
			changed := append([]string{}, lines...)
			line := []rune(changed[p.Line-1])
			changed[p.Line-1] = string(line[:p.Column-1]) + "qqqqqq" + string(line[p.Column-1:])
			if strings.HasPrefix(string(line[p.Column-1:]), "type:") || strings.HasPrefix(string(line[p.Column-1:]), "apiVersion:") {
				t.Skip("says what the other keys mean")
			}
			_, err := ReadODCS("f", []byte(strings.Join(changed, "\n")))
			list, _ := err.(document.Errors)
			for _, e := range list {
				if e.Line == p.Line && e.Column == p.Column && strings.Contains(e.Message, `"qqqqqq`) {
					return
				}
			}
			t.Fatalf("line %d, column %d: no error names the key in %s:\n%v", p.Line, p.Column, changed[p.Line-1], err)
		})
	}
}

func FuzzReadODCS(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.odcs.yaml")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 1500 { // the fuzzer spends its time on making seeds smaller
			f.Add(data)
		}
	}
	f.Add(one("logicalType: string, quality: [{metric: nullValues, mustBe: 0, unit: percent}]"))
	f.Add(one("quality: [{type: custom, engine: tillwatch, implementation: {check: coverage, every: day, last: P1D}}]"))
	f.Add(contractOf("  - {name: t, relationships: [{from: t.a, to: t.b}], properties: [{name: a}, {name: b}]}\nslaProperties: [{property: latency, value: 1, unit: h, element: t.a}]\n"))
	f.Add(contractOf("  - {name: t}\nservers: [{server: s, type: s3, location: 's3://b/dt=*/x.csv'}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		begin := time.Now()
		c, err := ReadODCS("f", data)
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if list, ok := err.(document.Errors); err != nil && (!ok || len(list) == 0 || len(list) > document.MaxFaults+1) {
			t.Fatalf("got %T of %d", err, len(list))
		}
		if c == nil {
			return
		}
		for i := range c.Tables {
			ids := map[string]bool{}
			for _, r := range c.Tables[i].Rules {
				if r.ID == "" || ids[r.ID] {
					t.Fatalf("rule id %q", r.ID)
				}
				ids[r.ID] = true
			}
		}
		Locate([]*Contract{c}, "b", "a/dt=2026-01-01/x.csv")
	})
}
