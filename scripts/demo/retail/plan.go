package retail

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Quiet is how long before Setting.Now the day's newest transaction lies, and
// the least time that must have passed since midnight UTC.
const Quiet = 2 * time.Minute

// ErrNoDay is what Plan returns if the source lacks the days asked for.
var ErrNoDay = errors.New("the source has no such day with eight weeks before it")

// A Setting says which day to make.
type Setting struct {
	// Now is when the files land. Its date, in UTC, is the day of the files.
	Now time.Time
	// Seed decides what the source does not say.
	Seed uint64
	// Day is the source's day to use; zero is the day of Now's weekday with the
	// most usual volume.
	Day time.Time
}

// A Plan is one day of a source moved to Setting.Now's date, with the days
// before it. Its methods take how many days ago a file is of: 0 is the day
// itself and HistoryDays the oldest.
type Plan struct {
	Setting
	// Date is the day of the files, Origin the source's day, both midnight UTC.
	Date, Origin time.Time

	source *Source
	day    int              // Origin, counted from 1970-01-01
	stores []int32          // the chain, ascending
	region map[int32]string // by store of the chain
	chain  map[int][]Line   // the chain's lines, by days ago
}

// Plan decides the day and the chain. It returns ErrNoDay, wrapped, if the
// source lacks the day or what comes before it.
func (s *Source) Plan(set Setting) (*Plan, error) {
	p := &Plan{Setting: set, Date: dateOf(dayOf(set.Now.UTC())), source: s, region: map[int32]string{}, chain: map[int][]Line{}}
	if set.Now.Sub(p.Date) <= Quiet {
		return nil, fmt.Errorf("plan a day: %s is less than %v after midnight UTC", set.Now.Format(time.TimeOnly), Quiet)
	}
	if set.Day.IsZero() {
		p.day = s.typical(p.Date.Weekday())
	} else {
		p.day = dayOf(set.Day)
	}
	if s.Days[p.day] == nil || s.Days[p.day-HistoryDays] == nil {
		return nil, fmt.Errorf("plan %s: %w", set.Day.Format(time.DateOnly), ErrNoDay)
	}
	p.Origin = dateOf(p.day)
	p.findChain()
	return p, nil
}

// typical returns the day whose volume differs least from both the median of
// the eight same weekdays before it and the last of them, where these differ
// little among themselves, the earliest of several; 0 if there is none. Weeks
// that differ much let half a day's volume pass as usual.
func (s *Source) typical(weekday time.Weekday) int {
	best, distance := 0, math.Inf(1)
	for day, lines := range s.Days {
		if dateOf(day).Weekday() != weekday {
			continue
		}
		var before []int
		for ago := 7; ago <= HistoryDays; ago += 7 {
			if n := len(s.Days[day-ago]); n > 0 {
				before = append(before, n)
			}
		}
		if len(before) < HistoryDays/7 {
			continue
		}
		last := float64(before[0])
		slices.Sort(before)
		median := float64(before[len(before)/2-1]+before[len(before)/2]) / 2
		spread := make([]float64, 0, len(before))
		for _, v := range before {
			spread = append(spread, math.Abs(float64(v)-median))
		}
		slices.Sort(spread)
		deviation := (spread[len(spread)/2-1] + spread[len(spread)/2]) / 2
		n := float64(len(lines))
		d := max(math.Abs(n-median)/median, math.Abs(n-last)/last, deviation/median)
		if d < distance || d == distance && day < best {
			best, distance = day, d
		}
	}
	return best
}

// findChain keeps the stores that traded on nine of ten days of the history,
// and gives each a region in turn.
func (p *Plan) findChain() {
	traded := map[int32]int{}
	days := 0
	for ago := 1; ago <= HistoryDays; ago++ {
		seen := map[int32]bool{}
		for _, line := range p.source.Days[p.day-ago] {
			seen[line.Store] = true
		}
		for store := range seen {
			traded[store]++
		}
		if len(seen) > 0 {
			days++
		}
	}
	for store, n := range traded {
		if 10*n >= 9*days {
			p.stores = append(p.stores, store)
		}
	}
	slices.Sort(p.stores)
	for i, store := range p.stores {
		p.region[store] = [...]string{"North", "East", "South", "West"}[i%4]
	}
}

// Open reports whether the chain's stores traded that many days ago.
func (p *Plan) Open(ago int) bool { return len(p.source.Days[p.day-ago]) > 0 }

// date returns the date that many days ago.
func (p *Plan) date(ago int) time.Time { return p.Date.AddDate(0, 0, -ago) }

// lines returns the chain's lines of a day.
func (p *Plan) lines(ago int) []Line {
	lines, ok := p.chain[ago]
	if ok {
		return lines
	}
	for _, line := range p.source.Days[p.day-ago] {
		if p.region[line.Store] != "" {
			lines = append(lines, line)
		}
	}
	p.chain[ago] = lines
	return lines
}

// clock returns a function from a source's second of the day to the time in
// the file. A past day keeps its hours; those of the day itself are squeezed
// or stretched so that the newest lies Quiet before Now and none in the future.
func (p *Plan) clock(ago int, lines []Line) func(second int32) time.Time {
	date := p.date(ago)
	if ago > 0 || len(lines) == 0 {
		return func(second int32) time.Time { return date.Add(time.Duration(second) * time.Second) }
	}
	span, last := int64(p.end(0).Sub(date)/time.Second), int64(max(lines[len(lines)-1].Second, 1))
	return func(second int32) time.Time {
		return date.Add(time.Duration(int64(second)*span/last) * time.Second)
	}
}

// end returns when a day's files were written: Quiet before they land.
func (p *Plan) end(ago int) time.Time { return p.At(ago).Add(-Quiet).Truncate(time.Second) }

// At returns when the files of a day land: Now, or, of a past day, Quiet after
// the day's last receipt but not after midnight.
func (p *Plan) At(ago int) time.Time {
	if ago == 0 {
		return p.Now.UTC()
	}
	at := p.date(ago).Add(24*time.Hour - time.Second)
	if lines := p.lines(ago); len(lines) > 0 {
		if last := p.date(ago).Add(time.Duration(lines[len(lines)-1].Second)*time.Second + Quiet); last.Before(at) {
			return last
		}
	}
	return at
}
