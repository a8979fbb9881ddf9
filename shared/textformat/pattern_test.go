package textformat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// retail are patterns as contracts have them, with the matcher that must serve.
var retail = []struct {
	pattern, by string
}{
	{`^[A-Z]{2}-\d{6}$`, "slots"},
	{`^C[0-9]{6}$`, "slots"},
	{`^\d{4,10}$`, "slots"},
	{`^\d+$`, "slots"},
	{`^[A-Z]*$`, "slots"},
	{`^.{1,20}$`, "both"},
	{`^[^,]+$`, "both"},
	{`^(?i:sku)-\d?$`, "both"}, // K folds to the Kelvin sign
	{`^[^@\s]+@[^@\s]+\.[^@\s]+$`, "machine"},
	{`^(a|b|c)$`, "slots"}, // the parser makes a set of it
	{`^(CASH|CARD|VOUCHER)$`, "machine"},
	{`^-?\d+(\.\d{1,2})?$`, "machine"},
	{`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, "machine"},
	{`^\p{Lu}\p{L}*$`, "both"},
	{`EUR|USD`, "machine"},
	{`\bDE\b`, "machine"},
	{`\Bx`, "machine"},
	{`a$|^b`, "machine"},
	{`[^]`, "machine"},
	{`[]`, "machine"},
	{``, "machine"},
	{`^$`, "machine"},
	{`(x+x+)+y`, "machine"},
	{`(a|b)*a(a|b){20}`, "regexp"},
	{`^(?:[A-Z]\d){40}$`, "machine"},
	{`^\S+\s\w+\W$`, "machine"},
	{`\u{1F600}|\uD83D\uDE01`, "machine"},
}

// texts meet the patterns above.
var texts = []string{
	"", "a", "b", "AB-123456", "AB-12345", "AB-1234567", "ab-123456", "C123456", "1234", "12345678901",
	"x@y.z", "x@y", "x@ y.z", "CASH", "CASHX", "-12.50", "12.5.", "2025-02-31", "2025-13-01", "Zürich", "é", "É",
	"1 EUR", "DE", "xDE", "-DE-", "xx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "😀", "a😁", "\xff", "é\xff", "a\nb", "\n", "a\n",
	"SKU-1", "sKu-", "s\u212au-", "foo\u00a0bar!", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "A1B2", "12,34",
}

func TestMatchersAgreeOnRetailPatterns(t *testing.T) {
	for _, c := range retail {
		m, err := Pattern(c.pattern)
		if err != nil {
			t.Errorf("Pattern(%q): %v", c.pattern, err)
			continue
		}
		by := "regexp"
		switch {
		case m.slots != nil && m.machine != nil:
			by = "both"
		case m.slots != nil:
			by = "slots"
		case m.machine != nil:
			by = "machine"
		}
		if by != c.by {
			t.Errorf("%q is served by %s, want %s", c.pattern, by, c.by)
		}
		for _, text := range texts {
			agree(t, m, []byte(text))
		}
	}
}

// agree compares all matchers of m with regexp.
func agree(t interface{ Errorf(string, ...any) }, m *Matcher, b []byte) {
	want := m.slow.Match(b)
	if got := m.Match(b); got != want {
		t.Errorf("%q on %q: got %v, want %v", m.pattern, b, got, want)
	}
	if m.machine != nil && m.machine.match(b) != want {
		t.Errorf("%q on %q: machine does not say %v", m.pattern, b, want)
	}
	// As a column of texts that stand in others; the last at the end of the data.
	var data []byte
	var cells []cell
	for _, around := range []string{"a1", " ", "ü", ""} {
		data = append(data, around...)
		cells = append(cells, cell{uint32(len(data)), uint32(len(data) + len(b))}, cell{1, 0})
		data = append(append(data, b...), around...)
		data = append(data, bytes.Repeat([]byte("-"), lanes*len(around))...)
	}
	var all []uint32
	for i := range cells {
		if i%2 == 0 && !want {
			all = append(all, uint32(i))
		}
	}
	shifting, marking := *m, *m
	shifting.parallel, marking.shifter = nil, nil
	for _, m := range []*Matcher{&shifting, &marking} {
		if got, looked := Mismatches(m, data, cells, nil); !slices.Equal(got, all) || looked != len(cells)/2 {
			t.Errorf("%q on a column of %q: got %v of %d, want %v of %d", m.pattern, b, got, looked, all, len(cells)/2)
		}
	}
}

type cell struct{ Start, End uint32 }

func TestPatternIsECMAs(t *testing.T) {
	for _, c := range []struct {
		rule, pattern, text string
		want                bool
	}{
		{"searches anywhere", `b`, "abc", true},
		{"dollar is the very end", `a$`, "a\n", false},
		{"caret is the very beginning", `^a`, "\na", false},
		{"dot stops at a line end", `^.$`, "\u2028", false},
		{"dot is one code point", `^.$`, "😀", true},
		{"d is ASCII", `^\d$`, "٣", false},
		{"w is ASCII", `^\w$`, "é", false},
		{"s has no-break space", `^\s$`, "\u00a0", true},
		{"s has the byte order mark", `^\s$`, "\ufeff", true},
		{"s has vertical tab", `^\s$`, "\v", true},
		{"S is its complement", `^\S$`, "\u3000", false},
		{"S within a class", `^[\S]$`, "\u3000", false},
		{"W within a negated class", `^[^\W]$`, "x", true},
		{"slash may be escaped", `^\/$`, "/", true},
		{"a name is dropped", `^(?<year>\d{4})$`, "2025", true},
		{"u with four digits", `^\u00e9$`, "é", true},
		{"u with braces", `^\u{e9}$`, "é", true},
		{"a surrogate pair is one", `^[\ud83d\ude00]$`, "😀", true},
		{"control letters", `^\cJ$`, "\n", true},
		{"x with two digits", `^\x41$`, "A", true},
		{"null", `^\0$`, "\x00", true},
		{"empty class never matches", `[]`, "a", false},
		{"full class matches line ends", `^[^]$`, "\n", true},
		{"backspace in a class", `^[\b]$`, "\b", true},
		{"hyphen at the end of a class", `^[a-]$`, "-", true},
		{"bracket in a class", `^[[]$`, "[", true},
		{"posix names are characters", `^[[:alpha:]]$`, "a]", true},
		{"a brace without count is text", `^a{x}$`, "a{x}", true},
		{"lazy repeats", `^a+?b{2}?$`, "aabb", true},
		{"Q is no quoting", `^a\.b$`, "axb", false},
		{"script property", `^\p{Script=Greek}$`, "λ", true},
		{"long category", `^\p{Lowercase_Letter}$`, "λ", true},
		{"negated property", `^\P{L}$`, "1", true},
		{"negated class with property", `^[^\p{L}\d]$`, "-", true},
		{"alternatives bind loosest", `^a|b$`, "xb", true},
		{"word boundary at the end", `e\b`, "the", true},
	} {
		m, err := Pattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if got := m.Match([]byte(c.text)); got != c.want {
			t.Errorf("%s: %q on %q: got %v", c.rule, c.pattern, c.text, got)
		}
		agree(t, m, []byte(c.text))
	}
}

// testdata/ecma.jsonl holds random patterns, and texts that Node 20's RegExp
// with the u flag finds them in or does not.
func TestPatternIsNodes(t *testing.T) {
	data, err := os.ReadFile("testdata/ecma.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var c struct {
			Pattern     string
			Match, Miss []string
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		m, err := Pattern(c.Pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, text := range c.Match {
			if !m.Match([]byte(text)) {
				t.Errorf("%q is not found in %q", c.Pattern, text)
			}
		}
		for _, text := range c.Miss {
			if m.Match([]byte(text)) {
				t.Errorf("%q is found in %q", c.Pattern, text)
			}
		}
	}
}

func TestPatternErrors(t *testing.T) {
	for _, c := range []struct {
		pattern     string
		offset      int
		unsupported bool
	}{
		{`a(?=b)`, 1, true}, {`(?!b)`, 0, true}, {`(?<=b)`, 0, true}, {`(?<!b)`, 0, true},
		{`(a)\1`, 3, true}, {`(?<n>a)\k<n>`, 7, true}, {`a{1001}`, 1, true}, {`(a{1000}){1000}`, 0, true},
		{`\p{Emoji}`, 0, true}, {`\p{Block=Latin}`, 0, true},
		{`a**`, 2, false}, {`*a`, 0, false}, {`a{2}{3}`, 4, false}, {`^*`, 1, false}, {`a|+`, 2, false},
		{`(a`, 0, false}, {`a)`, 1, false}, {`[a`, 0, false}, {`[b-a]`, 1, false}, {`[\d-z]`, 1, false},
		{`a\`, 1, false}, {`[\`, 1, false}, {`\Aa`, 0, false}, {`\e`, 0, false}, {`\x1`, 0, false}, {`\u12`, 0, false},
		{`\u{110000}`, 0, false}, {`\ud800`, 0, false}, {`\c1`, 0, false}, {`\01`, 0, false}, {`(?P<n>a)`, 0, false},
		{`(?<1n>a)`, 0, false}, {`(?<>a)`, 0, false}, {`(?i)a`, 0, false}, {`a{3,2}`, 1, false}, {"\xff", 0, false}, {`\p`, 0, false},
	} {
		_, err := Pattern(c.pattern)
		var e *PatternError
		if !errors.As(err, &e) {
			t.Errorf("Pattern(%q): got %v, want an error", c.pattern, err)
			continue
		}
		if e.Offset != c.offset || e.Unsupported != c.unsupported {
			t.Errorf("Pattern(%q): got %v (offset %d, unsupported %v)", c.pattern, err, e.Offset, e.Unsupported)
		}
	}
}

// FuzzPattern compiles any pattern and compares its matchers on any text.
func FuzzPattern(f *testing.F) {
	for i, c := range retail {
		f.Add(c.pattern, []byte(texts[i%len(texts)]))
	}
	f.Fuzz(func(t *testing.T, pattern string, text []byte) {
		if len(pattern) > 200 {
			return
		}
		m, err := Pattern(pattern)
		if err != nil {
			var e *PatternError
			if !errors.As(err, &e) || e.Offset > len(pattern) {
				t.Fatalf("Pattern(%q): %v", pattern, err)
			}
			return
		}
		agree(t, m, text)
		for _, text := range texts {
			agree(t, m, []byte(text))
		}
	})
}

// Patterns made of the parts that contracts use, on texts that nearly match.
func TestMatchersAgreeOnMadePatterns(t *testing.T) {
	parts := []string{`a`, `AB`, `-`, `.`, `[a-c]`, `[^a-c]`, `\d`, `\w`, `\W`, `\s`, `é`, `[à-ü]`, `(a|b-)`, `(?:ab)`, `(?i:k)`, `\b`, `^`, `$`, `|`, `\p{L}`}
	repeats := []string{"", "", "", "{2}", "{1,3}", "{0,2}", "+", "*", "?", "{2,}"}
	rapid.Check(t, func(t *rapid.T) {
		pattern := ""
		for range rapid.IntRange(1, 5).Draw(t, "parts") {
			part := rapid.SampledFrom(parts).Draw(t, "part")
			if part != `\b` && part != "^" && part != "$" && part != "|" && part != "AB" {
				part += rapid.SampledFrom(repeats).Draw(t, "repeat")
			}
			pattern += part
		}
		if rapid.Bool().Draw(t, "anchored") {
			pattern = "^" + pattern + "$"
		}
		m, err := Pattern(pattern)
		if err != nil {
			t.Fatalf("Pattern(%q): %v", pattern, err)
		}
		for range 20 {
			agree(t, m, []byte(rapid.StringOfN(rapid.SampledFrom([]rune("aAbBcC-1 kKé\u212a\nü")), 0, 8, -1).Draw(t, "text")))
		}
	})
}

// BenchmarkMismatches matches columns of texts that differ in length.
func BenchmarkMismatches(b *testing.B) {
	for _, c := range []struct{ name, pattern, text string }{
		{"code", `^C[0-9]{6}$`, "C%06d"},
		{"email", `^[^@\s]+@[^@\s]+\.[^@\s]+$`, "user%d@mail.example.org"},
		{"words", `^(user|USER)`, "user%d"},
		{"free", `^[a-z]+(\d+|x*)*$`, "user%d"},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := Pattern(c.pattern)
			if err != nil {
				b.Fatal(err)
			}
			var data []byte
			cells := make([]cell, 2000)
			for i := range cells {
				cells[i].Start = uint32(len(data))
				data = fmt.Appendf(data, c.text, i*i%250_000)
				cells[i].End = uint32(len(data))
				data = append(data, ',')
			}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			var wrong []uint32
			for b.Loop() {
				wrong, _ = Mismatches(m, data, cells, wrong[:0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(cells)), "ns/cell")
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, pattern, text string }{
		{"code", `^[A-Z]{2}-\d{6}$`, "AB-123456"},
		{"digits", `^\d{4,10}$`, "1234567"},
		{"email", `^[^@\s]+@[^@\s]+\.[^@\s]+$`, "anna.example@shop.example"},
		{"words", `^(CASH|CARD|VOUCHER)$`, "VOUCHER"},
		{"search", `EUR|USD`, "price 12.50 in USD"},
	} {
		m, err := Pattern(c.pattern)
		if err != nil {
			b.Fatal(err)
		}
		text := []byte(c.text)
		b.Run(c.name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !m.Match(text) {
					b.Fatal("no match")
				}
			}
		})
		b.Run(c.name+"/regexp", func(b *testing.B) {
			for b.Loop() {
				if !m.slow.Match(text) {
					b.Fatal("no match")
				}
			}
		})
	}
}
