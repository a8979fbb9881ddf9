package alert_test

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
	"tillwatch/shared/memory"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func firing(id string) alert.Signal {
	return alert.Signal{ID: id, DedupKey: "file_rejected/sales_data", GroupKey: "sales_data",
		Status: alert.Firing, Severity: alert.P1, Rule: alert.FileRejected,
		Pipeline: "sales_data", At: start, Summary: "sales_data was rejected"}
}

// world is everything around a router. It counts what goes out and can fail or
// die at the step with number at, before or after the step has its effect.
type world struct {
	memory.Alerts
	mu    sync.Mutex
	sent  map[string]int
	steps int
	at    int // the step that goes wrong, from 1; 0: none
	after bool
	die   bool
	heard func(channel string) // if set, called for each message
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

func (w *world) AlertState(ctx context.Context, key string) (s alert.State, err error) {
	err = w.step(func() (err error) { s, err = w.Alerts.AlertState(ctx, key); return err })
	return s, err
}

func (w *world) PutAlertState(ctx context.Context, in alert.State) (s alert.State, err error) {
	err = w.step(func() (err error) { s, err = w.Alerts.PutAlertState(ctx, in); return err })
	return s, err
}

func (w *world) Publish(_ context.Context, m alert.Message) error {
	return w.step(func() error {
		w.count(m.Channel)
		if w.heard != nil {
			w.heard(m.Channel)
		}
		return nil
	})
}

func (w *world) Announce(_ context.Context, n alert.Notification) error {
	return w.step(func() error { w.count("bus " + n.ID); return nil })
}

func (w *world) count(channel string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == nil {
		w.sent = map[string]int{}
	}
	w.sent[channel]++
}

func (w *world) router() *alert.Router {
	return &alert.Router{
		Rule: alert.Rule{CoolDown: time.Hour}, Store: w, Publisher: w, Announcer: w,
		Compose: func(s alert.Signal, d alert.Decision) ([]alert.Message, error) {
			var list []alert.Message
			for _, severity := range d.Severities {
				list = append(list, alert.Message{Channel: string(severity)})
			}
			return append(list, alert.Message{Channel: alert.Chat}), nil
		},
		Lease: time.Minute,
	}
}

// deliver routes s once and reports whether the process survived.
func (w *world) deliver(s alert.Signal, now time.Time) (d alert.Decision, err error, alive bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(death); !ok {
				panic(v)
			}
			alive = false
		}
	}()
	d, err = w.router().Route(context.Background(), s, now)
	return d, err, true
}

var channels = []string{"P1", "chat", "bus notified-a"}

// TestEveryStepMayFail lets each step in turn fail or die, before and after it
// had its effect, and delivers the signal again until it is handled.
func TestEveryStepMayFail(t *testing.T) {
	// load, claim, two topics, the bus, record
	const steps = 6
	for at := 1; at <= steps; at++ {
		for _, after := range []bool{false, true} {
			for _, die := range []bool{false, true} {
				t.Run(fmt.Sprintf("step %d, after %v, dies %v", at, after, die), func(t *testing.T) {
					w := &world{at: at, after: after, die: die}
					now, twice := start, 0
					for try := 1; ; try++ {
						if try > 5 {
							t.Fatal("not handled after 5 deliveries")
						}
						d, err, alive := w.deliver(firing("a"), now)
						if try == 1 && alive && err == nil {
							t.Fatal("the step that went wrong was not noticed")
						}
						if alive && err == nil {
							if try > 2 && d.Reason != alert.Duplicate && d.Reason != alert.FirstNotification {
								t.Errorf("got %s", d.Reason)
							}
							break
						}
						now = now.Add(2 * time.Minute)
					}
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
					if s, _ := w.Alerts.AlertState(context.Background(), firing("a").DedupKey); !s.Firing || !slices.Equal(s.Seen, []string{"a"}) || s.Claim.SignalID != "" {
						t.Errorf("state afterwards: %+v", s)
					}
				})
			}
		}
	}
	w := &world{}
	if _, err, _ := w.deliver(firing("a"), start); err != nil || w.steps != steps {
		t.Errorf("without a failure: %v, %d steps, want %d", err, w.steps, steps)
	}
}

