package tabular

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

var seeds = []string{"", "a,b\n1,2\n", "a\n\n\n", "a,b\r\n\"x\"\"y\",\"p\nq\"\r\n", "\xef\xbb\xbfa,b\n\"x\n1,2\n", "a,b\n\"x\"y,\x00\n\xff,\"\"\n,\n1,2,3\n\"",
	"\"a\",\"b\"\n\"1\",\"2,3\"\n\"\"\"\",\"\n\n\"\n", "a,b\n\"\"\"\"\"\"\"\",\"\"\"\n\"\"\n\r\n"}

// Whatever the bytes and the sizes, the reader agrees with the oracle.
func FuzzReader(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), uint16(1+7*i), uint16(0))
		f.Add([]byte(s), uint16(3), uint16(8+i))
	}
	f.Fuzz(func(t *testing.T, data []byte, block, limit uint16) {
		o := Options{Limits: Limits{BlockBytes: 1 + int(block), RecordBytes: int(limit)}}
		r, err := NewReader(bytes.NewReader(data), o)
		if err != nil || r.Header() == nil {
			return
		}
		compare(t, "", string(data), o)
		o.Dialect.Comment = unused
		if bytes.IndexByte(data, unused) < 0 {
			compare(t, "", string(data), o)
		}
	})
}

// unused as a comment makes a dialect not plain, so that a Splitter reads what
// the fast path would.
const unused = 0x02

// A block that no reader cut is parsed like one that a reader did.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), uint8(2))
	}
	var b Batch
	f.Fuzz(func(t *testing.T, data []byte, columns uint8) {
		width := max(int(columns), 1)
		blk := Block{Data: data[:len(data):len(data)], Final: true}
		b.Parse(&blk, int(columns), Dialect{})
		want := oracle{string(data), ',', '"', len(data) + 1}.read(0, width)
		if b.Records != len(want.records) || b.Lines != want.lines {
			t.Fatalf("%q: %d records and %d lines, oracle has %d and %d", data, b.Records, b.Lines, len(want.records), want.lines)
		}
		var spans []Span
		for c := range width {
			spans = b.Column(c, spans[:0])
			for row, s := range spans {
				v := cell{null: s.IsNull()}
				if !v.null {
					v.value = string(b.Data[s.Start:s.End])
				}
				if w := want.records[b.Ordinal(row)]; v != w.cells[c] || w.line != b.Line(row) || w.raw != string(b.Raw(row)) {
					t.Fatalf("%q: row %d column %d is %+v on line %d, oracle has %+v", data, row, c, v, b.Line(row), w)
				}
			}
		}
		for i := range b.Malformed() {
			ordinal, line, kind := b.MalformedRecord(i)
			if w := want.records[ordinal]; w.kind != kind || w.line != line || w.raw != string(b.RawRecord(ordinal)) {
				t.Fatalf("%q: record %d is %s on line %d, oracle has %+v", data, ordinal, kind, line, w)
			}
		}
	})
}

// No compressed bytes crash, hang or exceed the limits.
func FuzzDecompress(f *testing.F) {
	for _, data := range [][]byte{[]byte(plainText), gzipped(plainText), zstandard(plainText), bzipped(), zipped("a", plainText)} {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 1 << 20
		r, err := Decompress(bytes.NewReader(data), "fuzz", Limits{TotalBytes: most})
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, r)
		if n > most {
			t.Errorf("read %d bytes", n)
		}
		if err != nil && !strings.Contains(err.Error(), "fuzz") {
			t.Errorf("error %v does not name the file", err)
		}
		if err := r.(io.Closer).Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}
