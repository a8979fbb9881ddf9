package router_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/memory"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func firing(id string) alert.Signal {
	return alert.Signal{ID: id, DedupKey: "file_rejected/sales_data", GroupKey: "sales_data",
		Status: alert.Firing, Severity: alert.P1, Rule: alert.FileRejected,
		Pipeline: "orders", At: start, Summary: "sales_data was rejected"}
}

// world is everything around a router. It counts what goes out and can fail or
// die at the step with number at, before or after the step has its effect.
type world struct {
	memory.Alerts
	mu     sync.Mutex
	wakes  []router.Wake
	sent   map[string]int
	steps  int
	at     int // the step that goes wrong, from 1; 0: none
	after  bool
	die    bool
	policy *policy.Policy
	saying alert.Status
	heard  func(channel string, status alert.Status) // if set, called for each message
}

// death is what a process that dies leaves behind: nothing.
type death struct{}

var errStep = errors.New("step failed")

func (w *world) step(effect func() error) error {
	w.mu.Lock()
	w.steps++
	wrong := w.steps == w.at
	w.mu.Unlock()
	if wrong && !w.after {
		if w.die {
			panic(death{})
		}
		return errStep
	}
	if err := effect(); err != nil {
		return err
	}
	if wrong {
		if w.die {
			panic(death{})
		}
		return errStep
	}
	return nil
}

func (w *world) Group(ctx context.Context, key string) (g *group.Group, err error) {
	err = w.step(func() (err error) { g, err = w.Alerts.Group(ctx, key); return err })
	return g, err
}

func (w *world) PutGroup(ctx context.Context, g *group.Group) error {
	stored := *g
	if err := w.step(func() error { return w.Alerts.PutGroup(ctx, &stored) }); err != nil {
		return err
	}
	g.Version = stored.Version
	return nil
}

func (w *world) Began(ctx context.Context, since time.Time) (n int, err error) {
	err = w.step(func() (err error) { n, err = w.Alerts.Began(ctx, since); return err })
	return n, err
}

func (w *world) PutOpening(ctx context.Context, o group.Opening) error {
	return w.step(func() error { return w.Alerts.PutOpening(ctx, o) })
}

func (w *world) Set(_ context.Context, wake router.Wake, _ time.Time) error {
	return w.step(func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wakes = append(w.wakes, wake)
		return nil
	})
}

func (w *world) Publish(_ context.Context, m alert.Message) error {
	return w.step(func() error {
		w.count(m.Channel)
		if w.heard != nil {
			w.heard(m.Channel, w.saying)
		}
		return nil
	})
}

func (w *world) Announce(_ context.Context, n alert.Notification) error {
	return w.step(func() error { w.count("bus"); return nil })
}

func (w *world) count(channel string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == nil {
		w.sent = map[string]int{}
	}
	w.sent[channel]++
}

func (w *world) router() *router.Router {
	if w.policy == nil {
		w.policy = policy.Shipped()
	}
	return &router.Router{
		Engine: group.Engine{Policy: w.policy}, Store: w, Timer: w, Publisher: w, Announcer: w,
		Compose: func(_ context.Context, s alert.Signal, n alert.Notice) ([]alert.Message, error) {
			w.mu.Lock()
			w.saying = s.Status
			w.mu.Unlock()
			var list []alert.Message
			for _, channel := range n.Channels {
				list = append(list, alert.Message{Channel: channel})
			}
			return list, nil
		},
		Lease: time.Minute,
	}
}

// deliver has work done once and reports whether the process survived.
func (w *world) deliver(work func(*router.Router) error) (err error, alive bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(death); !ok {
				panic(v)
			}
			alive = false
		}
	}()
	return work(w.router()), true
}

func (w *world) signal(s alert.Signal, now time.Time) (err error, alive bool) {
	return w.deliver(func(r *router.Router) error {
		_, err := r.Route(context.Background(), s, now)
		return err
	})
}

// due takes the wakes out that are due at now.
func (w *world) due(now time.Time) []router.Wake {
	w.mu.Lock()
	defer w.mu.Unlock()
	var due []router.Wake
	w.wakes = slices.DeleteFunc(w.wakes, func(k router.Wake) bool {
		if k.Due.After(now) {
			return false
		}
		due = append(due, k)
		return true
	})
	return due
}

