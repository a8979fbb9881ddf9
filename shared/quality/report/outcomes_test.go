package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/tabular"
)

const outcomeContract = `
apiVersion: v3.1.0
kind: DataContract
id: urn:tillwatch:test:outcomes
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: key, logicalType: string, primaryKey: true}
      - {name: n, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: kind, quality: [{id: kinds, metric: nullValues, unit: percent, mustBeLessOrEqualTo: 50}]}
    quality:
      - {id: enough, metric: rowCount, mustBeGreaterThan: 2}
      - {id: pairs, metric: duplicateValues, arguments: {properties: [n, kind]}, mustBe: 0, severity: info}
      - {id: sql, type: sql, query: SELECT COUNT(*) FROM file JOIN other USING (n), mustBe: 1}
`

func readContract(t testing.TB, text string) *contract.Contract {
	t.Helper()
	c, err := contract.ReadODCS("c.odcs.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type failer interface {
	Helper()
	Fatal(...any)
}

func judged(t failer, c *contract.Contract, text string, threads, block int, to quality.Outcomes) *quality.Report {
	t.Helper()
	r, err := judge.Validate(context.Background(), quality.Input{
		Contract: c, Object: "f", Source: tabular.Bytes(text), Bytes: int64(len(text)), Now: time.Unix(0, 0), Arrived: time.Unix(0, 0),
		Threads: threads, Limits: tabular.Limits{BlockBytes: block}, Outcomes: to,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOutcomeTable(t *testing.T) {
	c := readContract(t, outcomeContract)
	text := "\ufeffkey,n,kind\r\na,1,x\r\na,2,y\n\"b\nb\",-1,\nc,,z\n,1,x\nd\n\"e\"e,9,w\n\"f,1,2"
	want := `tillwatch_row,tillwatch_line,result,checks_passed,checks_failed,checks_tolerated,checks_skipped
1,2,pass,7,,,sql
2,3,fail,6,primary_key,,sql
3,4,fail,5,n.minimum,kinds,sql
4,6,fail,6,n.required,,sql
5,7,fail,5,primary_key pairs,,sql
6,8,malformed,0,structure,,sql *
7,9,fail,6,structure,,sql
8,10,malformed,0,structure,,sql *
`
	for _, threads := range []int{1, 4} {
		for _, block := range []int{1, 16, 1 << 20} {
			var got bytes.Buffer
			table := NewOutcomeTable(&got)
			judged(t, c, text, threads, block, table)
			if err := table.Flush(); err != nil {
				t.Fatal(err)
			}
			if got.String() != want {
				t.Errorf("%d threads, blocks of %d: got\n%swant\n%s", threads, block, got.String(), want)
			}
		}
	}
}

func TestClean(t *testing.T) {
	c := readContract(t, outcomeContract)
	for _, row := range []struct{ rule, text, want string }{
		{"a good file is its own clean file", "\ufeffkey,n,kind\r\na,1,x\r\nb,2,x\nc,3,z", "\ufeffkey,n,kind\r\na,1,x\r\nb,2,x\nc,3,z"},
		{"a bad row goes with its line end", "key,n,kind\na,1,x\r\nb,-2,x\r\nc,3,z\n", "key,n,kind\na,1,x\r\nc,3,z\n"},
		{"the first of doubled rows stays", "key,n,kind\na,1,x\na,2,y\n", "key,n,kind\na,1,x\n"},
		{"malformed rows go", "key,n,kind\na,1,x\na\nb,1,2,3\n\"c,1", "key,n,kind\na,1,x\n"},
		{"what a check tolerates stays", "key,n,kind\na,1,\nb,1,x\nc,2,y\n", "key,n,kind\na,1,\nb,1,x\nc,2,y\n"},
		{"a file without rows keeps its header", "key,n,kind\r\n", "key,n,kind\r\n"},
		{"a header without a line end stays so", "key,n,kind", "key,n,kind"},
	} {
		var got bytes.Buffer
		clean := NewClean(&got)
		judged(t, c, row.text, 2, 8, clean)
		if err := clean.Flush(); err != nil {
			t.Fatal(err)
		}
		if got.String() != row.want {
			t.Errorf("%s: got %q, want %q", row.rule, got.String(), row.want)
		}
	}
}

func TestCleanRefusesWhatIsUnproven(t *testing.T) {
	c := readContract(t, outcomeContract)
	var got bytes.Buffer
	clean := NewClean(&got)
	_, err := judge.Validate(context.Background(), quality.Input{Contract: c, Object: "f", Source: tabular.Bytes("key,kind\na,x\n"), Outcomes: clean})
	if !errors.Is(err, ErrUnproven) || !strings.Contains(err.Error(), "n.required") {
		t.Errorf("got error %v, want ErrUnproven naming n.required", err)
	}
	if err := clean.Flush(); err != nil || got.Len() > 0 {
		t.Errorf("got %q, %v, want nothing", got.String(), err)
	}
}

// TestCleanFilesAreClean holds that a cleaned file breaks no check of rows that
// tolerates none, that cleaning it again changes nothing, and that the table's
// rows that pass are those of the clean file.
func TestCleanFilesAreClean(t *testing.T) {
	c := readContract(t, outcomeContract)
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a,1,x", "a,2,y", "b,1,x", "b,-1,", ",3,z", "c,,", "d,x,y", "e", "f,1,2,3", `"g"g,1,x`, `"h`, `"i""",4,"p,q"`, "", "\x00,1,x", "\xff,2,x", "j,5,v"}), 0, 20).Draw(t, "lines")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		text := "key,n,kind" + end + strings.Join(lines, end)
		threads, block := rapid.IntRange(1, 3).Draw(t, "threads"), rapid.IntRange(1, 60).Draw(t, "block")
		clean := func(text string) (string, *Clean, *quality.Report) {
			var b bytes.Buffer
			to := NewClean(&b)
			r := judged(t, c, text, threads, block, to)
			if err := to.Flush(); err != nil {
				t.Fatal(err)
			}
			return b.String(), to, r
		}
		once, first, before := clean(text)
		twice, second, after := clean(once)
		if once != twice || second.Left > 0 {
			t.Fatalf("cleaning %q left %q, and again %q", text, once, twice)
		}
		if first.Rows+first.Left != before.Rows || first.Left != before.BadRows {
			t.Fatalf("%d rows, %d bad; %d written, %d left out", before.Rows, before.BadRows, first.Rows, first.Left)
		}
		for _, r := range after.Checks {
			if r.ID != "enough" && r.ID != "kinds" && r.Violations > 0 {
				t.Fatalf("the clean file %q breaks %s: %s", once, r.ID, r.Message)
			}
		}
		for _, r := range before.Checks {
			if r.Status == quality.Fail && first.Mended(&r) == (r.ID == "enough") {
				t.Fatalf("%s mended: %v", r.ID, first.Mended(&r))
			}
		}
		var table bytes.Buffer
		outcomes := NewOutcomeTable(&table)
		judged(t, c, text, threads, block, outcomes)
		if err := outcomes.Flush(); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&table).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		passed := int64(0)
		for i, record := range records[1:] {
			if record[0] != strconv.Itoa(i+1) {
				t.Fatalf("row %d is %v", i+1, record)
			}
			if record[2] == "pass" {
				passed++
			}
		}
		if passed != first.Rows || int64(len(records)-1) != before.Rows {
			t.Fatalf("the table has %d rows, %d pass; want %d and %d", len(records)-1, passed, before.Rows, first.Rows)
		}
	})
}

func BenchmarkOutcomeTable(b *testing.B) {
	c := readContract(b, outcomeContract)
	var text strings.Builder
	text.WriteString("key,n,kind\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "k%d,%d,x%d\n", i, i%1000, i)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		var out bytes.Buffer
		judged(b, c, text.String(), 1, 0, NewOutcomeTable(&out))
	}
}
