package dialect

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"
)

// A labelled sample is a file of testdata/samples.txtar, whose name says what
// it is: words that are properties with a value, as header=false, and the names that are
// expected, as names=id+amount.
type labelled struct {
	label string
	want  Dialect
	text  []byte
}

func samples(t testing.TB) []labelled {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "samples.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var out []labelled
	for _, f := range archive.Files {
		s := labelled{label: f.Name, text: []byte(strings.NewReplacer("<TAB>", "\t", "<CR>", "\r", "<NUL>", "\x01").Replace(string(f.Data)))}
		if strings.Contains(f.Name, "lineTerminator=cr") {
			s.text = []byte(strings.ReplaceAll(string(s.text), "\n", "\r"))
		}
		for word := range strings.FieldsSeq(f.Name) {
			name, value, ok := strings.Cut(word, "=")
			switch {
			case !ok:
				continue
			case name == "names":
				s.want.Names = strings.Split(value, "+")
				continue
			case value == "ctrl-a":
				s.want.Delimiter = 0x01
				continue
			case value == "space":
				value = " "
			}
			if known, err := s.want.Set(name, value); !known || err != nil {
				t.Fatalf("%s: %s is no property with a value: %v", f.Name, word, err)
			}
		}
		s.want = s.want.Filled()
		out = append(out, s)
	}
	return out
}

