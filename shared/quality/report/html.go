package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string

	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
		"printable": Printable,
		"count":     words.Count,
		"tally":     func(n int) string { return words.Count(int64(n)) },
		"aside":     aside,
		"plural":    words.Plural,
		"points":    points,
		"number":    number,
		"title":     title,
		"message":   message,
		"codes":     codes,
		"measured":  measured,
		"sentence":  sentence,
		"lower":     strings.ToLower,
		"labels":    labels,
		"metrics":   metrics,
		"entry":     func(s section, i int, c *quality.Result) entry { return entry{c, s.Status, i < s.Open} },
		"more":      func(c *quality.Result) int64 { return c.Violations - int64(len(c.Samples)) },
	}).Parse(pageText))
)

// openFailures is how many failed checks the page shows unfolded.
const openFailures = 12

// HTML writes the report as one page that needs nothing but itself: no network,
// and a content security policy that allows only its own style and script. It
// reads without the script, which only adds the filter.
func HTML(w io.Writer, r *quality.Report) error {
	o := sorted(r)
	data := htmlPage{
		Report: r,
		Title:  Printable(r.Dataset),
		Face:   faces[r.Verdict],
		Reason: Reason(r),
		Steps:  NextSteps(r),
		Style:  template.CSS(pageStyle),
		Script: template.JS(pageScript),
		Policy: template.HTMLAttr(`content="` + policy + `"`),
		Judged: r.JudgedAt.UTC().Format("2 January 2006, 15:04 UTC"),
		Took:   span(r.DurationMS),
		Size:   words.Bytes(r.Bytes),
		Total:  len(r.Checks),
	}
	if data.Face.Word == "" {
		data.Face = faces[quality.VerdictError]
	}
	if r.JudgedAt.Equal(time.Time{}) {
		data.Judged = ""
	}
	for _, s := range scores(r) {
		data.Scores = append(data.Scores, newGauge(s))
	}
	for _, d := range []contract.Dimension{contract.Completeness, contract.Accuracy, contract.Timeliness,
		contract.Consistency, contract.Conformity, contract.Uniqueness, contract.Coverage} {
		for i := range r.Checks {
			if r.Checks[i].Dimension == d {
				data.Dimensions = append(data.Dimensions, string(d))
				break
			}
		}
	}
	data.Sections = []section{
		{"fail", "Failed", "Worst first.", o.failed, openFailures},
		{"error", "Could not be measured", "Neither passed nor failed, and in no score.", o.errored, openFailures},
		{"skipped", "Skipped", "What the contract asks for and can't be executed here; in no score.", o.skipped, 0},
		{"pass", "Passed", "", o.passed, 0},
	}
	out := bufio.NewWriter(w)
	if err := pageTemplate.Execute(out, data); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

// policy allows the page's own style and script, by their hashes, and nothing
// else.
var policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'",
	digest(pageStyle), digest(pageScript))

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// An htmlPage is what the page's template shows.
type htmlPage struct {
	Report                            *quality.Report
	Title, Reason, Judged, Took, Size string
	Face                              face
	Steps                             []string
	Style                             template.CSS
	Script                            template.JS
	Policy                            template.HTMLAttr
	Scores                            []gauge
	Dimensions                        []string
	Sections                          []section
	Total                             int
}

// A section holds the checks of one status; the first Open of them unfolded.
type section struct {
	Status, Name, Note string
	Checks             []*quality.Result
	Open               int
}

// A face is how the page shows a verdict.
type face struct{ Status, Word, Claim string }

var faces = map[quality.Verdict]face{
	quality.VerdictPass:  {"pass", "Pass", "This file can be trusted."},
	quality.VerdictWarn:  {"warn", "Warning", "This file can be used, with care."},
	quality.VerdictFail:  {"fail", "Fail", "This file can’t be trusted."},
	quality.VerdictError: {"error", "Error", "Whether this file can be trusted is not known."},
}

// codes shows what stands between backticks as code. Everything is escaped.
func codes(s string) template.HTML {
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 {
		parts = []string{s}
	}
	var b strings.Builder
	for i, part := range parts {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// A gauge is a score as a bar 100 units wide. The bar's right half stands for
// the last ten points, because that is where targets lie.
type gauge struct {
	score
	Filled, Mark string
}

func newGauge(s score) gauge {
	along := func(v float64) string {
		v = min(max(v, 0), 100)
		if v < 90 {
			return fmt.Sprintf("%.1f", v/90*50)
		}
		return fmt.Sprintf("%.1f", 50+(v-90)*5)
	}
	g := gauge{score: s, Filled: along(s.Value)}
	if s.Target > 0 {
		g.Mark = along(s.Target)
	}
	return g
}

// An entry is one check as a section shows it.
type entry struct {
	C      *quality.Result
	Status string
	Open   bool
}
