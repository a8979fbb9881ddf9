package router_test

import (
	"errors"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/router"
)

// answered is a router that tells of one P1 of sales, and what it told.
type answered struct {
	w     *world
	r     *router.Router
	first alert.Signal
	said  answer.Answer
	at    time.Time
}

func newAnswered(t *testing.T) *answered {
	t.Helper()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	w := &world{policy: policy.Shipped()}
	a := &answered{w: w, r: w.router(), at: at}
	a.first = alert.Signal{ID: "s1", DedupKey: "sales", GroupKey: "sales", Status: alert.Firing, Severity: alert.P1, Rule: "file_rejected",
		Pipeline: "sales_data", At: at, Summary: "it failed"}
	result, err := a.r.Route(t.Context(), a.first, at)
	if err != nil || len(result.Sent) != 1 || result.Sent[0].Group != result.Decision.Group {
		t.Fatalf("got %+v, %v, want one notice that names its group", result, err)
	}
	a.said = answer.Answer{ID: "a", Incident: result.Decision.Incident, Group: result.Decision.Group, By: "Ann", At: at.Add(time.Minute),
		Title: "it failed", Severity: alert.P1, Pipeline: "sales_data"}
	return a
}

func (a *answered) say(t *testing.T, kind answer.Kind, after time.Duration) (router.Result, bool) {
	t.Helper()
	said := a.said
	said.Kind = kind
	if kind == answer.Note {
		said.Text = "words"
	}
	result, changed, err := a.r.Answer(t.Context(), said, a.at.Add(after))
	if err != nil {
		t.Fatal(err)
	}
	return result, changed
}

// repeated says whether the page is told again by a time, having been heard of
// every three hours.
func (a *answered) repeated(t *testing.T, after time.Duration) bool {
	t.Helper()
	before := a.w.sent["P1"]
	for since := 3 * time.Hour; since < after; since += 3 * time.Hour {
		again := a.first
		again.ID, again.At = since.String(), a.at.Add(since)
		if _, err := a.r.Route(t.Context(), again, again.At); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range a.w.due(a.at.Add(after)) {
		if _, err := a.r.Wake(t.Context(), k, a.at.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	return a.w.sent["P1"] > before
}

func TestAnAcknowledgementHoldsRepeats(t *testing.T) {
	if !newAnswered(t).repeated(t, 24*time.Hour) {
		t.Fatal("nothing is repeated even without it")
	}
	a := newAnswered(t)
	for range 2 {
		if _, changed := a.say(t, answer.Acknowledge, time.Minute); !changed {
			t.Error("it changed nothing")
		}
	}
	if a.repeated(t, 24*time.Hour) {
		t.Error("it is repeated all the same")
	}
}

func TestAResolveIsToldOnce(t *testing.T) {
	a := newAnswered(t)
	result, changed := a.say(t, answer.Resolve, 2*time.Minute)
	if !changed || len(result.Sent) != 1 {
		t.Fatalf("got %+v, %v", result, changed)
	}
	n := result.Sent[0]
	if n.Reason != alert.AlertResolved || n.By != "Ann" || n.Signal.Status != alert.Resolved || !n.Signal.At.Equal(a.said.At) || len(n.Channels) != 2 {
		t.Errorf("got %+v", n)
	}
	if result, changed := a.say(t, answer.Resolve, 3*time.Minute); changed || len(result.Sent) > 0 {
		t.Errorf("said twice: %+v, %v", result, changed)
	}
	if _, changed := a.say(t, answer.Acknowledge, 3*time.Minute); changed {
		t.Error("what is over was acknowledged")
	}
}

// TestALateResolveEndsNothingNewer holds that an answer that comes again after
// the incident came back does not end it.
func TestALateResolveEndsNothingNewer(t *testing.T) {
	a := newAnswered(t)
	a.say(t, answer.Resolve, 2*time.Minute)
	again := alert.Signal{ID: "s2", DedupKey: "sales", GroupKey: "sales", Status: alert.Firing, Severity: alert.P1, Rule: "file_rejected",
		Pipeline: "sales_data", At: a.at.Add(5 * time.Minute), Summary: "it failed"}
	result, err := a.r.Route(t.Context(), again, a.at.Add(5*time.Minute))
	if err != nil || len(result.Sent) != 1 || result.Sent[0].Reason != alert.FiredAgain {
		t.Fatalf("got %+v, %v", result, err)
	}
	if result, _ := a.say(t, answer.Resolve, 6*time.Minute); len(result.Sent) > 0 {
		t.Errorf("got %+v, want nothing", result.Sent)
	}
}

// TestWhatIsHeardAfterwardsHasComeBack holds that a person who says that it is
// over, while one more alert is on its way, does not end that one.
func TestWhatIsHeardAfterwardsHasComeBack(t *testing.T) {
	a := newAnswered(t)
	other := alert.Signal{ID: "s2", DedupKey: "other", GroupKey: "sales", Status: alert.Firing, Severity: alert.P1, Rule: "freshness",
		Pipeline: "sales_data", At: a.at.Add(2 * time.Minute), Summary: "it is late"}
	if _, err := a.r.Route(t.Context(), other, a.at.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	result, changed := a.say(t, answer.Resolve, 3*time.Minute)
	if !changed || len(result.Sent) != 1 || result.Sent[0].Reason != alert.FiredAgain || len(result.Sent[0].Firing) != 1 || result.Sent[0].Firing[0] != "other" {
		t.Fatalf("got %+v, %v", result.Sent, changed)
	}
	if result, changed := a.say(t, answer.Resolve, 4*time.Minute); changed || len(result.Sent) > 0 {
		t.Errorf("said twice: %+v, %v", result.Sent, changed)
	}
}

func TestWhatChangesNothing(t *testing.T) {
	a := newAnswered(t)
	for _, kind := range []answer.Kind{answer.Note, answer.Mitigate} {
		if result, changed := a.say(t, kind, time.Minute); changed || len(result.Sent) > 0 {
			t.Errorf("%s: %+v, %v", kind, result, changed)
		}
	}
	for rule, change := range map[string]func(*answer.Answer){
		"a forgotten group":    func(s *answer.Answer) { s.Group = "never" },
		"a forgotten incident": func(s *answer.Answer) { s.Incident = "never" },
	} {
		said := a.said
		said.Kind = answer.Acknowledge
		change(&said)
		if _, changed, err := a.r.Answer(t.Context(), said, a.at); changed || err != nil {
			t.Errorf("%s: %v, %v", rule, changed, err)
		}
	}
	if _, _, err := a.r.Answer(t.Context(), answer.Answer{}, a.at); !errors.Is(err, answer.ErrInvalid) {
		t.Errorf("got %v, want %v", err, answer.ErrInvalid)
	}
}

func TestASilenceByLinkMutes(t *testing.T) {
	a := newAnswered(t)
	a.said.Matchers, a.said.Until, a.said.WhileOpen = []string{`pipeline="sales_data"`}, a.said.At.Add(48*time.Hour), true
	for range 2 {
		if _, changed := a.say(t, answer.Silence, 2*time.Minute); !changed {
			t.Error("it changed nothing")
		}
	}
	list, err := a.r.Store.Silences(t.Context())
	if err != nil || len(list) != 1 || list[0].By != "Ann" || list[0].Incident != a.said.Incident || list[0].Comment == "" {
		t.Fatalf("got %+v, %v", list, err)
	}
	if a.repeated(t, 24*time.Hour) {
		t.Error("it is repeated all the same")
	}
}
