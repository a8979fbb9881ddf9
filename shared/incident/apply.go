package incident

import (
	"cmp"
	"fmt"
	"time"

	"tillwatch/shared/alert"
)

// apply takes one event into account and returns why it had no effect, "" if
// it had. The first event that opens comes first in the timeline, so that an
// event before it is one that was stored too early.
func (inc *Incident) apply(e Event) (why string) {
	if inc.Status == "" && e.Kind != Opened {
		if e.Kind == Noted || e.Kind == Corrected {
			return ""
		}
		return "it came before the incident was opened"
	}
	if inc.Status.Over() && !allowedAfterTheEnd[e.Kind] {
		return "the incident was " + string(inc.Status)
	}
	switch e.Kind {
	case Opened:
		return inc.open(e)
	case AlertJoined:
		inc.join(e)
	case AlertEnded:
		return inc.end(e)
	case SeverityRaised:
		inc.join(e)
		if !e.Severity.Worse(inc.Severity) {
			return fmt.Sprintf("%s is no worse than %s", e.Severity, inc.Severity)
		}
		inc.Severity = e.Severity
	case Notified:
		first(&inc.NotifiedAt, e.At)
		inc.Quiet = inc.Quiet && e.Channel != alert.Chat
	case Escalated:
		inc.Level = max(inc.Level, e.Level+1)
		inc.EscalatedAt = e.At
	case Acknowledge:
		return inc.acknowledge(e)
	case RemedyStarted, RemedyWorked, RemedyFailed, RemedyHeld:
		return inc.remedy(e)
	case Noted:
		inc.audit(e)
	case Mitigated:
		first(&inc.MitigatedAt, e.At)
	case Resolve:
		inc.resolve(e)
	case Reopen:
		return inc.reopen(e)
	case Review:
		if inc.Status != StatusResolved {
			return "only a resolved incident is reviewed, and once"
		}
		inc.Status, inc.ReviewedAt = StatusReviewed, e.At
	}
	return ""
}

// allowedAfterTheEnd are the events that a resolved incident still takes:
// messages about its end, late news of its alerts, and what people add.
var allowedAfterTheEnd = map[Kind]bool{
	Notified: true, AlertEnded: true, Reopen: true, Review: true, Noted: true, Corrected: true, RemedyWorked: true,
}

// first sets a time that is not known yet.
func first(t *time.Time, at time.Time) {
	if t.IsZero() {
		*t = at
	}
}

func (inc *Incident) open(e Event) string {
	if inc.Status != "" {
		return "it was open already"
	}
	inc.Status, inc.Severity, inc.Group = StatusOpen, e.Severity, e.Group
	inc.DetectedAt, inc.StartedAt, inc.Quiet = e.At, e.At, e.Quiet
	if e.Signal != nil {
		inc.Title, inc.Pipeline = e.Signal.Summary, e.Signal.Pipeline
		if !e.Signal.At.IsZero() {
			inc.StartedAt = e.Signal.At
		}
		inc.join(e)
	}
	return ""
}

// join adds an alert, or takes its newest signal. An alert that began earlier
// than all others moves the start of the incident.
func (inc *Incident) join(e Event) {
	if e.Signal == nil {
		return
	}
	s := *e.Signal
	if !s.At.IsZero() && s.At.Before(inc.StartedAt) {
		inc.StartedAt = s.At
	}
	for i := range inc.Alerts {
		if inc.Alerts[i].Signal.DedupKey == s.DedupKey {
			inc.Alerts[i] = Alert{Signal: s}
			return
		}
	}
	inc.Alerts = append(inc.Alerts, Alert{Signal: s})
}

func (inc *Incident) end(e Event) string {
	for i := range inc.Alerts {
		if e.Signal != nil && inc.Alerts[i].Signal.DedupKey == e.Signal.DedupKey {
			inc.Alerts[i].EndedAt = e.At
			return ""
		}
	}
	return "no such alert began"
}

