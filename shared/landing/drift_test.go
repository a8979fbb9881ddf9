package landing_test

import (
	"fmt"
	"strings"
	"testing"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
)

// Drift is measured from the last file that was accepted and not from the one
// that the file replaces, nor from one that failed in between.
func TestDriftIsMeasuredFromTheLastAcceptedFile(t *testing.T) {
	c, err := contract.ReadODCS("sales.odcs.yaml", []byte(`
apiVersion: v3.1.0
kind: DataContract
id: urn:sales
version: 1.0.0
status: active
servers: [{server: landing, type: s3, location: "s3://landing/sales/**"}]
schema:
  - name: sales_data
    quality:
      - {id: schema, type: custom, engine: tillwatch, severity: warning, implementation: {check: drift}}
      - {id: amounts, type: custom, engine: tillwatch, severity: error, implementation: {check: drift, column: amount}}
    properties:
      - {name: amount, logicalType: number}
`))
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse()
	h.library.Shelf.Contracts = []*contract.Contract{c}
	file := func(header string, unit float64) []byte {
		var b strings.Builder
		b.WriteString(header + "\n")
		for i := range 100 {
			fmt.Fprintf(&b, "%g,s%d\n", unit*float64(i%20+1)/4, i%4)
		}
		return []byte(b.String())
	}
	for i, step := range []struct {
		rule, key string
		body      []byte
		want      quality.Verdict
	}{
		{"the first file is compared with nothing", "sales/dt=2026-11-20/a.csv", file("amount,store", 1), quality.VerdictPass},
		{"the same again", "sales/dt=2026-11-21/a.csv", file("amount,store", 1), quality.VerdictPass},
		{"in cents it fails", "sales/dt=2026-11-22/a.csv", file("amount,store", 100), quality.VerdictFail},
		{"and fails again, for what failed is no measure", "sales/dt=2026-11-22/a.csv", file("amount,store", 100), quality.VerdictFail},
		{"mended, with another name for a column", "sales/dt=2026-11-22/a.csv", file("amount,shop", 1), quality.VerdictWarn},
		{"what it replaces is no measure either", "sales/dt=2026-11-22/a.csv", file("amount,shop", 1), quality.VerdictWarn},
		{"the new name was accepted", "sales/dt=2026-11-23/a.csv", file("amount,shop", 1), quality.VerdictPass},
	} {
		at := noon.AddDate(0, 0, i-10)
		o := h.bucket.Put("landing", step.key, step.body, at)
		j := h.judger()
		j.Validate = judge.Validate
		out, err := j.Judge(t.Context(), o, at)
		if err != nil || out.Verdict() != step.want {
			t.Errorf("%s: got %s (%v), want %s", step.rule, out.Verdict(), err, step.want)
		}
	}
}
