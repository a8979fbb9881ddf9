// Package pipeline holds what a pipeline reports of its runs: the data of
// pipeline.run.v1, which any pipeline may put on the bus tillwatch under a
// source of its own. The detail of such an event is the run itself, without the
// envelope of our own events:
//
//	{"pipeline": "daily_revenue", "run_id": "42", "status": "succeeded",
//	 "started_at": "2026-11-22T03:00:00Z", "ended_at": "2026-11-22T03:12:00Z",
//	 "tasks": 1204, "failed_tasks": 3, "records": 51200, "expected_records": 50000}
//
// Its JSON Schema is in events/schema.
package pipeline

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/metric"
)

// RunReported is the type of the event.
const RunReported = "pipeline.run.v1"

// A Status says how a run is.
type Status string

// The statuses of a run. A run that was cancelled has no error rate: a person
// ended it.
const (
	Started   Status = "started"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// A Run is one attempt of one execution. What is nil was not measured.
type Run struct {
	Pipeline string `json:"pipeline"`
	// Table is what of the pipeline the run is about; "" is the pipeline itself.
	Table  string `json:"table,omitempty"`
	RunID  string `json:"run_id"`
	Status Status `json:"status"`
	// StartedAt is needed while the run is Started, EndedAt afterwards.
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// ExecutionDate is the period that the run is for: 2026-11-22, 2026-11-22T03
	// or a time of RFC 3339.
	ExecutionDate string `json:"execution_date,omitempty"`
	// Retry counts the attempts before this one.
	Retry       int    `json:"retry,omitempty"`
	Team        string `json:"team,omitempty"`
	Environment string `json:"environment,omitempty"`
	// Tasks ran, FailedTasks of them failed. ErrorRate, from 0 to 100, is for
	// pipelines that count something else than tasks; with both it counts. A run
	// with neither is its only task.
	Tasks       *int64   `json:"tasks,omitempty"`
	FailedTasks *int64   `json:"failed_tasks,omitempty"`
	ErrorRate   *float64 `json:"error_rate_percentage,omitempty"`
	Records     *int64   `json:"records,omitempty"`
	Expected    *int64   `json:"expected_records,omitempty"`
	// Cost and Baseline are decimals in Currency, an ISO 4217 code.
	Cost      json.Number `json:"cost,omitempty"`
	Baseline  json.Number `json:"baseline_cost,omitempty"`
	Currency  string      `json:"currency,omitempty"`
	Freshness *float64    `json:"freshness_minutes,omitempty"`
	// Measurements are by the name of a metric of the catalogue.
	Measurements map[string]float64 `json:"measurements,omitempty"`
	Labels       map[string]string  `json:"labels,omitempty"`
	// URL is a page about the run, https.
	URL         string `json:"url,omitempty"`
	Traceparent string `json:"traceparent,omitempty"`
}

// ErrInvalid is wrapped by the error of a run that cannot be right; it says
// everything that is wrong. Trying again does not help.
var ErrInvalid = errors.New("invalid pipeline run")

// The bounds of a run.
const (
	maxBytes        = 256 << 10 // what the bus carries
	maxText         = 256       // bytes of a text
	maxLabels       = 16
	maxLabel        = 128 // bytes of a name, and of a value
	maxMeasurements = 64
	maxNumber       = 1e15 // of any number; floats below it are exact to a tenth
)

// Parse reads the detail of a pipeline.run.v1. Fields that it does not know are
// passed over. Numbers must be finite and not negative.
func Parse(detail []byte) (Run, error) {
	if len(detail) > maxBytes {
		return Run{}, fmt.Errorf("%w: %d bytes, at most %d", ErrInvalid, len(detail), maxBytes)
	}
	var r Run
	if err := json.Unmarshal(detail, &r); err != nil {
		return Run{}, fmt.Errorf("%w: %w", ErrInvalid, plainly(err))
	}
	if len(bytes.TrimSpace(detail)) == 0 || bytes.TrimSpace(detail)[0] != '{' {
		return Run{}, fmt.Errorf("%w: it is no object", ErrInvalid)
	}
	if faults := r.faults(); len(faults) > 0 {
		return Run{}, fmt.Errorf("%w: %s", ErrInvalid, strings.Join(faults, "; "))
	}
	return r, nil
}

// plainly says what is wrong with a value without Go's words.
func plainly(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	field := cmp.Or(wrong.Field, "the run")
	if number, ok := strings.CutPrefix(wrong.Value, "number "); ok {
		return fmt.Errorf("%s is %.40s, which is out of range or not a whole number", field, number)
	}
	is := wrong.Value
	if is == "string" {
		is = "text"
	}
	want := "a number"
	switch wrong.Type.Kind() {
	case reflect.String:
		want = "text"
	case reflect.Struct, reflect.Map:
		want = "an object"
	}
	return fmt.Errorf("%s is of the type %s, want %s", field, is, want)
}

// faults returns everything that is wrong with r.
func (r *Run) faults() []string {
	var list []string
	addf := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for name, v := range map[string]string{"pipeline": r.Pipeline, "run_id": r.RunID} {
		if v == "" {
			addf("%s is missing", name)
		}
	}
	for name, v := range map[string]string{
		"pipeline": r.Pipeline, "table": r.Table, "run_id": r.RunID, "team": r.Team, "environment": r.Environment, "currency": r.Currency,
	} {
		if len(v) > maxText || strings.ContainsFunc(v, func(c rune) bool { return c < ' ' }) {
			addf("%s has more than %d bytes or a control character", name, maxText)
		}
	}
	r.times(addf)
	r.counts(addf)
	r.costs(addf)
	r.measured(addf)
	if len(r.Labels) > maxLabels {
		addf("%d labels, at most %d", len(r.Labels), maxLabels)
	}
	for name, v := range r.Labels {
		if name == "" || len(name) > maxLabel || len(v) > maxLabel {
			addf("label %.20q is empty or longer than %d bytes", name, maxLabel)
		}
	}
	if r.URL != "" && (!strings.HasPrefix(r.URL, "https://") || len(r.URL) > 2000) {
		addf("url must begin with https:// and have at most 2000 bytes")
	}
	if r.Traceparent != "" && !traceparent.MatchString(r.Traceparent) {
		addf("traceparent is %.60q, want W3C's form", r.Traceparent)
	}
	slices.Sort(list)
	return list
}

var (
	traceparent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
	date        = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(T\d{2})?$`)
)

func (r *Run) times(addf func(string, ...any)) {
	switch r.Status {
	case Started:
		if r.StartedAt.IsZero() {
			addf("started_at is missing")
		}
	case Succeeded, Failed, Cancelled:
		if r.EndedAt.IsZero() {
			addf("ended_at is missing, and the run has %s", r.Status)
		}
		if !r.StartedAt.IsZero() && r.EndedAt.Before(r.StartedAt) {
			addf("ended_at is before started_at")
		}
	default:
		addf("status is %.40q, want started, succeeded, failed or cancelled", r.Status)
	}
	if r.Retry < 0 || r.Retry > 1000 {
		addf("retry is %d, want 0 to 1000", r.Retry)
	}
	if r.ExecutionDate == "" {
		return
	}
	if at, err := time.Parse(time.RFC3339, r.ExecutionDate); err == nil {
		r.ExecutionDate = at.UTC().Format("2006-01-02T15")
	}
	if _, err := time.Parse(time.DateOnly, r.ExecutionDate[:min(10, len(r.ExecutionDate))]); err != nil || !date.MatchString(r.ExecutionDate) {
		addf("execution_date is %.40q, want 2026-11-22, 2026-11-22T03 or a time of RFC 3339", r.ExecutionDate)
	}
}

func (r *Run) counts(addf func(string, ...any)) {
	for name, v := range map[string]*int64{"tasks": r.Tasks, "failed_tasks": r.FailedTasks, "records": r.Records, "expected_records": r.Expected} {
		if v != nil && (*v < 0 || float64(*v) > maxNumber) {
			addf("%s is %d, want 0 to %g", name, *v, maxNumber)
		}
	}
	switch {
	case (r.Tasks == nil) != (r.FailedTasks == nil):
		addf("tasks and failed_tasks need each other")
	case r.Tasks != nil && *r.FailedTasks > *r.Tasks:
		addf("failed_tasks is more than tasks")
	}
	if r.ErrorRate != nil && !within(*r.ErrorRate, 100) {
		addf("error_rate_percentage is %v, want 0 to 100", *r.ErrorRate)
	}
	if r.Freshness != nil && !within(*r.Freshness, maxNumber) {
		addf("freshness_minutes is %v, want 0 to %g", *r.Freshness, maxNumber)
	}
}

func (r *Run) costs(addf func(string, ...any)) {
	for name, v := range map[string]json.Number{"cost": r.Cost, "baseline_cost": r.Baseline} {
		if v == "" {
			continue
		}
		if f, err := v.Float64(); err != nil || !within(f, maxNumber) || len(v) > 40 {
			addf("%s is %.40s, want 0 to %g", name, v, maxNumber)
		}
	}
}

func (r *Run) measured(addf func(string, ...any)) {
	if len(r.Measurements) > maxMeasurements {
		addf("%d measurements, at most %d", len(r.Measurements), maxMeasurements)
		return
	}
	for name, v := range r.Measurements {
		c, ok := policy.ConditionOf(name)
		if _, catalogued := metric.Lookup(metric.Name(name)); !catalogued || !ok {
			addf("measurement %.40q is no metric of pipelines or their data", name)
		} else if !within(v, min(c.Most, maxNumber)) {
			addf("measurement %s is %v, want 0 to %g", name, v, min(c.Most, maxNumber))
		}
	}
}

// within reports whether v is a number from 0 to most.
func within(v, most float64) bool { return v >= 0 && v <= most && !math.IsNaN(v) }

// ID returns what makes a report of a run the same report: it is equal for every
// delivery, and another for every attempt and status.
func (r Run) ID() string {
	sum := sha256.New()
	for _, part := range []string{r.Pipeline, r.Table, r.RunID, string(r.Status), strconv.Itoa(r.Retry), r.At().Format(time.RFC3339Nano)} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return "run-" + hex.EncodeToString(sum.Sum(nil)[:12])
}

// At is when the run ended, or began while it has not ended; UTC.
func (r Run) At() time.Time {
	if r.Status == Started {
		return r.StartedAt.UTC()
	}
	return r.EndedAt.UTC()
}

// names returns the names of the measurements, sorted.
func (r Run) names() []string { return slices.Sorted(maps.Keys(r.Measurements)) }
