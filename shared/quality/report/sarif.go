package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"tillwatch/shared/quality"
)

// SARIF writes the report in SARIF 2.1.0: a rule with help for every check, and
// a result for every failed one, at the line of its first sample, with the
// other samples and the rule in its contract as related locations. Severity
// HIGH is level error, MEDIUM warning, LOW note. What could not be measured or
// was skipped is a notification of the tool, for it is no finding about the
// file.
func SARIF(w io.Writer, r *quality.Report) error {
	run := sarifRun{
		Tool:        sarifTool{Driver: sarifDriver{Name: "Tillwatch", Rules: []sarifRule{}}},
		Artifacts:   []sarifArtifact{{Location: sarifURI{address(r.Object)}, Length: r.Bytes}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: true}},
		Results:     []sarifResult{},
		ColumnKind:  "unicodeCodePoints",
		Properties:  map[string]any{"verdict": r.Verdict, "scores": finite(r.Scores), "rows": r.Rows, "bad_rows": r.BadRows, "contract": r.Contract},
	}
	call := &run.Invocations[0]
	if !r.JudgedAt.IsZero() {
		call.EndTime = r.JudgedAt.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSarifRule(c))
		switch c.Status {
		case quality.Pass:
		case quality.Fail:
			run.Results = append(run.Results, newSarifResult(r, c, i))
		default:
			level := "note"
			if c.Status != quality.Skipped {
				level = sarifLevel(c.Severity)
				call.ExecutionSuccessful = call.ExecutionSuccessful && c.Severity != "HIGH"
			}
			call.Notifications = append(call.Notifications, sarifNotification{
				Level: level, Message: sarifText{headline(c)},
				Rule: sarifReference{ID: c.ID, Index: i},
			})
		}
	}
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(log); err != nil {
		return fmt.Errorf("write SARIF report: %w", err)
	}
	if _, err := w.Write(asciiControls(b.Bytes())); err != nil {
		return fmt.Errorf("write SARIF report: %w", err)
	}
	return nil
}

func sarifLevel(severity string) string {
	switch severity {
	case "MEDIUM":
		return "warning"
	case "LOW":
		return "note"
	}
	return "error"
}

func newSarifRule(c *quality.Result) sarifRule {
	help := "Want: " + Printable(c.Want)
	if c.Want == "" {
		help = title(c)
	}
	if c.Impact != "" {
		help += "\nImpact: " + sentence(Printable(c.Impact))
	}
	if c.Advice != "" {
		help += "\nWhat to do: " + sentence(Printable(c.Advice))
	}
	rule := sarifRule{
		ID: c.ID, Short: sarifText{title(c)}, Help: sarifText{help},
		Configuration: sarifConfiguration{sarifLevel(c.Severity)},
		Properties:    map[string]any{"tags": []string{string(c.Dimension)}, "severity": c.Severity},
	}
	if c.Column != "" {
		rule.Properties["column"] = c.Column
	}
	return rule
}

func newSarifResult(r *quality.Report, c *quality.Result, index int) sarifResult {
	out := sarifResult{
		Rule: c.ID, Index: index, Level: sarifLevel(c.Severity),
		Message:      sarifText{sentence(headline(c))},
		Occurrences:  max(c.Violations, 1),
		Fingerprints: map[string]string{"check/v1": r.Dataset + "/" + c.ID},
	}
	file := sarifURI{address(r.Object)}
	for i, s := range c.Samples {
		where := sarifLocation{Physical: sarifPhysical{Artifact: file}, Message: &sarifText{at(s) + ": " + shown(s.Value)}}
		if s.Line > 0 {
			where.Physical.Region = &sarifRegion{StartLine: s.Line}
		}
		if i == 0 {
			out.Locations = append(out.Locations, where)
			continue
		}
		where.ID = i
		out.Related = append(out.Related, where)
	}
	if len(out.Locations) == 0 {
		out.Locations = []sarifLocation{{Physical: sarifPhysical{Artifact: file}}}
	}
	if name, line, column, ok := place(c.Place); ok {
		out.Related = append(out.Related, sarifLocation{ID: len(out.Related) + 1,
			Physical: sarifPhysical{Artifact: sarifURI{address(name)}, Region: &sarifRegion{StartLine: line, StartColumn: column}},
			Message:  &sarifText{"the rule in its contract"}})
	}
	return out
}

// place takes apart file:line:column.
func place(s string) (file string, line, column int64, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, 0, false
	}
	j := strings.LastIndexByte(s[:i], ':')
	if j <= 0 {
		return "", 0, 0, false
	}
	line, err := strconv.ParseInt(s[j+1:i], 10, 32)
	if err != nil || line < 1 {
		return "", 0, 0, false
	}
	column, err = strconv.ParseInt(s[i+1:], 10, 32)
	if err != nil || column < 1 {
		return "", 0, 0, false
	}
	return s[:j], line, column, true
}

// address returns a file's name as a URI reference.
func address(name string) string {
	if rest, ok := strings.CutPrefix(name, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		if strings.Trim(strings.ToLower(bucket), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == "" {
			return (&url.URL{Scheme: "s3", Host: bucket, Path: "/" + key}).String()
		}
	}
	name = strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(name, "//") { // what follows would be read as a host
		name = "/" + strings.TrimLeft(name, "/")
	}
	return (&url.URL{Path: name}).String()
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Artifacts   []sarifArtifact   `json:"artifacts"`
	Results     []sarifResult     `json:"results"`
	ColumnKind  string            `json:"columnKind"`
	Properties  map[string]any    `json:"properties"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID            string             `json:"id"`
	Short         sarifText          `json:"shortDescription"`
	Help          sarifText          `json:"help"`
	Configuration sarifConfiguration `json:"defaultConfiguration"`
	Properties    map[string]any     `json:"properties"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	EndTime             string              `json:"endTimeUtc,omitempty"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string         `json:"level"`
	Message sarifText      `json:"message"`
	Rule    sarifReference `json:"associatedRule"`
}

type sarifReference struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
}

type sarifArtifact struct {
	Location sarifURI `json:"location"`
	Length   int64    `json:"length"` // -1 is unknown in SARIF too
}

type sarifURI struct {
	URI string `json:"uri"`
}

type sarifResult struct {
	Rule         string            `json:"ruleId"`
	Index        int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Occurrences  int64             `json:"occurrenceCount"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	ID       int           `json:"id,omitempty"`
	Physical sarifPhysical `json:"physicalLocation"`
	Message  *sarifText    `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifURI     `json:"artifactLocation"`
	Region   *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	StartLine   int64 `json:"startLine"`
	StartColumn int64 `json:"startColumn,omitempty"`
}
