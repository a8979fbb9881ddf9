package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
)

// hostile is a report that says s wherever a file or a contract could.
func hostile(s string) *quality.Report {
	one := 1.0
	return &quality.Report{Version: 1, Dataset: s, Object: s, Contract: s, Verdict: quality.VerdictFail, BadRows: 1,
		Scores: map[string]float64{"quality": 50, s: 10}, Metrics: map[string]float64{s: 1}, Analyzed: map[string]float64{s: 1}, Columns: []string{s},
		Checks: []quality.Result{
			{ID: s, Name: s, Column: s, Dimension: contract.Dimension(s), Severity: s, Status: quality.Fail, Measured: &one, Want: s, Unit: s,
				Violations: 3, LookedAt: 4, Score: &one, Message: s, Advice: s, Impact: s, Place: s, Labels: map[string]string{s: s}, Evaluated: map[string]float64{s: 1}, Samples: []quality.Sample{{Row: 1, Line: 2, Value: s}}},
			{ID: s, Name: s, Status: quality.Errored, Severity: "HIGH", Message: s, Advice: s},
			{ID: s, Name: s, Status: quality.Skipped, Severity: "LOW", Message: s},
			{ID: s, Name: s, Status: quality.Pass, Severity: "LOW", Message: s},
		}}
}

func seeds(f *testing.F) {
	for _, s := range []string{"", "plain", "<script>alert(1)</script>", "\" onload=x '", "a|b\nc", "\x1b[31m\x00\x7f\u009b", "\xff\xfe", "]]>", "\u202eabc\ufffe",
		"`x`|``", "\\|", "[a](javascript:b)", "![x](http://y)", "http://e.vil www.e.vil @you #1", "<!-- ", "</style></script>", "1. a", "# h", "---", "&#60;b&#62;",
		"{{.}}", "\\`|", "a\tb", "javascript:alert(1)", "\U0001F468\u200d\U0001F469", "&lt;b", "*a*_b_~c~", "| --- |", "$x$", ": a", "1) x"} {
		f.Add(s)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"Größe 5 €, 漢字":    "Größe 5 €, 漢字",
		"\x1b[31mred\x00":  `\x1b[31mred\x00`,
		"a\r\n\tb":         `a\r\n\tb`,
		"\xffé\xc3":        `\xffé\xc3`,
		"a\u202eb\u2028":   `a\u202eb\u2028`,
		"\u009b31m":        `\u009b31m`,
		"real \ufffd sign": "real \ufffd sign",
	} {
		if got := Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []TextOptions{{Width: 1}, {Width: 60, Verbose: true}} {
			var out bytes.Buffer
			if err := Text(&out, hostile(s), o); err != nil {
				t.Fatal(err)
			}
			for _, r := range out.String() {
				if r != '\n' && !strconv.IsPrint(r) {
					t.Fatalf("%q reaches the terminal", r)
				}
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		if err := JSON(&out, hostile(s)); err != nil {
			t.Fatal(err)
		}
		if strings.Count(out.String(), "\n") != 1 {
			t.Fatal("more than one line")
		}
		for _, r := range out.String() {
			if r != '\n' && !strconv.IsPrint(r) {
				t.Fatalf("%q is not escaped", r)
			}
		}
		var back quality.Report
		if err := json.Unmarshal(out.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && back.Checks[0].Samples[0].Value != s {
			t.Errorf("%q came back as %q", s, back.Checks[0].Samples[0].Value)
		}
	})
}

func FuzzJUnit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		if err := JUnit(&out, hostile(s)); err != nil {
			t.Fatal(err)
		}
		names := map[string]int{}
		d := xml.NewDecoder(&out)
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok {
				names[e.Name.Local]++
			}
		}
		if names["testcase"] != 4 || names["failure"] != 1 || names["error"] != 1 || names["skipped"] != 1 {
			t.Errorf("elements: %v", names)
		}
	})
}