func (inc *Incident) acknowledge(e Event) string {
	if !inc.AckedAt.IsZero() {
		return "acknowledged before, by " + inc.AckedBy
	}
	inc.AckedAt, inc.AckedBy = e.At, e.By
	if inc.Status == StatusOpen {
		inc.Status = StatusAcknowledged
	}
	return ""
}

func (inc *Incident) remedy(e Event) string {
	if e.Remedy == nil {
		return "it names no remedy"
	}
	if e.Kind == RemedyStarted || e.Kind == RemedyHeld {
		t := Tried{Attempt: *e.Remedy, At: e.At, State: e.Kind}
		if e.Kind == RemedyHeld {
			t.Closed = e.At
		} else {
			inc.Status = StatusRemediating
		}
		inc.Attempts = append(inc.Attempts, t)
		return ""
	}
	for i := len(inc.Attempts) - 1; i >= 0; i-- {
		t := &inc.Attempts[i]
		if t.Action != e.Remedy.Action || t.Target != e.Remedy.Target || t.State != RemedyStarted {
			continue
		}
		t.State, t.Closed = e.Kind, e.At
		t.note(*e.Remedy)
		switch {
		case inc.Status == StatusRemediating:
			inc.Status = inc.waiting()
		case inc.Status.Over() && inc.Resolution != ByPerson && inc.worked():
			inc.Resolution = ByRemedy // it was noted late
		}
		return ""
	}
	return "that remedy was not started"
}

// audit takes over what an action says of its target.
func (inc *Incident) audit(e Event) {
	if t := inc.underWay(); t != nil && e.Remedy != nil {
		t.note(*e.Remedy)
	}
}

// note keeps what is known of the target before and after, and why it failed.
func (t *Tried) note(a Attempt) {
	t.Before, t.After, t.Why = cmp.Or(a.Before, t.Before), cmp.Or(a.After, t.After), cmp.Or(a.Why, t.Why)
}

// waiting is the status of an incident in which no remedy is under way.
func (inc *Incident) waiting() Status {
	if inc.AckedAt.IsZero() {
		return StatusOpen
	}
	return StatusAcknowledged
}

func (inc *Incident) resolve(e Event) {
	inc.Status, inc.ResolvedAt, inc.ResolvedBy = StatusResolved, e.At, e.By
	switch {
	case e.By != System:
		inc.Resolution = ByPerson
	case inc.worked():
		inc.Resolution = ByRemedy
	case !inc.AckedAt.IsZero():
		inc.Resolution = SignalsCleared
	default:
		inc.Resolution = ByItself
	}
	for i := range inc.Alerts {
		first(&inc.Alerts[i].EndedAt, e.At)
	}
}

// worked reports whether a remedy that was no dry run worked.
func (inc *Incident) worked() bool {
	for _, t := range inc.Attempts {
		if t.State == RemedyWorked && !t.DryRun {
			return true
		}
	}
	return false
}

// reopen starts the incident's life again. Who acknowledged it before has to
// again: that it came back is news.
func (inc *Incident) reopen(e Event) string {
	if inc.Status != StatusResolved {
		return "only a resolved incident is reopened"
	}
	inc.Status = StatusOpen
	inc.ResolvedAt, inc.ResolvedBy, inc.Resolution, inc.MitigatedAt = time.Time{}, "", "", time.Time{}
	inc.AckedAt, inc.AckedBy = time.Time{}, ""
	inc.Level, inc.EscalatedAt, inc.Attempts = 0, time.Time{}, nil
	inc.Reopened++
	inc.join(e)
	return ""
}

// correct puts times right, the last word of each field winning.
func (inc *Incident) correct() {
	for _, e := range inc.Timeline {
		if e.Kind != Corrected {
			continue
		}
		switch e.Field {
		case StartedAt:
			inc.StartedAt = e.Time
		case DetectedAt:
			inc.DetectedAt = e.Time
		case MitigatedAt:
			inc.MitigatedAt = e.Time
		case ResolvedAt:
			if inc.Status.Over() {
				inc.ResolvedAt = e.Time
			}
		}
	}
}

// ReviewDue reports whether an incident of that severity must be reviewed.
func ReviewDue(s alert.Severity) bool { return s == alert.P0 || s == alert.P1 }
