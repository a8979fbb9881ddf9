package dqdl

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/document"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden reads each ruleset of testdata: what it says, or all its errors.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.dqdl")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := Parse(filepath.Base(path), data)
		got := fmt.Sprintln(err)
		if err == nil {
			got = tell(rules)
		}
		golden := strings.TrimSuffix(path, ".dqdl") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), got))
		}
	}
}

// tell writes a ruleset so that a person can check it by hand.
func tell(s *Ruleset) string {
	var b strings.Builder
	fmt.Fprintln(&b, "metadata", s.Metadata)
	for _, r := range s.Rules {
		tellRule(&b, r, "rule ")
	}
	for _, r := range s.Analyzers {
		tellRule(&b, r, "analyzer ")
	}
	return b.String()
}

func tellRule(b *strings.Builder, r *Rule, indent string) {
	fmt.Fprintf(b, "%s%d:%d %s\n", indent, r.Place.Line, r.Place.Column, r.Text)
	indent = strings.Repeat(" ", 4+len(indent)-len(strings.TrimLeft(indent, " ")))
	if r.Join != "" {
		fmt.Fprintln(b, indent+r.Join)
		for _, part := range r.Parts {
			tellRule(b, part, indent+"  ")
		}
		return
	}
	fmt.Fprintf(b, "%s%s %q", indent, r.Type, r.Parameters)
	if r.Condition != nil {
		fmt.Fprintf(b, " %s", tellCondition(r.Condition))
	}
	if r.Threshold != nil {
		fmt.Fprintf(b, " threshold %s", tellCondition(r.Threshold))
	}
	if r.Where != "" {
		fmt.Fprintf(b, " where %q", r.Where)
	}
	if len(r.Tags) > 0 {
		for name, c := range r.Tags {
			fmt.Fprintf(b, " tag %s %s", name, tellCondition(c))
		}
	}
	if len(r.Labels) > 0 {
		fmt.Fprintf(b, " labels %v", r.Labels)
	}
	fmt.Fprintln(b)
}

func tellCondition(c *Condition) string {
	parts := []string{string(c.Op)}
	for _, o := range c.Operands {
		switch o.Kind {
		case Text:
			parts = append(parts, fmt.Sprintf("%q", o.Text))
		case Keyword:
			parts = append(parts, o.Text)
		case Number:
			parts = append(parts, tellNumber(o.Number))
		case Date:
			parts = append(parts, fmt.Sprintf("now%+v", o.Span))
		case Duration:
			parts = append(parts, o.Span.String())
		case Size:
			parts = append(parts, fmt.Sprintf("%dB", o.Bytes))
		}
	}
	return strings.Join(parts, " ")
}

func tellNumber(e *Expression) string {
	if e.Literal != "" {
		return e.Literal
	}
	var args []string
	for _, a := range e.Args {
		args = append(args, tellNumber(a))
	}
	if e.Op != 0 {
		return fmt.Sprintf("(%c %s)", e.Op, strings.Join(args, " "))
	}
	return e.Function + "(" + strings.Join(args, ", ") + ")"
}

// A ruleset is anyone's input: what is large in any way is read or refused in time.
func TestHostileRulesets(t *testing.T) {
	for name, text := range map[string]string{
		"parentheses":     "Rules = [" + strings.Repeat("(", 500_000),
		"number in depth": "Rules = [RowCount > " + strings.Repeat("(", 500_000),
		"minuses":         "Rules = [RowCount > " + strings.Repeat("-", 500_000) + "1]",
		"calls in depth":  "Rules = [RowCount > " + strings.Repeat("avg(", 200_000),
		"long sum":        "Rules = [RowCount > 1" + strings.Repeat("+1", 400_000) + "]",
		"long composite":  "Rules = [" + strings.Repeat("(RowCount > 1) and ", 50_000) + "(RowCount > 1)]",
		"many rules":      "Rules = [" + strings.Repeat("RowCount > 1,", 70_000) + "RowCount > 1]",
		"many errors":     "Rules = [" + strings.Repeat("RowCont > 1,", 70_000) + "]",
		"open text":       "Rules = [" + strings.Repeat(`IsComplete "a,`, 50_000),
		"open comment":    "/*" + strings.Repeat("/*", 400_000),
		"doubling":        "a=[1,2]\n" + strings.Repeat("a=[$a,$a]\n", 500) + "Rules=[RowCount in $a]",
		"used often":      "a=[1" + strings.Repeat(",1", 60_000) + "]\nRules=[" + strings.Repeat("RowCount in $a,", 9_000) + "RowCount > 1]",
		"only marks":      strings.Repeat("]", 900_000),
		"too long":        strings.Repeat(" ", MaxBytes+1),
		"not UTF-8":       "Rules = [\xff\xfe]",
		"sections":        strings.Repeat("Rules = []\n", 80_000),
	} {
		begin := time.Now()
		_, err := Parse("f", []byte(text))
		size := len(fmt.Sprint(err))
		if took := time.Since(begin); took > 20*time.Second || size > 1<<20 {
			t.Errorf("%s: took %v, error of %d bytes", name, took, size)
		}
	}
}

func TestRulesetsAreUTF8(t *testing.T) {
	_, err := Parse("f", []byte("# é\nRules = [ IsComplete \"é\xff\" ]"))
	if want := "f:2:24: the ruleset is not UTF-8; save it as UTF-8"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.dqdl")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := Parse("f.dqdl", data)
		if err != nil {
			var list document.Errors
			if !errors.As(err, &list) || len(list) == 0 {
				t.Fatalf("got %T %v, want document.Errors", err, err)
			}
			return
		}
		// A rule's text is a rule, and says the same.
		for _, r := range rules.Rules {
			if strings.Contains(r.Text, "$") {
				continue
			}
			again, err := ParseRules("f.dqdl", r.Text)
			if err != nil || len(again.Rules) != 1 || again.Rules[0].Text != r.Text {
				t.Fatalf("%q read again: %v", r.Text, err)
			}
		}
	})
}
