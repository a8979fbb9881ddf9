package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

var oracleColumns = []string{"key", "code", "n", "x", "day", "kind"}

// asJSON writes rows as objects between open and end; an empty cell is null in
// every other row and left out in the others.
func asJSON(rows [][]string, open, between, end string) string {
	var b strings.Builder
	b.WriteString(open)
	for i, row := range rows {
		if i > 0 {
			b.WriteString(between)
		}
		var members []string
		for c, cell := range row {
			value, err := json.Marshal(cell)
			if err != nil {
				panic(err)
			}
			switch {
			case cell == "" && i%2 == 1:
				continue
			case cell == "":
				value = []byte("null")
			case c == 2 && json.Valid([]byte(cell)):
				value = []byte(cell) // a number
			}
			members = append(members, fmt.Sprintf("%q: %s", oracleColumns[c], value))
		}
		b.WriteString("{" + strings.Join(members, ", ") + "}")
	}
	b.WriteString(end)
	return b.String()
}

// oracleRow is a row of the oracle's columns; nil is null.
type oracleRow struct {
	Key  *string `parquet:"key,optional"`
	Code *string `parquet:"code,optional,dict"`
	N    *string `parquet:"n,optional,dict"`
	X    *string `parquet:"x,optional,snappy"`
	Day  *string `parquet:"day,optional,zstd"`
	Kind *string `parquet:"kind,optional"`
}

func asParquet(rows [][]string) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[oracleRow](&b, parquet.MaxRowsPerRowGroup(17), parquet.PageBufferSize(32))
	for _, row := range rows {
		cells := make([]*string, len(row))
		for c := range row {
			if row[c] != "" {
				cells[c] = &row[c]
			}
		}
		if _, err := w.Write([]oracleRow{{cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]}}); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// stream is a source that can only be read from its beginning.
type stream []byte

func (s stream) Open(context.Context) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s)), nil
}

func packed(file []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(file)
	z.Close()
	return b.Bytes()
}

var lineNumber = regexp.MustCompile(`line \d+`)

// judged returns what a report says but for what depends on the format.
func judged(t rapid.TB, c *contract.Contract, file tabular.Source, threads, block int) string {
	report, err := Validate(context.Background(), inputOf(c, file, threads, block))
	if err != nil {
		t.Fatal(err)
	}
	return lineNumber.ReplaceAllString(brief(report), "line -")
}

func inputOf(c *contract.Contract, file tabular.Source, threads, block int) quality.Input {
	in := quality.Input{
		Contract: c, Object: "f", Source: file, Bytes: 1, Now: time.Unix(0, 0), Arrived: time.Unix(0, 0),
		Samples: 1000, Threads: threads,
	}
	in.Limits.BlockBytes = block
	return in
}

