package tabular

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/text/encoding/charmap"
)

// recordsOf lists the records that r reads, each with its line, what is wrong with it,
// its text and its cells, and how many lines there are.
func recordsOf(t testing.TB, r *Reader, d Dialect, line int) (records []string, lines int) {
	t.Helper()
	var blk Block
	var b Batch
	for {
		err := r.Next(&blk)
		if err == io.EOF {
			return records, line
		}
		if err != nil {
			t.Fatal(err)
		}
		b.Parse(&blk, len(r.Header()), d)
		of := make([]string, b.Records)
		for i := range b.Malformed() {
			ordinal, at, kind := b.MalformedRecord(i)
			of[ordinal] = fmt.Sprintf("%d %s %q %d", line+at, kind, b.RawRecord(ordinal), blk.Skipped)
		}
		for row := range b.Rows {
			of[b.Ordinal(row)] = fmt.Sprintf("%d %q", line+b.Line(row), b.Raw(row))
		}
		for c := range r.Header() {
			for row, s := range b.Column(c, nil) {
				value := "null"
				if !s.IsNull() {
					value = fmt.Sprintf("%q", b.Data[s.Start:s.End])
				}
				of[b.Ordinal(row)] += " " + value
			}
		}
		records = append(records, of...)
		line += b.Lines
	}
}

// inSections reads text in sections, cut into ranges at bounds; false if it
// can't be split.
func inSections(t testing.TB, text []byte, o Options, bounds []int64) (records []string, lines int, ok bool) {
	t.Helper()
	ctx := context.Background()
	src, size := Bytes(text), int64(len(text))
	whole, closer, err := OpenReader(ctx, src, "f", o)
	if err != nil {
		return nil, 0, false
	}
	defer closer.Close()
	split, reason := whole.Split()
	if reason != "" || split.Body >= size {
		return nil, 0, false
	}
	bounds = slices.DeleteFunc(slices.Clone(bounds), func(b int64) bool { return b <= split.Body || b >= size })
	slices.Sort(bounds)
	bounds = append(append([]int64{split.Body}, slices.Compact(bounds)...), size)
	var scans []Scan
	for i := range len(bounds) - 1 {
		scan, err := split.Scan(ctx, src, bounds[i], bounds[i+1], size)
		if err != nil {
			t.Fatalf("scan %q from %d to %d: %v", text, bounds[i], bounds[i+1], err)
		}
		scans = append(scans, scan)
	}
	starts, err := split.Cut(ctx, src, "f", o, scans, size)
	if errors.Is(err, ErrSection) && split.Encoding != "utf-8" {
		return nil, 0, false
	}
	if err != nil {
		t.Fatalf("cut %q at %v: %v", text, bounds, err)
	}
	lines = whole.HeaderLines()
	for i, from := range starts {
		to := size
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		r, closer, err := OpenSection(ctx, src, "f", o, split, from, to, size)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.Header(), whole.Header()) || r.HeaderLines() != whole.HeaderLines() || string(r.RawHeader()) != string(whole.RawHeader()) {
			t.Fatalf("%q: header %q, of the whole %q", text, r.Header(), whole.Header())
		}
		var more []string
		more, lines = recordsOf(t, r, o.Dialect, lines)
		records = append(records, more...)
		closer.Close()
	}
	return records, lines, true
}

func sameInSections(t testing.TB, text []byte, o Options, bounds []int64) bool {
	t.Helper()
	got, lines, ok := inSections(t, text, o, bounds)
	if !ok {
		return false
	}
	whole, closer, err := OpenReader(context.Background(), Bytes(text), "f", o)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	want, wantLines := recordsOf(t, whole, o.Dialect, whole.HeaderLines())
	if !slices.Equal(got, want) || lines != wantLines {
		t.Fatalf("%q %+v at %v:\nsections %d lines %q\nwhole    %d lines %q", text, o, bounds, lines, got, wantLines, want)
	}
	return true
}

// TestSectionsAreTheWhole holds that a file cut anywhere is read as the whole is,
// whatever is wrong with it.
func TestSectionsAreTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	split := map[string]int{}
	for range 6000 {
		header := []string{"a,b,c\n", "\xef\xbb\xbfa,b,c\r\n", "a\n", "\"a\nx\",b,c\n"}[rng.IntN(4)]
		body := randomText(rng)
		if rng.IntN(2) == 0 {
			body = randomRows(rng, quotedPieces)
		}
		o := Options{Limits: Limits{BlockBytes: 1 + rng.IntN(64), RecordBytes: []int{0, 0, 9, 40}[rng.IntN(4)]}}
		text, kind := []byte(header+body), "utf-8"
		switch rng.IntN(6) {
		case 0:
			o.Dialect.Encoding, kind = "windows-1252", "windows-1252"
			text, _ = charmap.Windows1252.NewEncoder().Bytes([]byte(strings.TrimPrefix(strings.ToValidUTF8(header+body, "é"), "\ufeff")))
		case 1:
			o.Dialect.Delimiter, kind = ';', "semicolons"
			text = []byte(strings.ReplaceAll(string(text), ",", ";"))
		case 2:
			kind = "JSON"
			var lines strings.Builder
			for range rng.IntN(30) {
				lines.WriteString([]string{`{"a":1,"b":"x"}`, `{"a":"\"\n"}`, `{"a":`, "", "[]", "x", `{"a":{"b":[1,2]}}`}[rng.IntN(7)])
				lines.WriteString([]string{"\n", "\r\n"}[rng.IntN(2)])
			}
			text = []byte(`{"a":1,"b":2}` + "\n" + lines.String())
			o.Limits.RecordBytes = 0
		}
		var bounds []int64
		for range rng.IntN(9) {
			bounds = append(bounds, rng.Int64N(int64(len(text))+1))
		}
		if sameInSections(t, text, o, bounds) {
			split[kind]++
		}
	}
	for _, kind := range []string{"utf-8", "windows-1252", "semicolons", "JSON"} {
		if split[kind] < 100 {
			t.Errorf("only %d files in %s could be split", split[kind], kind)
		}
	}
}

