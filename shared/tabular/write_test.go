package tabular

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// TestRecordsAndLineEndsAreTheFile holds that the header, the records and their
// line ends, written in the encoding that was read, are the file again.
func TestRecordsAndLineEndsAreTheFile(t *testing.T) {
	for _, c := range []struct{ rule, encoding, text string }{
		{"LF", "", "a,b\n1,2\n3,4\n"},
		{"CRLF and LF mixed", "", "a,b\r\n1,2\n3,4\r\n5,6"},
		{"a CR is data", "", "a,b\n1,\r2\n3,4\r"},
		{"malformed records", "", "a,b\n1\n1,2,3\r\n\"x,y\nz,1\n"},
		{"line ends inside quotes", "", "a,b\n\"1\r\n\",2\r\n"},
		{"Latin-1", "latin-1", "a,b\n\xe9,2\n"},
		{"Windows-1252", "windows-1252", "a,b\n\x80\x93\xff,2\n"},
		{"UTF-16", "utf-16be", "\xfe\xff\x00a\x00,\x00b\x00\n\x00\xe9\x00,\x001\x00\n"},
	} {
		r, closer, err := OpenReader(context.Background(), Bytes(c.text), "f", Options{Dialect: Dialect{Encoding: c.encoding}})
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		w, err := EncodeText(&got, r.Encoding())
		if err != nil {
			t.Fatal(err)
		}
		var blk Block
		var b Batch
		for err = r.Next(&blk); err == nil; err = r.Next(&blk) {
			if blk.Index == 0 {
				w.Write(r.RawHeader())
				w.Write([]byte("\r\n")[2-(int(blk.FirstOffset)-len(r.RawHeader())):])
			}
			b.Parse(&blk, len(r.Header()), Dialect{})
			for i := range b.Records {
				w.Write(b.RawRecord(i))
				w.Write(b.LineEnd(i))
			}
		}
		if err != io.EOF {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		closer.Close()
		if got.String() != c.text {
			t.Errorf("%s: got %q, want %q", c.rule, got.String(), c.text)
		}
	}
	if _, err := EncodeText(io.Discard, "ebcdic"); err == nil {
		t.Error("an unknown encoding is taken")
	}
}
