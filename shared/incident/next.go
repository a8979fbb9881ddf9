package incident

import (
	"fmt"
	"time"
)

// A Playbook says what is done about an incident, in order: remedies first,
// then people, level by level, until somebody acknowledges.
type Playbook struct {
	Remedies []Remedy
	Chain    []Level
	// Rounds is how often the whole chain is gone through, 1 if 0.
	Rounds int
}

// A Level is one level of an escalation chain.
type Level struct {
	// After is how long after the level before it (or after the incident opened
	// or its last remedy was held) it is called. The first is called at once when
	// a remedy failed.
	After time.Duration
	// To says in words who is called: people, or the channel that others read.
	To []string
	// Through are the channels that they are called through.
	Through []string
}

// A Move is one thing to be done now. Its event has the ID that the move
// carries, so that doing it twice is one line of the timeline.
type Move struct {
	ID     string
	Kind   MoveKind
	Remedy Remedy // with TryRemedy, HoldRemedy and GiveUpRemedy
	Hold   Hold   // with HoldRemedy
	Level  int    // with CallLevel, as are To and Through
	To     []string
	// Through are the channels of the call.
	Through []string
}

// A MoveKind says what a Move does.
type MoveKind string

// The kinds of move.
const (
	TryRemedy    MoveKind = "try_remedy"     // if it is not Live: say what it would do, and record it as held
	HoldRemedy   MoveKind = "hold_remedy"    // record that a guard kept it back
	GiveUpRemedy MoveKind = "give_up_remedy" // the signal did not clear in time
	KeepRemedy   MoveKind = "keep_remedy"    // the incident ended while it was verified: it worked
	CallLevel    MoveKind = "call_level"
	DraftReview  MoveKind = "draft_review"
)

// Next says what has to be done about inc at now, and when to ask again; the
// zero time is never, unless an event comes. It is pure: asked again without an
// event in between it says the same.
func Next(inc *Incident, book Playbook, around Surroundings, now time.Time) (moves []Move, again time.Time) {
	if inc.Status.Over() {
		return inc.afterEnd(), time.Time{}
	}
	if t := inc.underWay(); t != nil {
		deadline := t.At.Add(remedyOf(book, t).Within())
		if now.Before(deadline) {
			return nil, deadline
		}
		return []Move{{ID: inc.moveID("remedy-failed", len(inc.Attempts)), Kind: GiveUpRemedy, Remedy: remedyOf(book, t)}}, now
	}
	if m, ok := inc.nextRemedy(book, around, now); ok {
		return []Move{m}, now
	}
	return inc.nextLevel(book, now)
}

// afterEnd is what an incident that is over still needs.
func (inc *Incident) afterEnd() (moves []Move) {
	if t := inc.underWay(); t != nil && inc.Resolution != ByPerson {
		moves = append(moves, Move{ID: inc.moveID("remedy-worked", len(inc.Attempts)), Kind: KeepRemedy,
			Remedy: Remedy{Action: t.Action, Target: t.Target, Live: !t.DryRun}})
	}
	if ReviewDue(inc.Severity) && inc.Status != StatusReviewed {
		moves = append(moves, Move{ID: inc.moveID("review", inc.Reopened), Kind: DraftReview})
	}
	return moves
}

// underWay returns the remedy whose end is not known, nil if there is none.
func (inc *Incident) underWay() *Tried {
	for i := range inc.Attempts {
		if inc.Attempts[i].State == RemedyStarted {
			return &inc.Attempts[i]
		}
	}
	return nil
}

// remedyOf finds the playbook's remedy of an attempt; one that the playbook no
// longer has is judged by the defaults.
func remedyOf(book Playbook, t *Tried) Remedy {
	for _, r := range book.Remedies {
		if r.Action == t.Action && r.Target == t.Target {
			return r
		}
	}
	return Remedy{Action: t.Action, Target: t.Target, Live: !t.DryRun}
}

// nextRemedy finds the first remedy that was neither tried nor held, unless a
// person has taken the incident on: two must not work on one thing.
func (inc *Incident) nextRemedy(book Playbook, around Surroundings, now time.Time) (Move, bool) {
	if !inc.AckedAt.IsZero() {
		return Move{}, false
	}
	for _, r := range book.Remedies {
		if inc.settled(r) {
			continue
		}
		n := len(inc.Attempts)
		if hold := around.Holds(r, now); hold != NotHeld {
			return Move{ID: inc.moveID("remedy", n) + "-held", Kind: HoldRemedy, Remedy: r, Hold: hold}, true
		}
		return Move{ID: inc.moveID("remedy", n), Kind: TryRemedy, Remedy: r}, true
	}
	return Move{}, false
}

// settled reports whether nothing more is tried of r: it was held, or failed
// as often as it may be tried.
func (inc *Incident) settled(r Remedy) bool {
	for _, t := range inc.Attempts {
		if t.Action == r.Action && t.Target == r.Target && t.State == RemedyHeld {
			return true
		}
	}
	return inc.tries(r) >= r.Tries()
}

// NextCall returns the level that is called next and when, unless somebody
// acknowledges before; false if none is.
func (inc *Incident) NextCall(book Playbook) (level Level, due time.Time, ok bool) {
	if inc.Status.Over() || !inc.AckedAt.IsZero() || len(book.Chain) == 0 || inc.Level >= len(book.Chain)*max(1, book.Rounds) {
		return Level{}, time.Time{}, false
	}
	from := inc.EscalatedAt
	if inc.Level == 0 {
		from = inc.begun()
	}
	level = book.Chain[inc.Level%len(book.Chain)]
	if inc.Level == 0 && len(inc.failures()) > 0 {
		return level, from, true
	}
	return level, from.Add(level.After), true
}

// nextLevel calls the next level of the chain when its time has come.
func (inc *Incident) nextLevel(book Playbook, now time.Time) ([]Move, time.Time) {
	level, due, ok := inc.NextCall(book)
	if !ok {
		return nil, time.Time{}
	}
	if now.Before(due) {
		return nil, due
	}
	return []Move{{ID: inc.moveID("level", inc.Level), Kind: CallLevel, Level: inc.Level, To: level.To, Through: level.Through}}, now
}

// failures names the remedies that were really tried and did not help.
func (inc *Incident) failures() (list []string) {
	for _, t := range inc.Attempts {
		if t.State == RemedyFailed && !t.DryRun {
			list = append(list, t.Action+" on "+t.Target)
		}
	}
	return list
}

// begun is when people are first needed: when the last remedy was given up,
// else when the incident was opened or opened again.
func (inc *Incident) begun() time.Time {
	at := inc.lived()
	for _, t := range inc.Attempts {
		if t.Closed.After(at) {
			at = t.Closed
		}
	}
	return at
}

// lived is when the incident was opened, or opened again.
func (inc *Incident) lived() time.Time {
	at := inc.DetectedAt
	for _, e := range inc.Timeline {
		if e.Kind == Reopen && e.At.After(at) {
			at = e.At
		}
	}
	return at
}

// RespondBy is when somebody must have taken the incident on, by its severity.
func (inc *Incident) RespondBy() time.Time { return inc.lived().Add(inc.Severity.RespondWithin()) }

// moveID names a move of this life of the incident.
func (inc *Incident) moveID(what string, n int) string {
	return fmt.Sprintf("%s/%d/%s-%d", inc.ID, inc.Reopened, what, n)
}
