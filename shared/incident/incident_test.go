package incident

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func signal(key string, at time.Time) *alert.Signal {
	return &alert.Signal{ID: key, DedupKey: key, GroupKey: "sales", Rule: alert.FileRejected, Status: alert.Firing,
		Severity: alert.P1, Pipeline: "sales", At: at, Summary: "sales_data failed its contract"}
}

// event makes the event of kind k that happened minutes after noon.
func event(k Kind, minutes int, change ...func(*Event)) Event {
	e := Event{Incident: "INC-1", At: noon.Add(time.Duration(minutes) * time.Minute), Kind: k, By: System}
	switch k {
	case Opened:
		e.Group, e.Severity, e.Signal = "sales", alert.P1, signal("a", noon.Add(-10*time.Minute))
	case AlertJoined, AlertEnded:
		e.Signal = signal("b", e.At)
	case SeverityRaised:
		e.Severity = alert.P0
	case RemedyStarted, RemedyWorked, RemedyFailed, RemedyHeld:
		e.Remedy = &Attempt{Action: remedy.PipelineRestart, Target: "states:sales"}
	case Acknowledge:
		e.By = "kim"
	}
	for _, c := range change {
		c(&e)
	}
	e.ID = fmt.Sprintf("%s@%d/%s", k, minutes, e.By)
	return e
}

func fold(t *testing.T, events ...Event) Incident {
	t.Helper()
	inc, err := Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func TestLives(t *testing.T) {
	person := func(e *Event) { e.By = "kim" }
	for _, c := range []struct {
		name       string
		events     []Event
		status     Status
		resolution Resolution
		severity   alert.Severity
		ignored    int
	}{
		{"opened", []Event{event(Opened, 0)}, StatusOpen, "", alert.P1, 0},
		{"taken on by a person", []Event{event(Opened, 0), event(Acknowledge, 5)}, StatusAcknowledged, "", alert.P1, 0},
		{"taken on twice: the first counts", []Event{event(Opened, 0), event(Acknowledge, 5), event(Acknowledge, 6)}, StatusAcknowledged, "", alert.P1, 1},
		{"a remedy is under way", []Event{event(Opened, 0), event(RemedyStarted, 1)}, StatusRemediating, "", alert.P1, 0},
		{"a remedy failed", []Event{event(Opened, 0), event(RemedyStarted, 1), event(RemedyFailed, 2)}, StatusOpen, "", alert.P1, 0},
		{"a remedy failed after it was taken on", []Event{event(Opened, 0), event(RemedyStarted, 1), event(Acknowledge, 2), event(RemedyFailed, 3)}, StatusAcknowledged, "", alert.P1, 0},
		{"a remedy that never started cannot work", []Event{event(Opened, 0), event(RemedyWorked, 2)}, StatusOpen, "", alert.P1, 1},
		{"a remedy worked", []Event{event(Opened, 0), event(RemedyStarted, 1), event(Resolve, 3), event(RemedyWorked, 3)}, StatusResolved, ByRemedy, alert.P1, 0},
		{"it ended by itself", []Event{event(Opened, 0), event(Resolve, 3)}, StatusResolved, ByItself, alert.P1, 0},
		{"a person ended it", []Event{event(Opened, 0), event(Resolve, 3, person)}, StatusResolved, ByPerson, alert.P1, 0},
		{"its signals cleared after it was taken on", []Event{event(Opened, 0), event(Acknowledge, 1), event(Resolve, 3)}, StatusResolved, SignalsCleared, alert.P1, 0},
		{"acknowledged after the end", []Event{event(Opened, 0), event(Resolve, 3), event(Acknowledge, 4)}, StatusResolved, ByItself, alert.P1, 1},
		{"reopened", []Event{event(Opened, 0), event(Acknowledge, 1), event(Resolve, 3), event(Reopen, 9)}, StatusOpen, "", alert.P1, 0},
		{"only what is over is reopened", []Event{event(Opened, 0), event(Reopen, 9)}, StatusOpen, "", alert.P1, 1},
		{"reviewed", []Event{event(Opened, 0), event(Resolve, 3), event(Review, 60, person)}, StatusReviewed, ByItself, alert.P1, 0},
		{"a review before the end", []Event{event(Opened, 0), event(Review, 2, person), event(Resolve, 3)}, StatusResolved, ByItself, alert.P1, 1},
		{"it became worse", []Event{event(Opened, 0), event(SeverityRaised, 2)}, StatusOpen, "", alert.P0, 0},
		{"worse is not milder", []Event{event(Opened, 0), event(SeverityRaised, 2, func(e *Event) { e.Severity = alert.P3 })}, StatusOpen, "", alert.P1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inc := fold(t, c.events...)
			if inc.Status != c.status || inc.Resolution != c.resolution || inc.Severity != c.severity || len(inc.Ignored) != c.ignored {
				t.Errorf("got %s %q %s, ignored %v; want %s %q %s and %d ignored", inc.Status, inc.Resolution, inc.Severity, inc.Ignored, c.status, c.resolution, c.severity, c.ignored)
			}
		})
	}
}

