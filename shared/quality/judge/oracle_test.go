package judge

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

// The oracle judges a file the slow and obvious way, with encoding/csv and a
// map, from the same facts that oracleContract states.
const oracleContract = `
apiVersion: v3.1.0
kind: DataContract
id: urn:tillwatch:test:oracle
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: key, logicalType: string, primaryKey: true}
      - {name: code, logicalType: string, required: true, unique: true, logicalTypeOptions: {pattern: '^[A-C][0-9]$'}}
      - {name: n, logicalType: integer, logicalTypeOptions: {minimum: -2, exclusiveMaximum: 7}}
      - {name: x, logicalType: number}
      - {name: day, logicalType: date, logicalTypeOptions: {maximum: "2026-02-10"}}
      - name: kind
        quality:
          - {id: kinds, metric: invalidValues, arguments: {validValues: [a, b]}, mustBe: 0}
          - {id: kind_missing, metric: missingValues, arguments: {missingValues: [null, "-"]}, mustBe: 0}
    quality:
      - {id: pair, metric: duplicateValues, arguments: {properties: [n, kind]}, mustBe: 0}
      - id: sum
        type: custom
        engine: tillwatch
        implementation: {check: arithmetic, expression: "x = n * 2 + 0.5", tolerance: "0.25"}
`

// obviousRows returns the bad rows of each check, from 1.
func obviousRows(rows [][]string) map[string][]int {
	bad := map[string][]int{}
	mark := func(check string, row int) { bad[check] = append(bad[check], row+1) }
	seen := map[string]bool{}
	repeat := func(check, key string) bool {
		again := seen[check+"\x00"+key]
		seen[check+"\x00"+key] = true
		return again
	}
	number := regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	integer := regexp.MustCompile(`^[+-]?[0-9]+$`)
	for i, r := range rows {
		key, code, n, x, day, kind := r[0], r[1], r[2], r[3], r[4], r[5]
		if key == "" || repeat("key", key) {
			mark("primary_key", i)
		}
		if code == "" {
			mark("code.required", i)
		} else {
			if repeat("code", code) {
				mark("code.unique", i)
			}
			if !regexp.MustCompile(`^[A-C][0-9]$`).MatchString(code) {
				mark("code.pattern", i)
			}
		}
		if n != "" && !integer.MatchString(n) {
			mark("n.type", i)
		}
		var nv, xv *big.Rat
		if number.MatchString(n) {
			nv, _ = new(big.Rat).SetString(n)
			if nv.Cmp(big.NewRat(-2, 1)) < 0 {
				mark("n.minimum", i)
			}
			if nv.Cmp(big.NewRat(7, 1)) >= 0 {
				mark("n.exclusiveMaximum", i)
			}
		}
		if x != "" && !number.MatchString(x) {
			mark("x.type", i)
		}
		if number.MatchString(x) {
			xv, _ = new(big.Rat).SetString(x)
		}
		if nv != nil && xv != nil {
			want := new(big.Rat).Add(new(big.Rat).Mul(nv, big.NewRat(2, 1)), big.NewRat(1, 2))
			if want.Sub(want, xv).Abs(want).Cmp(big.NewRat(1, 4)) > 0 {
				mark("sum", i)
			}
		}
		if day != "" {
			at, err := time.Parse("2006-01-02", day)
			if err != nil {
				mark("day.type", i)
			} else if at.After(time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)) {
				mark("day.maximum", i)
			}
		}
		if kind != "" && kind != "a" && kind != "b" {
			mark("kinds", i)
		}
		if kind == "" || kind == "-" {
			mark("kind_missing", i)
		}
		if n != "" && kind != "" && repeat("pair", n+"\x00"+kind) {
			mark("pair", i)
		}
	}
	return bad
}

func TestValidateAgreesWithTheObviousWay(t *testing.T) {
	c, err := contract.ReadODCS("oracle.odcs.yaml", []byte(oracleContract))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := func(values ...string) *rapid.Generator[string] { return rapid.SampledFrom(values) }
		row := rapid.Custom(func(t *rapid.T) []string {
			return []string{
				cell("k1", "k2", "k3", "k4", "k,5", "", `k"6`).Draw(t, "key"),
				cell("A1", "B2", "C3", "D4", "", "A\n1", "A1 ").Draw(t, "code"),
				cell("1", "-2", "-3", "7", "6", "x", "", "1.5", "99999999999999999999", "+3", "1e1").Draw(t, "n"),
				cell("2.5", "2.75", "2.76", "", "abc", "4.5", ".5", "1e400").Draw(t, "x"),
				cell("2026-02-10", "2026-02-11", "2026-02-30", "", "20260210").Draw(t, "day"),
				cell("a", "b", "c", "", "-").Draw(t, "kind"),
			}
		})
		rows := rapid.SliceOfN(row, 0, 40).Draw(t, "rows")
		text := "key,code,n,x,day,kind\n" + writeCSV(rows)
		in := quality.Input{
			Contract: c, Object: "f", Source: tabular.Bytes(text), Bytes: int64(len(text)), Now: time.Unix(0, 0), Arrived: time.Unix(0, 0),
			Samples: 1000, Threads: rapid.IntRange(1, 3).Draw(t, "threads"), KeyBytes: int64(rapid.SampledFrom([]int{1, 1 << 20}).Draw(t, "keys")),
		}
		in.Limits.BlockBytes = rapid.IntRange(1, 200).Draw(t, "block")
		report, err := Validate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		want := obviousRows(rows)
		anyBad := map[int]bool{}
		for _, check := range report.Checks {
			var got []int
			for _, s := range check.Samples {
				got = append(got, int(s.Row))
			}
			if !slices.Equal(got, want[check.ID]) || check.Violations != int64(len(got)) {
				t.Errorf("%s: %d violations in rows %v, want rows %v\n%s", check.ID, check.Violations, got, want[check.ID], text)
			}
			for _, r := range got {
				anyBad[r] = true
			}
		}
		if report.BadRows != int64(len(anyBad)) || len(report.Quarantine.Rows) != len(anyBad) {
			t.Errorf("%d bad rows, %d aside, want %d", report.BadRows, len(report.Quarantine.Rows), len(anyBad))
		}
	})
}

// writeCSV quotes only what must be, so that an empty cell is null.
func writeCSV(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String()
}

// FuzzValidate holds that any bytes are judged without a panic, and the same
// by one worker and by three.
func FuzzValidate(f *testing.F) {
	c, err := contract.ReadODCS("oracle.odcs.yaml", []byte(oracleContract))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("key,code,n,x,day,kind\n1,A1,1,2.5,2026-02-01,a\n"), uint8(7))
	f.Add([]byte("key,code\n\"1,A1\n2,\x00\xff\n"), uint8(1))
	f.Add([]byte("\ufeffkey;code\r\n\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, block uint8) {
		judge := func(threads int) string {
			in := quality.Input{Contract: c, Object: "f", Source: tabular.Bytes(data), Bytes: int64(len(data)), Now: time.Unix(0, 0), Arrived: time.Unix(0, 0), Threads: threads}
			in.Limits = tabular.Limits{BlockBytes: int(block), RecordBytes: 256, TotalBytes: 1 << 20}
			report, err := Validate(context.Background(), in)
			if err != nil {
				return "error: " + err.Error()
			}
			return fmt.Sprint(brief(report))
		}
		if one, three := judge(1), judge(3); one != three {
			t.Errorf("one worker and three differ:\n%s\n%s", one, three)
		}
	})
}
