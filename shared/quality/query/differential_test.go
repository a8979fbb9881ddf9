package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A writer writes random queries over the columns of a differential table, in
// which both sides mean the same: DuckDB's quotients are floating-point numbers, so that
// none is compared for equality, nor made a text; and a cell that is no number is
// null there, but here it is a cell to IS NULL and COUNT.
type writer struct{ *rand.Rand }

func (w writer) pick(texts ...string) string { return texts[w.IntN(len(texts))] }

func (w writer) number(depth int) string {
	if depth == 0 {
		return w.pick("qty", "price", "weight", "0", "1", "2.50", "-3", "100", "NULL")
	}
	x, y := w.number(depth-1), w.number(depth-1)
	switch w.IntN(14) {
	case 0:
		return fmt.Sprintf("(%s + %s)", x, y)
	case 1:
		return fmt.Sprintf("(%s - %s)", x, y)
	case 2:
		return fmt.Sprintf("(%s * %s)", w.number(0), w.number(0))
	case 3:
		return fmt.Sprintf("ABS(%s)", x)
	case 4:
		return fmt.Sprintf("ROUND(%s, %d)", w.number(0), w.IntN(3))
	case 5:
		return fmt.Sprintf("COALESCE(%s, %s)", x, y)
	case 6:
		return fmt.Sprintf("NULLIF(%s, %s)", x, y)
	case 7:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", w.truth(depth-1), x, y)
	case 8:
		return fmt.Sprintf("CASE WHEN %s THEN %s END", w.truth(depth-1), x)
	case 9:
		return fmt.Sprintf("LENGTH(%s)", w.text(depth-1))
	case 10:
		return fmt.Sprintf("GREATEST(%s, %s)", x, y)
	case 11:
		return w.pick("YEAR(day)", "MONTH(day)", "EXTRACT(DAY FROM day)", "DATEDIFF('month', day, DATE '2026-05-31')", "DATE_PART('dow', day)")
	case 12:
		return "-(" + w.number(0) + ")"
	}
	return fmt.Sprintf("STRPOS(%s, 'o')", w.text(depth-1))
}

func (w writer) text(depth int) string {
	if depth == 0 {
		return w.pick("region", "code", "'No'", "''", "NULL")
	}
	x := w.text(depth - 1)
	switch w.IntN(8) {
	case 0:
		return fmt.Sprintf("UPPER(%s)", x)
	case 1:
		return fmt.Sprintf("LOWER(%s)", x)
	case 2:
		return fmt.Sprintf("TRIM(%s)", x)
	case 3:
		return fmt.Sprintf("SUBSTRING(%s, %d, %d)", x, w.IntN(7)-2, w.IntN(4))
	case 4:
		return fmt.Sprintf("(%s || %s)", x, w.text(0))
	case 5:
		return fmt.Sprintf("CONCAT(%s, %s)", x, w.text(0))
	case 6:
		return fmt.Sprintf("REPLACE(%s, 'o', %s)", x, w.text(0))
	}
	return fmt.Sprintf("%s(%s, %d)", w.pick("LEFT", "RIGHT"), x, w.IntN(5)-2)
}

func (w writer) truth(depth int) string {
	if depth == 0 {
		return w.pick("flag", "qty > 2", "price + 0 IS NULL", "region = 'North'", "code IS NOT NULL", "NULL")
	}
	op := w.pick("=", "<>", "<", "<=", ">", ">=")
	switch w.IntN(12) {
	case 0:
		return fmt.Sprintf("(%s AND %s)", w.truth(depth-1), w.truth(depth-1))
	case 1:
		return fmt.Sprintf("(%s OR %s)", w.truth(depth-1), w.truth(depth-1))
	case 2:
		return fmt.Sprintf("(NOT %s)", w.truth(depth-1))
	case 3:
		return fmt.Sprintf("(%s %s %s)", w.number(depth-1), op, w.number(depth-1))
	case 4:
		return fmt.Sprintf("(%s %s %s)", w.text(depth-1), op, w.text(depth-1))
	case 5:
		return fmt.Sprintf("(%s %sBETWEEN %s AND %s)", w.number(depth-1), w.pick("", "NOT "), w.number(0), w.number(0))
	case 6:
		return fmt.Sprintf("(%s %sIN (%s, %s, %s))", w.number(0), w.pick("", "NOT "), w.number(0), w.number(0), w.number(0))
	case 7:
		return fmt.Sprintf("(%s %sIN ('North', %s))", w.text(depth-1), w.pick("", "NOT "), w.text(0))
	case 8:
		return fmt.Sprintf("(%s %s%s '%s')", w.text(depth-1), w.pick("", "NOT "), w.pick("LIKE", "ILIKE"), w.pick("N%", "%o_th", "_o%", "%", "", "%o%t%", "ü_%"))
	case 9:
		return fmt.Sprintf("(day %s %s)", op, w.pick("DATE '2026-02-28'", "'2026-01-31'", "DATE '2026-01-31' + INTERVAL 1 MONTH", "DATE '2026-03-01' - 1", "DATE_TRUNC('month', day)"))
	case 10:
		return fmt.Sprintf("((%s + 0) IS %sNULL)", w.number(depth-1), w.pick("", "NOT "))
	}
	return fmt.Sprintf("(%s IS %sDISTINCT FROM %s)", w.text(depth-1), w.pick("", "NOT "), w.text(0))
}

