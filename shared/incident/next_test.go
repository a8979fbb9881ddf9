package incident

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert/remedy"
)

var book = Playbook{
	Remedies: []Remedy{{Action: remedy.PipelineRestart, Target: "states:sales", Live: true, Verify: 10 * time.Minute, CoolDown: time.Hour}},
	Chain:    []Level{{To: []string{"on-call"}}, {After: 15 * time.Minute, To: []string{"lead"}}, {After: 30 * time.Minute, To: []string{"head"}}},
}

var allowed = []remedy.Target{{Kind: remedy.Machine, Name: "sales"}}

func TestNext(t *testing.T) {
	escalated := func(level int) func(*Event) { return func(e *Event) { e.Level = level } }
	late := Playbook{Remedies: book.Remedies, Chain: []Level{{After: 15 * time.Minute, To: []string{"on-call"}}}}
	failed := []Event{event(Opened, 0), event(RemedyStarted, 0), event(RemedyFailed, 10)}
	for _, c := range []struct {
		name   string
		events []Event
		book   Playbook
		around Surroundings
		now    int
		want   string // kind of the move, "" if none
		level  int
		hold   Hold
		again  int // minutes; -1 never
	}{
		{"a remedy comes before people", []Event{event(Opened, 0)}, book, Surroundings{}, 0, "try_remedy", 0, "", 0},
		{"it has time to work", []Event{event(Opened, 0), event(RemedyStarted, 0)}, book, Surroundings{}, 9, "", 0, "", 10},
		{"then it is given up", []Event{event(Opened, 0), event(RemedyStarted, 0)}, book, Surroundings{}, 10, "give_up_remedy", 0, "", 10},
		{"a failed remedy calls people", failed, book, Surroundings{}, 10, "call_level", 0, "", 10},
		{"the next level waits its time", append(failed, event(Escalated, 10)), book, Surroundings{}, 24, "", 0, "", 25},
		{"and is called when nobody answered", append(failed, event(Escalated, 10)), book, Surroundings{}, 25, "call_level", 1, "", 25},
		{"the last level ends the chain", append(failed, event(Escalated, 10), event(Escalated, 25, escalated(1)), event(Escalated, 55, escalated(2))), book, Surroundings{}, 500, "", 0, "", -1},
		{"an acknowledgement stops the calls", append(failed, event(Escalated, 10), event(Acknowledge, 12)), book, Surroundings{}, 25, "", 0, "", -1},
		{"nothing is tried once a person has taken it on", []Event{event(Opened, 0), event(Acknowledge, 0)}, book, Surroundings{}, 1, "", 0, "", -1},
		{"the kill switch holds remedies", []Event{event(Opened, 0)}, book, Surroundings{Stopped: true}, 0, "hold_remedy", 0, Stopped, 0},
		{"the same target cools down across incidents", []Event{event(Opened, 0)}, book,
			Surroundings{LastTry: map[string]time.Time{"pipeline_restart states:sales": noon.Add(-59 * time.Minute)}}, 0, "hold_remedy", 0, StillCooling, 0},
		{"exactly the cool-down later it is tried", []Event{event(Opened, 0)}, book,
			Surroundings{LastTry: map[string]time.Time{"pipeline_restart states:sales": noon.Add(-time.Hour)}}, 0, "try_remedy", 0, "", 0},
		{"a storm of remedies is broken", []Event{event(Opened, 0)}, book, Surroundings{ThisHour: 6}, 0, "hold_remedy", 0, TooManyTries, 0},
		{"an action that does not exist is held", []Event{event(Opened, 0)}, Playbook{Remedies: []Remedy{{Action: "reboot_everything"}}}, Surroundings{}, 0, "hold_remedy", 0, UnknownActs, 0},
		{"an action on what it does not act on is held", []Event{event(Opened, 0)}, Playbook{Remedies: []Remedy{{Action: remedy.PipelineRestart, Target: "dynamodb:orders"}}}, Surroundings{}, 0, "hold_remedy", 0, UnknownActs, 0},
		{"a target that the deployment gives no right to is held", []Event{event(Opened, 0)}, Playbook{Remedies: []Remedy{{Action: remedy.PipelineRestart, Target: "states:orders", Live: true}}}, Surroundings{}, 0, "hold_remedy", 0, NotAllowed, 0},
		{"a failed remedy calls the first level at once, however long it had time", failed, late, Surroundings{}, 10, "call_level", 0, "", 10},
		{"a held one gives it its time", []Event{event(Opened, 0), event(RemedyHeld, 0)}, late, Surroundings{}, 10, "", 0, "", 15},
		{"a held remedy calls people at once", []Event{event(Opened, 0), event(RemedyHeld, 0)}, book, Surroundings{}, 0, "call_level", 0, "", 0},
		{"an end while a remedy is verified means that it worked", []Event{event(Opened, 0), event(RemedyStarted, 0), event(Resolve, 4)}, book, Surroundings{}, 4, "keep_remedy", 0, "", -1},
		{"a reopened incident starts anew", []Event{event(Opened, 0), event(RemedyStarted, 0), event(Resolve, 4), event(Reopen, 20)}, book, Surroundings{}, 20, "try_remedy", 0, "", 20},
		{"a playbook without anything does nothing", []Event{event(Opened, 0)}, Playbook{}, Surroundings{}, 0, "", 0, "", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inc := fold(t, c.events...)
			now := noon.Add(time.Duration(c.now) * time.Minute)
			c.around.Allowed = allowed
			moves, again := Next(&inc, c.book, c.around, now)
			got := Move{}
			if len(moves) > 0 {
				got = moves[0]
			}
			if string(got.Kind) != c.want || got.Level != c.level || got.Hold != c.hold {
				t.Errorf("got %s level %d hold %q, want %s level %d hold %q", got.Kind, got.Level, got.Hold, c.want, c.level, c.hold)
			}
			want := noon.Add(time.Duration(c.again) * time.Minute)
			if c.again < 0 {
				want = time.Time{}
			}
			if !again.Equal(want) {
				t.Errorf("ask again at %s, want %s", again, want)
			}
		})
	}
}