// TestEveryStepMayFail lets each step in turn fail or die, before and after it
// had its effect, and delivers signal and timers again until all is handled.
func TestEveryStepMayFail(t *testing.T) {
	for _, severity := range []alert.Severity{alert.P1, alert.P2} {
		channels := []string{string(severity), "chat", "bus"}
		steps := 0
		run := func(t *testing.T, at int, after, die bool) *world {
			w := &world{at: at, after: after, die: die}
			s := firing("a")
			s.Severity = severity
			now, handled := start, false
			var pending []router.Wake
			for range 10 {
				if !handled {
					err, alive := w.signal(s, now)
					handled = alive && err == nil
				}
				pending = append(pending, w.due(now)...)
				pending = slices.DeleteFunc(pending, func(k router.Wake) bool {
					err, alive := w.deliver(func(r *router.Router) error { _, err := r.Wake(context.Background(), k, now); return err })
					return alive && err == nil
				})
				now = now.Add(2 * time.Minute)
			}
			if !handled || len(pending) > 0 {
				t.Fatalf("handled %v, left %v", handled, pending)
			}
			return w
		}
		steps = run(t, 0, false, false).steps
		if steps < 9 {
			t.Fatalf("only %d steps", steps)
		}
		for at := 1; at <= steps; at++ {
			for _, after := range []bool{false, true} {
				for _, die := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, step %d, after %v, dies %v", severity, at, after, die), func(t *testing.T) {
						w, twice := run(t, at, after, die), 0
						for _, c := range channels {
							switch n := w.sent[c]; {
							case n == 0:
								t.Errorf("%s: lost", c)
							case n == 2:
								twice++
							case n > 2:
								t.Errorf("%s: sent %d times", c, n)
							}
						}
						if !die && !after && twice > 0 {
							t.Errorf("an error before its effect led to %d doubles", twice)
						}
						g, err := w.Alerts.Group(context.Background(), "0/{pipeline=orders}")
						if err != nil || g.Claim.Notice != "" || len(g.Incidents) != 1 || len(g.Incidents[0].Reached) == 0 {
							t.Errorf("state afterwards: %+v, %v", g, err)
						}
					})
				}
			}
		}
	}
}

// TestBrokenChannelDoesNotRepeatTheOthers keeps the chat topic broken for many
// deliveries.
func TestBrokenChannelDoesNotRepeatTheOthers(t *testing.T) {
	w := &world{}
	for i := range 4 {
		// The steps of one delivery: load, store, load, claim, P1 (once), chat.
		w.steps, w.at = 0, 6
		if i > 0 {
			w.at = 4 // load, load, claim, chat
		}
		if err, _ := w.signal(firing("a"), start.Add(time.Duration(i)*time.Second)); !errors.Is(err, errStep) {
			t.Fatalf("delivery %d: %v", i, err)
		}
	}
	w.at = 0
	if err, _ := w.signal(firing("a"), start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"P1", "chat", "bus"} {
		if w.sent[c] != 1 {
			t.Errorf("%s: sent %d times, want once", c, w.sent[c])
		}
	}
}

// TestNobodyIsLeftBelievingTheWrong kills deliveries at random while signals of
// a few alerts of one group come in any order. In the end everybody who ever
// heard that it fires has heard last whether it does.
func TestNobodyIsLeftBelievingTheWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{policy: policy.Shipped()}
		type job struct {
			signal *alert.Signal
			wake   router.Wake
		}
		var jobs []job
		newest := map[string]alert.Signal{}
		for i := range rapid.IntRange(1, 8).Draw(t, "signals") {
			s := firing(fmt.Sprint(i))
			s.DedupKey += rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "alert")
			s.At = start.Add(time.Duration(i) * time.Second)
			s.Status = rapid.SampledFrom([]alert.Status{alert.Firing, alert.Firing, alert.Resolved}).Draw(t, "status")
			s.Severity = rapid.SampledFrom(alert.Severities).Draw(t, "severity")
			newest[s.DedupKey] = s
			jobs = append(jobs, job{signal: &s})
		}
		last := map[string]alert.Status{} // what a severity's people heard last
		total, deaths := 0, 0
		w.heard = func(channel string, status alert.Status) {
			total++
			if channel != alert.Chat {
				last[channel] = status
			}
		}
		now := start.Add(time.Minute)
		for round := 0; len(jobs) > 0 || len(w.wakes) > 0; round++ {
			if round > 400 {
				t.Fatal("it does not come to an end")
			}
			for _, k := range w.due(now) {
				jobs = append(jobs, job{wake: k})
			}
			if len(jobs) == 0 {
				next := slices.MinFunc(w.wakes, func(a, b router.Wake) int { return a.Due.Compare(b.Due) }).Due
				if next.Sub(now) > 12*time.Hour {
					break // nothing but repeats
				}
				now = next
				continue
			}
			i := rapid.IntRange(0, len(jobs)-1).Draw(t, "next")
			j := jobs[i]
			w.steps, w.at = 0, 0
			if deaths < 6 {
				w.at = rapid.IntRange(0, 16).Draw(t, "dies at")
			}
			w.after, w.die = rapid.Bool().Draw(t, "after"), true
			err, alive := w.deliver(func(r *router.Router) error {
				if j.signal != nil {
					_, err := r.Route(context.Background(), *j.signal, now)
					return err
				}
				_, err := r.Wake(context.Background(), j.wake, now)
				return err
			})
			switch {
			case !alive:
				deaths++
			case err == nil:
				jobs = slices.Delete(jobs, i, i+1)
			default:
				t.Fatal(err)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds")) * time.Second)
		}
		fires := false
		for _, s := range newest {
			fires = fires || s.Status == alert.Firing
		}
		heard := false
		for severity, status := range last {
			heard = heard || status == alert.Firing
			if !fires && status != alert.Resolved {
				t.Fatalf("all is over, and %s heard last that it is %s", severity, status)
			}
		}
		if fires && !heard {
			t.Fatalf("it fires, and what was heard last is %v", last)
		}
		if total > 80 {
			t.Fatalf("%d messages after %d deaths", total, deaths)
		}
	})
}

