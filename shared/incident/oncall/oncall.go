// Package oncall says who is on call: people who take turns, in their own time
// zone, with overrides for holidays and swaps.
package oncall

import (
	"errors"
	"fmt"
	"time"
)

// A Rotation is a schedule in which people take turns.
type Rotation struct {
	Name string
	// Start is the first handoff. Handoffs happen at its time of day in its
	// Location, also on days on which the clocks change.
	Start time.Time
	// Days is the length of a turn, 7 if 0.
	Days int
	// People take turns in this order.
	People []string
	// Overrides put somebody else in; of several, the last one that holds wins.
	Overrides []Override
}

// An Override puts Person on call in [From, Until).
type Override struct {
	From, Until time.Time
	Person      string
}

// ErrNobody is returned when nobody is on call.
var ErrNobody = errors.New("nobody is on call")

// Validate says what keeps the rotation from working, nil if nothing does.
func (r Rotation) Validate() error {
	switch {
	case len(r.People) == 0:
		return fmt.Errorf("rotation %s: it has no people", r.Name)
	case r.Start.IsZero():
		return fmt.Errorf("rotation %s: it has no start", r.Name)
	case r.Days < 0 || r.Days > 366:
		return fmt.Errorf("rotation %s: a turn of %d days, want 1 to 366", r.Name, r.Days)
	}
	for _, o := range r.Overrides {
		if !o.Until.After(o.From) || o.Person == "" {
			return fmt.Errorf("rotation %s: the override of %q from %s ends before it begins, or names nobody", r.Name, o.Person, o.From.Format(time.RFC3339))
		}
	}
	return nil
}

// At returns who is on call at now, and until when, or ErrNobody before the
// first handoff.
func (r Rotation) At(now time.Time) (person string, until time.Time, err error) {
	if len(r.People) == 0 {
		return "", time.Time{}, fmt.Errorf("rotation %s: %w", r.Name, ErrNobody)
	}
	turn, ok := r.turn(now)
	if ok {
		person, until = r.People[turn%len(r.People)], r.handoff(turn+1)
	} else {
		until = r.Start
	}
	held := -1
	for i, o := range r.Overrides {
		if !now.Before(o.From) && now.Before(o.Until) {
			person, until, held = o.Person, o.Until, i
		}
	}
	// An override that begins before the turn ends, and would win, ends it.
	for i, o := range r.Overrides {
		if i > held && o.From.After(now) && o.From.Before(until) {
			until = o.From
		}
	}
	if person == "" {
		return "", until, fmt.Errorf("rotation %s before %s: %w", r.Name, r.Start.Format(time.RFC3339), ErrNobody)
	}
	return person, until.UTC(), nil
}

func (r Rotation) days() int {
	if r.Days <= 0 {
		return 7
	}
	return r.Days
}

// handoff is when turn n begins, in civil days so that the hour of the day
// stays the same when the clocks change.
func (r Rotation) handoff(n int) time.Time { return r.Start.AddDate(0, 0, n*r.days()) }

// turn returns the number of the turn at now, from 0; false before the first.
func (r Rotation) turn(now time.Time) (int, bool) {
	if now.Before(r.Start) {
		return 0, false
	}
	n := int(now.Sub(r.Start).Hours() / 24 / float64(r.days()))
	for n > 0 && now.Before(r.handoff(n)) {
		n--
	}
	for !now.Before(r.handoff(n + 1)) {
		n++
	}
	return n, true
}