func TestReviewIsDraftedAfterTheEnd(t *testing.T) {
	inc := fold(t, event(Opened, 0), event(Resolve, 4))
	moves, _ := Next(&inc, book, Surroundings{}, noon.Add(time.Hour))
	if len(moves) != 1 || moves[0].Kind != DraftReview {
		t.Errorf("got %+v, want the draft of a review", moves)
	}
}

// play does every move at once until the incident rests, as a responder does.
func play(t *rapid.T, events []Event, helps bool) (calls int, inc Incident) {
	now := noon
	for range 200 {
		var err error
		if inc, err = Fold(events); err != nil {
			t.Fatal(err)
		}
		moves, again := Next(&inc, book, Surroundings{Allowed: allowed}, now)
		if same, _ := Next(&inc, book, Surroundings{Allowed: allowed}, now); !reflect.DeepEqual(same, moves) {
			t.Fatalf("asked twice: %v, then %v", moves, same)
		}
		if len(moves) == 0 {
			if again.IsZero() || inc.Status.Over() {
				return calls, inc
			}
			now = again
			continue
		}
		m := moves[0]
		e := Event{ID: m.ID, Incident: "INC-1", At: now, By: System, Remedy: &Attempt{Action: m.Remedy.Action, Target: m.Remedy.Target}}
		switch m.Kind {
		case TryRemedy:
			e.Kind = RemedyStarted
			if helps {
				events = append(events, Event{ID: "end", Incident: "INC-1", At: now.Add(time.Minute), By: System, Kind: Resolve})
			}
		case GiveUpRemedy:
			e.Kind = RemedyFailed
		case KeepRemedy:
			e.Kind = RemedyWorked
		case CallLevel:
			e.Kind, e.Level = Escalated, m.Level
			calls++
		case DraftReview:
			return calls, inc
		default:
			t.Fatalf("unexpected %s", m.Kind)
		}
		events = append(events, e)
	}
	t.Fatal("it never comes to rest")
	return
}

// TestEveryIncidentComesToRest holds that remedies and calls end, and that
// nobody is called where the remedy helps.
func TestEveryIncidentComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		helps := rapid.Bool().Draw(t, "helps")
		calls, inc := play(t, []Event{event(Opened, 0)}, helps)
		if helps && (calls > 0 || inc.Resolution != ByRemedy) {
			t.Fatalf("the remedy helped: %d calls, %q", calls, inc.Resolution)
		}
		if !helps && calls != len(book.Chain) {
			t.Fatalf("nobody answered: %d calls, want %d", calls, len(book.Chain))
		}
	})
}
