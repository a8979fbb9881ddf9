package profile

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/dialect"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/tabular"
)

var now = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// judged judges a file by a suggested contract.
func judged(t testing.TB, suggestion []byte, data []byte, history []quality.Run) *quality.Report {
	t.Helper()
	c, err := contract.ReadODCS("suggested.odcs.yaml", suggestion)
	if err != nil {
		t.Fatalf("the suggestion is no contract: %v\n%s", err, suggestion)
	}
	r, err := judge.Validate(context.Background(), quality.Input{Contract: c, Object: "data.csv", Source: tabular.Bytes(data),
		Bytes: int64(len(data)), Arrived: now, Now: now, Threads: 1, History: history})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func profiled(t testing.TB, o Options, files ...[]byte) *Profile {
	t.Helper()
	var in []Input
	for i, f := range files {
		in = append(in, Input{Name: fmt.Sprintf("%d.csv", i+1), Source: tabular.Bytes(f), Bytes: int64(len(f))})
	}
	p, err := Read(context.Background(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func suggested(t testing.TB, files ...[]byte) []byte {
	t.Helper()
	s, err := Suggest(profiled(t, Options{WholeRows: true}, files...), "shop")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func failures(r *quality.Report) string {
	var b strings.Builder
	for _, c := range r.Checks {
		if c.Status == quality.Fail || c.Status == quality.Errored {
			fmt.Fprintf(&b, "%s %s: %s %v\n", c.Status, c.ID, c.Message, c.Samples)
		}
	}
	return b.String()
}

// Whatever the files hold, a contract suggested for them passes each.
func TestEveryProfiledFilePasses(t *testing.T) {
	cell := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,6}`), rapid.StringMatching(`-?[0-9]{1,4}\.[0-9]{1,3}`), rapid.StringMatching(`0[0-9]{3}`),
		rapid.SampledFrom([]string{"", "true", "FALSE", "North", "South", "N/A", "-9000000000000000000", "9200000000000000000", "2026-02-28", "31/12/2025", "2026-01-01T10:00:00Z", "1e5", "+7", ".5", "5.", "-0"}),
		rapid.StringMatching(`[A-Z]{2}-[0-9]{4}`), rapid.StringMatching(`[a-z]{1,5}@[a-z]{2,4}\.com`), rapid.String())
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.IntRange(2, 4).Draw(rt, "width")
		pools := make([][]string, width)
		for i := range pools {
			pools[i] = rapid.SliceOfN(cell, 1, 6).Draw(rt, "pool")
		}
		var files [][]byte
		for range rapid.IntRange(1, 3).Draw(rt, "files") {
			var b bytes.Buffer
			w := csv.NewWriter(&b)
			header := make([]string, width)
			for i := range header {
				header[i] = fmt.Sprintf("c%d", i)
			}
			w.Write(header)
			rows := rapid.SampledFrom([]int{0, 1, 5, 30, 400}).Draw(rt, "rows")
			seed := rapid.Uint64().Draw(rt, "seed")
			r := rand.New(rand.NewPCG(seed, 1))
			for n := range rows {
				row := make([]string, width)
				for i := range row {
					row[i] = pools[i][r.IntN(len(pools[i]))]
				}
				if seed%3 == 0 {
					row[0] = strconv.Itoa(n)
				}
				w.Write(row)
			}
			w.Flush()
			files = append(files, b.Bytes())
		}
		// What one file shows of its dialect the next may not: all is declared.
		p := profiled(t, Options{WholeRows: true, Dialect: tabular.Dialect{
			Delimiter: ',', Quote: '"', Escape: '"', Comment: dialect.None, Header: dialect.Present, Encoding: "utf-8",
		}}, files...)
		s, err := Suggest(p, "random data")
		if err != nil {
			rt.Fatal(err)
		}
		for i, f := range files {
			r := judged(t, s, f, nil)
			if r.Verdict == quality.VerdictFail || r.Verdict == quality.VerdictError {
				rt.Fatalf("file %d: %s\n%s\n%s", i+1, failures(r), s, f)
			}
		}
	})
}

// Bounds that are rounded to beyond what a decimal holds are none of an
// expression, and the contract is one all the same.
func TestNumbersNearTheEndOfDecimals(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("n,digest\n")
	r := rand.New(rand.NewPCG(3, 7))
	for n := range 300 {
		fmt.Fprintf(&b, "%d,%d\n", n, int64(r.Uint64()))
	}
	s, err := Suggest(profiled(t, Options{}, b.Bytes()), "digests")
	if err != nil {
		t.Fatal(err)
	}
	if r := judged(t, s, b.Bytes(), nil); r.Verdict == quality.VerdictFail || r.Verdict == quality.VerdictError {
		t.Errorf("%s\n%s", failures(r), s)
	}
}

// sales makes a table as shops have them.
func sales(seed uint64, rows int) [][]string {
	r := rand.New(rand.NewPCG(seed, 7))
	table := [][]string{{"sale_id", "store", "region", "sold_on", "sold_at", "quantity", "price", "amount", "email", "note"}}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		at := day.Add(time.Duration(r.IntN(20*86400)) * time.Second)
		quantity, cents := 1+r.IntN(9), 50+r.IntN(9000)
		note := ""
		if r.IntN(10) == 0 {
			note = "gift"
		}
		table = append(table, []string{fmt.Sprintf("S%07d", i+int(seed)*rows), fmt.Sprintf("ST-%03d", r.IntN(200)),
			[]string{"North", "South", "East", "West"}[r.IntN(4)], at.Format(time.DateOnly), at.Format(time.RFC3339),
			strconv.Itoa(quantity), fmt.Sprintf("%.2f", float64(cents)/100), fmt.Sprintf("%.2f", float64(quantity*cents)/100),
			fmt.Sprintf("user%d@example.com", r.IntN(500)), note})
	}
	return table
}

func written(table [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.WriteAll(table)
	return b.Bytes()
}

// A visibly broken file fails the contract that was suggested for good ones.
func TestBrokenFilesFail(t *testing.T) {
	good := [][]byte{written(sales(1, 3000)), written(sales(2, 3100)), written(sales(3, 2900))}
	s := suggested(t, good...)
	var history []quality.Run
	for i := range 10 {
		history = append(history, quality.Run{At: now.AddDate(0, 0, -i-1), Verdict: quality.VerdictPass, Metrics: map[string]float64{"rowCount": float64(2900 + 20*i)}})
	}
	if r := judged(t, s, written(sales(4, 3000)), history); r.Verdict != quality.VerdictPass {
		t.Errorf("another good file: %s\n%s", failures(r), s)
	}
	column := func(table [][]string, name string) int {
		for i, n := range table[0] {
			if n == name {
				return i
			}
		}
		panic(name)
	}
	each := func(name string, change func(i int, v string) string) func([][]string) [][]string {
		return func(table [][]string) [][]string {
			c := column(table, name)
			for i, row := range table[1:] {
				row[c] = change(i, row[c])
			}
			return table
		}
	}
	for _, b := range []struct {
		what string
		do   func([][]string) [][]string
	}{
		{"a column is null in every twentieth row", each("price", func(i int, v string) string {
			if i%20 == 0 {
				return ""
			}
			return v
		})},
		{"a column is null", each("note", func(int, string) string { return "" })},
		{"dates are written differently", each("sold_on", func(_ int, v string) string { return v[8:] + "/" + v[5:7] + "/" + v[:4] })},
		{"timestamps lose their time", each("sold_at", func(_ int, v string) string { return v[:10] })},
		{"prices have a comma", each("price", func(_ int, v string) string { return strings.Replace(v, ".", ",", 1) })},
		{"prices are in cents", each("price", func(_ int, v string) string { return strings.Replace(v, ".", "", 1) })},
		{"amounts are negative", each("amount", func(_ int, v string) string { return "-" + v })},
		{"a key is repeated", each("sale_id", func(i int, v string) string {
			if i == 9 {
				return "S0012001"
			}
			return v
		})},
		{"codes lose a part", each("store", func(_ int, v string) string { return v[3:] })},
		{"categories are spelled differently", each("region", func(_ int, v string) string { return strings.ToUpper(v) })},
		{"a column is missing", func(table [][]string) [][]string {
			for i := range table {
				table[i] = table[i][1:]
			}
			return table
		}},
		{"two columns are exchanged", func(table [][]string) [][]string {
			for _, row := range table[1:] {
				row[1], row[2] = row[2], row[1]
			}
			return table
		}},
		{"a shared mailbox is not known", each("email", func(i int, v string) string {
			if i%20 == 0 {
				return "N/A"
			}
			return v
		})},
		{"half the rows are missing", func(table [][]string) [][]string { return table[:len(table)/2] }},
		{"there are no rows", func(table [][]string) [][]string { return table[:1] }},
	} {
		r := judged(t, s, written(b.do(sales(4, 3000))), history)
		if r.Verdict != quality.VerdictFail {
			t.Errorf("%s: verdict %s", b.what, r.Verdict)
		}
	}
}

// orders makes a table without a key, of names, and of sums that are all
// different and of which a few are large.
func orders(seed uint64, rows int) [][]string {
	r := rand.New(rand.NewPCG(seed, 9))
	names := []string{"Ann Lee", "Bob Ray", "Cy Moss", "Di O'Hara", "Ed St. John"}
	table := [][]string{{"", "buyer", "weight", "turnover", "grade"}}
	for i := range rows {
		grade := "B"
		if r.IntN(50) == 0 {
			grade = ""
		}
		table = append(table, []string{strconv.Itoa(i + 1), fmt.Sprintf("%s %c%c", names[r.IntN(5)], 'A'+r.IntN(26), 'a'+r.IntN(26)),
			fmt.Sprintf("%.4f", 50+20*r.Float64()), fmt.Sprintf("%.2f", 100/(1-r.Float64())), grade})
	}
	return table
}

// One file without a key or a name for each column makes a contract that it
// passes and that tells a broken file.
func TestBrokenFilesFailByOne(t *testing.T) {
	s := suggested(t, written(orders(1, 600)))
	if r := judged(t, s, written(orders(1, 600)), nil); r.Verdict != quality.VerdictPass {
		t.Errorf("the same file: %s\n%s", failures(r), s)
	}
	each := func(column int, change func(i int, v string) string) []byte {
		table := orders(1, 600)
		for i, row := range table[1:] {
			row[column] = change(i, row[column])
		}
		return written(table)
	}
	some := func(i int, good, bad string) string {
		if i%20 == 0 {
			return bad
		}
		return good
	}
	for _, b := range []struct {
		what string
		data []byte
	}{
		{"numbers that are all different are a hundred times as large", each(2, func(_ int, v string) string { return strings.Replace(v, ".", "", 1) })},
		{"numbers of which a few are large are a hundred times as large", each(3, func(_ int, v string) string { return strings.Replace(v, ".", "", 1) })},
		{"a word stands for nothing", each(1, func(i int, v string) string { return some(i, v, "N/A") })},
		{"letters were decoded twice", each(1, func(i int, v string) string { return some(i, v, "Ann Le\u00c3\u00a9 Aa") })},
		{"letters are in another encoding", each(1, func(i int, v string) string { return some(i, v, "Ann Le\xe9 Aa") })},
		{"there are blanks around", each(1, func(_ int, v string) string { return v + " " })},
		{"rows came twice", written(append(orders(1, 600), orders(1, 30)[1:]...))},
		{"most rows are missing", written(orders(1, 50))},
		{"another column lost its name", bytes.Replace(written(orders(1, 600)), []byte("grade"), nil, 1)},
		{"it is UTF-16", utf16(written(orders(1, 600)))},
	} {
		if r := judged(t, s, b.data, nil); r.Verdict != quality.VerdictFail {
			t.Errorf("%s: verdict %s", b.what, r.Verdict)
		}
	}
}

// utf16 writes ASCII in UTF-16.
func utf16(data []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, b := range data {
		out = append(out, b, 0)
	}
	return out
}

// Few rows more or fewer are no alarm of a small file, and many are.
func TestSmallFilesVary(t *testing.T) {
	table := func(rows int) []byte { return written(orders(1, rows)) }
	s := suggested(t, table(9))
	var history []quality.Run
	for i := range 10 {
		history = append(history, quality.Run{At: now.AddDate(0, 0, -i-1), Verdict: quality.VerdictPass, Metrics: map[string]float64{"rowCount": 9}})
	}
	if r := judged(t, s, table(14), history); r.Verdict != quality.VerdictPass {
		t.Errorf("14 rows after days of 9: %s", failures(r))
	}
	if r := judged(t, s, table(40), history); r.Verdict != quality.VerdictFail {
		t.Error("40 rows after days of 9 pass")
	}
}

// Codes of digits are codes also where most of them could be numbers.
func TestCodesOfDigits(t *testing.T) {
	table := [][]string{{"code", "amount"}}
	for i := range 300 {
		table = append(table, []string{fmt.Sprintf("%03d", i*3), strconv.Itoa(i % 90)})
	}
	s := suggested(t, written(table))
	if !strings.Contains(string(s), `logicalTypeOptions: { pattern: "^[0-9]{3}$" }`) {
		t.Errorf("no pattern in\n%s", s)
	}
	for i, row := range table[1:] {
		row[0] = strconv.Itoa(i * 3)
	}
	if r := judged(t, s, written(table), nil); r.Verdict != quality.VerdictFail {
		t.Error("codes without their leading zeros pass")
	}
	for i, row := range table[1:] {
		row[0] = strconv.Itoa(i)
		if i%2 == 0 {
			row[0] = "1," + fmt.Sprintf("%03d", i)
		}
	}
	if s := suggested(t, written(table)); strings.Contains(string(s), "logicalTypeOptions: { pattern") {
		t.Errorf("sums are taken for codes in\n%s", s)
	}
}

// Another file of the same kind seldom fails: 5 of 100 are what the thresholds
// aim at, each by itself; the ranges and types have no such promise.
func TestFilesOfTheSameKindSeldomFail(t *testing.T) {
	const files = 100
	alarms := 0
	for seed := range uint64(files) {
		s := suggested(t, written(orders(1000+seed, 300)))
		if r := judged(t, s, written(orders(2000+seed, 300)), nil); r.Verdict != quality.VerdictPass {
			alarms++
			t.Log(failures(r))
		}
	}
	t.Logf("%d of %d files of the same kind fail", alarms, files)
	if alarms > files/10 {
		t.Errorf("%d of %d files of the same kind fail", alarms, files)
	}
}