func TestConcurrentDeliveries(t *testing.T) {
	for _, same := range []bool{true, false} {
		t.Run(fmt.Sprintf("same id %v", same), func(t *testing.T) {
			w := &world{policy: policy.Shipped()}
			var wg sync.WaitGroup
			for i := range 10 {
				s := firing("a")
				if !same {
					s.ID = fmt.Sprint(i)
					s.DedupKey += fmt.Sprint(i)
				}
				wg.Go(func() {
					// What gives up is delivered again by the queue.
					for try := 0; ; try++ {
						_, err := w.router().Route(context.Background(), s, start)
						if err == nil {
							return
						}
						if try == 50 || !errors.Is(err, router.ErrConflict) {
							t.Errorf("signal %s: %v", s.ID, err)
							return
						}
					}
				})
			}
			wg.Wait()
			if w.sent["P1"] != 1 {
				t.Errorf("P1: sent %d times, want once", w.sent["P1"])
			}
			g, err := w.Alerts.Group(context.Background(), "0/{pipeline=orders}")
			want := 10
			if same {
				want = 1
			}
			if err != nil || len(g.Incidents) != 1 || len(g.Incidents[0].Alerts) != want {
				t.Errorf("%+v, %v", g, err)
			}
		})
	}
}

func TestLiveClaimIsLeftAlone(t *testing.T) {
	w := &world{at: 5, die: true} // dies before the first publish
	if _, alive := w.signal(firing("a"), start); alive {
		t.Fatal("it did not die")
	}
	if err, _ := w.signal(firing("a"), start.Add(59*time.Second)); err != nil || len(w.sent) > 0 {
		t.Errorf("within the lease: %v, sent %v", err, w.sent)
	}
	for _, k := range w.due(start.Add(time.Minute)) {
		if _, err := w.router().Wake(context.Background(), k, start.Add(time.Minute)); err != nil {
			t.Error(err)
		}
	}
	if w.sent["P1"] != 1 {
		t.Errorf("after the lease: sent %v", w.sent)
	}
}

// losing stores the first claim, of which the answer is lost, lets somebody else
// write over it, and says that others were faster.
type losing struct {
	*world
	lost bool
}

func (l *losing) PutGroup(ctx context.Context, g *group.Group) error {
	if l.lost || g.Claim.Notice == "" {
		return l.world.PutGroup(ctx, g)
	}
	l.lost = true
	stored := *g
	if err := l.world.PutGroup(ctx, &stored); err != nil {
		return err
	}
	other, err := l.world.Group(ctx, g.Key)
	if err != nil {
		return err
	}
	if err := l.world.PutGroup(ctx, other); err != nil {
		return err
	}
	return router.ErrConflict
}

