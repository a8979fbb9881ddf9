package alert

import (
	"slices"
	"time"
)

// A Rule says when an alert that was told of may be told of again. The zero
// value has no cool-down.
type Rule struct {
	// CoolDown is the time after a notification in which the same alert, still
	// firing and no worse, is held back. 0 or less means never.
	CoolDown time.Duration
}

// A Stage looks at one signal and either decides, or returns false and leaves
// it to the next stage. It is pure: prev is not changed.
type Stage func(prev State, s Signal, now time.Time) (Decision, State, bool)

// Stages returns the rules in the order in which they are asked.
func (r Rule) Stages() []Stage {
	return []Stage{dedupe, order, resolve, first, raise, coolDown(r.CoolDown), repeat}
}

// Decide says what to do with s, given what is known of its alert, and what is
// known afterwards. The new state holds once the notification, if there is one,
// was sent. A claim of another signal in prev was abandoned, since a live one
// is left alone: what it set out to tell may have been told.
func (r Rule) Decide(prev State, s Signal, now time.Time) (Decision, State) {
	prev.Seen, prev.Told = slices.Clone(prev.Seen), slices.Clone(prev.Told)
	prev = prev.assume(s.ID)
	prev.Claim = Claim{}
	for _, stage := range r.Stages() {
		d, next, ok := stage(prev, s, now)
		if !ok {
			continue
		}
		d.At = now
		if d.Since.IsZero() {
			d.Since = s.At
		}
		if d.Reason.Notifies() && s.Status == Firing && r.CoolDown > 0 {
			d.QuietUntil = now.Add(r.CoolDown)
		}
		next.DedupKey = s.DedupKey
		if d.Reason != Duplicate {
			next.Seen = remember(next.Seen, s.ID)
		}
		return d, next
	}
	panic("alert: the last stage did not decide")
}

// A Decision is what was done with a signal, and why.
type Decision struct {
	Reason Reason
	// Severities are those whose people are told: one for a firing signal, and
	// for a resolved one everybody who was told that it fired. Nil if nobody is.
	Severities []Severity
	// Previous is the severity told of before, where Reason is SeverityRaised.
	Previous Severity
	At       time.Time // when it was decided
	Since    time.Time // when the alert began to fire
	// HeldBack counts the signals held back since the last notification.
	HeldBack int
	// QuietUntil ends the cool-down that this notification begins; zero if none.
	QuietUntil time.Time
}

// A Reason says why a signal was, or was not, told of. It ends up in the log.
type Reason string

// The reasons to tell somebody.
const (
	FirstNotification Reason = "first_notification"
	FiredAgain        Reason = "fired_again" // after it had been resolved
	SeverityRaised    Reason = "severity_raised"
	StillFiring       Reason = "still_firing" // the cool-down is over
	AlertResolved     Reason = "resolved"
	NewAlerts         Reason = "new_alerts" // in an incident that people know of
	SomeResolved      Reason = "some_resolved"
)

// The reasons to tell nobody.
const (
	Duplicate             Reason = "duplicate"               // this very signal was handled before
	Outdated              Reason = "outdated"                // something newer was handled before
	CoolingDown           Reason = "cooling_down"            // told of not long ago
	ResolvedWithoutFiring Reason = "resolved_without_firing" // nobody was told that it fired
)

// Notifies reports whether somebody is told.
func (r Reason) Notifies() bool {
	switch r {
	case FirstNotification, FiredAgain, SeverityRaised, StillFiring, AlertResolved, NewAlerts, SomeResolved:
		return true
	}
	return false
}

// State is what is known of one alert, the signals that share a DedupKey. The
// zero value knows nothing.
type State struct {
	DedupKey string
	// Version counts the writes of this state; 0 if it was never stored.
	Version int64
	// Firing says that people were told of it and not yet of its end.
	Firing bool
	// Since is the At of the signal that began it; FiringAt and ResolvedAt are
	// those of the newest firing and resolved signal, told of or not.
	Since, FiringAt, ResolvedAt time.Time
	// Severity is that of the last notification. Told are all severities whose
	// people were told since Since, in that order, and those whose people may
	// have been told by a claim that was abandoned: they must hear of the end.
	Severity Severity
	Told     []Severity
	// NotifiedAt is when the last notification was sent, HeldBack counts the
	// signals held back since.
	NotifiedAt time.Time
	HeldBack   int
	// Seen are the ids of the signals handled last, newest last, at most 32.
	Seen []string
	// Claim is held while a notification is on its way.
	Claim Claim
}

// A Claim keeps two deliveries from sending the same notification.
type Claim struct {
	// SignalID is the signal being told of, "" if there is no claim; Status is
	// its status.
	SignalID string
	Status   Status
	// Until is when the claim ends, should its holder have died, or when its
	// holder gave up after an error. At Until the claim is free.
	Until time.Time
	// Delivered names the channels that were reached before the error.
	Delivered []string
}

// maxSeen bounds State.Seen.
const maxSeen = 32

func remember(seen []string, id string) []string {
	seen = append(seen, id)
	return seen[max(0, len(seen)-maxSeen):]
}

// assume returns s as it must be taken by the signal with that id. If another
// signal's claim to tell of the end was abandoned, people may believe that all
// is well, and must hear if it is not.
func (s State) assume(id string) State {
	if s.Claim.SignalID != "" && s.Claim.SignalID != id && s.Claim.Status == Resolved {
		s.Firing = false
	}
	return s
}

// told returns prev after a notification of s at now.
func told(prev State, s Signal, now time.Time) State {
	prev = telling(prev, s)
	prev.Firing = true
	prev.FiringAt = later(prev.FiringAt, s.At)
	prev.Severity = s.Severity
	prev.NotifiedAt, prev.HeldBack = now, 0
	return prev
}

// telling returns prev as it is while the people of s may be hearing of it.
func telling(prev State, s Signal) State {
	if len(prev.Told) == 0 {
		prev.Since = s.At
	}
	if !slices.Contains(prev.Told, s.Severity) {
		prev.Told = append(slices.Clone(prev.Told), s.Severity)
	}
	return prev
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