func TestEachFormatGivesTheSameReport(t *testing.T) {
	c, err := contract.ReadODCS("oracle.odcs.yaml", []byte(oracleContract))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := func(values ...string) *rapid.Generator[string] { return rapid.SampledFrom(values) }
		row := rapid.Custom(func(t *rapid.T) []string {
			return []string{
				cell("k1", "k2", "k3", "k4", "k,5", "", `k"6`, "k\\7é\u2028").Draw(t, "key"),
				cell("A1", "B2", "C3", "D4", "", "A\n1", "A1 ").Draw(t, "code"),
				cell("1", "-2", "-3", "7", "6", "x", "", "1.5", "99999999999999999999", "1e1").Draw(t, "n"),
				cell("2.5", "2.75", "2.76", "", "abc", "4.5", ".5").Draw(t, "x"),
				cell("2026-02-10", "2026-02-11", "2026-02-30", "", "20260210").Draw(t, "day"),
				cell("a", "b", "c", "", "-").Draw(t, "kind"),
			}
		})
		// The first row has all columns.
		rows := append([][]string{{"k0", "A1", "1", "2.5", "2026-02-10", "a"}}, rapid.SliceOfN(row, 0, 40).Draw(t, "rows")...)
		threads, block := rapid.IntRange(1, 3).Draw(t, "threads"), rapid.IntRange(1, 400).Draw(t, "block")
		want := judged(t, c, tabular.Bytes(strings.Join(oracleColumns, ",")+"\n"+writeCSV(rows)), 1, 0)
		for name, file := range map[string]tabular.Source{
			"JSON Lines":        tabular.Bytes(asJSON(rows, "", "\n", "\n")),
			"JSON array":        tabular.Bytes(asJSON(rows, "[\n  ", ",\n  ", "\n]\n")),
			"one line":          tabular.Bytes(asJSON(rows, "[", ",", "]")),
			"JSON Lines, gzip":  tabular.Bytes(packed([]byte(asJSON(rows, "", "\n", "")))),
			"Parquet":           tabular.Bytes(asParquet(rows)),
			"Parquet, a stream": stream(asParquet(rows)),
			"Parquet, gzip":     tabular.Bytes(packed(asParquet(rows))),
		} {
			if got := judged(t, c, file, threads, block); got != want {
				t.Errorf("%s (-CSV +%s):\n%s\n%s", name, name, cmp.Diff(want, got), file)
			}
		}
		file := asParquet(rows)
		in := inputOf(c, tabular.Bytes(file), threads, block)
		in.Bytes = int64(len(file))
		report, err := inSections(context.Background(), in, rapid.SliceOfN(rapid.Int64Range(0, in.Bytes), 0, 6).Draw(t, "cuts"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := lineNumber.ReplaceAllString(brief(report), "line -"); got != want {
			t.Errorf("Parquet in sections (-CSV +Parquet):\n%s", cmp.Diff(want, got))
		}
	})
}