// frequent is the naive detector: the separator that occurs most often.
func frequent(text []byte) byte {
	best, most := byte(','), 0
	for _, c := range []byte(",;\t|:") {
		if n := strings.Count(string(text), string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

func TestDetectsLabelledSamples(t *testing.T) {
	delimiters, naive, whole, n := 0, 0, 0, 0
	for _, s := range samples(t) {
		n++
		got := Detect(s.text, true, Dialect{Names: s.want.Names}).Dialect
		if got.Delimiter == s.want.Delimiter {
			delimiters++
		}
		if frequent(s.text) == s.want.Delimiter {
			naive++
		}
		got.Format, got.Names = s.want.Format, s.want.Names
		if same(got, s.want) {
			whole++
			continue
		}
		t.Errorf("%s: got %s, header %d, skip %d", s.label, Reading{Dialect: got}, got.Header, got.SkipRows)
	}
	t.Logf("%d samples: delimiter right in %d (the most frequent separator: %d), the whole dialect in %d", n, delimiters, naive, whole)
	if naive >= delimiters {
		t.Errorf("the most frequent separator is as good")
	}
	if dir := os.Getenv("DIALECT_SAMPLES"); dir != "" { // for comparing other programs
		for _, s := range samples(t) {
			name := strings.NewReplacer(" ", "_", "/", "_", ";", "semicolon", "|", "pipe", ",", "comma").Replace(s.label)
			if err := os.WriteFile(filepath.Join(dir, name+".csv"), s.text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func same(a, b Dialect) bool {
	return a.Delimiter == b.Delimiter && a.Quote == b.Quote && a.Escape == b.Escape && a.Comment == b.Comment &&
		a.Header == b.Header && a.SkipRows == b.SkipRows && a.CR == b.CR
}

// What was written in a dialect is read in it, whatever the cells hold, when most of them
// are ordinary.
func TestDetectsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Dialect{Delimiter: rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter"), Quote: '"'}
		columns, rows := rapid.IntRange(2, 6).Draw(t, "columns"), rapid.IntRange(8, 30).Draw(t, "rows")
		cell := rapid.SampledFrom([]string{"apple", "12", "3.50", "2026-02-03", "two words", "", "Zürich", `say "so"`, "a;b", "1,234.5", "x\ny"})
		var s strings.Builder
		for c := range columns {
			if c > 0 {
				s.WriteByte(d.Delimiter)
			}
			s.WriteString([]string{"id", "name", "price", "day", "city", "note"}[c])
		}
		s.WriteByte('\n')
		for range rows {
			for c := range columns {
				if c > 0 {
					s.WriteByte(d.Delimiter)
				}
				v := cell.Draw(t, "cell")
				if strings.ContainsAny(v, "\"\n,;") {
					v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
				}
				s.WriteString(v)
			}
			s.WriteByte('\n')
		}
		got := Detect([]byte(s.String()), true, Dialect{})
		if got.Dialect.Delimiter != d.Delimiter || got.Dialect.Quote != '"' || got.Dialect.Header != Present {
			t.Fatalf("got %s, want %s in\n%s", got, Name(d.Delimiter), s.String())
		}
	})
}

func TestDeclaredIsKept(t *testing.T) {
	for _, c := range []struct {
		rule, text string
		declared   Dialect
		want       string
		against    string
	}{
		{"nothing declared", "a;b\n1;2\n", Dialect{}, "semicolon-separated (detected)", ""},
		{"quotes, escapes and comments, named as they are typed", "# made by hand\nid;name\n1;'a;b'\n2;'it\\'s;c'\n3;'d;e'\n", Dialect{},
			`semicolon-separated (detected), quoted by ' (detected), escaped by \ (detected), comments after # (detected)`, ""},
		{"a cell beyond the sample, with apostrophes in it", "note,n\n\"" + strings.Repeat("that's one, that isn't\n", 4000) + "\",1\n", Dialect{}, "comma-separated (detected)", ""},
		{"what is so", "a;b\n1;2\n", Dialect{Delimiter: ';'}, "semicolon-separated (declared)", ""},
		{"commas declared, semicolons there", "a;b\n1;2,5\n3;4,5\n", Dialect{Delimiter: ','}, "semicolon-separated (detected)", "the delimiter comma is declared, and the file is semicolon-separated"},
		{"a declared delimiter of a file that is no table", "a\n1\n", Dialect{Delimiter: ';'}, "semicolon-separated (declared)", ""},
		{"no header declared, names there", "id,x\n1,2\n", Dialect{Header: Absent, Names: []string{"id", "x"}}, "comma-separated (detected)", "no header line is declared, and the first line names the columns"},
		{"no header declared", "7,8\n1,2\n", Dialect{Header: Absent}, "comma-separated (detected), without a header (declared)", ""},
	} {
		r := Detect([]byte(c.text), true, c.declared)
		got := strings.Replace(strings.Replace(r.String(), ", UTF-8, ", ", ", 1), ", UTF-8", "", 1)
		if got != c.want || strings.Join(r.Against, "; ") != c.against {
			t.Errorf("%s: got %s against %q, want %s against %q", c.rule, got, r.Against, c.want, c.against)
		}
	}
}

func TestDetectsEncodings(t *testing.T) {
	for _, c := range []struct{ rule, start, declared, want, against string }{
		{"ASCII", "a,b\n", "", "utf-8", ""},
		{"UTF-8", "é,ü\n", "", "utf-8", ""},
		{"UTF-8 that is cut off", "é,\xc3", "", "utf-8", ""},
		{"UTF-8 with a damaged byte", "é,ü,ö,\xe9\n", "", "utf-8", ""},
		{"one byte that is no letter", "a,\xff\n", "", "utf-8", ""},
		{"letters of Windows-1252", "caf\xe9,na\xefve\n", "", "windows-1252", ""},
		{"euros of Windows-1252", "5 \x80,\x93so\x94\n", "", "windows-1252", ""},
		{"bytes that Windows-1252 lacks", "\xe9\xe9\xe9\xe8\x81\n", "", "latin-1", ""},
		{"UTF-16 without a mark", "a\x00,\x00b\x00\n\x00", "", "utf-16le", ""},
		{"UTF-16, the other way round", "\x00a\x00,\x00b\x00\n", "", "utf-16be", ""},
		{"UTF-16 of Greek", sixteenBits(binary.LittleEndian, "κωδικός,πόλη\n7,Πάτρα\n"), "", "utf-16le", ""},
		{"UTF-16 of Russian, the other way round", sixteenBits(binary.BigEndian, "код;город\r\n7;Тверь\r\n"), "", "utf-16be", ""},
		{"UTF-16 of Japanese, one of them with a zero byte", sixteenBits(binary.LittleEndian, "店名,商品\n一番,りんご\n"), "", "utf-16le", ""},
		{"UTF-16 beyond 16 bits", sixteenBits(binary.BigEndian, "名,絵\n木,🌲\n"), "", "utf-16be", ""},
		{"UTF-16 with half a letter", sixteenBits(binary.LittleEndian, "κωδικός,πόλη\n") + "\x00\xd8\n\x00\n\x00", "", "windows-1252", ""},
		{"ASCII with zeros", "id,town\n1,Lima\n2,\x00\n\x00\n", "", "utf-8", ""},
		{"UTF-8 with zeros", "код,город\n7,\x00Тверь\n\x00\n", "", "utf-8", ""},
		{"UTF-16 with a mark", "\xff\xfea\x00", "", "utf-16le", ""},
		{"a mark says which UTF-16 it is", "\xfe\xff\x00a", "utf-16le", "utf-16be", ""},
		{"UTF-8 declared for UTF-16 with a mark", "\xff\xfea\x00", "utf-8", "utf-16le", "the encoding UTF-8 is declared, and the bytes are UTF-16 (little-endian)"},
		{"a mark goes before what is declared", "\xef\xbb\xbfa", "latin-1", "utf-8", "the encoding Latin-1 is declared, and the bytes are UTF-8"},
		{"Latin-1 as declared", "caf\xe9\n", "latin-1", "latin-1", ""},
		{"UTF-8 declared, and damaged", "caf\xe9\n", "utf-8", "utf-8", ""},
		{"Latin-1 declared for UTF-8", "café\n", "latin-1", "utf-8", "the encoding Latin-1 is declared, and the bytes are UTF-8"},
		{"UTF-16 declared for ASCII", "a,b\n1,2\n", "utf-16le", "utf-8", "the encoding UTF-16 (little-endian) is declared, and the bytes are UTF-8"},
		{"UTF-8 declared for UTF-16", "a\x00,\x00b\x00\n\x00", "utf-8", "utf-16le", "the encoding UTF-8 is declared, and the bytes are UTF-16 (little-endian)"},
		{"Latin-1 declared for ASCII", "a,b\n", "latin-1", "latin-1", ""},
		{"nothing", "", "", "utf-8", ""},
	} {
		name, against := EncodingOf([]byte(c.start), !strings.Contains(c.rule, "cut off"), c.declared)
		if name != c.want || against != c.against {
			t.Errorf("%s: got %s %q, want %s %q", c.rule, name, against, c.want, c.against)
		}
	}
}

// sixteenBits writes text as UTF-16 without a byte order mark.
func sixteenBits(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// Detection ends, whatever the bytes, says the same of the same and a dialect that can be.
func FuzzDetect(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.text, true)
	}
	f.Fuzz(func(t *testing.T, text []byte, whole bool) {
		for _, names := range [][]string{nil, {"id", "name"}} {
			r := Detect(text, whole, Dialect{Names: names})
			if err := r.Dialect.Check(); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if again := Detect(text, whole, Dialect{Names: names}); again.String() != r.String() || !same(again.Dialect, r.Dialect) {
				t.Fatalf("%q: %s, then %s", text, r, again)
			}
		}
	})
}
