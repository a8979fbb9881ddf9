package oncall

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTurns(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, berlin)
	}
	s := Schedule{Name: "data", Start: at(10, 19, 9), People: []string{"ada", "bob", "cem"},
		Overrides: []Override{
			{From: at(11, 4, 9), Until: at(11, 5, 9), Person: "dan"},
			{From: at(11, 4, 20), Until: at(11, 4, 22), Person: "eve"},
		}}
	for _, c := range []struct {
		name   string
		now    time.Time
		person string
		until  time.Time
	}{
		{"nobody before the first handover", at(10, 19, 8), "", at(10, 19, 9)},
		{"the first turn", at(10, 19, 9), "ada", at(10, 26, 9)},
		{"an hour before the handover after the clocks changed", at(10, 26, 8), "ada", at(10, 26, 9)},
		{"the handover keeps its hour of the day", at(10, 26, 9), "bob", at(11, 2, 9)},
		{"an override cuts a turn", at(11, 3, 9), "cem", at(11, 4, 9)},
		{"the override holds", at(11, 4, 12), "dan", at(11, 4, 20)},
		{"of two overrides the later one wins", at(11, 4, 21), "eve", at(11, 4, 22)},
		{"and gives back", at(11, 4, 22), "dan", at(11, 5, 9)},
		{"the turn goes on", at(11, 5, 9), "cem", at(11, 9, 9)},
		{"the first comes round again", at(11, 9, 9), "ada", at(11, 16, 9)},
	} {
		got := s.At(c.now)
		if got.Person != c.person || !got.Until.Equal(c.until) {
			t.Errorf("%s: %q until %s, want %q until %s", c.name, got.Person, got.Until, c.person, c.until.UTC())
		}
	}
	if got := (Schedule{}).At(at(10, 19, 8)); got.Person != "" || !got.Until.IsZero() {
		t.Errorf("without people: %+v, want nobody for ever", got)
	}
	list := s.Overlaps(at(11, 1, 0), at(12, 1, 0))
	if len(list) != 1 || list[0].GivesWay.Person != "dan" || list[0].Holds.Person != "eve" || !list[0].From.Equal(at(11, 4, 20)) || !list[0].Until.Equal(at(11, 4, 22)) {
		t.Errorf("overlaps %v, want dan giving way to eve for two hours", list)
	}
	if list := s.Overlaps(at(11, 5, 0), at(12, 1, 0)); len(list) != 0 {
		t.Errorf("overlaps %v after they were over", list)
	}
}

// TestTheClocksChange holds handovers against the wall clock of two days on
// which the clocks change, one of which leaves the handover's time out.
func TestTheClocksChange(t *testing.T) {
	newYork := zone(t, "America/New_York")
	s := Schedule{Name: "x", Start: time.Date(2026, 3, 1, 2, 30, 0, 0, newYork), Days: 1, People: []string{"a", "b"}}
	for _, c := range []struct{ now, until string }{
		{"2026-03-06T12:00:00-05:00", "2026-03-07T02:30:00-05:00"},
		{"2026-03-07T12:00:00-05:00", "2026-03-08T03:30:00-04:00"}, // 02:30 is left out
		{"2026-03-08T12:00:00-04:00", "2026-03-09T02:30:00-04:00"},
		{"2026-10-31T12:00:00-04:00", "2026-11-01T02:30:00-05:00"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.At(now).Until.In(newYork).Format(time.RFC3339); got != c.until {
			t.Errorf("at %s: until %s, want %s", c.now, got, c.until)
		}
	}
}

func TestHoursLeaveGaps(t *testing.T) {
	utc := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	office := func(t time.Time) bool {
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && t.Hour() >= 9 && t.Hour() < 17
	}
	s := Schedule{Name: "office", Start: utc(16, 9), People: []string{"ada", "bob"}, Hours: office,
		Overrides: []Override{{From: utc(21, 10), Until: utc(21, 12), Person: "cem"}}} // a Saturday
	want := []Shift{
		{Person: "ada", From: utc(20, 12), Until: utc(20, 17)},
		{From: utc(20, 17), Until: utc(21, 10)},
		{Person: "cem", From: utc(21, 10), Until: utc(21, 12), Override: true},
		{From: utc(21, 12), Until: utc(23, 9)},
		{Person: "bob", From: utc(23, 9), Until: utc(23, 17)},
	}
	got := s.Shifts(utc(20, 12), utc(23, 12))
	if len(got) != len(want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("shift %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	never := Schedule{Name: "never", Start: utc(1, 0), People: []string{"ada"}, Hours: func(time.Time) bool { return false }}
	if got := never.At(utc(2, 0)); got.Person != "" || !got.Until.Equal(utc(2, 0).Add(gap)) {
		t.Errorf("hours that never come: %+v", got)
	}
}

// TestSomebodyIsAlwaysOnCall walks from handover to handover through a year in
// zones that change their clocks.
func TestSomebodyIsAlwaysOnCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		location, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		s := Schedule{Name: "x", Days: rapid.IntRange(1, 14).Draw(t, "days"), People: []string{"a", "b", "c"},
			Start: time.Date(2026, 1, 5, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, location)}
		now, turns := s.Start, 0
		for now.Before(s.Start.AddDate(1, 0, 0)) {
			shift := s.At(now)
			if !shift.Until.After(now) {
				t.Fatalf("at %s: %+v", now, shift)
			}
			if want := s.People[turns%3]; shift.Person != want {
				t.Fatalf("at %s: %s, want %s", now, shift.Person, want)
			}
			if last := s.At(shift.Until.Add(-time.Second)); last.Person != shift.Person {
				t.Fatalf("a second before %s: %s, want %s", shift.Until, last.Person, shift.Person)
			}
			now, turns = shift.Until, turns+1
		}
	})
}

// TestShiftsAgreeWithEachMinute holds the shifts of a schedule with hours and
// overrides against asking for every ten minutes.
func TestShiftsAgreeWithEachMinute(t *testing.T) {
	start := time.Date(2026, 3, 25, 8, 0, 0, 0, zone(t, "Europe/Berlin"))
	rapid.Check(t, func(t *rapid.T) {
		first, last := rapid.IntRange(0, 12).Draw(t, "first"), rapid.IntRange(13, 23).Draw(t, "last")
		s := Schedule{Name: "x", Start: start, Days: rapid.IntRange(1, 3).Draw(t, "days"), People: []string{"a", "b"},
			Hours: func(t time.Time) bool { h := t.In(start.Location()).Hour(); return h >= first && h < last }}
		for range rapid.IntRange(0, 4).Draw(t, "overrides") {
			from := start.Add(time.Duration(rapid.IntRange(0, 9*144).Draw(t, "from")) * 10 * time.Minute)
			s.Overrides = append(s.Overrides, Override{Person: "c", From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "long")) * 10 * time.Minute)})
		}
		from, until := start.Add(-time.Hour), start.AddDate(0, 0, 9)
		shifts := s.Shifts(from, until)
		at := from
		for _, shift := range shifts {
			if !shift.From.Equal(at) {
				t.Fatalf("a hole before %+v", shift)
			}
			for at.Before(shift.Until) && at.Before(until) {
				if got := s.At(at); got.Person != shift.Person {
					t.Fatalf("at %s: %q, the shift says %q", at, got.Person, shift.Person)
				}
				at = at.Add(10 * time.Minute)
			}
		}
		if !at.Equal(until) {
			t.Fatalf("the shifts end at %s, want %s", at, until)
		}
	})
}
