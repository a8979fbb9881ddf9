package contract

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A contract is anyone's input: what is large in any way is read, or refused,
// in time.
func TestHostileContracts(t *testing.T) {
	times := func(n int, line string) string { return strings.Repeat(line, n) }
	columns := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "      - {name: column_%d}\n", i)
		}
		return b.String()
	}
	for _, c := range []struct{ what, table string }{
		{"rules of one name", "  - name: t\n    quality:\n" + times(6_000, "      - {name: x, type: text}\n")},
		{"references to many columns", "  - name: t\n    properties:\n" + columns(6_000) + "    relationships:\n" + times(6_000, "      - {from: t.column_1, to: t.column_5999}\n")},
		{"dangling references", "  - name: t\n    properties:\n" + columns(6_000) + "    relationships:\n" + times(6_000, "      - {from: t.column_1, to: t.colunm_5999}\n")},
		{"unknown keys", "  - name: t\n" + func() string {
			var b strings.Builder
			for i := range 4_900 {
				fmt.Fprintf(&b, "    physicalNames%d: 1\n", i)
			}
			return b.String()
		}()},
		{"unknown columns", "  - name: t\n    properties:\n" + columns(6_000) + "    quality:\n" +
			times(3_000, "      - {metric: duplicateValues, mustBe: 0, arguments: {properties: [column_x, colunm_y, column_1]}}\n")},
		{"elements", "  - name: t\nslaProperties:\n  - {property: latency, value: 1, unit: h, element: \"" + times(300_000, "t,") + "t\"}\n"},
		{"service levels", "  - name: t\nslaProperties:\n" + times(5_000, "  - {property: latency, value: 1, unit: h, element: t}\n")},
		{"tables", times(12_000, "  - {name: t}\n")},
		{"aliases of rules", "  - name: t\n    quality: &q\n" + times(30, "      - {metric: rowCount, mustBe: 1}\n") + times(1000, "  - {name: t, quality: *q}\n")},
		{"a long pattern", "  - name: t\n    properties: [{name: a, logicalType: string, logicalTypeOptions: {pattern: \"" + times(100_000, "(a*)*") + "\"}}]\n"},
		{"a long number", "  - name: t\n    quality: [{metric: rowCount, mustBe: " + times(3_000_000, "9") + "}]\n"},
		{"long bounds", "  - name: t\n    properties: [{name: a, logicalType: number, logicalTypeOptions: {minimum: " + times(300_000, "9") + ", maximum: 1e999999999}}]\n"},
		{"a long size", "  - name: t\n    quality: [{type: custom, engine: tillwatch, implementation: {check: fileSize, min: " + times(300_000, "9") + "}}]\n"},
	} {
		begin := time.Now()
		_, err := ReadODCS("f", contractOf(c.table))
		took := time.Since(begin)
		size := 0
		if err != nil {
			size = len(err.Error())
		}
		t.Logf("%-28s %8v, error of %d bytes", c.what, took.Round(time.Millisecond), size)
		if took > 60*time.Second || size > 1<<20 {
			t.Errorf("%s: took %v, error of %d bytes: %.300v", c.what, took, size, err)
		}
	}
}
