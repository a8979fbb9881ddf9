package report

import (
	"bytes"
	"encoding/csv"
	"testing"

	"tillwatch/shared/quality"
)

func TestWriteQuarantine(t *testing.T) {
	q := func(delimiter byte, header string, rows ...string) *quality.Quarantine {
		out := &quality.Quarantine{Header: []byte(header), Delimiter: delimiter, Total: int64(len(rows))}
		for i, raw := range rows {
			out.Rows = append(out.Rows, quality.BadRow{Row: int64(i + 1), Line: int64(i + 2), Raw: []byte(raw), Checks: []string{"a", "b"}})
		}
		return out
	}
	for _, tt := range []struct {
		name string
		q    *quality.Quarantine
		want string
	}{
		{"bytes are unchanged", q(0, `id,"na me"`, "1,\"x\"\"y\"", "2,\xff\x00"),
			"tillwatch_row,tillwatch_line,tillwatch_checks,id,\"na me\"\n1,2,a b,1,\"x\"\"y\"\n2,3,a b,2,\xff\x00\n"},
		{"a quoted line break stays in its cell", q(0, "id", "\"1\n2\""), "tillwatch_row,tillwatch_line,tillwatch_checks,id\n1,2,a b,\"1\n2\"\n"},
		{"the file's delimiter is used", q(';', "id;n", "1;2"), "tillwatch_row;tillwatch_line;tillwatch_checks;id;n\n1;2;a b;1;2\n"},
		{"a byte order mark goes", q(0, "\ufeffid"), "tillwatch_row,tillwatch_line,tillwatch_checks,id\n"},
		{"an open quote is closed in", q(0, "id,n", "1,\"x", "2,y"), "tillwatch_row,tillwatch_line,tillwatch_checks,id,n\n1,2,a b,\"1,\"\"x\"\n2,3,a b,2,y\n"},
		{"no file, no header", q(0, ""), "tillwatch_row,tillwatch_line,tillwatch_checks\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := WriteQuarantine(&got, tt.q); err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("got %q, want %q", got.String(), tt.want)
			}
		})
	}
}

func FuzzWriteQuarantine(f *testing.F) {
	f.Add("id,n", "1,\"x", "rule 1")
	f.Add("\ufeff\"a\nb\"", "\"1\"", "a\"b,c")
	f.Fuzz(func(t *testing.T, header, raw, check string) {
		q := &quality.Quarantine{Header: []byte(header), Rows: []quality.BadRow{
			{Row: 1, Line: 2, Raw: []byte(raw), Checks: []string{check}}, {Row: 9, Line: 9, Raw: []byte("last"), Checks: []string{"x"}}}}
		var out bytes.Buffer
		if err := WriteQuarantine(&out, q); err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(&out)
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		records, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		// Whatever the first row holds, the last one is read as itself, unless
		// quotes stand where no writer of rows puts them.
		last := records[len(records)-1]
		if !bytes.ContainsRune([]byte(header+raw), '"') && (len(last) != 4 || last[0] != "9" || last[3] != "last") {
			t.Errorf("last record is %q", last)
		}
	})
}
