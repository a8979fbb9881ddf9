package incident

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/alert"
)

// A Kind says what an event tells of an incident.
type Kind string

// The kinds of event.
const (
	Opened         Kind = "opened"          // the first alert of it was decided on
	AlertJoined    Kind = "alert_joined"    // one more alert belongs to it
	AlertEnded     Kind = "alert_ended"     // one of its alerts is over
	SeverityRaised Kind = "severity_raised" // it became worse
	Notified       Kind = "notified"        // a channel took a message for people
	Escalated      Kind = "escalated"       // the next level was called, nobody having acknowledged
	Acknowledge    Kind = "acknowledged"    // a person took it on
	RemedyStarted  Kind = "remedy_started"
	RemedyWorked   Kind = "remedy_worked" // the signal cleared after it
	RemedyFailed   Kind = "remedy_failed"
	RemedyHeld     Kind = "remedy_held" // a guard kept it from being tried
	Mitigated      Kind = "mitigated"   // the harm stopped, the cause may remain
	Resolve        Kind = "resolved"
	Reopen         Kind = "reopened" // it fired again within the window
	Corrected      Kind = "corrected"
	Noted          Kind = "noted"
	Review         Kind = "reviewed" // a person signed the review
)

// kinds are all kinds, for validation.
var kinds = map[Kind]bool{
	Opened: true, AlertJoined: true, AlertEnded: true, SeverityRaised: true, Notified: true, Escalated: true,
	Acknowledge: true, RemedyStarted: true, RemedyWorked: true, RemedyFailed: true, RemedyHeld: true,
	Mitigated: true, Resolve: true, Reopen: true, Corrected: true, Noted: true, Review: true,
}

// System is the By of what no person did.
const System = "tillwatch"

// An Event is one line of an incident's timeline. Events are never changed; a
// wrong time is put right by an event of kind Corrected.
type Event struct {
	// ID is made from what happened, so that the same event delivered twice is
	// one event.
	ID       string    `json:"id"`
	Incident string    `json:"incident"`
	At       time.Time `json:"at"` // when it happened, UTC
	Kind     Kind      `json:"kind"`
	// By is who did it: the name a person signed with, or System.
	By string `json:"by"`
	// Text is one line for a person to read.
	Text string `json:"text"`
	// Group is the group_key, with Opened.
	Group string `json:"group,omitempty"`
	// Signal is what was noticed, with Opened, AlertJoined and AlertEnded, and
	// maybe with SeverityRaised and Reopen.
	Signal *alert.Signal `json:"signal,omitempty"`
	// Severity is the incident's from here on, with Opened and SeverityRaised.
	Severity alert.Severity `json:"severity,omitempty"`
	// Quiet says that the rooms are not told of it, with Opened.
	Quiet bool `json:"quiet,omitempty"`
	// Channel is where a message went, with Notified; Level is the level of the
	// escalation chain from 0, with Escalated, To whom it called, and Through the
	// channels of the call.
	Channel string   `json:"channel,omitempty"`
	Level   int      `json:"level,omitempty"`
	To      []string `json:"to,omitempty"`
	Through []string `json:"through,omitempty"`
	// Remedy is with the four kinds of remedy.
	Remedy *Attempt `json:"remedy,omitempty"`
	// Field and Time say which time is put right, with Corrected.
	Field Field     `json:"field,omitempty"`
	Time  time.Time `json:"time,omitzero"`
}

// A Field names one of an incident's times that a person may put right.
type Field string

// The times that may be put right.
const (
	StartedAt   Field = "started_at"
	DetectedAt  Field = "detected_at"
	MitigatedAt Field = "mitigated_at"
	ResolvedAt  Field = "resolved_at"
)

// Fields are all fields that may be put right.
var Fields = []Field{StartedAt, DetectedAt, MitigatedAt, ResolvedAt}

// An Attempt is the audit record of one try of a remedy.
type Attempt struct {
	Action string `json:"action"`
	Target string `json:"target"`
	DryRun bool   `json:"dry_run,omitempty"`
	// Before and After describe the target, in a line each; "" if unknown.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Why says why it failed, or which guard held it.
	Why string `json:"why,omitempty"`
}

// ErrInvalid is wrapped by the error of an event that says too little.
var ErrInvalid = errors.New("invalid incident event")

// Validate returns everything that is missing, as one error that wraps
// ErrInvalid, or nil.
func (e Event) Validate() error {
	var faults []string
	need := func(ok bool, what string) {
		if !ok {
			faults = append(faults, what)
		}
	}
	need(e.ID != "", "id is empty")
	need(e.Incident != "", "incident is empty")
	need(!e.At.IsZero(), "at is missing")
	need(e.By != "", "by is empty")
	need(kinds[e.Kind], fmt.Sprintf("kind is %.40q", e.Kind))
	switch e.Kind {
	case Opened:
		need(e.Signal != nil, "an opened incident needs its signal")
		need(e.Group != "", "group is empty")
		need(e.Severity != "", "severity is empty")
	case AlertJoined, AlertEnded:
		need(e.Signal != nil, string(e.Kind)+" needs its signal")
	case SeverityRaised:
		need(e.Severity != "", "severity is empty")
	case RemedyStarted, RemedyWorked, RemedyFailed, RemedyHeld:
		need(e.Remedy != nil, string(e.Kind)+" needs its remedy")
	case Corrected:
		need(!e.Time.IsZero(), "a correction needs its time")
		known := false
		for _, f := range Fields {
			known = known || f == e.Field
		}
		need(known, fmt.Sprintf("field is %.40q, want one of %v", e.Field, Fields))
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrInvalid, strings.Join(faults, "; "))
}
