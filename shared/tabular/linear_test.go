package tabular

import (
	"io"
	"strings"
	"testing"
)

// Texts made to be read again and again: the bytes that the reader looks at
// stay within a small multiple of the text, whatever the block.
func TestReadsInLinearTime(t *testing.T) {
	const size = 1 << 18
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, text := range map[string]string{
		"quotes opened on every line":            fill("\"\n"),
		"quotes opened and doubled":              fill("\"\"\"\n"),
		"only quotes":                            fill("\""),
		"one quote opened at the start":          "\"" + fill("x,y\n"),
		"one quote opened, pairs follow":         "\"\n" + fill("x,\"\"\n"),
		"a quote opened after each record limit": fill("a,\"\n" + strings.Repeat("x,\"\"\n", 1000)),
		"odd and even runs":                      fill("a,\"\n" + strings.Repeat("x,\"\"\n", 700) + "\"\"\"\n"),
		"no line end":                            fill("x"),
		"no line end in quotes":                  "\"" + fill("x"),
		"only delimiters":                        fill(","),
		"only line ends":                         fill("\n"),
		"records as long as a block":             fill(strings.Repeat("x", 1023) + "\n"),
		"short and long records":                 fill("1\n" + strings.Repeat("x", 1020) + "\n"),
		"short records and long quoted ones":     fill("1\n\"" + strings.Repeat("x\n", 500) + "\"\n"),
		"stray quotes":                           fill("\"x\"y\"z\","),
		"quotes in the middle of cells":          fill("x\"y\"z,"),
	} {
		for _, o := range []Limits{{BlockBytes: 1 << 10, RecordBytes: 1 << 10}, {BlockBytes: 1 << 9, RecordBytes: 1 << 13}, {BlockBytes: 1 << 14, RecordBytes: 1 << 12}, {BlockBytes: 64}} {
			r, err := NewReader(strings.NewReader("a,b\n"+text), Options{Limits: o})
			if err != nil {
				t.Fatal(err)
			}
			var blk Block
			var b Batch
			total := int64(4)
			for {
				err := r.Next(&blk)
				if err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				total += int64(len(blk.Data)) + blk.Skipped
				b.Parse(&blk, 2, Dialect{})
				if limit := max(o.RecordBytes, o.BlockBytes); o.RecordBytes > 0 && len(blk.Data) > limit+1 {
					t.Errorf("%s, %+v: a block of %d bytes", name, o, len(blk.Data))
				}
			}
			if total != int64(len(text)+4) {
				t.Errorf("%s, %+v: %d bytes of %d", name, o, total, len(text)+4)
			}
			if r.scanned > 8*int64(len(text)) {
				t.Errorf("%s, %+v: looked at %d bytes of %d", name, o, r.scanned, len(text))
			}
		}
	}
}

// A row with a great many faulty cells is read in one pass.
func TestManyFaultsInOneRow(t *testing.T) {
	const columns = 1 << 16
	row := strings.TrimSuffix(strings.Repeat("\"x\"\x00,", columns), ",") + "\n"
	var b Batch
	b.Parse(&Block{Data: []byte(row)}, columns, Dialect{})
	if b.Rows != 1 || b.FaultCount[StrayQuote] != columns || b.FaultCount[NULByte] != columns {
		t.Errorf("%d rows, faults %v", b.Rows, b.FaultCount)
	}
}
