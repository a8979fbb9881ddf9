package incident

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/words"
)

// A Store keeps the events of incidents.
type Store interface {
	// Append stores e unless the incident has an event of its ID; added tells.
	Append(ctx context.Context, e Event) (added bool, err error)
	// Events returns the incident's events in any order, none if it is unknown.
	Events(ctx context.Context, incident string) ([]Event, error)
	// Recent returns the ids of the incidents opened since a time, newest first.
	Recent(ctx context.Context, since time.Time) ([]string, error)
}

// A Guard knows what remedies depend on outside of one incident.
type Guard interface {
	// Surroundings returns the facts as they are at now.
	Surroundings(ctx context.Context, list []Remedy, now time.Time) (Surroundings, error)
	// Claim notes that r is tried now, or returns what holds it: of two who claim
	// the same target within its cool-down, one is held.
	Claim(ctx context.Context, r Remedy, now time.Time) (Hold, error)
}

// Hands carry out remedies.
type Hands interface {
	// Do carries the remedy out, or, if it is not Live, says in After what it
	// would do. An error is a remedy that could not be carried out; what is known
	// of the target comes with it.
	Do(ctx context.Context, t Try) (Attempt, error)
}

// A Try is one remedy that is to be carried out.
type Try struct {
	Remedy
	// ID is that of no other try: what AWS takes as a token is made from it.
	ID       string
	At       time.Time
	Incident *Incident
}

// A Teller tells people of an incident's progress; it is told who e calls, if e
// is Escalated. It may be called twice for the same event.
type Teller interface {
	Tell(ctx context.Context, inc *Incident, e Event) error
}

// A Waker has the responder asked again about an incident, at or after a time,
// maybe more than once.
type Waker interface {
	Wake(ctx context.Context, incident string, at time.Time) error
}

// A Reviewer keeps the draft of an incident's review.
type Reviewer interface {
	Draft(ctx context.Context, inc *Incident, now time.Time) error
}

// A Responder leads incidents from their opening to their review. All fields
// are required.
type Responder struct {
	Store     Store
	Guard     Guard
	Hands     Hands
	Teller    Teller
	Waker     Waker
	Reviewer  Reviewer
	Publisher *Publisher
	// Book returns the playbook of an incident, as it holds at now.
	Book func(ctx context.Context, inc *Incident, now time.Time) Playbook
}

// maxMoves bounds what is done about an incident in one go.
const maxMoves = 32

// Respond takes events of one incident into its timeline, if there are any, and
// does what has to be done about it now. It may be called again with the same
// events after any error: what was done is not done again, but for a message
// whose sending could not be recorded.
func (r *Responder) Respond(ctx context.Context, id string, events []Event, now time.Time) (*Incident, error) {
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return nil, err
		}
		if e.Incident != id {
			return nil, fmt.Errorf("%w: event %s is of incident %s, not %s", ErrInvalid, e.ID, e.Incident, id)
		}
	}
	for _, e := range events {
		if err := r.record(ctx, e); err != nil {
			return nil, err
		}
	}
	for range maxMoves {
		inc, err := r.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		book := r.Book(ctx, inc, now)
		around, err := r.Guard.Surroundings(ctx, book.Remedies, now)
		if err != nil {
			return nil, err
		}
		moves, again := Next(inc, book, around, now)
		if len(moves) == 0 {
			if !again.IsZero() {
				if err := r.Waker.Wake(ctx, id, again); err != nil {
					return inc, err
				}
			}
			return inc, r.Publisher.Publish(ctx, inc, book, now)
		}
		done := false
		for _, m := range moves {
			acted, err := r.do(ctx, inc, m, now)
			if err != nil {
				return nil, err
			}
			done = done || acted
		}
		if !done {
			return inc, r.Publisher.Publish(ctx, inc, book, now)
		}
	}
	return nil, fmt.Errorf("respond to %s: no rest after %d moves", id, maxMoves)
}

// Load returns the incident as its events say.
func (r *Responder) Load(ctx context.Context, id string) (*Incident, error) {
	events, err := r.Store.Events(ctx, id)
	if err != nil {
		return nil, err
	}
	inc, err := Fold(events)
	if err != nil {
		return nil, err
	}
	return &inc, nil
}

// record tells people of e, where e is news to them and had an effect, and
// stores it: a message too many beats one too few.
func (r *Responder) record(ctx context.Context, e Event) error {
	events, err := r.Store.Events(ctx, e.Incident)
	if err != nil {
		return err
	}
	for _, o := range events {
		if o.ID == e.ID {
			return nil
		}
	}
	if told[e.Kind] {
		inc, err := Fold(append(events, e))
		if err != nil && !errors.Is(err, ErrNotOpened) {
			return err
		}
		if err == nil && !inc.ignored(e.ID) {
			if err := r.Teller.Tell(ctx, &inc, e); err != nil {
				return err
			}
		}
	}
	_, err = r.Store.Append(ctx, e)
	return err
}