func FuzzSARIF(f *testing.F) {
	seeds(f)
	f.Add("s3://bucket/a b%c")
	f.Add("s3://b\\[/x")
	f.Add("a:b/c.yaml:3:4")
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		if err := SARIF(&out, hostile(s)); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if r != '\n' && !strconv.IsPrint(r) {
				t.Fatalf("%q is not escaped", r)
			}
		}
		var log sarifLog
		if err := json.Unmarshal(out.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Results) != 1 || len(run.Invocations[0].Notifications) != 2 || len(run.Tool.Driver.Rules) != 4 {
			t.Errorf("%d results, %d notifications, %d rules", len(run.Results), len(run.Invocations[0].Notifications), len(run.Tool.Driver.Rules))
		}
		for _, l := range append(run.Results[0].Locations, run.Results[0].Related...) {
			if _, err := url.Parse(l.Physical.Artifact.URI); err != nil {
				t.Error(err)
			}
			if l.Physical.Region != nil && l.Physical.Region.StartLine < 1 {
				t.Errorf("line %d", l.Physical.Region.StartLine)
			}
		}
	})
}

// FuzzHTML reads the page as browsers do and counts what could do harm.
func FuzzHTML(f *testing.F) {
	seeds(f)
	shape := func(t *testing.T, r *quality.Report) map[string]int {
		var out bytes.Buffer
		if err := HTML(&out, r); err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(&out)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]int{}
		for n := range root.Descendants() {
			if n.Type == html.CommentNode {
				found["comment"]++
			}
			if n.Type == html.TextNode {
				for _, c := range n.Data {
					if c != '\n' && c != '\t' && !strconv.IsPrint(c) {
						t.Fatalf("%q reaches the page", c)
					}
				}
			}
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "style", "a", "img", "iframe", "base", "meta", "link", "form", "b":
				found[n.Data]++
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" || a.Key == "style" {
					found["@"+a.Key]++
				}
			}
		}
		return found
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, got := shape(t, hostile("x")), shape(t, hostile(s))
		for k, n := range got {
			if n > want[k] {
				t.Errorf("%d of %s, want %d", n, k, want[k])
			}
		}
		if got["script"] != 1 || got["style"] != 1 {
			t.Errorf("shape of the page: %v", got)
		}
	})
}

// FuzzMarkdown reads the text with a parser of GitHub's flavour and wants
// nothing in it but what Markdown itself wrote.
func FuzzMarkdown(f *testing.F) {
	seeds(f)
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		if err := Markdown(&out, hostile(s)); err != nil {
			t.Fatal(err)
		}
		source := out.Bytes()
		count := map[string]int{}
		err := ast.Walk(parser.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if !entering {
				return ast.WalkContinue, nil
			}
			count[n.Kind().String()]++
			switch n := n.(type) {
			case *ast.Link, *ast.AutoLink, *ast.Image, *ast.Emphasis, *east.Strikethrough, *ast.CodeBlock, *ast.FencedCodeBlock, *ast.Blockquote, *ast.ThematicBreak:
				t.Errorf("a %s came out of %q:\n%s", n.Kind(), s, source)
			case *ast.RawHTML:
				for i := range n.Segments.Len() {
					segment := n.Segments.At(i)
					if tag := string(segment.Value(source)); tag != "<br>" && tag != "<!-- -->" {
						t.Errorf("raw HTML %q", tag)
					}
				}
			case *ast.HTMLBlock:
				for i := range n.Lines().Len() {
					segment := n.Lines().At(i)
					if tag := strings.TrimSpace(string(segment.Value(source))); tag != "" && tag != "</details>" && tag != "<details><summary>Passed (1)</summary>" && tag != "<details><summary>Measured by analyzers (1)</summary>" {
						t.Errorf("raw HTML %q", tag)
					}
				}
			}
			return ast.WalkContinue, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// Scores, failed, errors, skipped, analyzers; all but the scores hold one row.
		if count["Table"] != 5 || count["TableRow"] != 6 {
			t.Errorf("tables: %v\n%s", count, source)
		}
	})
}
