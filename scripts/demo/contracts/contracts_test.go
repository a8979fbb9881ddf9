package contracts

import (
	"io/fs"
	"slices"
	"testing"

	"tillwatch/shared/contract"
)

func TestEveryContractReads(t *testing.T) {
	names, err := fs.Glob(Files, "*.odcs.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no contract is embedded: %v", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := contract.ReadODCS(name, data); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// TestEveryKindOfCheckIsShown keeps the contracts the example of all there is.
func TestEveryKindOfCheckIsShown(t *testing.T) {
	shown := map[string]bool{}
	for _, name := range []string{"sales_data.odcs.yaml", "inventory_data.odcs.yaml", "customer_data.odcs.yaml"} {
		data, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := contract.ReadODCS(name, data)
		if err != nil {
			t.Fatal(err)
		}
		table, _ := c.Table("")
		rules := slices.Clone(table.Rules)
		for _, column := range table.Columns {
			rules = append(rules, column.Rules...)
		}
		for _, rule := range rules {
			shown[string(rule.Metric)] = true
			switch rule.Implementation.(type) {
			case contract.HistoryCheck:
				shown["history"] = true
			case contract.FileSizeCheck:
				shown["fileSize"] = true
			case contract.ArrivalCheck:
				shown["arrival"] = true
			case contract.CoverageCheck:
				shown["coverage"] = true
			case contract.ArithmeticCheck:
				shown["arithmetic"] = true
			case contract.ColumnsCheck:
				shown["columns"] = true
			case contract.DriftCheck:
				shown["drift"] = true
			case contract.TotalCheck:
				shown["total"] = true
			case contract.ProcessingCheck:
				shown["processing"] = true
			case contract.PeriodCheck:
				shown["period"] = true
			}
		}
		for _, sla := range c.SLAs {
			shown[sla.Property] = true
		}
		shown["relationship"] = shown["relationship"] || len(table.Relationships) > 0
	}
	for _, kind := range []string{
		"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount", "history", "fileSize", "arrival", "coverage",
		"arithmetic", "columns", "drift", "total", "processing", "period", "latency", "frequency", "retention", "relationship",
	} {
		if !shown[kind] {
			t.Errorf("no contract shows %s", kind)
		}
	}
}