// TestBrokenChannelDoesNotRepeatTheOthers keeps the chat topic broken for many
// deliveries.
func TestBrokenChannelDoesNotRepeatTheOthers(t *testing.T) {
	w := &world{}
	for i := range 4 {
		// The steps of one delivery: load, claim, P1 (once), chat, give back.
		w.steps, w.at = 0, 4
		if i > 0 {
			w.at = 3
		}
		if _, err, _ := w.deliver(firing("a"), start.Add(time.Duration(i)*time.Second)); !errors.Is(err, errStep) {
			t.Fatalf("delivery %d: %v", i, err)
		}
	}
	w.at = 0
	if _, err, _ := w.deliver(firing("a"), start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, c := range channels {
		if w.sent[c] != 1 {
			t.Errorf("%s: sent %d times, want once", c, w.sent[c])
		}
	}
}

// TestNobodyIsLeftBelievingTheWrong kills deliveries at random while signals of
// one alert come in any order. In the end everybody who ever heard that it
// fires has heard last whether it does, and nothing was sent more often than
// once and once more for each death.
func TestNobodyIsLeftBelievingTheWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		last := map[string]alert.Status{} // what a channel heard last
		count := map[string]int{}         // messages by signal and channel
		var pending []alert.Signal
		for i := range rapid.IntRange(1, 8).Draw(t, "signals") {
			s := firing(fmt.Sprint(i))
			s.At = start.Add(time.Duration(i) * time.Second)
			s.Status = rapid.SampledFrom([]alert.Status{alert.Firing, alert.Firing, alert.Resolved}).Draw(t, "status")
			s.Severity = rapid.SampledFrom(alert.Severities).Draw(t, "severity")
			pending = append(pending, s)
		}
		newest := pending[len(pending)-1]
		deaths := map[string]int{}
		now := start.Add(time.Minute)
		for len(pending) > 0 {
			i := rapid.IntRange(0, len(pending)-1).Draw(t, "next")
			s := pending[i]
			w.steps, w.at = 0, rapid.IntRange(0, 9).Draw(t, "dies at")
			w.after, w.die = rapid.Bool().Draw(t, "after"), true
			w.heard = func(channel string) {
				last[channel] = s.Status
				count[s.ID+" "+channel]++
			}
			_, err, alive := w.deliver(s, now)
			switch {
			case !alive:
				deaths[s.ID]++
			case err == nil:
				pending = slices.Delete(pending, i, i+1)
			case !errors.Is(err, alert.ErrBusy):
				t.Fatal(err)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds")) * time.Second)
		}
		for _, severity := range alert.Severities {
			heard, ok := last[string(severity)]
			if ok && newest.Status == alert.Resolved && heard != alert.Resolved {
				t.Fatalf("%s heard last that it is %s", severity, heard)
			}
		}
		if newest.Status == alert.Firing {
			ok := false
			for _, severity := range alert.Severities {
				ok = ok || last[string(severity)] == alert.Firing
			}
			if !ok {
				t.Fatalf("it fires, and what was heard last is %v", last)
			}
		}
		for key, n := range count {
			id, _, _ := strings.Cut(key, " ")
			if n > 1+deaths[id] {
				t.Fatalf("%s: sent %d times after %d deaths", key, n, deaths[id])
			}
		}
	})
}

func TestConcurrentDeliveries(t *testing.T) {
	for _, same := range []bool{true, false} {
		t.Run(fmt.Sprintf("same id %v", same), func(t *testing.T) {
			w := &world{}
			r := w.router()
			r.Wait = func(context.Context, time.Duration) error { time.Sleep(time.Millisecond); return nil }
			var wg sync.WaitGroup
			for i := range 10 {
				s := firing("a")
				if !same {
					s.ID = fmt.Sprint(i)
				}
				wg.Go(func() {
					// What gives up is delivered again by the queue.
					for try := 0; ; try++ {
						_, err := r.Route(context.Background(), s, start)
						if err == nil {
							return
						}
						if try == 50 || !errors.Is(err, alert.ErrBusy) && !errors.Is(err, alert.ErrConflict) {
							t.Errorf("signal %s: %v", s.ID, err)
							return
						}
					}
				})
			}
			wg.Wait()
			for _, c := range []string{"P1", "chat"} {
				if w.sent[c] != 1 {
					t.Errorf("%s: sent %d times, want once", c, w.sent[c])
				}
			}
		})
	}
}

func TestLiveClaimIsLeftAlone(t *testing.T) {
	w := &world{at: 3, die: true} // dies before the first publish
	w.deliver(firing("a"), start)
	_, err, _ := w.deliver(firing("a"), start.Add(59*time.Second))
	if !errors.Is(err, alert.ErrBusy) || len(w.sent) > 0 {
		t.Errorf("within the lease: %v, sent %v; want %v", err, w.sent, alert.ErrBusy)
	}
	d, err, _ := w.deliver(firing("a"), start.Add(time.Minute))
	if err != nil || d.Reason != alert.FirstNotification {
		t.Errorf("after the lease: %s, %v", d.Reason, err)
	}
}

func TestInvalidSignalIsRefused(t *testing.T) {
	w := &world{}
	s := firing("a")
	s.Severity = "HIGH"
	if _, err, _ := w.deliver(s, start); !errors.Is(err, alert.ErrInvalid) || w.steps > 0 {
		t.Errorf("got %v after %d steps, want %v before any", err, w.steps, alert.ErrInvalid)
	}
}
