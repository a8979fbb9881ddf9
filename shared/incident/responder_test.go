package incident_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
	"tillwatch/shared/memory"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is everything around a responder. The step numbered at fails, before
// or after it has its effect.
type world struct {
	memory.Incidents
	steps, at int
	after     bool

	did, said []string
	broken    error // what remedies fail with
	wakeAt    time.Time
	drafts    int

	announced []incident.Update
	measured  []time.Time
	pages     []incident.Status
}

func (w *world) MarkPublished(ctx context.Context, id string, events []string) (err error) {
	if failed := w.step(func() { err = w.Incidents.MarkPublished(ctx, id, events) }); failed != nil {
		return failed
	}
	return err
}

func (w *world) Keep(ctx context.Context, s incident.Standing) (err error) {
	if failed := w.step(func() { err = w.Incidents.Keep(ctx, s) }); failed != nil {
		return failed
	}
	return err
}

func (w *world) Announce(_ context.Context, list []incident.Update) error {
	return w.step(func() { w.announced = append(w.announced, list...) })
}

func (w *world) Measure(_ context.Context, _ []incident.Standing, at time.Time) error {
	return w.step(func() { w.measured = append(w.measured, at) })
}

func (w *world) Write(_ context.Context, inc *incident.Incident, _ incident.Playbook, _ time.Time) error {
	return w.step(func() { w.pages = append(w.pages, inc.Status) })
}

var errStep = errors.New("step failed")

func (w *world) step(effect func()) error {
	w.steps++
	if w.steps == w.at && !w.after {
		return errStep
	}
	effect()
	if w.steps == w.at {
		return errStep
	}
	return nil
}

func (w *world) Append(ctx context.Context, e incident.Event) (added bool, err error) {
	if failed := w.step(func() { added, err = w.Incidents.Append(ctx, e) }); failed != nil {
		return false, failed
	}
	return added, err
}

func (w *world) Claim(ctx context.Context, r incident.Remedy, now time.Time) (h incident.Hold, err error) {
	if failed := w.step(func() { h, err = w.Incidents.Claim(ctx, r, now) }); failed != nil {
		return "", failed
	}
	return h, err
}

func (w *world) Do(_ context.Context, t incident.Try) (incident.Attempt, error) {
	if err := w.step(func() { w.did = append(w.did, t.Key()) }); err != nil {
		return incident.Attempt{}, err
	}
	return incident.Attempt{Action: t.Action, Target: t.Target, Before: "stuck", After: "running"}, w.broken
}

func (w *world) Tell(_ context.Context, _ *incident.Incident, e incident.Event) error {
	return w.step(func() { w.said = append(w.said, string(e.Kind)) })
}

func (w *world) Wake(_ context.Context, _ string, at time.Time) error {
	return w.step(func() { w.wakeAt = at })
}

func (w *world) Draft(context.Context, *incident.Incident, time.Time) error {
	return w.step(func() { w.drafts++ })
}

func (w *world) responder(live bool) *incident.Responder {
	w.Allowed = []remedy.Target{{Kind: remedy.Machine, Name: "sales"}}
	return &incident.Responder{Store: w, Guard: w, Hands: w, Teller: w, Waker: w, Reviewer: w,
		Publisher: &incident.Publisher{Journal: w, Announcer: w, Meter: w, Scribe: w},
		Book: func(context.Context, *incident.Incident, time.Time) incident.Playbook {
			return incident.Playbook{
				Remedies: []incident.Remedy{{Action: remedy.PipelineRestart, Target: "states:sales", Live: live}},
				Chain:    []incident.Level{{To: []string{"on-call"}}, {After: 15 * time.Minute, To: []string{"lead"}}},
			}
		}}
}

func opening() incident.Event {
	return incident.Event{ID: "o", Incident: "INC-1", At: noon, Kind: incident.Opened, By: incident.System, Group: "g", Severity: alert.P1,
		Signal: &alert.Signal{ID: "s", DedupKey: "d", Rule: "r", Pipeline: "sales", Summary: "it failed", At: noon}}
}

func ending(minutes int) incident.Event {
	return incident.Event{ID: "end", Incident: "INC-1", At: noon.Add(time.Duration(minutes) * time.Minute), Kind: incident.Resolve, By: incident.System}
}

func (w *world) respond(t *testing.T, live bool, minutes int, events ...incident.Event) *incident.Incident {
	t.Helper()
	now := noon.Add(time.Duration(minutes) * time.Minute)
	inc, err := w.responder(live).Respond(t.Context(), "INC-1", events, now)
	if err != nil {
		t.Fatalf("after %d minutes: %v", minutes, err)
	}
	return inc
}

func kinds(inc *incident.Incident) (list []string) {
	for _, e := range inc.Timeline {
		list = append(list, string(e.Kind))
	}
	return list
}

