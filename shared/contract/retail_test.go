package contract

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The contract of a retail file as a whole: what was written is in the model.
func TestRetailContract(t *testing.T) {
	data, err := os.ReadFile("testdata/retail.odcs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadODCS("retail.odcs.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	sales, ok := c.Table("sales_data")
	if !ok || len(c.Tables) != 2 || len(sales.Columns) != 8 || len(c.SLAs) != 5 {
		t.Fatalf("got %d tables, sales_data %v with %d columns, %d service levels", len(c.Tables), ok, len(sales.Columns), len(c.SLAs))
	}
	if first, _ := c.Table(""); first != sales {
		t.Errorf("the first table is %v", first)
	}
	column := func(name string) *Column {
		col, ok := sales.Column(name)
		if !ok {
			t.Fatalf("no column %s", name)
		}
		return col
	}
	for _, e := range []struct {
		what      string
		got, want any
	}{
		{"server", c.Servers, []Server{{Name: "landing", Type: "s3", Location: "s3://acme-retail-landing/sales/dt=*/sales_*.csv", Format: "csv", Delimiter: ","}}},
		{"relationship", sales.Relationships, []Relationship{{ID: "product_id_in_products", From: []string{"product_id"}, Dataset: "products", To: []string{"product_id"}, Place: Place{22, 9}}}},
		{"key", sales.Rules[0], Rule{ID: "sales_key_unique", Name: "business key is unique", Kind: Library, Metric: DuplicateValues,
			Properties: []string{"store_id", "transaction_id", "line_number"}, Want: Want{Op: Equal}, Unit: Rows, Dimension: Uniqueness, Place: Place{26, 9}}},
		{"history", sales.Rules[2].Implementation, HistoryCheck{Metric: "rowCount", Strategy: "robustZScore", Season: "dayOfWeek", MinHistory: 7,
			Lookback: 28, Lower: 3.5, Upper: 3.5, IgnoreChangeBelowPercent: 10}},
		{"history severity", sales.Rules[2].Severity, Medium},
		{"missing", column("customer_id").Rules[0].MissingValues, []Value{{Null: true}, {}, {Text: "NULL"}, {Text: "N/A"}}},
		{"percent", column("amount").Rules[0].Want, Want{Op: LessOrEqual, Low: 1}},
		{"bounds as written", column("unit_price").Options, Options{Minimum: "0.01", Maximum: "10000"}},
		{"sql", column("unit_price").Rules[0].Kind, SQL},
		{"pattern", column("product_id").Rules[0].Pattern, "^SKU-[0-9]{6}$"},
		{"key position", column("store_id").KeyPosition, 3},
		{"latency", c.SLAs[0].Span, Span{Clock: time.Hour}},
		{"latency schedule", c.SLAs[0].Schedule, "*/15 * * * *"},
		{"retention", c.SLAs[4].Span, Span{Years: 2}},
		{"custom", c.Custom, map[string]string{"quarantinePrefix": "s3://acme-retail-quarantine/sales/"}},
	} {
		if diff := cmp.Diff(e.want, e.got); diff != "" {
			t.Errorf("%s: %s", e.what, diff)
		}
	}
	m, ok := Locate([]*Contract{c}, "acme-retail-landing", "sales/dt=2026-11-22/sales_01.csv")
	if !ok || m.Table != sales || m.Server != &c.Servers[0] {
		t.Errorf("located %v, %+v", ok, m)
	}
}
