package tabular

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told reads a text whole and tells its rows, its malformed records and its
// faults, each with row and line.
func told(t testing.TB, text string, o Options) string {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		return "error: " + err.Error()
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", r.RawHeader())
	for _, f := range r.Faults() {
		fmt.Fprintf(&out, "header: %s\n", f.Kind)
	}
	b := Batch{KeepFaults: 1000}
	var blk Block
	rows, lines := 0, r.HeaderLines()
	for {
		if err := r.Next(&blk); err == io.EOF {
			fmt.Fprintf(&out, "%d records, %d lines\n", rows, lines)
			return out.String()
		} else if err != nil {
			return out.String() + "error: " + err.Error()
		}
		b.Parse(&blk, len(r.Header()), o.Dialect)
		var columns [][]Span
		for c := range r.Header() {
			columns = append(columns, b.Column(c, nil))
		}
		faults := b.Faults
		for row, bad := 0, 0; row+bad < b.Records; {
			ordinal := row + bad
			if row < b.Rows && b.Ordinal(row) == ordinal {
				fmt.Fprintf(&out, "%d @%d", rows+ordinal, lines+b.Line(row))
				for _, c := range columns {
					if c[row].IsNull() {
						out.WriteString(" null")
					} else {
						fmt.Fprintf(&out, " %q", b.Data[c[row].Start:c[row].End])
					}
				}
				fmt.Fprintf(&out, " raw %s\n", b.Raw(row))
				row++
			} else {
				_, line, kind := b.MalformedRecord(bad)
				fmt.Fprintf(&out, "%d @%d %s raw %s\n", rows+ordinal, lines+line, kind, b.RawRecord(ordinal))
				bad++
			}
			for len(faults) > 0 && faults[0].Row == ordinal {
				fmt.Fprintf(&out, "  line %d column %d %s: %s\n", lines+faults[0].Line, faults[0].Column, faults[0].Kind, faults[0].Detail)
				faults = faults[1:]
			}
		}
		rows += b.Records
		lines += b.Lines
	}
}

