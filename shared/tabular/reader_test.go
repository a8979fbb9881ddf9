package tabular

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// show writes a reading as a text: one record a line, cells between bars, null
// as ~, malformed records in angle brackets; then the faults.
func show(got reading) string {
	var s strings.Builder
	for _, rec := range got.records {
		if rec.kind != "" {
			fmt.Fprintf(&s, "%d <%q %s>\n", rec.line, rec.raw, rec.kind)
			continue
		}
		fmt.Fprintf(&s, "%d", rec.line)
		for _, c := range rec.cells {
			if c.null {
				s.WriteString(" ~")
			} else {
				fmt.Fprintf(&s, " %q", c.value)
			}
		}
		s.WriteString("\n")
	}
	for _, f := range got.faults {
		fmt.Fprintf(&s, "%s: row %d line %d column %d\n", f.Kind, f.Row, f.Line, f.Column)
	}
	return s.String()
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule, text, want string
		o                Options
	}{
		{"a header alone has no rows", "a,b\n", "", Options{}},
		{"a header without line end has no rows", "a,b", "", Options{}},
		{"an unquoted empty cell is null, a quoted one is empty text", "a,b,c\n,\"\",x\n", "0 ~ \"\" \"x\"\n", Options{}},
		{"delimiters, line ends and doubled quotes stand inside quotes", "a,b\n\"x,y\",\"p\n\"\"q\"\"\"\n", "0 \"x,y\" \"p\\n\\\"q\\\"\"\n", Options{}},
		{"a CRLF inside quotes stays", "a,b\n\"x\r\ny\",1\n2,3\n", "0 \"x\\r\\ny\" \"1\"\n2 \"2\" \"3\"\n", Options{}},
		{"line ends are mixed and a lone CR is data", "a,b\r\n1,2\n3,4\r\n5\r6,7\r\r\n", "0 \"1\" \"2\"\n1 \"3\" \"4\"\n2 \"5\\r6\" \"7\\r\"\n", Options{}},
		{"the last line needs no line end", "a,b\n1,2", "0 \"1\" \"2\"\n", Options{}},
		{"a CR at the end of the file is data", "a,b\n1,2\r", "0 \"1\" \"2\\r\"\n", Options{}},
		{"a blank line is no row among columns", "a,b\n\n1,2\n\r\n\n3,4\n\n", "1 \"1\" \"2\"\n4 \"3\" \"4\"\n", Options{}},
		{"a blank line is a row of one column, but for a final one", "a\n1\n\n2\n\n\n", "0 \"1\"\n1 ~\n2 \"2\"\n3 ~\n", Options{}},
		{"a quote inside an unquoted cell is text", "a,b\nx\"y\",5\" disk\n", "0 \"x\\\"y\\\"\" \"5\\\" disk\"\n", Options{}},
		{"text after a closing quote is kept and a fault", "a,b\n\"x\"y\"z,1\n2,\"q\" \n", "0 \"xy\\\"z\" \"1\"\n1 \"2\" \"q \"\n" +
			"text after a closing quote: row 0 line 0 column 0\ntext after a closing quote: row 1 line 1 column 1\n", Options{}},
		{"too few and too many cells make a row malformed", "a,b\n1\n2,3\n4,5,6\n", "0 <\"1\" too few cells>\n1 \"2\" \"3\"\n2 <\"4,5,6\" too many cells>\n" +
			"too few cells: row 0 line 0 column 1\ntoo many cells: row 2 line 2 column 2\n", Options{}},
		{"a malformed row has no other fault", "a,b\n\"x\"y\x00\n", "0 <\"\\\"x\\\"y\\x00\" too few cells>\ntoo few cells: row 0 line 0 column 1\n", Options{}},
		{"a quote never closed costs its line", "a,b\n1,\"x\n2,y\n3,z", "0 <\"1,\\\"x\" quote never closed>\n1 \"2\" \"y\"\n2 \"3\" \"z\"\n" +
			"quote never closed: row 0 line 0 column 1\n", Options{}},
		{"a quote never closed costs the lines of its record", "a,b,c\n\"p\nq\",\"\",\"x\n2,y,z\n", "0 <\"\\\"p\\nq\\\",\\\"\\\",\\\"x\" quote never closed>\n2 \"2\" \"y\" \"z\"\n" +
			"quote never closed: row 0 line 1 column 2\n", Options{}},
		{"a quote not closed within a record's length is never closed", "a,b\n1,\"x\n" + strings.Repeat("2,y\n", 8) + "\",\n", "0 <\"1,\\\"x\" quote never closed>\n" +
			"1 \"2\" \"y\"\n2 \"2\" \"y\"\n3 \"2\" \"y\"\n4 \"2\" \"y\"\n5 \"2\" \"y\"\n6 \"2\" \"y\"\n7 \"2\" \"y\"\n8 \"2\" \"y\"\n9 <\"\\\",\" quote never closed>\n" +
			"quote never closed: row 0 line 0 column 1\nquote never closed: row 9 line 9 column 0\n", Options{Limits: Limits{RecordBytes: 16}}},
		{"a record too long is skipped to its line end", "a,b\n1,2\n3," + strings.Repeat("x", 40) + "\n5,6\n", "0 \"1\" \"2\"\n1 <\"3,xxxxxxxxxx\" record too long>\n2 \"5\" \"6\"\n" +
			"record too long: row 1 line 1 column 0\n", Options{Limits: Limits{RecordBytes: 12}}},
		{"NUL bytes are faults of their cells", "a,b\n1,x\x00y\n", "0 \"1\" \"x\\x00y\"\nNUL byte: row 0 line 0 column 1\n", Options{}},
		{"bytes that are not UTF-8 are faults of their cells", "a,b\n\xe9t\xe9,\xff\n", "0 \"\\xe9t\\xe9\" \"\\xff\"\nnot UTF-8: row 0 line 0 column 0\nnot UTF-8: row 0 line 0 column 1\n", Options{}},
		{"a byte order mark is no part of the first name", "\xef\xbb\xbfa,b\n1,2\n", "0 \"1\" \"2\"\n", Options{}},
		{"the dialect names delimiter and quote", "a;b\n'x;''y''';\"\n", "0 \"x;'y'\" \"\\\"\"\n", Options{Dialect: Dialect{Delimiter: ';', Quote: '\''}}},
		{"a cell may be larger than a block", "a,b\n1," + strings.Repeat("x", 70) + "\n3,4\n", "0 \"1\" \"" + strings.Repeat("x", 70) + "\"\n1 \"3\" \"4\"\n", Options{}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			for _, block := range []int{1, 2, 3, 5, 7, 11, 16, 1000} {
				o := c.o
				o.Limits.BlockBytes = block
				got, _ := readAll(t, c.text, o)
				if s := show(got); s != c.want {
					t.Errorf("blocks of %d:\ngot\n%swant\n%s", block, s, c.want)
				}
			}
		})
	}
}

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		rule, text string
		names      []string
		raw        string
		faults     string
	}{
		{"an empty file has none", "", nil, "", "empty file 0 0"},
		{"a byte order mark alone is an empty file", "\xef\xbb\xbf", nil, "", "empty file 0 0"},
		{"names lose their quotes and nothing else", " a ,\"b,\"\"c\"\"\"\r\n", []string{" a ", `b,"c"`}, ` a ,"b,""c"""`, ""},
		{"blank names are faults", "a,,\"\"\n", []string{"a", "", ""}, `a,,""`, "column without a name 0 1, column without a name 0 2"},
		{"doubled names are faults", "a,b,a\n", []string{"a", "b", "a"}, "a,b,a", "column name used twice 0 2"},
		{"a blank first line is one column without a name", "\n1\n", []string{""}, "", "column without a name 0 0"},
		{"a name may hold a line end", "\"a\nb\",c,c\n", []string{"a\nb", "c", "c"}, "\"a\nb\",c,c", "column name used twice 1 2"},
		{"a quote never closed ends with its line", "a,\"b\n1,2\n", []string{"a", "b"}, "a,\"b", "quote never closed 0 1"},
		{"text after a closing quote is kept", "\"a\"b,c\n", []string{"ab", "c"}, "\"a\"b,c", "text after a closing quote 0 0"},
		{"NUL bytes and foreign bytes are faults", "a\x00,\xe4\n", []string{"a\x00", "\xe4"}, "a\x00,\xe4", "NUL byte 0 0, not UTF-8 0 1"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(c.text), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var faults []string
			for _, f := range r.Faults() {
				faults = append(faults, fmt.Sprint(f.Kind, " ", f.Line, " ", f.Column))
				if f.Row != -1 || f.Detail == "" {
					t.Errorf("fault %+v", f)
				}
			}
			if got := strings.Join(faults, ", "); got != c.faults {
				t.Errorf("faults %q, want %q", got, c.faults)
			}
			if !slices.Equal(r.Header(), c.names) || (r.Header() == nil) != (c.names == nil) {
				t.Errorf("names %q, want %q", r.Header(), c.names)
			}
			if string(r.RawHeader()) != c.raw {
				t.Errorf("raw header %q, want %q", r.RawHeader(), c.raw)
			}
			if c.names == nil {
				if err := r.Next(new(Block)); err != io.EOF {
					t.Errorf("Next: %v, want io.EOF", err)
				}
			}
		})
	}
}

func TestRefusesWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		rule, text string
		o          Options
		tooLarge   bool
	}{
		{"a line end as delimiter", "a\n", Options{Dialect: Dialect{Delimiter: '\n'}}, false},
		{"a quote that is the delimiter", "a\n", Options{Dialect: Dialect{Delimiter: '"'}}, false},
		{"a byte beyond ASCII", "a\n", Options{Dialect: Dialect{Delimiter: 0xe9}}, false},
		{"a header beyond a record's length", strings.Repeat("a", 40), Options{Limits: Limits{RecordBytes: 20}}, true},
		{"more columns than anyone has", strings.Repeat(",", mostColumns), Options{}, true},
		{"a name longer than anyone's", "id," + strings.Repeat("n", longestName+1) + "\n1,2\n", Options{}, true},
		{"no line end and no delimiter", strings.Repeat("\x00", longestName+1), Options{}, true},
		{"a key longer than anyone's", `{"` + strings.Repeat("k", longestName+1) + `":1}`, Options{Dialect: Dialect{Format: FormatJSON}}, true},
	} {
		if _, err := NewReader(strings.NewReader(c.text), c.o); err == nil || errors.Is(err, ErrTooLarge) != c.tooLarge {
			t.Errorf("%s: error %v", c.rule, err)
		}
	}
}