func TestARemedyThatFailsCallsPeople(t *testing.T) {
	w := &world{}
	inc := w.respond(t, true, 0, opening())
	if inc.Status != incident.StatusRemediating || !w.wakeAt.Equal(noon.Add(10*time.Minute)) {
		t.Fatalf("%s, asked again at %s", inc.Status, w.wakeAt)
	}
	inc = w.respond(t, true, 10)
	if want := []string{"opened", "remedy_started", "noted", "remedy_failed", "escalated"}; !slices.Equal(kinds(inc), want) {
		t.Errorf("got %v, want %v", kinds(inc), want)
	}
	inc = w.respond(t, true, 25)
	if inc.Level != 2 || len(w.did) != 1 {
		t.Errorf("level %d, did %v", inc.Level, w.did)
	}
	inc = w.respond(t, true, 30, incident.Event{ID: "ack", Incident: "INC-1", At: noon.Add(30 * time.Minute), Kind: incident.Acknowledge, By: "kim", Text: "Taken on by kim"})
	if inc.Status != incident.StatusAcknowledged {
		t.Error(inc.Status)
	}
	inc = w.respond(t, true, 60, ending(60))
	if inc.Resolution != incident.SignalsCleared || w.drafts != 1 {
		t.Errorf("%s, %d drafts", inc.Resolution, w.drafts)
	}
}

func TestARemedyThatWorksCallsNobody(t *testing.T) {
	w := &world{}
	w.respond(t, true, 0, opening())
	inc := w.respond(t, true, 5, ending(5))
	if inc.Resolution != incident.ByRemedy || inc.Level != 0 {
		t.Errorf("%s, level %d", inc.Resolution, inc.Level)
	}
	if a := inc.Attempts[0]; a.Before != "stuck" || a.After != "running" || a.State != incident.RemedyWorked {
		t.Errorf("the record of the remedy: %+v", a)
	}
}

func TestADryRunCallsPeopleAtOnce(t *testing.T) {
	w := &world{}
	inc := w.respond(t, false, 0, opening())
	if want := []string{"opened", "remedy_held", "escalated"}; !slices.Equal(kinds(inc), want) {
		t.Errorf("got %v, want %v", kinds(inc), want)
	}
	if inc.Attempts[0].Why != string(incident.OnlyDryRun) {
		t.Errorf("got %+v", inc.Attempts[0])
	}
}

func TestARemedyThatCannotBeCarriedOut(t *testing.T) {
	w := &world{broken: errors.New("no such pipeline")}
	inc := w.respond(t, true, 0, opening())
	if want := []string{"opened", "remedy_started", "remedy_failed", "escalated"}; !slices.Equal(kinds(inc), want) {
		t.Errorf("got %v, want %v", kinds(inc), want)
	}
}

func TestAnEventOfAnotherIncidentIsRefused(t *testing.T) {
	w := &world{}
	if _, err := w.responder(true).Respond(t.Context(), "INC-2", []incident.Event{opening()}, noon); !errors.Is(err, incident.ErrInvalid) || w.steps > 0 {
		t.Errorf("got %v after %d steps", err, w.steps)
	}
}

// TestEveryStepMayFail lets each step in turn fail, before and after its
// effect, and responds again until it succeeds: the remedy is never carried out
// twice, people are called, and told of nothing more than twice.
func TestEveryStepMayFail(t *testing.T) {
	clean := &world{}
	for _, minutes := range []int{0, 10, 25} {
		clean.respond(t, true, minutes, opening())
	}
	for at := 1; at <= clean.steps; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d, after %v", at, after), func(t *testing.T) {
				w := &world{at: at, after: after}
				for _, minutes := range []int{0, 10, 25} {
					now := noon.Add(time.Duration(minutes) * time.Minute)
					for try := 1; ; try++ {
						_, err := w.responder(true).Respond(t.Context(), "INC-1", []incident.Event{opening()}, now)
						if err == nil {
							break
						}
						if !errors.Is(err, errStep) || try > 3 {
							t.Fatal(err)
						}
					}
				}
				inc := w.respond(t, true, 25)
				if len(w.did) > 1 {
					t.Errorf("the remedy was carried out %d times", len(w.did))
				}
				if inc.Level != 2 {
					t.Errorf("level %d was called, want 2: %v", inc.Level, kinds(inc))
				}
				heard := map[string]int{}
				for _, s := range w.said {
					heard[s]++
				}
				if heard["escalated"] < 2 || heard["escalated"] > 3 {
					t.Errorf("called %d times, want 2 and one double at most", heard["escalated"])
				}
				published := map[string]int{}
				for _, u := range w.announced {
					published[u.Change.ID]++
				}
				for _, e := range inc.Timeline {
					if n := published[e.ID]; n < 1 || n > 2 {
						t.Errorf("%s was published %d times, want once, and one double at most", e.ID, n)
					}
				}
				if list, err := w.Standings(t.Context(), noon); err != nil || len(list) != 1 || list[0].Events != len(inc.Timeline) {
					t.Errorf("standings %+v, %v", list, err)
				}
				if len(w.measured) == 0 || !w.measured[0].Equal(noon) || len(w.pages) < 2 {
					t.Errorf("measured at %v, %d pages", w.measured, len(w.pages))
				}
			})
		}
	}
}