func TestAlertsComeAndGo(t *testing.T) {
	inc := fold(t, event(Opened, 0), event(AlertJoined, 2), event(AlertEnded, 5))
	if len(inc.Alerts) != 2 || inc.Firing() != 1 {
		t.Errorf("%d alerts, %d firing; want 2 and 1", len(inc.Alerts), inc.Firing())
	}
	if again := fold(t, event(Opened, 0), event(AlertJoined, 2), event(AlertEnded, 5), event(AlertJoined, 7)); again.Firing() != 2 {
		t.Errorf("an alert that fires again: %d firing, want 2", again.Firing())
	}
	over := fold(t, event(Opened, 0), event(AlertJoined, 2), event(Resolve, 9))
	if over.Firing() != 0 {
		t.Errorf("resolved: %d firing, want 0", over.Firing())
	}
}

func TestFoldNeedsAnOpening(t *testing.T) {
	if _, err := Fold(nil); !errors.Is(err, ErrNoEvents) {
		t.Errorf("got %v, want %v", err, ErrNoEvents)
	}
	if _, err := Fold([]Event{event(Acknowledge, 1)}); !errors.Is(err, ErrNotOpened) {
		t.Errorf("got %v, want %v", err, ErrNotOpened)
	}
}

// TestFoldDoesNotDependOnOrder shuffles a life and delivers parts of it twice.
func TestFoldDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := []Event{event(Opened, 0)}
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			k := rapid.SampledFrom([]Kind{AlertJoined, AlertEnded, SeverityRaised, Notified, Escalated, Acknowledge, RemedyStarted, RemedyWorked, RemedyFailed, RemedyHeld, Mitigated, Resolve, Reopen, Review, Noted}).Draw(t, "kind")
			events = append(events, event(k, rapid.IntRange(0, 30).Draw(t, "minute")))
		}
		want, err := Fold(events)
		if err != nil {
			t.Fatal(err)
		}
		mixed := rapid.Permutation(append(events, events[rapid.IntRange(0, len(events)-1).Draw(t, "twice")])).Draw(t, "order")
		got, err := Fold(mixed)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		if got.Status.Over() != !got.ResolvedAt.IsZero() {
			t.Fatalf("%s, and resolved at %s", got.Status, got.ResolvedAt)
		}
	})
}

func TestValidateNamesWhatIsMissing(t *testing.T) {
	for kind, wants := range map[Kind][]string{
		"strange":     {"id is empty", "incident is empty", "at is missing", "by is empty", `kind is "strange"`},
		Opened:        {"needs its signal", "group is empty", "severity is empty"},
		AlertJoined:   {"needs its signal"},
		RemedyStarted: {"needs its remedy"},
		Corrected:     {"needs its time", "want one of [started_at"},
	} {
		err := Event{Kind: kind}.Validate()
		for _, want := range wants {
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want it to say %q", kind, err, want)
			}
		}
	}
	for kind := range kinds {
		e := event(kind, 1)
		if kind == Corrected {
			e.Field, e.Time = StartedAt, noon
		}
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