func TestJSON(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
		o          Options
	}{
		"an object a line": {
			text: `{"id":1,"name":"a b","ok":true}` + "\n" + `{"id":-2.50,"name":"","ok":null}` + "\n",
			want: "id,name,ok\n0 @0 \"1\" \"a b\" \"true\" raw 1,a b,true\n1 @1 \"-2.50\" \"\" null raw -2.50,\"\",\n2 records, 2 lines\n",
		},
		"keys in any order, absent and twice": {
			text: "{\"a\":1,\"b\":2}\n{\"b\":3,\"a\":4}\n{\"b\":5}\n{\"a\":6,\"a\":7}\n{}\n",
			want: "a,b\n0 @0 \"1\" \"2\" raw 1,2\n1 @1 \"4\" \"3\" raw 4,3\n2 @2 null \"5\" raw ,5\n3 @3 \"7\" null raw 7,\n4 @4 null null raw ,\n5 records, 5 lines\n",
		},
		"the columns are the union of the first records' keys": {
			text: "{\"a\":1}\n{\"b\":2}\n",
			want: "a,b\n0 @0 \"1\" null raw 1,\n1 @1 null \"2\" raw ,2\n2 records, 2 lines\n",
		},
		"nested values are compact JSON": {
			text: `{"a": [1, "x y"], "b": {"c" : {} }}`,
			want: "a,b\n0 @0 \"[1,\\\"x y\\\"]\" \"{\\\"c\\\":{}}\" raw \"[1,\"\"x y\"\"]\",\"{\"\"c\"\":{}}\"\n1 records, 0 lines\n",
		},
		"escapes in keys and values": {
			text: `{"\u0061":"x\ny","b\"":"\ud83d\ude00"}`,
			want: "a,\"b\"\"\"\n0 @0 \"x\\ny\" \"😀\" raw \"x\ny\",😀\n1 records, 0 lines\n",
		},
		"a line that is no object costs one record": {
			text: "{\"a\":1}\n{\"a\":}\n\n[1]\n{\"a\":2} x\r\n{\"a\":3}\r\n",
			want: "a\n0 @0 \"1\" raw 1\n" +
				"1 @1 not a JSON object raw \"{\"\"a\"\":}\"\n  line 1 column -1 not a JSON object: something stands where a value should, 5 bytes into the record\n" +
				"2 @3 not a JSON object raw [1]\n  line 3 column -1 not a JSON object: an object is wanted and begins with {, 0 bytes into the record\n" +
				"3 @4 not a JSON object raw \"{\"\"a\"\":2} x\"\n  line 4 column -1 not a JSON object: text follows the object, 7 bytes into the record\n" +
				"4 @5 \"3\" raw 3\n5 records, 6 lines\n",
		},
		"a key that comes after the first MiB": {
			text: strings.Repeat("{\"a\":1}\n", 1<<17+1) + "{\"a\":1,\"late\":2}\n",
			want: "  line 131073 column -1 key not among the first records': \"late\" is none of the keys of the file's beginning, and its value is not checked\n131074 records, 131074 lines\n",
		},
		"an array, one object over several lines": {
			text: "\ufeff [\n  {\n    \"a\": 1\n  },\n  {\"a\": 2}, {\"a\":3}\n]\n",
			want: "a\n0 @1 \"1\" raw 1\n1 @4 \"2\" raw 2\n2 @4 \"3\" raw 3\n3 records, 6 lines\n",
		},
		"an array whose elements are not all objects": {
			text: `[{"a":1},7,"x{",[{"a":2}],{"a":3}{"a":4},,{"a":5}]{"a":6}`,
			want: "a\n0 @0 \"1\" raw 1\n" +
				"1 @0 not a JSON object raw 7\n  line 0 column -1 not a JSON object: an object is wanted and begins with {, 0 bytes into the record\n" +
				"2 @0 not a JSON object raw \"\"\"x{\"\"\"\n  line 0 column -1 not a JSON object: an object is wanted and begins with {, 0 bytes into the record\n" +
				"3 @0 not a JSON object raw \"[{\"\"a\"\":2}]\"\n  line 0 column -1 not a JSON object: an object is wanted and begins with {, 0 bytes into the record\n" +
				"4 @0 \"3\" raw 3\n" +
				"5 @0 not a JSON object raw \"{\"\"a\"\":4}\"\n  line 0 column -1 not a JSON object: no comma stands before it, 0 bytes into the record\n" +
				"6 @0 not a JSON object raw \"{\"\"a\"\":5}\"\n  line 0 column -1 not a JSON object: a comma too many stands before it, 0 bytes into the record\n" +
				"7 @0 not a JSON object raw \"{\"\"a\"\":6}\"\n  line 0 column -1 not a JSON object: it stands after the end of the array, 0 bytes into the record\n" +
				"8 @0 not a JSON object raw \"\"\n  line 0 column -1 not a JSON object: the array is not closed: the file may be cut off\n9 records, 0 lines\n",
		},
		"an array that is cut off in an object": {
			text: "[{\"a\":1},\n{\"a\":2",
			want: "a\n0 @0 \"1\" raw 1\n1 @1 not a JSON object raw \"{\"\"a\"\":2\"\n  line 1 column -1 not a JSON object: it does not end: a bracket or a quote is missing, or the file is cut off\n2 records, 1 lines\n",
		},
		"an array that is cut off between objects": {
			text: "[{\"a\":1},\n",
			want: "a\n0 @0 \"1\" raw 1\n1 @1 not a JSON object raw \"\"\n  line 1 column -1 not a JSON object: the array is not closed: the file may be cut off\n2 records, 1 lines\n",
		},
		"a quote that is not closed costs what its brackets hold": {
			text: "[{\"a\":0},{\"a\":\"x},\n{\"a\":\"y\"},\n{\"a\":3}]",
			want: "a\n0 @0 \"0\" raw 0\n1 @0 not a JSON object raw \"{\"\"a\"\":\"\"x},\n{\"\"a\"\":\"\"y\"\"},\n{\"\"a\"\":3}\"\n  line 0 column -1 not a JSON object: a string holds a control character or a line end; write it as an escape, 9 bytes into the record\n2 records, 2 lines\n",
		},
		"a bracket that is not closed costs one element": {
			text: "[{\"a\":1},\n{\"a\":[2},\n{\"a\":3}]",
			want: "a\n0 @0 \"1\" raw 1\n1 @1 not a JSON object raw \"{\"\"a\"\":[2\"\n  line 1 column -1 not a JSON object: a comma or a closing bracket is missing after a value, 7 bytes into the record\n" +
				"2 @1 not a JSON object raw }\n  line 1 column -1 not a JSON object: no comma stands before it, 0 bytes into the record\n3 @2 \"3\" raw 3\n4 records, 2 lines\n",
		},
		"bytes that are no UTF-8 and NUL as an escape": {
			text: "{\"a\":\"\xe9\",\"b\":1}\n{\"a\":\"\\u0000\"}\n",
			want: "a,b\n0 @0 \"\\xe9\" \"1\" raw \xe9,1\n  line 0 column 0 not UTF-8: the bytes look like Latin-1: declare the encoding latin-1 (or windows-1252)\n" +
				"1 @1 \"\\x00\" null raw \x00,\n  line 1 column 0 NUL byte: text holds no character of value 0, not even as an escape\n2 records, 2 lines\n",
		},
		"a line longer than a record may be": {
			text: "{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", 100) + "\"}\n{\"a\":2}\n", o: Options{Limits: Limits{RecordBytes: 20}},
			want: "a\n0 @0 \"1\" raw 1\n1 @1 record too long raw \"{\"\"a\"\":\"\"xxxxxxxxxxxxxx\"\n  line 1 column 0 record too long: 108 bytes without a line end\n2 @2 \"2\" raw 2\n3 records, 3 lines\n",
		},
		"an empty array": {text: "[]", want: "\nheader: empty file\n0 records, 0 lines\n"},
		"declared and empty": {
			text: "", o: Options{Dialect: Dialect{Format: FormatJSON}}, want: "\nheader: empty file\n0 records, 0 lines\n",
		},
		"declared and something else": {
			text: "a,b\n1,2\n", o: Options{Dialect: Dialect{Format: FormatJSON}},
			want: "\nheader: empty file\n0 @0 not a JSON object raw \"a,b\"\n  line 0 column -1 not a JSON object: an object is wanted and begins with {, 0 bytes into the record\n" +
				"1 @1 not a JSON object raw \"1,2\"\n  line 1 column -1 not a JSON object: an object is wanted and begins with {, 0 bytes into the record\n2 records, 2 lines\n",
		},
		"a delimited text that begins with brackets": {text: "[id],[name]\n1,2\n", want: "[id],[name]\n0 @1 \"1\" \"2\" raw 1,2\n1 records, 2 lines\n"},
		"declared to be delimited":                   {text: "{\"a\"}\n1\n", o: Options{Dialect: Dialect{Format: FormatDelimited}}, want: "\"{\"\"a\"\"}\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := told(t, test.text, test.o)
			if name == "declared to be delimited" {
				if !strings.HasPrefix(got, `{"a"}`) {
					t.Errorf("got %q", got)
				}
				return
			}
			if len(got) > 100_000 {
				got = got[strings.Index(got, "  line"):]
			}
			if got != test.want {
				t.Errorf("(-want +got):\n%s", cmp.Diff(test.want, got))
			}
			for _, block := range []int{1, 2, 3, 7, 20, 64, 1000} {
				if len(test.text) > 1000 {
					break
				}
				o := test.o
				o.Limits.BlockBytes = block
				if other := told(t, test.text, o); other != got {
					t.Fatalf("blocks of %d bytes (-large +small):\n%s", block, cmp.Diff(got, other))
				}
			}
		})
	}
}

