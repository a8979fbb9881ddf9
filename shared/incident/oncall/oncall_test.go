package oncall

import (
	"errors"
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
	r := Rotation{Name: "data", Start: at(10, 19, 9), People: []string{"ada", "bob", "cem"},
		Overrides: []Override{{From: at(11, 4, 9), Until: at(11, 5, 9), Person: "dan"}}}
	for _, c := range []struct {
		name   string
		now    time.Time
		person string
		until  time.Time
	}{
		{"the first turn", at(10, 19, 9), "ada", at(10, 26, 9)},
		{"an hour before the handoff after the clocks changed", at(10, 26, 8), "ada", at(10, 26, 9)},
		{"the handoff keeps its hour of the day", at(10, 26, 9), "bob", at(11, 2, 9)},
		{"an override cuts a turn", at(11, 3, 9), "cem", at(11, 4, 9)},
		{"the override holds", at(11, 4, 12), "dan", at(11, 5, 9)},
		{"and ends", at(11, 5, 9), "cem", at(11, 9, 9)},
		{"the first comes round again", at(11, 9, 9), "ada", at(11, 16, 9)},
	} {
		person, until, err := r.At(c.now)
		if err != nil || person != c.person || !until.Equal(c.until) {
			t.Errorf("%s: %s until %s (%v), want %s until %s", c.name, person, until, err, c.person, c.until)
		}
	}
	if _, _, err := r.At(at(10, 19, 8)); !errors.Is(err, ErrNobody) {
		t.Errorf("before the first handoff: %v, want %v", err, ErrNobody)
	}
	if _, _, err := (Rotation{}).At(at(10, 19, 8)); !errors.Is(err, ErrNobody) {
		t.Errorf("without people: %v, want %v", err, ErrNobody)
	}
}

func TestValidate(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ok := Rotation{Name: "x", Start: start, People: []string{"a"}}
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
	for name, r := range map[string]Rotation{
		"no people":           {Name: "x", Start: start},
		"no start":            {Name: "x", People: []string{"a"}},
		"negative turns":      {Name: "x", Start: start, People: []string{"a"}, Days: -1},
		"a backward override": {Name: "x", Start: start, People: []string{"a"}, Overrides: []Override{{From: start, Until: start, Person: "b"}}},
	} {
		if r.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSomebodyIsAlwaysOnCall walks from handoff to handoff through a year in a
// zone that changes its clocks.
func TestSomebodyIsAlwaysOnCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		location, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		r := Rotation{Name: "x", Days: rapid.IntRange(1, 14).Draw(t, "days"), People: []string{"a", "b", "c"},
			Start: time.Date(2026, 1, 5, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, location)}
		now, turns := r.Start, 0
		for now.Before(r.Start.AddDate(1, 0, 0)) {
			person, until, err := r.At(now)
			if err != nil || !until.After(now) {
				t.Fatalf("at %s: %s until %s, %v", now, person, until, err)
			}
			if want := r.People[turns%3]; person != want {
				t.Fatalf("at %s: %s, want %s", now, person, want)
			}
			if last, _, _ := r.At(until.Add(-time.Second)); last != person {
				t.Fatalf("a second before %s: %s, want %s", until, last, person)
			}
			now, turns = until, turns+1
		}
	})
}
