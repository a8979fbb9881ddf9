package tabular

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
)

const plainText = "a,b\n1,2\n3,4\n"

func gzipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write([]byte(text))
	w.Close()
	return out.Bytes()
}

func zstandard(text string) []byte {
	var out bytes.Buffer
	w, _ := zstd.NewWriter(&out)
	w.Write([]byte(text))
	w.Close()
	return out.Bytes()
}

func zipped(files ...string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		f, _ := w.Create(files[i])
		f.Write([]byte(files[i+1]))
	}
	w.Close()
	return out.Bytes()
}

// bzipped is plainText, for the standard library can't write bzip2.
func bzipped() []byte {
	data, err := hex.DecodeString(bzip2Hex)
	if err != nil {
		panic(err)
	}
	return data
}

// readSource reads everything and returns the records' text and what ended it.
func readSource(t testing.TB, packed []byte, o Options) (r *Reader, text string, err error) {
	t.Helper()
	r, closer, err := OpenReader(t.Context(), Bytes(packed), "sales.csv", o)
	if err != nil {
		return nil, "", err
	}
	var s strings.Builder
	var b Block
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		s.Write(b.Data)
	}
	if e := closer.Close(); e != nil {
		t.Errorf("close: %v", e)
	}
	if err == io.EOF {
		err = nil
	}
	return r, s.String(), err
}

