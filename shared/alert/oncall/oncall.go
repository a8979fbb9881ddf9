// Package oncall says who is on call: people who take turns, in their own time
// zone, at hours that may leave gaps, with overrides for holidays and swaps.
package oncall

import "time"

// A Schedule is a rota in which people take turns.
type Schedule struct {
	Name string
	// Start is the first handover. Handovers happen at its time of day in its
	// Location, also on days on which the clocks change; where the clocks leave
	// that time out, as much later as they were moved.
	Start time.Time
	// Days is the length of a turn, 7 if 0.
	Days int
	// People take turns in this order; without any, nobody is ever on call.
	People []string
	// Hours reports whether the schedule has anybody at all in the minute of a
	// time; nil is always. Overrides hold all the same.
	Hours func(time.Time) bool
	// Overrides put somebody else in; of several, the last one that holds wins.
	Overrides []Override
}

// An Override puts Person on call in [From, Until), whoever's turn it is.
type Override struct {
	From, Until time.Time
	Person      string
}

// A Shift is a time in which the same person is on call.
type Shift struct {
	// Person is "" if nobody is.
	Person string
	// From and Until are the first moment and the one after the last, UTC. Until
	// is zero where nothing ever changes, and at most 31 days after From where
	// nobody is on call.
	From, Until time.Time
	// Override says that it is not the person's turn.
	Override bool
}

// At returns who is on call at now, From being now.
func (s Schedule) At(now time.Time) Shift {
	shift := Shift{From: now.UTC()}
	held := -1
	for i, o := range s.Overrides {
		if !now.Before(o.From) && now.Before(o.Until) {
			shift.Person, shift.Until, shift.Override, held = o.Person, o.Until, true, i
		}
	}
	if held < 0 {
		shift.Person, shift.Until = s.regular(now)
	}
	// An override that begins before the shift ends, and would win, ends it.
	for i, o := range s.Overrides {
		if i > held && o.From.After(now) && (shift.Until.IsZero() || o.From.Before(shift.Until)) {
			shift.Until = o.From
		}
	}
	if !shift.Until.IsZero() {
		shift.Until = shift.Until.UTC()
	}
	return shift
}

// gap is how far ahead the end of a gap is looked for.
const gap = 31 * 24 * time.Hour

// regular is At without overrides.
func (s Schedule) regular(now time.Time) (person string, until time.Time) {
	if len(s.People) == 0 {
		return "", time.Time{}
	}
	turn, begun := s.turn(now)
	until = s.Start
	if begun {
		person, until = s.People[turn%len(s.People)], s.handover(turn+1)
	}
	if s.Hours == nil {
		return person, until
	}
	if !s.Hours(now) {
		return "", s.turns(now, now.Add(gap), true)
	}
	if !begun {
		return "", until
	}
	return person, s.turns(now, until, false)
}

// turns returns the first full minute after now at which Hours becomes open, at
// most limit.
func (s Schedule) turns(now, limit time.Time, open bool) time.Time {
	for t := now.Truncate(time.Minute).Add(time.Minute); t.Before(limit); t = t.Add(time.Minute) {
		if s.Hours(t) == open {
			return t
		}
	}
	return limit
}

// Shifts returns who is on call from from until before until, without holes and
// in order; the first begins at from, and the last ends when it does, which may
// be after until.
func (s Schedule) Shifts(from, until time.Time) []Shift {
	var list []Shift
	for now := from; now.Before(until); {
		shift := s.At(now)
		if shift.Until.IsZero() {
			shift.Until = until.UTC()
		}
		now = shift.Until
		if n := len(list); n > 0 && list[n-1].Person == shift.Person && list[n-1].Override == shift.Override {
			list[n-1].Until = shift.Until
			continue
		}
		list = append(list, shift)
	}
	return list
}

// An Overlap is a time in which two overrides hold, of which one wins.
type Overlap struct {
	Holds, GivesWay Override
	From, Until     time.Time
}

// Overlaps returns the overlaps of two overrides each in [from, until), in the
// order of the overrides.
func (s Schedule) Overlaps(from, until time.Time) (list []Overlap) {
	for i, a := range s.Overrides {
		for _, b := range s.Overrides[i+1:] {
			begin, end := later(later(a.From, b.From), from), earlier(earlier(a.Until, b.Until), until)
			if begin.Before(end) {
				list = append(list, Overlap{Holds: b, GivesWay: a, From: begin.UTC(), Until: end.UTC()})
			}
		}
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (s Schedule) days() int {
	if s.Days <= 0 {
		return 7
	}
	return s.Days
}

// handover is when turn n begins, in civil days so that the hour of the day
// stays the same when the clocks change.
func (s Schedule) handover(n int) time.Time {
	t := s.Start.AddDate(0, 0, n*s.days())
	// Of a time that the clocks leave out, time.Date may take the hour before.
	if missing := clock(s.Start) - clock(t); missing > 0 {
		t = t.Add(missing)
	}
	return t
}

// clock is the time of the day that the clocks show.
func clock(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// turn returns the number of the turn at now, from 0; false before the first.
func (s Schedule) turn(now time.Time) (int, bool) {
	if now.Before(s.Start) {
		return 0, false
	}
	n := int(now.Sub(s.Start).Hours() / 24 / float64(s.days()))
	for n > 0 && now.Before(s.handover(n)) {
		n--
	}
	for !now.Before(s.handover(n + 1)) {
		n++
	}
	return n, true
}