// TestALostClaimIsKnownForOnesOwn keeps a page from waiting for the end of its
// sender's own claim.
func TestALostClaimIsKnownForOnesOwn(t *testing.T) {
	for _, c := range []struct {
		rule string
		name func() string
		told int
	}{
		{"known by its name", func() string { return "d" }, 1},
		{"without a name it could be anybody's", nil, 0},
	} {
		w := &losing{world: &world{}}
		r := w.router()
		r.Store, r.Name = w, c.name
		if _, err := r.Route(t.Context(), firing("a"), start); err != nil || w.sent["P1"] != c.told || !w.lost {
			t.Errorf("%s: %v, sent %v", c.rule, err, w.sent)
		}
		for _, k := range w.due(start.Add(time.Minute)) {
			if _, err := r.Wake(t.Context(), k, start.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		}
		if w.sent["P1"] != 1 {
			t.Errorf("%s: a minute later, sent %v", c.rule, w.sent)
		}
	}
}

func TestEarlyWakeIsSetAgain(t *testing.T) {
	w := &world{}
	k := router.Wake{Group: "g", Due: start}
	if _, err := w.router().Wake(context.Background(), k, start.Add(-time.Second)); err != nil || len(w.wakes) != 1 || w.wakes[0] != k {
		t.Errorf("got %v, %v", w.wakes, err)
	}
}

func TestInvalidSignalIsRefused(t *testing.T) {
	w := &world{}
	s := firing("a")
	s.Severity = "HIGH"
	if err, _ := w.signal(s, start); !errors.Is(err, alert.ErrInvalid) || w.steps > 0 {
		t.Errorf("got %v after %d steps, want %v before any", err, w.steps, alert.ErrInvalid)
	}
}

func TestLabelsAreBounded(t *testing.T) {
	w := &world{}
	s := firing("a")
	s.Labels = map[string]string{"long": strings.Repeat("x", 5000)}
	for i := range 50 {
		s.Labels[fmt.Sprint(i)] = "v"
	}
	if err, _ := w.signal(s, start); err != nil {
		t.Fatal(err)
	}
	g, err := w.Alerts.Group(context.Background(), "0/{pipeline=orders}")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range g.Incidents[0].Alerts {
		if len(a.Of.Labels) > 16 {
			t.Errorf("%d labels are kept", len(a.Of.Labels))
		}
	}
}

// TestEndThatMayHaveBeenToldIsDoubted kills the delivery that tells of an end
// at each step, and lets the alert fire again before anybody comes back to it.
func TestEndThatMayHaveBeenToldIsDoubted(t *testing.T) {
	for at := 1; at <= 10; at++ {
		for _, after := range []bool{false, true} {
			w, last := &world{}, alert.Status("")
			w.heard = func(channel string, status alert.Status) {
				if channel == "P1" {
					last = status
				}
			}
			end, again := firing("b"), firing("c")
			end.Status, end.At, again.At = alert.Resolved, start.Add(time.Second), start.Add(2*time.Second)
			w.signal(firing("a"), start)
			w.steps, w.at, w.after, w.die = 0, at, after, true
			w.signal(end, end.At)
			w.at = 0
			if err, _ := w.signal(again, again.At); err != nil {
				t.Fatal(err)
			}
			now := start.Add(2 * time.Minute)
			for _, k := range w.due(now) {
				if _, err := w.router().Wake(context.Background(), k, now); err != nil {
					t.Fatal(err)
				}
			}
			w.signal(end, now) // the queue delivers what died once more
			if last != alert.Firing {
				t.Errorf("step %d, after %v: it fires, and P1 heard last that it is %s", at, after, last)
			}
		}
	}
}

// TestTheEndIsToldOfWhatPeopleWereToldOf holds that the message of the end is
// about what the page was about, whatever ended last.
func TestTheEndIsToldOfWhatPeopleWereToldOf(t *testing.T) {
	r := (&world{policy: policy.Shipped()}).router()
	rejected, low := firing("s1"), firing("s2")
	low.Rule, low.DedupKey, low.Severity, low.Summary = "low_quality", "low_quality/sales_data", alert.P2, "quality score 60"
	passed, better := rejected, low
	passed.ID, passed.Status, passed.At, passed.Summary = "s3", alert.Resolved, start.Add(time.Hour), "sales.csv passed"
	better.ID, better.Status, better.At, better.Summary = "s4", alert.Resolved, start.Add(time.Hour+time.Second), "quality score 100"
	var sent []group.Notice
	for i, s := range []alert.Signal{rejected, low, passed, better} {
		result, err := r.Route(t.Context(), s, s.At.Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, result.Sent...)
	}
	end := sent[len(sent)-1]
	if end.Reason != alert.AlertResolved || end.Signal.Summary != "sales.csv passed" || !end.Signal.At.Equal(better.At) {
		t.Errorf("the end is told as %s: %q at %v", end.Reason, end.Signal.Summary, end.Signal.At)
	}
}
