// Package alert holds the words of alerting. A Signal is an alert-worthy fact
// that anything that watches can raise; a Notice is what people are told of the
// incident that it belongs to, in Messages, one for each channel.
//
// What lies between is in the packages below: policy says what holds, group
// decides, router sends and stores, message writes, replay plays histories.
package alert

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Severity says how soon somebody must act.
type Severity string

// The severities: respond within 15 minutes, 1 hour, 4 hours and 24 hours.
const (
	P0 Severity = "P0"
	P1 Severity = "P1"
	P2 Severity = "P2"
	P3 Severity = "P3"
)

// Severities are all severities, worst first.
var Severities = []Severity{P0, P1, P2, P3}

// Worse reports whether s must be acted on sooner than t. A severity that is
// none of the four is worse than nothing.
func (s Severity) Worse(t Severity) bool { return s.rank() < t.rank() }

// RespondWithin returns the time in which somebody must act: 15 minutes for P0
// up to 24 hours for P3, and for anything else.
func (s Severity) RespondWithin() time.Duration {
	switch s {
	case P0:
		return 15 * time.Minute
	case P1:
		return time.Hour
	case P2:
		return 4 * time.Hour
	}
	return 24 * time.Hour
}

func (s Severity) rank() int {
	for i, t := range Severities {
		if s == t {
			return i
		}
	}
	return len(Severities)
}

// A Status says whether a signal's fact holds.
type Status string

// The statuses of a signal.
const (
	Firing   Status = "firing"
	Resolved Status = "resolved"
)

// A Signal is an alert-worthy fact. It travels as the detail's data of
// signal.raised.v1 and signal.resolved.v1.
type Signal struct {
	// ID is the same for every delivery of this signal.
	ID string `json:"id"`
	// DedupKey is equal for signals of the same alert, GroupKey for those of the
	// same incident. Severity is in neither.
	DedupKey string   `json:"dedup_key"`
	GroupKey string   `json:"group_key"`
	Status   Status   `json:"status"`
	Severity Severity `json:"severity"`
	// Rule names what noticed: file_rejected, file_without_contract …
	Rule        string `json:"rule"`
	Pipeline    string `json:"pipeline"` // the dataset
	Environment string `json:"environment"`
	Team        string `json:"team"`
	// Labels say more of what it is about (store, region, task); nil for nothing.
	Labels map[string]string `json:"labels,omitempty"`
	// Retry counts the runs that were tried before this one, 0 for the first.
	Retry int       `json:"retry,omitempty"`
	At    time.Time `json:"at"` // when the fact began, UTC
	// Summary is one line, no more than 120 characters.
	Summary string `json:"summary"`
	// Measure is the number that the rule looked at, nil if it looked at none;
	// Trend what it was before, oldest first, at most 12 points; Metrics what else
	// was measured at the time, at most 24.
	Measure *Measure `json:"measure,omitempty"`
	Trend   []Point  `json:"trend,omitempty"`
	Metrics []Metric `json:"metrics,omitempty"`
	// Findings are the facts behind it, worst first, at most 20; Omitted counts
	// those left out.
	Findings []Finding `json:"findings"`
	Omitted  int       `json:"omitted"`
	// Stakes are what it costs the business in figures, nil if nothing is known.
	// Impact says what else it costs, one sentence each.
	Stakes *Stakes  `json:"stakes,omitempty"`
	Impact []string `json:"impact,omitempty"`
	// Causes are likely ones, the likeliest first, at most 6. NextSteps say what
	// to do, in order, at most 6. Queries find out more, at most 6 of 2,000 bytes.
	Causes    []string `json:"causes,omitempty"`
	NextSteps []string `json:"next_steps"`
	Queries   []Query  `json:"queries,omitempty"`
	// Links lead to the report, the quarantine, the runbook, by name.
	Links []Link `json:"links"`
	// Facts are shown as they are: scores, rows, object. Order matters.
	Facts []Fact `json:"facts"`
	// Trace is the W3C traceparent of what raised the signal, "" if none.
	Trace string `json:"trace,omitempty"`
}

// A Finding is one thing that is wrong, as a person reads it.
type Finding struct {
	Check    string `json:"check"`
	Message  string `json:"message"` // measured and expected value
	Advice   string `json:"advice"`
	Where    string `json:"where"` // "rows 12, 40, 41 and 17 more"; "" if it has no place
	Severity string `json:"severity"`
}

// A Link is a named address.
type Link struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// IncidentLink is the name of the link to the page of a signal's incident.
const IncidentLink = "Incident"

// A Fact is a named value.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Label returns what s says under a label's name, "" if nothing: alertname and
// rule, severity, pipeline, environment and team are its own fields, anything
// else one of Labels.
func (s *Signal) Label(name string) string {
	switch name {
	case "alertname", "rule":
		return s.Rule
	case "severity":
		return string(s.Severity)
	case "pipeline":
		return s.Pipeline
	case "environment":
		return s.Environment
	case "team":
		return s.Team
	}
	return s.Labels[name]
}

// maxKey bounds a key in bytes, well below what a table takes as a key.
const maxKey = 1024

// Validate returns everything that keeps s from being routed, as one error
// that wraps ErrInvalid, or nil.
func (s Signal) Validate() error {
	var faults []string
	need := func(name, value string) {
		if value == "" {
			faults = append(faults, name+" is empty")
		}
	}
	need("id", s.ID)
	need("dedup_key", s.DedupKey)
	need("group_key", s.GroupKey)
	need("rule", s.Rule)
	need("summary", s.Summary)
	if len(s.ID) > maxKey || len(s.DedupKey) > maxKey || len(s.GroupKey) > maxKey {
		faults = append(faults, fmt.Sprintf("a key is longer than %d bytes", maxKey))
	}
	if s.Status != Firing && s.Status != Resolved {
		faults = append(faults, fmt.Sprintf("status is %.40q, want firing or resolved", s.Status))
	}
	if s.Severity.rank() == len(Severities) {
		faults = append(faults, fmt.Sprintf("severity is %.40q, want P0, P1, P2 or P3", s.Severity))
	}
	if s.At.IsZero() {
		faults = append(faults, "at is missing")
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrInvalid, strings.Join(faults, "; "))
}

// ErrInvalid is wrapped by the error of a signal that cannot be routed; trying
// again does not help.
var ErrInvalid = errors.New("invalid signal")