func TestDecompresses(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, c := range []struct {
		form string
		data []byte
	}{
		{"", []byte(plainText)},
		{"gzip", gzipped(plainText)},
		{"gzip", append(gzipped("a,b\n1,2\n"), gzipped("3,4\n")...)},
		{"zstd", zstandard(plainText)},
		{"zstd", append(zstandard("a,b\n1,2\n"), zstandard("3,4\n")...)},
		{"zstd", append([]byte("\x5e\x2a\x4d\x18\x03\x00\x00\x00any"), zstandard(plainText)...)}, // after a frame to be skipped
		{"bzip2", bzipped()},
		{"bzip2", append([]byte("BZh9\x17rE8P\x90\x00\x00\x00\x00"), bzipped()...)}, // after one of nothing
		{"zip", zipped("folder/", "", "folder/sales.csv", plainText, "__MACOSX/folder/._sales.csv", "fork")},
	} {
		r, text, err := readSource(t, c.data, Options{})
		if err != nil || text != "1,2\n3,4\n" || r.Compression() != c.form || r.SourceBytes() != int64(len(c.data)) {
			t.Errorf("%q: read %q, error %v, form %q, %d bytes of %d", c.form, text, err, r.Compression(), r.SourceBytes(), len(c.data))
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestCutOffFilesKeepWhatWasRead(t *testing.T) {
	long := "a,b\n" + strings.Repeat("some,text\n", 100000)
	for form, data := range map[string][]byte{"gzip": gzipped(long), "zstd": zstandard(long), "bzip2": bzipped(), "zip": zipped("a", long)} {
		for _, n := range []int{len(data) - 1, len(data) / 2, 12} {
			_, text, err := readSource(t, data[:n], Options{})
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "decompress sales.csv: "+form) {
				t.Errorf("%s cut at %d of %d: error %v", form, n, len(data), err)
			}
			if form == "gzip" && n == len(data)-1 && len(text) < len(long)/2 {
				t.Errorf("%s: only %d bytes of %d were read", form, len(text), len(long))
			}
			if form != "bzip2" && strings.ReplaceAll(text, "some,text\n", "") != "" || text != "" && !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: a record is cut: %q", form, text[max(0, len(text)-20):])
			}
		}
	}
}

// Whichever byte of packed data is damaged, what cannot be read says what to do, and names no
// temporary file.
func TestDamagedFilesSayWhatToDo(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	text := "id,amount\n"
	for i := range 200 {
		text += fmt.Sprintf("%d,%d.50\n", i, i*i%89)
	}
	for form, data := range map[string][]byte{
		"gzip": gzipped(text), "zstd": zstandard(text), "bzip2": bzipped(), "zip": zipped("a.csv", text), "zip of two": zipped("a.csv", text, "b.csv", text),
	} {
		for i := range data {
			damaged := bytes.Clone(data)
			damaged[i] ^= 1 << (i % 8)
			_, _, err := readSource(t, damaged, Options{})
			if err == nil || strings.Contains(err.Error(), "send it") || strings.Contains(err.Error(), "pack it by") {
				continue
			}
			t.Errorf("%s, byte %d: error %v", form, i, err)
			if strings.Contains(err.Error(), temporary) {
				t.Errorf("%s, byte %d: a temporary file is named: %v", form, i, err)
			}
		}
	}
}

func TestFailingSourcesAreNoDamage(t *testing.T) {
	broken := errors.New("connection reset")
	for form, data := range map[string][]byte{"gzip": gzipped(plainText), "zstd": zstandard(plainText), "bzip2": bzipped(), "zip": zipped("a", plainText)} {
		plain, err := Decompress(failing{bytes.NewReader(data[:len(data)/2]), broken}, "sales.csv", Limits{})
		if err == nil {
			_, err = io.ReadAll(plain)
		}
		if !errors.Is(err, broken) || strings.Contains(err.Error(), "send it") {
			t.Errorf("%s: error %v", form, err)
		}
	}
}

func TestStopsBombs(t *testing.T) {
	bomb := "a\n" + strings.Repeat(strings.Repeat("0", 999)+"\n", 70<<10)
	packed := gzipped(bomb)
	for form, c := range map[string]struct {
		data []byte
		l    Limits
	}{
		"total, plain": {[]byte(plainText), Limits{TotalBytes: int64(len(plainText)) - 1}},
		"total, gzip":  {packed, Limits{TotalBytes: 1 << 20, RatioLimit: 1 << 40}},
		"total, zip":   {zipped("a", bomb), Limits{TotalBytes: 1 << 20}},
		"ratio, gzip":  {packed, Limits{RatioLimit: 100}},
		"ratio, zstd":  {zstandard(bomb), Limits{}},
	} {
		_, _, err := readSource(t, c.data, Options{Limits: c.l})
		var too *TooLargeError
		if !errors.Is(err, ErrTooLarge) || !errors.As(err, &too) || too.Advice == "" || !strings.Contains(err.Error(), "sales.csv") {
			t.Errorf("%s: error %v", form, err)
		}
	}
	if _, text, err := readSource(t, []byte(plainText), Options{Limits: Limits{TotalBytes: int64(len(plainText))}}); err != nil || text == "" {
		t.Errorf("a file of exactly the limit: %q, error %v", text, err)
	}
	if _, _, err := readSource(t, packed, Options{Limits: Limits{RatioLimit: 5000}}); err != nil {
		t.Errorf("a ratio within the limit: error %v", err)
	}
}

func TestDecodesText(t *testing.T) {
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy, s string) []byte {
		out, err := unicode.UTF16(e, b).NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const text = "é,€\n1,ü\n"
	for _, c := range []struct {
		rule     string
		data     []byte
		declared string
		want     string
		name     string
	}{
		{"UTF-8 is untouched", []byte(text), "", text, "utf-8"},
		{"UTF-8 with a mark is untouched", []byte("\ufeff" + text), "", "\ufeff" + text, "utf-8"},
		{"a mark goes before what is declared", []byte("\ufeff" + text), "latin-1", "\ufeff" + text, "utf-8"},
		{"UTF-16 little-endian by its mark", utf16(unicode.LittleEndian, unicode.UseBOM, text), "", text, "utf-16le"},
		{"UTF-16 big-endian by its mark", utf16(unicode.BigEndian, unicode.UseBOM, text), "utf-16le", text, "utf-16be"},
		{"UTF-16 as declared", utf16(unicode.BigEndian, unicode.IgnoreBOM, text), "utf-16be", text, "utf-16be"},
		{"Latin-1 as declared", []byte("\xe9,\xa3\n"), "latin-1", "é,£\n", "latin-1"},
		{"Windows-1252 as declared", []byte("\xe9,\x80\n"), "windows-1252", "é,€\n", "windows-1252"},
		{"an empty file", nil, "", "", "utf-8"},
	} {
		r, name, err := decodeText(oneByteAtTimes{bytes.NewReader(c.data)}, Dialect{Encoding: c.declared})
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != c.want || name != c.name {
			t.Errorf("%s: %q as %s, error %v; want %q as %s", c.rule, got, name, err, c.want, c.name)
		}
	}
	if _, err := DecodeText(strings.NewReader(""), Dialect{Encoding: "ebcdic"}); err == nil {
		t.Error("an unknown encoding is no error")
	}
}

func TestForeignBytesComeWithAGuess(t *testing.T) {
	for cell, want := range map[string]string{"\xe9t\xe9": "Latin-1", "\x80 5": "Windows-1252"} {
		var b Batch
		b.Parse(&Block{Data: []byte("1," + cell + "\n")}, 2, Dialect{})
		if len(b.Faults) != 1 || !strings.Contains(b.Faults[0].Detail, "look like "+want) {
			t.Errorf("%q: faults %+v", cell, b.Faults)
		}
	}
}

func TestOpensFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sales.csv")
	if err := os.WriteFile(path, gzipped("\ufeff"+plainText), 0o600); err != nil {
		t.Fatal(err)
	}
	r, closer, err := OpenReader(t.Context(), File(path), "sales.csv", Options{})
	if err != nil || len(r.Header()) != 2 || r.Header()[0] != "a" {
		t.Fatalf("header %v, error %v", r.Header(), err)
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := OpenReader(t.Context(), File(path+".gone"), "gone.csv", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

const bzip2Hex = "425a6839314159265359030c1f1b0000055900001000043c0030002000221ea18843022734e3801e2ee48a70a12006183e36"
