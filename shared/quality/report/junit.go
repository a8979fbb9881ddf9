package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"tillwatch/shared/quality"
)

// JUnit writes the report as a JUnit test suite, one test case per check and in
// the report's order. Every failed check is a failure, whatever its severity,
// which is the failure's type; skipped and error results are what JUnit calls
// the same. The document is valid against the schema that Jenkins reads such
// reports by, which counts what was skipped by suite alone.
func JUnit(w io.Writer, r *quality.Report) error {
	seconds := fmt.Sprintf("%.3f", float64(r.DurationMS)/1000)
	suite := junitSuite{
		Name: Printable(r.Dataset), Tests: len(r.Checks), Time: seconds,
		Timestamp: r.JudgedAt.UTC().Format(time.RFC3339),
		Properties: []junitProperty{
			{"object", Printable(r.Object)}, {"contract", Printable(r.Contract)}, {"verdict", Printable(string(r.Verdict))},
			{"rows", fmt.Sprint(r.Rows)}, {"bytes", fmt.Sprint(r.Bytes)}, {"bad_rows", fmt.Sprint(r.BadRows)},
		},
	}
	for _, s := range scores(r) {
		suite.Properties = append(suite.Properties, junitProperty{"score." + Printable(s.Name), fmt.Sprint(quiet(s.Value))})
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		one := junitCase{Class: Printable(r.Dataset) + "." + Printable(string(c.Dimension)), Name: title(c), Time: "0"}
		detail := &junitDetail{Message: message(c), Type: Printable(c.Severity), Text: details(c)}
		switch c.Status {
		case quality.Pass:
		case quality.Fail:
			one.Failure = detail
			suite.Failures++
		case quality.Skipped:
			one.Skipped = &junitDetail{Message: message(c)}
			suite.Skipped++
		default:
			one.Error = detail
			suite.Errors++
		}
		suite.Cases = append(suite.Cases, one)
	}
	all := junitSuites{Name: "tillwatch", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Time: seconds, Suites: []junitSuite{suite}}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, xml.Header+string(text)+"\n"); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

// details is what a check found, on several lines, without its message.
func details(c *quality.Result) string {
	var lines []string
	if f := finding(c); f != "" {
		lines = append(lines, f)
	}
	for _, s := range c.Samples {
		lines = append(lines, at(s)+": "+shown(s.Value))
	}
	if c.Advice != "" {
		lines = append(lines, sentence(Printable(c.Advice)))
	}
	if c.Place != "" {
		lines = append(lines, "rule at "+Printable(c.Place))
	}
	return strings.Join(lines, "\n")
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	Failure *junitDetail `xml:"failure"`
	Error   *junitDetail `xml:"error"`
	Skipped *junitDetail `xml:"skipped"`
}

type junitDetail struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}
