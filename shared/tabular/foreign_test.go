package tabular

import (
	"archive/tar"
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestSaysWhatIsNotRead(t *testing.T) {
	var tape bytes.Buffer
	w := tar.NewWriter(&tape)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "sales.csv", Mode: 0o600}), w.Close()); err != nil {
		t.Fatal(err)
	}
	workbook := zipped("[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>", "xl/worksheets/sheet1.xml", "<sheet/>")
	for _, c := range []struct{ rule, text, want string }{
		{"xz", "\xfd7zXZ\x00\x00\x04", "it is compressed by xz, which is not read: send it plain"},
		{"Avro", "Obj\x01\x04\x14avro", "it is an Avro file"},
		{"Arrow", "ARROW1\x00\x00\xff\xff", "it is an Arrow (Feather) file"},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", "save the sheet with the data as CSV"},
		{"SQLite", "SQLite format 3\x00", "it is an SQLite database"},
		{"a workbook", string(workbook), "it is an Excel workbook, which is not read: save the sheet with the data as CSV"},
		{"an OpenDocument", string(zipped("mimetype", "application/x", "content.xml", "<office/>")), "it is an OpenDocument file"},
		{"a tar", tape.String(), "it is a tar archive"},
		{"a tar in gzip", string(gzipped(tape.String())), "it is a tar archive"},
		{"one in a zip", string(zipped("sales.csv", "\xfd7zXZ\x00\x00\x04")), "sales.csv: it is compressed by xz"},
		{"one of several in a zip", string(zipped("a.csv", "id\n1\n", "b.csv", "Obj\x01\x04\x14avro")), "b.csv: it is an Avro file"},
	} {
		r, closer, err := OpenReader(t.Context(), Bytes(c.text), "day", Options{Detect: true})
		var unread *UnreadError
		if err == nil || !errors.As(err, &unread) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "day") {
			t.Errorf("%s: error %v, want %q", c.rule, err, c.want)
		}
		if r != nil {
			closer.Close()
		}
	}
}

// Texts that begin nearly like what is not read are read.
func TestReadsWhatOnlyBeginsLikeAnother(t *testing.T) {
	for _, text := range []string{
		"Obj,SQLite\n1,2\n", "Obj\x01id\n1\x012\n", "ARROW1,Rar!\n1,2\n", "7z,PDF\n1,2\n", strings.Repeat("n", 257) + "ustar,b\n1,2\n",
	} {
		r, closer, err := OpenReader(t.Context(), Bytes(text), "day", Options{Detect: true})
		if err != nil {
			t.Errorf("%.20q: %v", text, err)
			continue
		}
		if got := len(r.Header()); got != 2 {
			t.Errorf("%.20q: got %d columns, want 2", text, got)
		}
		closer.Close()
	}
}