func (w writer) aggregate() string {
	x := w.number(w.IntN(3))
	filter := ""
	if w.IntN(4) == 0 {
		filter = fmt.Sprintf(" FILTER (WHERE %s)", w.truth(1))
	}
	switch w.IntN(8) {
	case 0:
		return "COUNT(*)" + filter
	case 1:
		return fmt.Sprintf("COUNT(%s + 0)%s", x, filter)
	case 2:
		return fmt.Sprintf("COUNT(DISTINCT %s)%s", x, filter)
	case 3:
		return fmt.Sprintf("%s(%s)%s", w.pick("MIN", "MAX"), x, filter)
	case 4:
		return fmt.Sprintf("AVG(%s)%s", x, filter)
	case 5:
		return fmt.Sprintf("%s(%s)%s", w.pick("STDDEV", "VAR_POP", "VARIANCE", "STDDEV_POP"), w.pick("qty", "price", "qty + price"), filter)
	case 6:
		return fmt.Sprintf("COUNT(DISTINCT %s)%s", w.text(1), filter)
	}
	return fmt.Sprintf("SUM(%s)%s", x, filter)
}

func (w writer) query() string {
	where := ""
	if w.IntN(2) == 0 {
		where = " WHERE " + w.truth(2)
	}
	switch w.IntN(5) {
	case 0:
		return fmt.Sprintf("SELECT 100.0 * SUM(CASE WHEN %s THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0) FROM t%s", w.truth(2), where)
	case 1:
		return fmt.Sprintf("SELECT COUNT(*) FROM (SELECT %s AS k, COUNT(*) AS n FROM t%s GROUP BY %s HAVING COUNT(*) > %d) AS g", "region", where, "region", w.IntN(4))
	case 2:
		key := w.pick("region", "flag", "qty", "LEFT(region, 1)", "day", "YEAR(day)")
		return fmt.Sprintf("SELECT SUM(v) FROM (SELECT %s AS k, %s AS v FROM t%s GROUP BY %s) AS g WHERE k IS NOT NULL", key, w.aggregate(), where, key)
	case 3:
		return fmt.Sprintf("SELECT COUNT(*) FROM (SELECT DISTINCT %s AS a, %s AS b FROM t%s) AS g", w.pick("region", "qty", "day"), w.pick("flag", "code", "price"), where)
	}
	return fmt.Sprintf("SELECT %s FROM t%s", w.aggregate(), where)
}

// rows writes random rows, some of whose cells are not of their column's type.
func (w writer) rows(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Join([]string{
			w.pick("1", "2", "3", "40", "-7", "0", "", "x"), w.pick("9.99", "0.01", "10000.00", "-3.50", "2.5", "", "abc", "100"), w.pick("0.125", "1.5", "1000", "", "-0.001"),
			w.pick("North", "South", "north", "", `"No, th"`, `" o "`, `"ü""x"`), w.pick("A1", "b-22", "", "o", "oo"),
			w.pick("2026-01-31", "2026-02-28", "2025-12-01", "", "2026-13-01"), w.pick("true", "false", ""),
		}, ",")
	}
	return out
}

// TestAnswersAreDuckDBs holds that seeded random queries yield what DuckDB finds,
// numbers within the precision of its floating-point ones.
func TestAnswersAreDuckDBs(t *testing.T) {
	python, err := filepath.Abs(filepath.Join("..", "..", "..", ".cache", "tools", "peers", "venv", "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		t.Skip("DuckDB is not installed; go run ./scripts/bench does so")
	}
	w := writer{rand.New(rand.NewPCG(7, 11))}
	d := newDataset("qty:integer,price:number,weight:number,region:string,code:string,day:date,flag:boolean", w.rows(300)...)
	job := struct {
		File    string      `json:"file"`
		Columns [][2]string `json:"columns"`
		Queries []string    `json:"queries"`
	}{File: filepath.Join(t.TempDir(), "t.csv")}
	for i, kind := range []string{"BIGINT", "DECIMAL(9,2)", "DECIMAL(9,3)", "VARCHAR", "VARCHAR", "DATE", "BOOLEAN"} {
		job.Columns = append(job.Columns, [2]string{d.names[i], kind})
	}
	if err := os.WriteFile(job.File, []byte(d.text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		job.Queries = append(job.Queries, w.query())
	}
	in, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join("testdata", "in_duckdb.py"))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run DuckDB: %v", err)
	}
	var answers []any
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	refused, wrong := 0, 0
	for i, query := range job.Queries {
		got := d.ask(t, query)
		if object, failed := answers[i].(map[string]any); failed {
			if refused++; refused < 4 {
				t.Logf("DuckDB refuses %s: %v", query, object["error"])
			}
			continue
		}
		if want := answers[i]; !agrees(got, want) {
			if wrong++; wrong < 10 {
				t.Errorf("%s\n   got %s\nDuckDB %v", query, got, want)
			}
		}
	}
	t.Logf("%d queries, of which DuckDB refuses %d and %d differ", len(job.Queries), refused, wrong)
	if refused > len(job.Queries)/5 {
		t.Errorf("DuckDB refuses %d of %d queries", refused, len(job.Queries))
	}
}

func agrees(got string, want any) bool {
	number, is := want.(float64)
	if !is {
		return got == "NULL"
	}
	var f float64
	if _, err := fmt.Sscan(got, &f); err != nil {
		return false
	}
	return math.Abs(f-number) <= 1e-9*max(1, math.Abs(number))
}
