// Package answer is what people say back to an alert: that they take the
// incident on, that the harm has stopped, that it is over, that nobody shall
// hear of it for a while, or anything in words.
//
// An Answer travels on the bus as incident.answered.v1, from the page behind a
// link or from the command line, and is heard by the router, which holds its
// repeats or ends the incident, by the responder, which keeps the timeline, and
// by the tools that people are called with. A Link is the permission to give
// one answer: a signed text that expires.
package answer

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
)

// A Kind is what an answer says.
type Kind string

// The kinds of answer.
const (
	Acknowledge Kind = "acknowledge" // somebody takes it on: no repeats, no next level
	Mitigate    Kind = "mitigate"    // the harm has stopped, the cause may remain
	Resolve     Kind = "resolve"     // it is over
	Silence     Kind = "silence"     // nobody is told until a time
	Note        Kind = "note"        // words for the timeline
)

// Kinds are all kinds.
var Kinds = []Kind{Acknowledge, Mitigate, Resolve, Silence, Note}

// An Answer is one person's answer to one incident.
type Answer struct {
	// ID is made from where the answer came from, so that the same answer given
	// or delivered twice is one.
	ID       string `json:"id"`
	Incident string `json:"incident_id"`
	// Group is the key of the router's group that has the incident.
	Group string    `json:"group_key"`
	Kind  Kind      `json:"answer"`
	By    string    `json:"by"` // the name that the person signed with
	At    time.Time `json:"at"` // UTC
	// Until is when a silence ends, and Matchers what it mutes, as amtool writes
	// them; WhileOpen ends it with the incident, if that comes first.
	Until     time.Time `json:"until,omitzero"`
	Matchers  []string  `json:"matchers,omitempty"`
	WhileOpen bool      `json:"while_open,omitempty"`
	// Text is what the person added, "" for nothing.
	Text string `json:"text,omitempty"`
	// Title, Severity and Pipeline are the incident's, for who knows no more of it.
	Title    string         `json:"title"`
	Severity alert.Severity `json:"severity"`
	Pipeline string         `json:"pipeline"`
}

// The bounds of what a person writes, in bytes.
const (
	MaxName = 100
	MaxText = 500
)

// MaxSilence is how long an answer may silence an incident.
const MaxSilence = 7 * 24 * time.Hour

// System is the name that only what no person did is signed with.
const System = "tillwatch"

// ErrInvalid is wrapped by the error of an answer, or of a name, that cannot be
// taken.
var ErrInvalid = errors.New("invalid answer")

// Name returns the name that somebody signs with, without what surrounds it.
// It must be there, be short, be one line, and not be System.
func Name(text string) (string, error) {
	name := strings.Join(strings.Fields(text), " ")
	switch {
	case name == "":
		return "", fmt.Errorf("%w: nobody signs it", ErrInvalid)
	case strings.EqualFold(name, System):
		return "", fmt.Errorf("%w: %s is what is signed where no person acted; use your name", ErrInvalid, System)
	case len(name) > MaxName:
		return "", fmt.Errorf("%w: a name has at most %d bytes", ErrInvalid, MaxName)
	case !printable(name):
		return "", fmt.Errorf("%w: the name has characters that cannot be shown", ErrInvalid)
	}
	return name, nil
}

// Validate returns everything that keeps a from being taken, as one error that
// wraps ErrInvalid, or nil.
func (a Answer) Validate() error {
	var faults []string
	need := func(ok bool, what string) {
		if !ok {
			faults = append(faults, what)
		}
	}
	need(a.ID != "" && len(a.ID) <= 256, "id is empty or too long")
	need(incidentID.MatchString(a.Incident), "incident_id is not that of an incident")
	need(a.Group != "", "group_key is empty")
	need(slices.Contains(Kinds, a.Kind), fmt.Sprintf("answer is %.40q, want one of %v", a.Kind, Kinds))
	if name, err := Name(a.By); err != nil || name != a.By {
		faults = append(faults, fmt.Sprintf("by is %.40q", a.By))
	}
	need(!a.At.IsZero(), "at is missing")
	need(len(a.Text) <= MaxText && printable(a.Text), "text is too long, or not one line")
	need(a.Kind != Note || a.Text != "", "a note needs its text")
	if a.Kind == Silence {
		need(a.Until.After(a.At) && a.Until.Sub(a.At) <= MaxSilence, "until is not within 7 days of at")
		need(len(a.Matchers) > 0, "a silence needs its matchers")
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrInvalid, strings.Join(faults, "; "))
}

// incidentID is what ids of incidents are made of.
var incidentID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// printable reports whether s is one line of characters that can be shown.
func printable(s string) bool {
	return strings.ToValidUTF8(s, "") == s && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 })
}
