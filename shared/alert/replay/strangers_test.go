package replay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// A world raises alerts as other people's systems do. Its parts may depend on
// each other, which no policy knows, and only alerts say.
type world struct {
	r     *rand.Rand
	fail  func(w *world, truth, part string, from, until time.Time)
	parts []string
	feeds map[string][]string      // what fails when a part does; nil if nothing
	reads map[string][]string      // the same from the other end, which alerts say
	skew  map[string]time.Duration // how wrong the clock of a part is
	busy  map[string]time.Time     // until when a part had better not fail again
	shaky map[string]time.Time     // until when nobody could tell a failure of its own
	sent  []arrived
}

type arrived struct {
	at   time.Time
	line Line
}

// habits are three ways to label alerts, each with its own way to go wrong.
var habits = []struct {
	labels string
	fail   func(w *world, truth, part string, from, until time.Time)
}{
	{"service, cluster, namespace, pod", (*world).cluster},
	{"dataset, store, region, task", (*world).shops},
	{"pipeline, environment, table, run_id", (*world).warehouse},
}

// strange returns a history of incidents that come in bursts of five. A part
// does not fail again until three hours after it was well.
func strange(seed uint64, incidents int, cascades bool, fail func(*world, string, string, time.Time, time.Time)) []Line {
	w := &world{r: rand.New(rand.NewPCG(seed, 99)), fail: fail, feeds: map[string][]string{}, reads: map[string][]string{},
		skew: map[string]time.Duration{}, busy: map[string]time.Time{}, shaky: map[string]time.Time{}}
	for n := range 36 {
		w.parts = append(w.parts, fmt.Sprintf("part%02d", n))
	}
	for n, part := range w.parts {
		if n%4 == 0 {
			w.skew[part] = w.minutes(-10, 10)
		}
		for range w.r.IntN(3) {
			if cascades && n+1 < len(w.parts) {
				next := w.parts[n+1+w.r.IntN(len(w.parts)-n-1)]
				w.feeds[part], w.reads[next] = append(w.feeds[part], next), append(w.reads[next], part)
			}
		}
	}
	at := monday
	for n := range incidents {
		if n%5 == 0 {
			at = at.Add(w.minutes(60, 300))
		}
		at = at.Add(w.minutes(0, 12))
		part := w.parts[w.r.IntN(len(w.parts))]
		for w.busy[part].After(at) || w.shaky[part].After(at) {
			part = w.parts[w.r.IntN(len(w.parts))]
		}
		w.incident(fmt.Sprintf("t%d", n), part, at, at.Add(w.minutes(12, 100)))
	}
	slices.SortStableFunc(w.sent, func(a, b arrived) int { return a.at.Compare(b.at) })
	lines := make([]Line, len(w.sent))
	for n, s := range w.sent {
		lines[n] = s.line
	}
	return lines
}

// incident lets a part fail, and soon what depends on it.
func (w *world) incident(truth, part string, from, until time.Time) {
	w.busy[part] = until.Add(3 * time.Hour)
	w.fail(w, truth, part, from, until)
	for _, near := range slices.Concat(w.feeds[part], w.reads[part]) {
		w.shaky[near] = from.Add(40 * time.Minute)
	}
	for _, next := range w.feeds[part] {
		if at := from.Add(w.minutes(0.5, 9)); at.Before(until) && !w.busy[next].After(at) && w.chance(4, 5) {
			w.incident(truth, next, at, until)
		}
	}
}

func (w *world) minutes(a, b float64) time.Duration {
	return time.Duration((a + w.r.Float64()*(b-a)) * float64(time.Minute))
}

func (w *world) chance(n, of int) bool { return w.r.IntN(of) < n }

// say sends a line: by the clock of its part, some late, some twice.
func (w *world) say(truth, part string, at time.Time, status alert.Status, severity alert.Severity, rule string, labels Labels) {
	come := at.Add(w.minutes(0, 0.3))
	if w.chance(1, 25) {
		come = come.Add(w.minutes(0, 8))
	}
	l := Line{Time: at.Add(w.skew[part]).Truncate(time.Second), Status: status, Severity: severity, Rule: rule, Truth: truth}
	for again := true; again; again, come = w.chance(1, 12), come.Add(w.minutes(0, 4)) {
		l.Labels = Labels{}
		for name, value := range labels {
			l.Labels[name] = value
		}
		if len(w.reads[part]) > 0 {
			l.Labels["depends_on"] = strings.Join(w.reads[part], ",")
		}
		w.sent = append(w.sent, arrived{come, l})
	}
}

// late lets what f says come d later.
func (w *world) late(d time.Duration, f func()) {
	n := len(w.sent)
	f()
	for i := n; i < len(w.sent); i++ {
		w.sent[i].at = w.sent[i].at.Add(d)
	}
}