// TestRowGroupsAreSections holds that a Parquet file cut anywhere is read as the whole is, by
// row groups; and that they are read where they are, without a copy.
func TestRowGroupsAreSections(t *testing.T) {
	type row struct {
		A int64   `parquet:"a"`
		B *string `parquet:"b,optional,dict"`
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		rows := make([]row, 1+rng.IntN(300))
		for i := range rows {
			rows[i].A = rng.Int64N(1000)
			if text := fmt.Sprint("b", rng.IntN(9)); rng.IntN(4) > 0 {
				rows[i].B = &text
			}
		}
		var file bytes.Buffer
		if err := parquet.Write(&file, rows, parquet.MaxRowsPerRowGroup(int64(1+rng.IntN(100)))); err != nil {
			t.Fatal(err)
		}
		var bounds []int64
		for range rng.IntN(9) {
			bounds = append(bounds, rng.Int64N(int64(file.Len())+1))
		}
		o := Options{Limits: Limits{BlockBytes: 64 * (1 + rng.IntN(50))}}
		if !sameInSections(t, file.Bytes(), o, bounds) {
			t.Fatal("it could not be split")
		}
		near, closer, err := OpenReader(t.Context(), Bytes(file.Bytes()), "f", o)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := recordsOf(t, near, o.Dialect, 0)
		closer.Close()
		far, closer, err := OpenReader(t.Context(), sized{Bytes(file.Bytes())}, "f", o)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := recordsOf(t, far, o.Dialect, 0); !slices.Equal(got, want) {
			t.Errorf("far:\n%s\nnear:\n%s", got, want)
		}
		if read := far.SourceBytes(); read == 0 || read > int64(file.Len())*2 {
			t.Errorf("read %d bytes of %d", read, file.Len())
		}
		closer.Close()
	}
}

// sized is a file that is far away.
type sized struct{ Bytes }

func (s sized) Size() int64 { return int64(len(s.Bytes)) }

func (s sized) Open(ctx context.Context) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s.Bytes)), nil
}

func FuzzSections(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), uint16(0), uint16(5), uint16(9))
	}
	f.Add([]byte("a,b\n1,\"\n\n\n\n\n\n\",2\n3,4\n"), uint16(8), uint16(9), uint16(20))
	f.Fuzz(func(t *testing.T, text []byte, limit, first, second uint16) {
		o := Options{Limits: Limits{BlockBytes: 16, RecordBytes: int(limit)}}
		o.Dialect.Format = FormatDelimited
		sameInSections(t, text, o, []int64{int64(first), int64(second), int64(first) + int64(second)})
	})
}

func TestWhatCannotBeSplitSaysWhy(t *testing.T) {
	for _, c := range []struct{ text, reason string }{
		{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00", "gzip"},
		{"\xff\xfea\x00\n\x001\x00\n\x00", "utf-16le"},
		{`[{"a":1}]`, "array"},
		{"", "header"},
	} {
		r, closer, err := OpenReader(t.Context(), Bytes(c.text), "f", Options{})
		if err != nil {
			if c.reason == "gzip" { // whose text is empty, and cut off
				continue
			}
			t.Fatal(err)
		}
		if _, reason := r.Split(); !strings.Contains(reason, c.reason) {
			t.Errorf("%q: got %q, want a reason that speaks of %s", c.text, reason, c.reason)
		}
		closer.Close()
	}
}

// TestSectionCutWrongIsAnError holds that nobody judges half a record.
func TestSectionCutWrongIsAnError(t *testing.T) {
	text := []byte("a,b\n1,\"x\ny\"\n3,4\n")
	r, closer, err := OpenReader(t.Context(), Bytes(text), "f", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	split, _ := r.Split()
	for to := int64(5); to < int64(len(text)); to++ {
		r, closer, err := OpenSection(t.Context(), Bytes(text), "f", Options{}, split, 4, to, int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		var blk Block
		for err == nil {
			err = r.Next(&blk)
		}
		closer.Close()
		if want := text[to-1] == '\n' && to != 9; want != (err == io.EOF) || !want && !errors.Is(err, ErrSection) {
			t.Errorf("section to %d: got %v, want an error: %v", to, err, !want)
		}
	}
}