// told are the kinds of which the responder tells people. The first message
// and the last are the router's.
var told = map[Kind]bool{
	Acknowledge: true, Escalated: true, RemedyStarted: true, RemedyWorked: true, RemedyFailed: true, RemedyHeld: true,
	Mitigated: true, Noted: true,
}

// do makes one move and records it. It returns false where there was nothing to
// record.
func (r *Responder) do(ctx context.Context, inc *Incident, m Move, now time.Time) (bool, error) {
	e := Event{ID: m.ID, Incident: inc.ID, At: now, By: System, Remedy: &Attempt{Action: m.Remedy.Action, Target: m.Remedy.Target, DryRun: !m.Remedy.Live}}
	switch m.Kind {
	case DraftReview:
		return false, r.Reviewer.Draft(ctx, inc, now)
	case CallLevel:
		e.Kind, e.Remedy, e.Level, e.To, e.Through = Escalated, nil, m.Level, m.To, m.Through
		e.Text = fmt.Sprintf("Nobody had acknowledged: called level %d, %s", m.Level+1, strings.Join(m.To, " and "))
		if m.Level == 0 {
			e.Text = "Called " + strings.Join(m.To, " and ")
			if tried := inc.failures(); len(tried) > 0 {
				e.Text += ", since " + strings.Join(tried, " and ") + " did not help"
			}
		}
	case HoldRemedy:
		e.Kind, e.Remedy.Why = RemedyHeld, string(m.Hold)
		e.Text = fmt.Sprintf("Did not try %s on %s: %s", m.Remedy.Action, m.Remedy.Target, say[m.Hold])
	case GiveUpRemedy:
		e.Kind, e.Remedy.Why = RemedyFailed, "the signal did not clear in time"
		e.Text = fmt.Sprintf("%s on %s did not help: the signal did not clear within %s", m.Remedy.Action, m.Remedy.Target, words.Duration(m.Remedy.Within()))
	case KeepRemedy:
		e.Kind = RemedyWorked
		e.Text = fmt.Sprintf("%s on %s worked: the signal cleared", m.Remedy.Action, m.Remedy.Target)
	case TryRemedy:
		return true, r.try(ctx, inc, m, e, now)
	}
	return true, r.record(ctx, e)
}

// try claims the target, notes the start, and only then acts: an action of
// which no record exists cannot have happened. A dry run claims nothing.
func (r *Responder) try(ctx context.Context, inc *Incident, m Move, e Event, now time.Time) error {
	t := Try{Remedy: m.Remedy, ID: m.ID, At: now, Incident: inc}
	if !m.Remedy.Live {
		made, err := r.Hands.Do(ctx, t)
		e.Kind = RemedyHeld
		e.Remedy.Before, e.Remedy.After, e.Remedy.Why = made.Before, made.After, string(OnlyDryRun)
		said := "before: " + made.Before + "; it would be: " + made.After
		if err != nil {
			said = "it could not be carried out: " + err.Error()
		}
		e.Text = fmt.Sprintf("Dry run of %s on %s: %s", m.Remedy.Action, m.Remedy.Target, said)
		return r.record(ctx, e)
	}
	hold, err := r.Guard.Claim(ctx, m.Remedy, now)
	if err != nil {
		return err
	}
	if hold != NotHeld {
		_, err := r.do(ctx, inc, Move{ID: m.ID, Kind: HoldRemedy, Remedy: m.Remedy, Hold: hold}, now)
		return err
	}
	e.Kind = RemedyStarted
	e.Text = fmt.Sprintf("Trying %s on %s", m.Remedy.Action, m.Remedy.Target)
	if err := r.record(ctx, e); err != nil {
		return err
	}
	made, err := r.Hands.Do(ctx, t)
	if err == nil {
		return r.record(ctx, Event{ID: e.ID + "/done", Incident: inc.ID, At: now, By: System, Kind: Noted, Remedy: &made,
			Text: fmt.Sprintf("%s on %s is done; before: %s; after: %s", m.Remedy.Action, m.Remedy.Target, made.Before, made.After)})
	}
	return r.record(ctx, Event{ID: e.ID + "/failed", Incident: inc.ID, At: now, By: System, Kind: RemedyFailed,
		Text:   fmt.Sprintf("%s on %s could not be carried out: %v", m.Remedy.Action, m.Remedy.Target, err),
		Remedy: &Attempt{Action: m.Remedy.Action, Target: m.Remedy.Target, Before: made.Before, After: made.After, Why: err.Error()}})
}
