// Package incident is the life of an incident, from the signal that opened it
// to the review that a person signed.
//
//	open ──► acknowledged ──► remediating ──► resolved ──► reviewed
//	  └────────────┴───────────────┴────────────▲  │
//	  ▲                 reopened within the window │
//	  └────────────────────────────────────────────┘
//
// An incident is nothing but the list of its Events, its timeline: Fold makes
// the Incident of it. Events may come twice and out of order; whatever the
// order in which they are stored, the incident is the same. What has to happen
// next, a remedy, a call to the next level, a review, is decided by Next from
// the incident and a Playbook; doing it is the caller's, who then appends the
// event that tells of it.
package incident

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"tillwatch/shared/alert"
)

// A Status is where an incident is in its life.
type Status string

// The statuses of an incident.
const (
	StatusOpen         Status = "open"
	StatusAcknowledged Status = "acknowledged"
	StatusRemediating  Status = "remediating"
	StatusResolved     Status = "resolved"
	StatusReviewed     Status = "reviewed"
)

// Over reports whether nobody needs to act any more.
func (s Status) Over() bool { return s == StatusResolved || s == StatusReviewed }

// A Resolution says what ended an incident.
type Resolution string

// The resolutions.
const (
	ByItself       Resolution = "auto_resolved"   // its signals cleared, nobody having acted
	ByRemedy       Resolution = "auto_remediated" // a remedy worked
	ByPerson       Resolution = "resolved_by_person"
	SignalsCleared Resolution = "signals_cleared" // they cleared after a person took it on
)

// An Incident is what its events add up to. All times are UTC; zero is "not
// yet" or "unknown".
type Incident struct {
	ID       string         `json:"id"`
	Group    string         `json:"group_key"`
	Status   Status         `json:"status"`
	Severity alert.Severity `json:"severity"` // the worst it has been
	Title    string         `json:"title"`    // the summary of the signal that opened it
	Pipeline string         `json:"pipeline"`
	// Quiet says that the rooms have not been told of it: its receivers name others.
	Quiet bool `json:"quiet,omitempty"`
	// StartedAt is when the fact began, by the data; DetectedAt when the first
	// signal was raised; NotifiedAt when the first channel took a message.
	StartedAt  time.Time `json:"started_at,omitzero"`
	DetectedAt time.Time `json:"detected_at,omitzero"`
	NotifiedAt time.Time `json:"notified_at,omitzero"`
	// AckedAt and AckedBy tell of the first acknowledgement.
	AckedAt     time.Time  `json:"acked_at,omitzero"`
	AckedBy     string     `json:"acked_by,omitempty"`
	MitigatedAt time.Time  `json:"mitigated_at,omitzero"`
	ResolvedAt  time.Time  `json:"resolved_at,omitzero"`
	ResolvedBy  string     `json:"resolved_by,omitempty"`
	Resolution  Resolution `json:"resolution,omitempty"`
	ReviewedAt  time.Time  `json:"reviewed_at,omitzero"`
	// Reopened counts how often it came back.
	Reopened int `json:"reopened,omitempty"`
	// Level is how many levels of the escalation chain were called.
	Level       int       `json:"level"`
	EscalatedAt time.Time `json:"escalated_at,omitzero"`
	// Attempts are the remedies tried since it was opened or reopened, in order.
	Attempts []Tried `json:"attempts,omitempty"`
	// Alerts are its alerts by the time they began.
	Alerts []Alert `json:"alerts"`
	// Timeline are its events in order, without doubles.
	Timeline []Event `json:"timeline"`
	// Ignored are events that made no sense where they stand, such as an
	// acknowledgement after the end. They are in the timeline all the same.
	Ignored []Ignored `json:"ignored,omitempty"`
}

// An Alert is one alert of an incident.
type Alert struct {
	Signal  alert.Signal `json:"signal"` // the newest firing one
	EndedAt time.Time    `json:"ended_at,omitzero"`
}

// Tried is one remedy with what became of it: RemedyStarted while that is
// unknown.
type Tried struct {
	Attempt
	At     time.Time `json:"at"`
	State  Kind      `json:"state"`
	Closed time.Time `json:"closed,omitzero"` // when it worked, failed or was held
}

// String says in a line what was tried and what became of it.
func (t Tried) String() string {
	line := t.Action + " on " + t.Target
	switch t.State {
	case RemedyWorked:
		line += " worked"
	case RemedyFailed:
		line += " did not help"
	case RemedyHeld:
		line += " was not tried"
	default:
		line += " is being tried"
	}
	if t.Why != "" {
		line += ": " + strings.ReplaceAll(t.Why, "_", " ")
	}
	if t.Before != "" {
		line += "; before: " + t.Before
	}
	if t.After != "" {
		line += "; after: " + t.After
	}
	return line
}

// Ignored is an event without effect.
type Ignored struct {
	Event string `json:"event"` // its id
	Why   string `json:"why"`
}

// ErrNoEvents is returned by Fold for an empty list; ErrNotOpened for one
// without an Opened event.
var (
	ErrNoEvents  = errors.New("the incident has no events")
	ErrNotOpened = errors.New("the incident was never opened")
)

// Fold makes the incident of its events, which are not changed. Their order
// does not matter, nor do doubles.
func Fold(events []Event) (Incident, error) {
	if len(events) == 0 {
		return Incident{}, ErrNoEvents
	}
	line := slices.Clone(events)
	sort.SliceStable(line, func(i, j int) bool { return before(line[i], line[j]) })
	line = slices.CompactFunc(line, func(a, b Event) bool { return a.ID == b.ID })
	if !slices.ContainsFunc(line, func(e Event) bool { return e.Kind == Opened }) {
		return Incident{}, fmt.Errorf("%s: %w", line[0].Incident, ErrNotOpened)
	}
	inc := Incident{ID: line[0].Incident, Timeline: line}
	for _, e := range line {
		if why := inc.apply(e); why != "" {
			inc.Ignored = append(inc.Ignored, Ignored{Event: e.ID, Why: why})
		}
	}
	inc.correct()
	return inc, nil
}

// ignored reports whether the event with that id had no effect.
func (inc *Incident) ignored(id string) bool {
	return slices.ContainsFunc(inc.Ignored, func(i Ignored) bool { return i.Event == id })
}

// before orders events by time; at the same moment the opening comes first,
// what people are told after what they are told of, and the end last.
func before(a, b Event) bool {
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	if ra, rb := rank(a.Kind), rank(b.Kind); ra != rb {
		return ra < rb
	}
	return a.ID < b.ID
}

func rank(k Kind) int {
	switch k {
	case Opened:
		return 0
	case Notified, Escalated:
		return 2
	case Resolve:
		return 3
	case Reopen:
		return 4
	case Review:
		return 5
	}
	return 1
}

// Firing counts the alerts that are not over.
func (inc *Incident) Firing() int {
	n := 0
	for i := range inc.Alerts {
		if inc.Alerts[i].EndedAt.IsZero() {
			n++
		}
	}
	return n
}
