package judge

import (
	"context"
	"strings"
	"testing"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// TestSQLPlace holds that what is wrong with a query in a literal block is told
// by its place in the contract.
func TestSQLPlace(t *testing.T) {
	text := `apiVersion: v3.1.0
kind: DataContract
id: place
version: 1.0.0
status: active
schema:
  - name: t
    properties: [{name: a}]
    quality:
      - id: joined
        type: sql
        mustBe: 0
        query: |
          SELECT COUNT(*)
          FROM t
            JOIN u
`
	c, err := contract.ReadODCS("c.odcs.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Validate(context.Background(), quality.Input{Contract: c, Object: "t.csv", Source: tabular.Bytes("a\n1\n"), Bytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	last := report.Checks[len(report.Checks)-1]
	at := strings.Split(text, "\n")[15]
	if want := "c.odcs.yaml:16:13"; last.Place != want || last.Status != quality.Skipped || !strings.HasPrefix(at[12:], "JOIN") {
		t.Errorf("%s at %s, want it skipped at %s (%s)", last.Status, last.Place, want, last.Message)
	}
}
