package textformat

import (
	"errors"
	"testing"
)

func TestJavaPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern   string
		yes, no   []string
		unchanged bool
	}{
		{pattern: `[A-Z]{2}-\d+`, yes: []string{"AB-12"}, no: []string{"ab-12"}, unchanged: true},
		{pattern: `(?i)north|south`, yes: []string{"North", "SOUTH"}, no: []string{"east"}},
		{pattern: `(?s)^a.b$`, yes: []string{"a\nb"}, no: []string{"ab"}},
		{pattern: `(?is)^A.b$`, yes: []string{"a\nB"}},
		{pattern: `^a.b$`, yes: []string{"a-b"}, no: []string{"a\nb"}, unchanged: true},
		{pattern: `\A\d+\z`, yes: []string{"12"}, no: []string{"12x", "x12"}},
		{pattern: `^\p{Upper}[\p{Lower}_]+$`, yes: []string{"North_a"}, no: []string{"north", "NORTH"}},
		{pattern: `^\P{Alpha}$`, yes: []string{"1"}, no: []string{"a"}},
		{pattern: `^\p{L}+$`, yes: []string{"é"}, no: []string{"1"}, unchanged: true},
		{pattern: `^\p{Punct}+$`, yes: []string{"!/:@[`{~]^\\"}, no: []string{"a", "0"}},
		{pattern: `^a\sb$`, yes: []string{"a b", "a\vb"}, no: []string{"a\u00a0b"}},
		{pattern: `^a[\s,]\S$`, yes: []string{"a b", "a,\u00a0"}, no: []string{"a b ", "a  "}},
		{pattern: `^a\hb$`, yes: []string{"a\u00a0b"}, no: []string{"a\nb"}},
		{pattern: `^\Qa.b(c\E+$`, yes: []string{"a.b(ccc"}, no: []string{"axb(c"}},
		{pattern: `^\Qa.b`, yes: []string{"a.b"}, no: []string{"axb"}},
		{pattern: `^[]x]+$`, yes: []string{"]x]"}, no: []string{"y"}},
		{pattern: `^[^]x]$`, yes: []string{"y"}, no: []string{"]"}},
		{pattern: `^\\[a]$`, yes: []string{`\a`}, unchanged: true},
	} {
		ecma, err := Java(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if c.unchanged && ecma != c.pattern {
			t.Errorf("%s became %s", c.pattern, ecma)
		}
		m, err := Pattern(ecma)
		if err != nil {
			t.Errorf("%s became %s: %v", c.pattern, ecma, err)
			continue
		}
		for _, text := range c.yes {
			if !m.Match([]byte(text)) {
				t.Errorf("%s, that is %s, does not match %q", c.pattern, ecma, text)
			}
		}
		for _, text := range c.no {
			if m.Match([]byte(text)) {
				t.Errorf("%s, that is %s, matches %q", c.pattern, ecma, text)
			}
		}
	}
	var wrong *PatternError
	for _, pattern := range []string{`[a-z&&[^b]]`, `[a[b]]`} {
		if _, err := Java(pattern); !errors.As(err, &wrong) || !wrong.Unsupported {
			t.Errorf("%s: got %v, want that it is not run", pattern, err)
		}
	}
}

func FuzzJava(f *testing.F) {
	for _, text := range []string{`(?i)a\h[\s]\Q.\E`, `[^]\p{Alpha}]`, `\`, `\Q`, `[`, `\p{`, "\\é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if ecma, err := Java(text); err == nil {
			_, _ = Pattern(ecma)
		}
	})
}
