package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/quality"
)

// What an event says of its own form.
const (
	lineageProducer = "urn:tillwatch:validate"
	lineageEvent    = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
	lineageFacets   = "https://openlineage.io/spec/facets/"
)

// OpenLineage writes the report as one OpenLineage run event (spec 2-0-2) on
// one line: the run that judged the file, with the file as its input.
//
// The event is COMPLETE once the file was judged, whatever the verdict, and
// FAIL with an error message for the verdict error. The run's id is a version 8
// UUID made from dataset, contract, object and moment of judging, so that
// writing a report again gives the same run. An object in S3 is named by its
// bucket as namespace s3://bucket and its key, any other file by its name in the
// namespace file.
//
// Each check that was measured, or should have been, is an assertion of the
// facet DataQualityAssertions: success says whether it passed, and what could
// not be measured did not. Skipped checks are no assertions, as they say
// nothing of the file. Severity HIGH is error, MEDIUM warn, LOW info. The facet
// DataQualityMetrics holds rows, bytes and what the report has
// of columns' nulls, sums and extremes. Sample values are left out.
func OpenLineage(w io.Writer, r *quality.Report) error {
	event := lineageRunEvent{
		Time: r.JudgedAt.UTC().Format(time.RFC3339Nano), Producer: lineageProducer, Schema: lineageEvent, Type: "COMPLETE",
		Run:    lineageRun{ID: lineageID(r)},
		Job:    lineageJob{"tillwatch", "validate " + r.Dataset},
		Inputs: []lineageInput{newLineageInput(r)},
	}
	if r.Verdict == quality.VerdictError {
		event.Type = "FAIL"
		event.Run.Facets = map[string]any{"errorMessage": lineageError{
			facetOf("1-0-1/ErrorMessageRunFacet"), Reason(r), "GO",
		}}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(event); err != nil {
		return fmt.Errorf("write OpenLineage event: %w", err)
	}
	if _, err := w.Write(asciiControls(b.Bytes())); err != nil {
		return fmt.Errorf("write OpenLineage event: %w", err)
	}
	return nil
}

// lineageID is the run's id, a UUID of version 8 as RFC 9562 has it.
func lineageID(r *quality.Report) string {
	hash := sha256.New()
	for _, part := range []string{r.Dataset, r.Contract, r.Object, r.JudgedAt.UTC().Format(time.RFC3339Nano)} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	id := hash.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func newLineageInput(r *quality.Report) lineageInput {
	in := lineageInput{Namespace: "file", Name: r.Object}
	if rest, ok := strings.CutPrefix(r.Object, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		in.Namespace, in.Name = "s3://"+bucket, key
	}
	schema := lineageSchema{lineageFacet: facetOf("1-2-0/SchemaDatasetFacet"), Fields: []lineageField{}}
	for i, name := range r.Columns {
		schema.Fields = append(schema.Fields, lineageField{name, i + 1})
	}
	in.Facets.Schema = schema

	assertions := lineageAssertions{lineageFacet: facetOf("1-1-0/DataQualityAssertionsDatasetFacet"), Assertions: []lineageAssertion{}}
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Status != quality.Skipped {
			assertions.Assertions = append(assertions.Assertions, newLineageAssertion(c))
		}
	}
	metrics := lineageMetrics{
		lineageFacet: facetOf("1-0-3/DataQualityMetricsInputDatasetFacet"),
		Rows:         r.Rows, Files: 1, Columns: map[string]lineageColumn{},
	}
	if r.Bytes >= 0 {
		metrics.Bytes = &r.Bytes
	}
	metrics.measure(r)
	in.Quality.Assertions, in.Quality.Metrics = assertions, metrics
	return in
}

// measure takes over what the report knows of columns: the sums, extremes and
// distinct counts that it keeps for history, and nulls from the checks that
// count them.
func (m *lineageMetrics) measure(r *quality.Report) {
	for key, v := range finite(r.Metrics) {
		metric, column, _ := strings.Cut(key, ":")
		c := m.Columns[column]
		switch metric {
		case "sum":
			c.Sum = &v
		case "minimum":
			c.Min = &v
		case "maximum":
			c.Max = &v
		case "distinctCount":
			n := int64(v)
			c.Distinct = &n
		default:
			continue
		}
		m.Columns[column] = c
	}
	for i := range r.Checks {
		check := &r.Checks[i]
		if check.Column == "" || check.ID != check.Column+".required" || check.Status != quality.Pass && check.Status != quality.Fail {
			continue
		}
		c := m.Columns[check.Column]
		values := check.LookedAt - check.Violations
		c.Nulls, c.Values = &check.Violations, &values
		m.Columns[check.Column] = c
	}
}

func newLineageAssertion(c *quality.Result) lineageAssertion {
	a := lineageAssertion{
		Assertion: assertionOf(c), Success: c.Status == quality.Pass, Column: c.Column,
		Severity: map[string]string{"HIGH": "error", "MEDIUM": "warn", "LOW": "info"}[c.Severity],
		Name:     c.ID, Description: headline(c), Expected: Printable(c.Want),
		Params: map[string]any{"status": c.Status},
	}
	if c.Dimension != "" {
		a.Params["dimension"] = c.Dimension
	}
	if c.Unit != "" {
		a.Params["unit"] = c.Unit
	}
	if c.LookedAt > 0 {
		a.Params["violations"], a.Params["looked_at"] = c.Violations, c.LookedAt
	}
	if score := quieted(c.Score); score != nil {
		a.Params["score"] = *score
	}
	if measured := quieted(c.Measured); measured != nil {
		a.Actual = strconv.FormatFloat(*measured, 'f', -1, 64)
	}
	return a
}

// assertionOf classifies a check: what a contract states as a fact by what it
// states, in the words that OpenLineage's own integrations use where there is
// one, everything else by its dimension.
func assertionOf(c *quality.Result) string {
	switch what, _ := strings.CutPrefix(c.ID, c.Column+"."); {
	case c.Column != "" && what == "required":
		return "not_null"
	case c.Column != "" && what != c.ID:
		return what
	case c.ID == "primary_key" || c.ID == "structure" || c.ID == "columns":
		return c.ID
	case c.Dimension == "":
		return "custom"
	}
	return string(c.Dimension)
}

type lineageRunEvent struct {
	Type     string         `json:"eventType"`
	Time     string         `json:"eventTime"`
	Producer string         `json:"producer"`
	Schema   string         `json:"schemaURL"`
	Run      lineageRun     `json:"run"`
	Job      lineageJob     `json:"job"`
	Inputs   []lineageInput `json:"inputs"`
}

type lineageRun struct {
	ID     string         `json:"runId"`
	Facets map[string]any `json:"facets,omitempty"`
}

type lineageJob struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type lineageInput struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Facets    struct {
		Schema lineageSchema `json:"schema"`
	} `json:"facets"`
	Quality struct {
		Assertions lineageAssertions `json:"dataQualityAssertions"`
		Metrics    lineageMetrics    `json:"dataQualityMetrics"`
	} `json:"inputFacets"`
}

