package quality

import (
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/drift"
)

// A Status is the outcome of one check.
type Status string

// The statuses. Errored means that the check could not be measured, Skipped
// that it can't be executed here; both say why in their message.
const (
	Pass    Status = "pass"
	Fail    Status = "fail"
	Errored Status = "error"
	Skipped Status = "skipped"
)

// A Verdict says whether a file can be trusted.
type Verdict string

// The verdicts, from good to bad. VerdictError means that nothing failed but a
// check of severity HIGH could not be measured.
const (
	VerdictPass  Verdict = "pass"
	VerdictWarn  Verdict = "warn"
	VerdictError Verdict = "error"
	VerdictFail  Verdict = "fail"
)

// Version is the version of the report's schema.
const Version = 1

// A Report is what judging one file found. Its JSON form is version 1 of the
// documented schema; fields are only ever added.
type Report struct {
	Version  int       `json:"version"`
	Dataset  string    `json:"dataset"`
	Object   string    `json:"object"`
	Contract string    `json:"contract"` // id and version, "urn:… 1.0.0"
	JudgedAt time.Time `json:"judged_at"`
	Rows     int64     `json:"rows"` // data rows, malformed ones included
	Bytes    int64     `json:"bytes"`
	// ReadAs says how the file is written, and whether that was declared or
	// detected: "semicolon-separated, Windows-1252, detected".
	ReadAs     string             `json:"read_as"`
	DurationMS int64              `json:"duration_ms"`
	Verdict    Verdict            `json:"verdict"`
	Scores     map[string]float64 `json:"scores"` // "quality" and each measured dimension, 0 to 100
	Checks     []Result           `json:"checks"`
	BadRows    int64              `json:"bad_rows"` // rows that broke at least one row rule, exact
	Columns    []string           `json:"columns"`  // the header
	Metrics    map[string]float64 `json:"metrics"`  // what history keeps: rowCount, bytes, nullPercent:<column> …
	// Analyzed are the metrics that the analyzers of a ruleset in DQDL measured, by
	// AWS Glue's names. Nothing is judged by them.
	Analyzed map[string]float64 `json:"analyzed_metrics,omitempty"`
	// Content is what later files' drift is measured from, if the contract asks for
	// drift.
	Content    []drift.Column `json:"content,omitempty"`
	Quarantine *Quarantine    `json:"-"`
}

// A Result is the outcome of one check.
type Result struct {
	ID        string             `json:"id"`
	Name      string             `json:"name"`
	Column    string             `json:"column,omitempty"` // "" for a check of the whole file
	Dimension contract.Dimension `json:"dimension"`
	Severity  string             `json:"severity"` // HIGH, MEDIUM or LOW
	Status    Status             `json:"status"`
	// Measured is in Unit; nil where nothing was measured.
	Measured *float64 `json:"measured"`
	Want     string   `json:"want"` // such as "<= 1"
	Unit     string   `json:"unit"` // rows, percent, values, bytes, minutes …
	// Violations counts rows (values) that break the check, LookedAt those that
	// it looked at; LookedAt is 0 where nothing can be counted.
	Violations int64 `json:"violations"`
	LookedAt   int64 `json:"looked_at"`
	// Score is 0 to 100; nil for Errored and Skipped.
	Score   *float64 `json:"score"`
	Message string   `json:"message"`
	Advice  string   `json:"advice,omitempty"`
	// Impact is the contract's businessImpact.
	Impact string `json:"impact,omitempty"`
	// Schedule is the rule's own, such as a cron line. A rule with a schedule is
	// checked whenever a file lands, as every other is.
	Schedule string   `json:"schedule,omitempty"`
	Samples  []Sample `json:"samples"`
	// Labels are those of a rule in DQDL.
	Labels map[string]string `json:"labels,omitempty"`
	// Evaluated are the metrics that a rule in DQDL measured, by the names that AWS
	// Glue gives them, such as Column.amount.Completeness.
	Evaluated map[string]float64 `json:"evaluated_metrics,omitempty"`
	Place     string             `json:"place,omitempty"` // file:line:column of the rule in its contract
}

// Decide records what was measured, whether it is good, and the score: the
// share of good values where values are counted, else all or nothing.
func (r *Result) Decide(measured float64, good bool) {
	r.Measured = &measured
	score := 0.0
	if good {
		r.Status, score = Pass, 100
	} else {
		r.Status = Fail
	}
	if r.LookedAt > 0 {
		score = 100 * (1 - float64(r.Violations)/float64(r.LookedAt))
	}
	r.Score = &score
}

// A Sample is one of the first rows that broke a check.
type Sample struct {
	Row  int64 `json:"row"`  // data row, from 1; 0 is the header or the whole file
	Line int64 `json:"line"` // physical line of the file, from 1
	// Member is the file of an archive that Line counts in; "" of any other file.
	Member string `json:"member,omitempty"`
	Value  string `json:"value"` // as written, cut at 120 bytes; masked for personal columns
}

// A Quarantine holds the rows to set aside: the first Cap bad rows in file
// order, while Total is exact.
type Quarantine struct {
	Header []byte // the header line as written, without its line end
	Rows   []BadRow
	Total  int64
	Cap    int
	// Delimiter stands between the cells of Header and Raw; 0 is a comma.
	Delimiter byte
}

// A BadRow is one row as it was written, without its line end, with the ids of
// the checks that it broke, in report order.
type BadRow struct {
	Row, Line int64
	Raw       []byte
	Checks    []string
}
