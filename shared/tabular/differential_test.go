package tabular

import (
	"encoding/csv"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var pieces = []string{"a", "bc", "1.5", " ", ",", ",", ",", "\n", "\n", "\n", "\r\n", "\r", `"`, `"`, `""`, `"x"`, `"x,y"`, "\"x\ny\"", `"x""y"`,
	`"",`, "\"\"\n", "\x00", "\xff", "é", "\xe9", "\n\n", "\r\n\r\n", ";", "a longer text of some words"}

func randomText(rng *rand.Rand) string {
	var s strings.Builder
	for range rng.IntN([]int{10, 60, 400}[rng.IntN(3)]) {
		s.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return s.String()
}

var quotedPieces = []string{`"x"`, `"x,y"`, "\"x\ny\"", `"x""y"`, `""`, `""""`, `"""a"""`, "\"\r\n\"", "\"a longer\n\n\ntext of, some words\"", "\"\n,\"", "", "plain"}

// randomRows writes rows of three cells, and now and then a stray piece.
func randomRows(rng *rand.Rand, cells []string) string {
	var s strings.Builder
	end, spoilt := []string{"\n", "\r\n"}[rng.IntN(2)], rng.IntN(2)*rng.IntN(100)
	for range rng.IntN([]int{4, 20, 100}[rng.IntN(3)]) {
		for c := range 3 {
			s.WriteString(cells[rng.IntN(len(cells))])
			if rng.IntN(1000) < spoilt {
				s.WriteString(pieces[rng.IntN(len(pieces))])
			}
			s.WriteString([]string{",", ",", end}[c])
		}
	}
	text := s.String()
	return text[:len(text)-rng.IntN(min(3, len(text)+1))]
}

// compare reads text in both ways and reports where they differ.
func compare(t testing.TB, header, text string, o Options) {
	t.Helper()
	got, r := readAll(t, header+text, o)
	if r.Header() == nil {
		return
	}
	d := o.Dialect.Filled()
	limit := o.Limits.RecordBytes
	if limit == 0 {
		limit = defaultRecord
	}
	or := oracle{header + text, d.Delimiter, d.Quote, limit}
	start, lines := 0, 0
	if strings.HasPrefix(or.text, "\xef\xbb\xbf") {
		start = 3
	}
	end, cells, _, kind, _ := or.next(start)
	if kind == "" && len(cells) != len(r.Header()) {
		t.Fatalf("%q: header %q, oracle has %d cells", or.text, r.Header(), len(cells))
	}
	for i, at := range cells {
		if v := or.value(or.text[at[0]:at[1]]).value; v != r.Header()[i] {
			t.Fatalf("%q: column %d is called %q, oracle has %q", or.text, i, r.Header()[i], v)
		}
	}
	if lines = strings.Count(or.text[start:end], "\n"); lines != r.HeaderLines() {
		t.Fatalf("%q: header has %d lines, oracle has %d", or.text, r.HeaderLines(), lines)
	}
	want := or.read(end, len(r.Header()))
	if got.lines != want.lines {
		t.Fatalf("%q: %d lines, oracle has %d", or.text, got.lines, want.lines)
	}
	for i := range max(len(got.records), len(want.records)) {
		if i >= len(got.records) || i >= len(want.records) || !reflect.DeepEqual(got.records[i], want.records[i]) {
			t.Fatalf("%q %+v\nrecords %+v\noracle  %+v", or.text, o, got.records[min(i, len(got.records)):], want.records[min(i, len(want.records)):])
		}
	}
	if len(text) > 400 { // beyond the faults that are kept
		return
	}
	order := func(x, y Fault) int {
		if x.Row != y.Row {
			return x.Row - y.Row
		}
		if x.Column != y.Column {
			return x.Column - y.Column
		}
		return strings.Compare(string(x.Kind), string(y.Kind))
	}
	slices.SortFunc(got.faults, order)
	slices.SortFunc(want.faults, order)
	if len(got.faults) > 20 || len(want.faults) > 20 {
		return
	}
	if !slices.Equal(got.faults, want.faults) {
		t.Fatalf("%q %+v\nfaults %+v\noracle %+v", or.text, o, got.faults, want.faults)
	}
}

func TestReadsLikeTheOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	headers := []string{"", "a\n", "a,b\n", "a,b,c\r\n", "\xef\xbb\xbfa,b\n", "a,\"b\nc\",d\n", ";a,b;c\n"}
	rounds := 15000
	if testing.Short() {
		rounds = 3000
	}
	for range rounds {
		o := Options{Limits: Limits{BlockBytes: 1 + rng.IntN([]int{40, 200, 2000}[rng.IntN(3)])}}
		if rng.IntN(3) == 0 {
			o.Limits.RecordBytes = 20 + rng.IntN([]int{60, 400}[rng.IntN(2)])
		}
		if rng.IntN(5) == 0 {
			o.Dialect = Dialect{Delimiter: ';', Quote: '\''}
		}
		if rng.IntN(4) == 0 {
			o.Dialect.Comment = unused
		}
		text := randomText(rng)
		header := headers[rng.IntN(len(headers))]
		switch rng.IntN(4) {
		case 0: // rows that are mostly well formed
			header, text = "a,b,c\n", randomRows(rng, pieces)
		case 1: // rows that are well formed, with quotes enough for quoting.find
			header, text = "a,b,c\n", randomRows(rng, quotedPieces)
		}
		if r, err := NewReader(strings.NewReader(header+text), o); err != nil || r.Header() == nil {
			continue // a header beyond the limit; an empty file
		}
		compare(t, header, text, o)
	}
}

// What encoding/csv accepts strictly, this package reads alike; but that
// encoding/csv drops the CR of a CRLF inside quotes and knows no null.
func TestReadsLikeEncodingCSV(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	cells := []string{"a", "", "bc", `""`, `"x"`, `"x,y"`, "\"x\ny\"", `"x""y"`, "\"\n\"", "é", "1.5"}
	for range 3000 {
		var text strings.Builder
		text.WriteString("a,b,c\n")
		for range rng.IntN(12) {
			for c := range 3 {
				text.WriteString(cells[rng.IntN(len(cells))])
				text.WriteString([]string{",", ",", []string{"\n", "\r\n"}[rng.IntN(2)]}[c])
			}
		}
		want, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got, _ := readAll(t, text.String(), Options{Limits: Limits{BlockBytes: 1 + rng.IntN(50)}})
		if len(got.faults) > 0 || len(got.records) != len(want)-1 {
			t.Fatalf("%q: %d records, faults %v; encoding/csv has %d", text.String(), len(got.records), got.faults, len(want)-1)
		}
		for i, rec := range got.records {
			for c, v := range rec.cells {
				if v.value != want[i+1][c] {
					t.Fatalf("%q: row %d column %d is %q, encoding/csv has %q", text.String(), i, c, v.value, want[i+1][c])
				}
			}
		}
	}
}