// failing returns its text and then an error.
type failing struct {
	r   io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestErrorComesAfterTheWholeRecordsBeforeIt(t *testing.T) {
	broken := errors.New("connection lost")
	for _, text := range []string{"a,b\n1,2\n3,4\n5,", "a,b\n1,2\n3,4\n5,\"6\n7,8\n"} {
		for _, block := range []int{1, 4, 6, 1000} {
			r, err := NewReader(failing{strings.NewReader(text), broken}, Options{Limits: Limits{BlockBytes: block}})
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			var blk Block
			for err = r.Next(&blk); err == nil; err = r.Next(&blk) {
				got.Write(blk.Data)
				if blk.Final {
					t.Errorf("a block is final though the rest is unknown")
				}
			}
			if got.String() != "1,2\n3,4\n" || !errors.Is(err, broken) || !errors.Is(r.Next(&blk), broken) {
				t.Errorf("blocks of %d: got %q, then %v", block, got.String(), err)
			}
		}
	}
}

func TestFaultsAreCappedAndCounted(t *testing.T) {
	var b Batch
	b.Parse(&Block{Data: []byte(strings.Repeat("1\n", 1000) + "2,\x00\n")}, 2, Dialect{})
	if len(b.Faults) != keptFaults+1 || b.FaultCount[ShortRow] != 1000 || b.FaultCount[NULByte] != 1 {
		t.Errorf("%d faults kept, counts %v", len(b.Faults), b.FaultCount)
	}
	if ordinal, line, kind := b.MalformedRecord(999); ordinal != 999 || line != 999 || kind != ShortRow || b.Ordinal(0) != 1000 || b.Line(0) != 1000 {
		t.Errorf("last malformed record is %d, line %d, %s; first row is %d", ordinal, line, kind, b.Ordinal(0))
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	text := sales(2<<20, 10, false)
	r, err := NewReader(strings.NewReader(string(text)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var blk Block
	if err := r.Next(&blk); err != nil {
		t.Fatal(err)
	}
	var b Batch
	var spans []Span
	n := testing.AllocsPerRun(5, func() {
		b.Parse(&blk, 15, Dialect{})
		for c := range 15 {
			spans = b.Column(c, spans[:0])
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
