package judge

import (
	"archive/zip"
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/tabular"
)

func zipOf(files ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			panic(err)
		}
		f.Write([]byte(files[i+1]))
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestSamplesNameTheFileOfAnArchive(t *testing.T) {
	c, err := contract.ReadODCS("t.odcs.yaml", []byte(declaring("")))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Validate(context.Background(), quality.Input{Contract: c, Object: "day.zip", Samples: 9, Source: tabular.Bytes(zipOf(
		"n.csv", "id,x\n1,\n2,a\n", "s.csv", "id,x\n3,b\n1,\n4\n"))})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, check := range r.Checks {
		for _, s := range check.Samples {
			got = append(got, check.ID, s.Member, strings.Repeat("r", int(s.Row)), strings.Repeat("l", int(s.Line)))
		}
	}
	want := "structure s.csv rrrrr llll id.unique s.csv rrrr lll x.required n.csv r ll x.required s.csv rrrr lll"
	if strings.Join(got, " ") != want || r.Rows != 5 || r.ReadAs != "comma-separated, UTF-8, detected, zip" {
		t.Errorf("got %v, %d rows, %s, want %s", got, r.Rows, r.ReadAs, want)
	}
}

// declaring is a contract with custom properties.
func declaring(properties string) string {
	return "apiVersion: v3.1.0\nkind: DataContract\nid: urn:x\nversion: 1.0.0\nstatus: active\ncustomProperties: [" + properties +
		"]\nschema:\n  - name: t\n    properties:\n      - {name: id, required: true, unique: true}\n      - {name: x, required: true}\n"
}

// Whatever happens to a file on its way, judging it ends with a report or an
// error that names it, and a report says something.
func TestMalformedFilesByTheThousand(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	text := "id,x\n" + strings.Repeat("1,\"one, \"\"two\"\"\"\n2,Zürich\n\n3,'a'\n", 12)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	files := [][]byte{
		[]byte(text), []byte(wide), []byte(strings.ReplaceAll(text, ",", ";")), []byte("# a\n" + strings.ReplaceAll(text, `""`, `\"`)),
		packed([]byte(text)), z.EncodeAll([]byte(text), nil), append(packed([]byte(text)), packed([]byte(text))...),
		zipOf("n.csv", text, "s.csv", text), zipOf("n.csv", text), []byte(`[{"id":1,"x":"a"},{"id":2,"x":null}]`), []byte("{\"id\":1}\n{\"x\":2}\n"),
		asParquet([][]string{{"k", "A1", "1", "2", "2026-02-10", "a"}}), []byte(strings.ReplaceAll(text, "\n", "\r")),
	}
	contracts := []*contract.Contract{}
	for _, properties := range []string{"", "{property: escapeChar, value: \"\\\\\"}, {property: commentChar, value: \"#\"}", "{property: header, value: false}",
		"{property: widths, value: \"3,4\"}", "{property: encoding, value: utf-16be}", "{property: quoteChar, value: none}, {property: skipRows, value: 2}"} {
		c, err := contract.ReadODCS("t.odcs.yaml", []byte(declaring(properties)))
		if err != nil {
			t.Fatal(err)
		}
		contracts = append(contracts, c)
	}
	rounds := 6000
	if testing.Short() {
		rounds = 600
	}
	rng := rand.New(rand.NewPCG(7, 8))
	reports, failures := 0, 0
	for range rounds {
		file := bytes.Clone(files[rng.IntN(len(files))])
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(file) + 1)
			switch piece := file[at:min(len(file), at+rng.IntN(30))]; rng.IntN(6) {
			case 0:
				file = file[:at]
			case 1:
				for i := range piece {
					piece[i] ^= byte(1 << rng.IntN(8))
				}
			case 2:
				file = append(file[:at:at], append([]byte("\"\n,;\\\x00\xff\r#{["[rng.IntN(11):]), file[at:]...)...)
			case 3:
				file = append(file, piece...)
			case 4:
				file = append(file[:at:at], file[at+len(piece):]...)
			default:
				file = append(bytes.Clone(piece), file...)
			}
		}
		in := quality.Input{Contract: contracts[rng.IntN(len(contracts))], Object: "f.dat", Source: tabular.Bytes(file), Threads: 1 + rng.IntN(2)}
		in.Limits = tabular.Limits{BlockBytes: 1 + rng.IntN(300), RecordBytes: 40 + rng.IntN(4000), TotalBytes: 1 << 20}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		r, err := Validate(ctx, in)
		cancel()
		switch {
		case err != nil && !strings.Contains(err.Error(), "f.dat"):
			t.Fatalf("%q: error %v does not name the file", file, err)
		case err == nil && (len(r.Checks) < 2 || r.ReadAs == "" || r.Verdict == ""):
			t.Fatalf("%q: a report that says nothing: %+v", file, r)
		case err != nil:
			failures++
		default:
			reports++
		}
	}
	t.Logf("%d reports, %d errors that name the file", reports, failures)
}