// A lineageFacet is what every facet begins with.
type lineageFacet struct {
	Producer string `json:"_producer"`
	Schema   string `json:"_schemaURL"`
}

// facetOf returns the beginning of a facet, given as version/Name.
func facetOf(facet string) lineageFacet {
	_, name, _ := strings.Cut(facet, "/")
	return lineageFacet{lineageProducer, lineageFacets + facet + ".json#/$defs/" + name}
}

type lineageError struct {
	lineageFacet
	Message  string `json:"message"`
	Language string `json:"programmingLanguage"`
}

type lineageSchema struct {
	lineageFacet
	Fields []lineageField `json:"fields"`
}

type lineageField struct {
	Name     string `json:"name"`
	Position int    `json:"ordinal_position"`
}

type lineageAssertions struct {
	lineageFacet
	Assertions []lineageAssertion `json:"assertions"`
}

type lineageAssertion struct {
	Assertion   string         `json:"assertion"`
	Success     bool           `json:"success"`
	Column      string         `json:"column,omitempty"`
	Severity    string         `json:"severity,omitempty"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Expected    string         `json:"expected,omitempty"`
	Actual      string         `json:"actual,omitempty"`
	Params      map[string]any `json:"params"`
}

type lineageMetrics struct {
	lineageFacet
	Rows    int64                    `json:"rowCount"`
	Bytes   *int64                   `json:"bytes,omitempty"`
	Files   int                      `json:"fileCount"`
	Columns map[string]lineageColumn `json:"columnMetrics"`
}

type lineageColumn struct {
	Nulls    *int64   `json:"nullCount,omitempty"`
	Values   *int64   `json:"count,omitempty"`
	Distinct *int64   `json:"distinctCount,omitempty"`
	Sum      *float64 `json:"sum,omitempty"`
	Min      *float64 `json:"min,omitempty"`
	Max      *float64 `json:"max,omitempty"`
}
