package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tillwatch/shared/quality"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ptr(v float64) *float64 { return &v }

// invented is a report with everything a report can hold.
func invented() *quality.Report {
	return &quality.Report{
		Version: 1, Dataset: "sales_data", Object: "s3://landing/sales_data/2026-11-22/sales_data.csv",
		Contract: "urn:tillwatch:sales 1.4.0", JudgedAt: time.Date(2026, 11, 22, 6, 12, 30, 0, time.UTC),
		Rows: 12345, Bytes: 1743210, ReadAs: "semicolon-separated (declared), Windows-1252 (detected), gzip", DurationMS: 184, Verdict: quality.VerdictFail, BadRows: 61,
		Scores: map[string]float64{"quality": 97.913333333333327, "completeness": 99.61117051437829, "accuracy": 98.4,
			"timeliness": 100, "conformity": 99.99991, "uniqueness": 99.98, "coverage": 50},
		Columns:  []string{"transaction_id", "customer_id", "store_id", "transaction_date", "amount"},
		Metrics:  map[string]float64{"rowCount": 12345, "bytes": 1743210, "nullPercent:customer_id": 0.3888214661806399},
		Analyzed: map[string]float64{"Column.amount.Mean": 41.123456789, "Dataset.*.RowCount": 12345},
		Checks: []quality.Result{
			{ID: "row-count", Name: "Row count is usual", Dimension: "completeness", Severity: "MEDIUM", Status: quality.Pass,
				Measured: ptr(12345), Want: ">= 10000", Unit: "rows", Score: ptr(100), Message: "12,345 rows.", Samples: []quality.Sample{}},
			{ID: "price-range", Name: "unit_price is in range", Column: "unit_price", Dimension: "accuracy", Severity: "MEDIUM", Status: quality.Fail,
				Measured: ptr(13), Want: "<= 0", Unit: "rows", Violations: 13, LookedAt: 12345, Score: ptr(99.8946942), Message: "13 of 12,345 values are below 0.01 or above 10,000",
				Advice: "Ask the price master whether these prices are meant; if so, move `maximum` in the contract", Samples: []quality.Sample{{Row: 77, Line: 79, Value: "-4.20"}, {Row: 12001, Line: 12044, Value: "99999"}},
				Labels: map[string]string{"team": "pricing", "tier": "gold | *1*"}, Evaluated: map[string]float64{"Column.unit_price.ColumnValues.Compliance": 0.99894693},
				Place: "sales.odcs.yaml:61:11"},
			{ID: "customer-id-required", Name: "customer_id is present", Column: "customer_id", Dimension: "completeness", Severity: "HIGH", Status: quality.Fail,
				Measured: ptr(0.38882146618063995), Want: "<= 0.1", Unit: "percent", Violations: 48, LookedAt: 12345, Score: ptr(99.61117051437829),
				Message: "48 of 12,345 values are empty", Advice: "Have the till export filled in before it is sent; see whether one store's terminal lost its loyalty reader",
				Impact: "Revenue cannot be assigned to customers", Samples: []quality.Sample{{Row: 12, Line: 13}, {Row: 40, Line: 42}, {Row: 41, Line: 43}}, Place: "sales.odcs.yaml:34:9"},
			{ID: "notes-format", Name: "notes <b>are</b> | plain", Column: "notes", Dimension: "conformity", Severity: "LOW", Status: quality.Fail,
				Measured: ptr(1), Want: "<= 0", Unit: "values", Violations: 1, LookedAt: 9000, Score: ptr(99.98888888),
				Message: "1 of 9,000 values holds markup", Samples: []quality.Sample{{Row: 3, Line: 4, Value: "<script>alert('\x1b[31mred\x00')</script>|`x`\u202e]]>"}}},
			{ID: "products-known", Name: "Products are known", Column: "product_id", Dimension: "accuracy", Severity: "HIGH", Status: quality.Errored,
				Want: "<= 0", Unit: "rows", Message: "not measured: the reference dataset products_data was not given", Advice: "Give it with --reference products_data=FILE", Samples: []quality.Sample{}, Place: "sales.odcs.yaml:88:7"},
			{ID: "revenue-sql", Name: "Revenue is positive", Dimension: "accuracy", Severity: "MEDIUM", Status: quality.Skipped,
				Message: "skipped: SQL rules are not executed", Advice: "Write it as an arithmetic rule", Samples: []quality.Sample{}},
			{ID: "transaction-id-unique", Name: "transaction_id is unique", Column: "transaction_id", Dimension: "uniqueness", Severity: "HIGH", Status: quality.Pass,
				Measured: ptr(0), Want: "= 0", Unit: "rows", LookedAt: 12345, Score: ptr(100), Message: "No value occurs twice", Samples: nil},
		},
	}
}

// empty is a report of a contract that asks for nothing.
func empty() *quality.Report {
	return &quality.Report{Version: 1, Dataset: "d", Object: "d.csv", Verdict: quality.VerdictPass, Bytes: -1}
}

type form struct {
	file  string
	write func(io.Writer, *quality.Report) error
}

// forms are the renderings and the golden files that hold them.
func forms() []form {
	text := func(o TextOptions) func(io.Writer, *quality.Report) error {
		return func(w io.Writer, r *quality.Report) error { return Text(w, r, o) }
	}
	return []form{
		{"report.json", JSON},
		{"report.txt", text(TextOptions{})},
		{"wide.txt", text(TextOptions{Width: 120, Verbose: true})},
		{"color.txt", text(TextOptions{Color: true, Width: 60})},
		{"report.html", HTML},
		{"report.md", Markdown},
		{"junit.xml", JUnit},
		{"sarif.json", SARIF},
		{"openlineage.json", OpenLineage},
	}
}

func TestGolden(t *testing.T) {
	for name, r := range map[string]*quality.Report{"everything": invented(), "empty": empty()} {
		for _, f := range forms() {
			t.Run(name+"/"+f.file, func(t *testing.T) {
				var got bytes.Buffer
				if err := f.write(&got, r); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", name+"."+f.file)
				if *update {
					if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("differs from %s; run go test -update and review:\n%s", file, got.String())
				}
			})
		}
	}
}
