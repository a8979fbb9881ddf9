package router_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/router"
)

// TestAFloodIsOnePage lets twenty pipelines fail within a minute, each step of
// the first one that is folded failing or dying once: people hear of three by
// one page each and of the others by one page, and when the storm is over of
// those that go on.
func TestAFloodIsOnePage(t *testing.T) {
	p, err := policy.Read("p.yaml", []byte("incidents: {storm: {limit: 3, within: 5m, spare: P0}}\ndefaults: {keep_firing_for: 0s}\n"))
	if err != nil {
		t.Fatal(err)
	}
	signal := func(n int, at time.Time, status alert.Status) alert.Signal {
		name := fmt.Sprintf("p%02d", n)
		return alert.Signal{ID: name + string(status), DedupKey: name, GroupKey: name, Pipeline: name, Status: status, Severity: alert.P1,
			Rule: "task_failed", At: at, Summary: "it failed"}
	}
	for step := range 16 {
		for _, die := range []bool{false, true} {
			w := &world{policy: p}
			for n := range 20 {
				at := start.Add(time.Duration(n) * time.Second)
				if n == 3 {
					w.at, w.after, w.die = w.steps+step, step%2 == 0, die
				}
				for try := 0; ; try++ {
					if err, alive := w.signal(signal(n, at, alert.Firing), at); err == nil && alive {
						break
					}
					if try == 5 {
						t.Fatalf("step %d, die %v: signal %d is not handled", step, die, n)
					}
				}
			}
			wake := func(at time.Time) {
				for _, k := range w.due(at) {
					if err, alive := w.deliver(func(r *router.Router) error { _, err := r.Wake(context.Background(), k, at); return err }); err != nil || !alive {
						t.Fatal(err)
					}
				}
			}
			wake(start.Add(time.Minute))
			pages := w.sent["P1"]
			if pages < 4 || pages > 5 {
				t.Errorf("step %d, die %v: %d pages, want 4 and at most one double", step, die, pages)
			}
			for n := 3; n < 14; n++ {
				if err, alive := w.signal(signal(n, start.Add(2*time.Minute), alert.Resolved), start.Add(2*time.Minute)); err != nil || !alive {
					t.Fatal(err)
				}
			}
			for at := start; at.Before(start.Add(20 * time.Minute)); at = at.Add(time.Minute) {
				wake(at)
			}
			// Six go on, and the storm's end is told.
			if got := w.sent["P1"] - pages; got < 7 || got > 8 {
				t.Errorf("step %d, die %v: %d more pages, want 7", step, die, got)
			}
			if g, err := w.Alerts.Group(t.Context(), group.FloodKey); err != nil || len(g.Incidents) != 1 || len(g.Incidents[0].Alerts) != 17 {
				t.Errorf("step %d, die %v: the storm has %+v, %v", step, die, g.Incidents, err)
			}
		}
	}
}