func TestDeclaredFormat(t *testing.T) {
	type row struct {
		A int64 `parquet:"a"`
	}
	var file bytes.Buffer
	if err := parquet.Write(&file, []row{{1}, {2}}); err != nil {
		t.Fatal(err)
	}
	one := file.Bytes()
	const lines, table = "{\"a\":1}\n", "a\n1\n"
	for name, test := range map[string]struct {
		servers string
		file    string
		verdict quality.Verdict // "" if the format is refused
	}{
		"none declared, JSON":             {"[]", lines, quality.VerdictPass},
		"none declared, delimited":        {"[]", table, quality.VerdictPass},
		"json":                            {"[{server: s, type: s3, location: s3://b/a, format: json}]", lines, quality.VerdictPass},
		"json declared, delimited":        {"[{server: s, type: s3, location: s3://b/a, format: json}]", table, quality.VerdictFail},
		"csv declared, JSON":              {"[{server: s, type: s3, location: s3://b/a, format: csv}]", lines, quality.VerdictFail},
		"servers that differ let it look": {"[{server: s, type: s3, location: s3://b/a, format: csv}, {server: t, type: s3, location: s3://b/b, format: json}]", lines, quality.VerdictPass},
		"parquet":                         {"[{server: s, type: s3, location: s3://b/a, format: parquet}]", string(one), quality.VerdictPass},
		"none declared, Parquet":          {"[]", string(one), quality.VerdictPass},
		"avro":                            {"[{server: s, type: s3, location: s3://b/a, format: avro}]", lines, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := contract.ReadODCS("f.odcs.yaml", []byte("apiVersion: v3.1.0\nkind: DataContract\nid: urn:x\nversion: 1.0.0\nstatus: active\nservers: "+test.servers+
				"\nschema:\n  - name: t\n    properties:\n      - {name: a, logicalType: integer, required: true}\n"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := Validate(context.Background(), quality.Input{Contract: c, Object: "f", Source: tabular.Bytes(test.file)})
			if test.verdict == "" {
				if !errors.Is(err, quality.ErrFormat) {
					t.Errorf("got %v, want %v", err, quality.ErrFormat)
				}
				return
			}
			if err != nil || report.Verdict != test.verdict {
				t.Errorf("got %v, %v, want %s", report, err, test.verdict)
			}
		})
	}
}

// TestObjectsAndListsOfParquet holds that a contract's object is found in a file that has its
// parts as columns, and that lists are no missing columns.
func TestObjectsAndListsOfParquet(t *testing.T) {
	type row struct {
		ID    int64 `parquet:"id"`
		Place *struct {
			City *string `parquet:"town,optional"`
			At   struct {
				Lat float64 `parquet:"lat"`
			} `parquet:"at"`
		} `parquet:"place,optional"`
		Tags []string         `parquet:"labels,list"`
		Left map[string]int64 `parquet:"left"`
		Bare []int64          `parquet:"bare"`
	}
	rows := []row{{ID: 1}, {ID: 2, Tags: []string{"a"}}}
	rows[1].Place = &struct {
		City *string `parquet:"town,optional"`
		At   struct {
			Lat float64 `parquet:"lat"`
		} `parquet:"at"`
	}{}
	rows[1].Place.At.Lat = 91
	var file bytes.Buffer
	if err := parquet.Write(&file, rows); err != nil {
		t.Fatal(err)
	}
	c, err := contract.ReadODCS("f.odcs.yaml", []byte(`apiVersion: v3.2.0
kind: DataContract
id: urn:x
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: id, logicalType: integer}
      - name: place
        logicalType: object
        logicalTypeOptions: {minProperties: 1}
        properties:
          - {name: city, physicalName: town, logicalType: string, required: true}
          - name: at
            logicalType: object
            properties: [{name: lat, logicalType: number, logicalTypeOptions: {maximum: 90}}]
      - {name: tags, physicalName: labels, logicalType: array, items: {logicalType: string}}
      - {name: left, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}}
      - {name: bare, logicalType: array, items: {logicalType: integer}}
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Validate(t.Context(), quality.Input{Contract: c, Object: "f.parquet", Source: tabular.Bytes(file.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"columns": "pass", "id.type": "pass", "place.city.required": "fail", "place.at.lat.type": "pass", "place.at.lat.maximum": "fail",
		"place.type": "skipped", "place.minProperties": "skipped", "tags.type": "skipped", "left.type": "skipped", "bare.type": "skipped",
	}
	got := map[string]string{}
	for _, r := range report.Checks {
		if _, ok := want[r.ID]; ok || r.Status == quality.Errored {
			got[r.ID] = string(r.Status)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDamagedParquetIsAnError damages what is inside pages, which only shows
// when their column is read: one that a check asks for, or all if none does.
func TestDamagedParquetIsAnError(t *testing.T) {
	nothing, err := contract.ReadODCS("f.odcs.yaml", []byte("apiVersion: v3.1.0\nkind: DataContract\nid: urn:x\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.ReadODCS("oracle.odcs.yaml", []byte(oracleContract))
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]string, 40)
	for i := range rows {
		rows[i] = []string{fmt.Sprint("key", i), "A1", "1", "2.5", "2026-02-10", "a"}
	}
	whole := asParquet(rows)
	for name, file := range map[string][]byte{
		"cut off":       whole[:len(whole)-40],
		"damaged pages": append(append([]byte("PAR1"), bytes.Repeat([]byte{0xff}, len(whole)/2)...), whole[len(whole)/2+4:]...),
		"only its name": []byte("PAR1"),
	} {
		for _, threads := range []int{1, 3} {
			for asking, c := range map[string]*contract.Contract{"of columns": c, "of nothing": nothing} {
				report, err := Validate(context.Background(), quality.Input{Contract: c, Object: "f.parquet", Source: tabular.Bytes(file), Threads: threads})
				if err == nil || !strings.Contains(err.Error(), "read f.parquet") {
					t.Errorf("%s, %d threads, asking %s: got %v, %v, want an error that names the file", name, threads, asking, report, err)
				}
			}
		}
	}
}
