// Package alert turns signals into decisions: who is told what, now, later or
// not at all, and why.
//
// A Signal is an alert-worthy fact that anything that watches can raise. The
// router takes each one through Rule.Decide, which is pure: the caller loads
// the State, stores the new one, and sends what the Decision says.
package alert

import "time"

// A Severity says how soon somebody must act.
type Severity string

// The severities: respond within 15 minutes, 1 hour, 4 hours and 24 hours.
const (
	P0 Severity = "P0"
	P1 Severity = "P1"
	P2 Severity = "P2"
	P3 Severity = "P3"
)

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
	Rule        string    `json:"rule"`
	Pipeline    string    `json:"pipeline"` // the dataset
	Environment string    `json:"environment"`
	Team        string    `json:"team"`
	At          time.Time `json:"at"` // when the fact began, UTC
	// Summary is one line, no more than 120 characters.
	Summary string `json:"summary"`
	// Findings are the facts behind it, worst first, at most 20; Omitted counts
	// those left out.
	Findings []Finding `json:"findings"`
	Omitted  int       `json:"omitted"`
	// NextSteps say what to do, in order.
	NextSteps []string `json:"next_steps"`
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

// A Fact is a named value.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