// TestJSONTakesLinearTime reads texts that are made to be looked at again and
// again.
func TestJSONTakesLinearTime(t *testing.T) {
	const size = 8 << 20
	for name, text := range map[string]string{
		"brackets that never close": "[" + strings.Repeat("{\n", size/2),
		"arrays that never close":   "[{" + strings.Repeat("[\n", size/2),
		"blank lines":               "{\"a\":1}\n" + strings.Repeat("\n", size),
		"separators":                "[{}" + strings.Repeat(",\n", size/2),
		"quotes":                    "[{" + strings.Repeat("\"\n", size/2),
		"empty objects":             "[" + strings.Repeat("{},", size/3),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			r, err := NewReader(strings.NewReader(text), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var b Batch
			var blk Block
			for err = r.Next(&blk); err == nil; err = r.Next(&blk) {
				b.Parse(&blk, len(r.Header()), Dialect{})
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("%d bytes took %v", len(text), took)
			}
		})
	}
}

// FuzzJSON holds that any text is read the same whatever the size of a block,
// and that exactly the lines that encoding/json takes for an object are rows.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		"{\"a\":1}\n", "[{\"a\":1},{\"b\":[1, 2]}]", "{\"a\":\"\\u0000\\n\"}\n{\"b\":}\n", "[{\"a\":1}", "[{\"a\":{\n},{\"a\":2}]", "{}\n\n x\n", "[\"]\n{}", "[{},7 ,,]{}",
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, block uint8) {
		o := Options{Dialect: Dialect{Format: FormatJSON}, Limits: Limits{RecordBytes: 1000, BlockBytes: 1000}}
		large := told(t, string(data), o)
		o.Limits.BlockBytes = int(block)
		if small := told(t, string(data), o); small != large {
			t.Fatalf("%q: blocks of %d bytes (-large +small):\n%s", data, block, cmp.Diff(large, small))
		}
		text := strings.TrimPrefix(string(data), "\ufeff")
		if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "[") || len(data) > 900 {
			return
		}
		want := 0
		for line := range strings.Lines(text) {
			line = strings.TrimLeft(line, " \t\r\n")
			if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
				want++
			}
		}
		r, err := NewReader(strings.NewReader(string(data)), o)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		var b Batch
		var blk Block
		for r.Next(&blk) == nil {
			b.Parse(&blk, len(r.Header()), o.Dialect)
			got += b.Rows
		}
		if got != want {
			t.Errorf("%q: %d rows, want %d", data, got, want)
		}
	})
}