// cluster is a service whose pods crash one after the other, repeat it every
// minute, and come back under other names without a word on the old ones. One
// pod's end is told before its beginning.
func (w *world) cluster(truth, part string, from, until time.Time) {
	labels := func(pod string) Labels {
		return Labels{"service": part, "cluster": "eu-1", "namespace": "shop", "pod": part + "-" + pod}
	}
	severity, worse := alert.P2, from.Add(until.Sub(from)/2)
	raise := w.chance(1, 5)
	for pod := range 2 + w.r.IntN(6) {
		name := strconv.FormatUint(w.r.Uint64()>>40, 36)
		at := from.Add(w.minutes(0, 4) * time.Duration(min(pod, 1)))
		for ; at.Before(until); at = at.Add(time.Minute) {
			s := severity
			if raise && at.After(worse) && pod == 0 {
				s = alert.P0
			}
			w.say(truth, part, at, alert.Firing, s, "pod_crash_looping", labels(name))
			if w.chance(1, 40) {
				name = strconv.FormatUint(w.r.Uint64()>>40, 36)
			}
		}
		if w.chance(3, 4) {
			w.say(truth, part, until.Add(w.minutes(0, 2)), alert.Resolved, severity, "pod_crash_looping", labels(name))
		}
	}
	blink := from.Add(w.minutes(3, 6))
	w.say(truth, part, blink.Add(time.Minute), alert.Resolved, alert.P2, "latency", labels("0"))
	w.late(2*time.Minute, func() { w.say(truth, part, blink, alert.Firing, alert.P2, "latency", labels("0")) })
}

// shops is a dataset that comes in broken from some stores, each told once and
// a few times more, flapping as stores send again.
func (w *world) shops(truth, part string, from, until time.Time) {
	rule := []string{"missing_rows", "late_arrival", "null_rate"}[w.r.IntN(3)]
	severity := []alert.Severity{alert.P1, alert.P2, alert.P3}[w.r.IntN(3)]
	flapping := w.chance(1, 3)
	for n := range 1 + w.r.IntN(60) {
		store := w.r.IntN(200)
		labels := Labels{"dataset": part, "store": strconv.Itoa(store), "region": strconv.Itoa(store % 7), "task": "load"}
		at := from.Add(w.minutes(0, 10) * time.Duration(min(n, 1)))
		for ; at.Before(until); at = at.Add(w.minutes(4, 14)) {
			w.say(truth, part, at, alert.Firing, severity, rule, labels)
			if flapping {
				w.say(truth, part, at.Add(w.minutes(1, 3)), alert.Resolved, severity, rule, labels)
			}
		}
		if w.chance(4, 5) {
			w.say(truth, part, until.Add(w.minutes(0, 3)), alert.Resolved, severity, rule, labels)
		}
	}
}

// warehouse is a pipeline whose every run fails some tables, first and again
// when it is retried; the first good run says that all is well.
func (w *world) warehouse(truth, part string, from, until time.Time) {
	environment := "prod"
	if truth[len(truth)-1] == '7' {
		environment = "staging"
	}
	say := func(at time.Time, status alert.Status, rule string, table, run, retry int) {
		severity := alert.P2
		if rule == "task_failed" {
			severity = alert.P1
		}
		w.say(truth, part, at, status, severity, rule, Labels{"pipeline": part, "environment": environment,
			"table": "t" + strconv.Itoa(table), "run_id": at.Truncate(time.Hour).Format("run-15h-") + strconv.Itoa(run), "retry": strconv.Itoa(retry)})
	}
	tables := 1 + w.r.IntN(5)
	run := 0
	for at := from; at.Before(until); at = at.Add(w.minutes(8, 12)) {
		for table := range tables {
			say(at.Add(w.minutes(0, 1)*time.Duration(min(table, 1))), alert.Firing, "task_failed", table, run, 0)
			say(at.Add(w.minutes(2, 3)), alert.Firing, "task_failed", table, run, 1)
			if w.chance(1, 3) {
				say(at.Add(w.minutes(3, 4)), alert.Firing, "row_count", table, run, 1)
			}
		}
		run++
	}
	for table := range tables {
		say(until.Add(w.minutes(0, 2)), alert.Resolved, "task_failed", table, run, 0)
		say(until.Add(w.minutes(0, 2)), alert.Resolved, "row_count", table, run, 0)
	}
}

// TestHistoriesOfOthers plays what other people's systems would send, under the
// policy that ships.
func TestHistoriesOfOthers(t *testing.T) {
	for _, h := range habits {
		for _, cascades := range []bool{false, true} {
			r := played(t, policy.Shipped(), strange(1, 150, cascades, h.fail))
			v := r.Truth
			t.Logf("%s, cascades %v\n%s", h.labels, cascades, r.Text())
			if v.Incidents != 150 || v.Recall < 100 || v.PagesPerIncident > 1.2 || v.PairF1 < 0.95 || r.CriticalMax > 30 {
				t.Errorf("%s, cascades %v: got %+v, slowest P0 or P1 %.0f s", h.labels, cascades, *v, r.CriticalMax)
			}
		}
	}
}

func played(t *testing.T, p *policy.Policy, lines []Line) Report {
	t.Helper()
	player := New(p)
	for _, l := range lines {
		if err := player.Play(l); err != nil {
			t.Fatal(err)
		}
	}
	r, err := player.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
