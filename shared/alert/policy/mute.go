package policy

import (
	"slices"
	"time"

	"tillwatch/shared/alert"
)

// Within reports whether now is in the named time interval.
func (p *Policy) Within(name string, now time.Time) bool {
	for _, i := range p.intervals[name] {
		if i.ContainsTime(now.UTC()) {
			return true
		}
	}
	return false
}

// Mutes reports whether w mutes s at now.
func (p *Policy) Mutes(w Window, s *alert.Signal, now time.Time) bool {
	if !Matches(w.Matchers, s) {
		return false
	}
	if len(w.Intervals) > 0 {
		return slices.ContainsFunc(w.Intervals, func(name string) bool { return p.Within(name, now) })
	}
	return !now.Before(w.From) && now.Before(w.Until)
}

// Open reports whether r tells of anything at now, by its time intervals; if
// not, interval names what forbids it.
func (p *Policy) Open(r *Route, now time.Time) (interval string, open bool) {
	for _, name := range r.Mute {
		if p.Within(name, now) {
			return name, false
		}
	}
	if len(r.Active) == 0 {
		return "", true
	}
	for _, name := range r.Active {
		if p.Within(name, now) {
			return "", true
		}
	}
	return r.Active[0], false
}

// horizon is how far ahead the end of a mute is looked for.
const horizon = 8 * 24 * time.Hour

// Reopens returns the first full minute after now at which ok holds, at most
// eight days ahead.
func Reopens(now time.Time, ok func(time.Time) bool) time.Time {
	t := now.Truncate(time.Minute)
	for end := now.Add(horizon); t.Before(end); {
		if t = t.Add(time.Minute); ok(t) {
			return t
		}
	}
	return t
}
