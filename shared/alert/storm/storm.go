// Package storm makes histories of signals whose truth is known: incidents that
// begin at one pipeline and go down the stream, alerts that flap, are repeated,
// come twice, late and out of order, and never resolve; work in maintenance
// windows. It knows nothing of how alerts are grouped.
package storm

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/replay"
)

// A Plan says what storm to make. The same plan makes the same storm.
type Plan struct {
	Seed uint64
	// Incidents is how many there are; Signals how many lines, 500 for each
	// incident if 0.
	Incidents, Signals int
	// Upstreams names for each pipeline of the stream those that it reads from.
	Upstreams map[string][]string
	// Start is the time of the first incident.
	Start time.Time
	// Maintenance adds work that makes noise, one window for ten incidents.
	Maintenance bool
}

// A Work is a maintenance window of a pipeline.
type Work struct {
	Pipeline, Environment string
	From, Until           time.Time
}

const (
	feeds   = 40               // pipelines that no other reads from
	apart   = 30 * time.Minute // mean time between the beginnings of incidents
	healthy = time.Hour        // shortest time between two incidents of a pipeline
	spread  = 40 * time.Minute // in which what fails beside an incident belongs to it
	works   = 10               // incidents for each maintenance window
)

// kinds are the rules that fire, with the severity that most of their alerts
// have and the label that tells their alerts apart.
var kinds = []struct {
	rule     string
	severity alert.Severity
	label    string
}{
	{"file_missing", alert.P1, "table"},
	{"error_rate_percentage", alert.P1, "task"},
	{"task_failed", alert.P2, "task"},
	{"freshness_minutes", alert.P2, "table"},
	{"execution_duration_minutes", alert.P2, "task"},
	{"data_quality_score", alert.P2, "table"},
	{"record_count_variance", alert.P2, "store"},
	{"sensor_offline", alert.P3, "region"},
}

type maker struct {
	Plan
	r           *rand.Rand
	pipelines   []string
	downstreams map[string][]string
	busy        map[string]time.Time // environment and pipeline
	lines       []arrival
}

// An arrival is a line with the time at which it comes.
type arrival struct {
	at   time.Time
	line replay.Line
	beat bool // only says that something still holds
}

// Make returns the lines of the storm in the order in which they come, and the
// maintenance windows that it has. The lines of maintenance have no truth.
func Make(p Plan) ([]replay.Line, []Work) {
	if p.Signals == 0 {
		p.Signals = 500 * p.Incidents
	}
	m := &maker{Plan: p, r: rand.New(rand.NewPCG(p.Seed, 0x5704)), downstreams: map[string][]string{}, busy: map[string]time.Time{}}
	all := map[string]bool{}
	for name, ups := range p.Upstreams {
		all[name] = true
		for _, up := range ups {
			all[up] = true
			m.downstreams[up] = append(m.downstreams[up], name)
		}
	}
	for name := range all {
		m.pipelines = append(m.pipelines, name)
		slices.Sort(m.downstreams[name])
	}
	slices.Sort(m.pipelines)
	for i := range feeds {
		m.pipelines = append(m.pipelines, fmt.Sprintf("feed_%02d", i+1))
	}
	start := p.Start
	for i := range p.Incidents {
		m.incident(fmt.Sprintf("INC-%04d", i+1), start)
		start = start.Add(time.Duration(m.r.ExpFloat64() * float64(apart)))
	}
	var list []Work
	for range p.Incidents / works {
		if !p.Maintenance {
			break
		}
		at := p.Start.Add(time.Duration(m.r.Int64N(int64(start.Sub(p.Start)) + 1)))
		if w, ok := m.maintenance(at); ok {
			list = append(list, w)
		}
	}
	return m.finish(), list
}

// minutes returns a time between a and b minutes.
func (m *maker) minutes(a, b float64) time.Duration {
	return time.Duration((a + m.r.Float64()*(b-a)) * float64(time.Minute))
}

// incident makes one that begins at about start, and later if the pipeline
// that it begins with is not healthy by then.
func (m *maker) incident(name string, start time.Time) {
	environment := "prod"
	if m.r.IntN(5) == 0 {
		environment = "staging"
	}
	root := m.pipelines[m.r.IntN(len(m.pipelines))]
	for try := 0; m.busy[environment+root].After(start); try++ {
		root = m.pipelines[m.r.IntN(len(m.pipelines))]
		if try > 20 {
			start = m.busy[environment+root]
		}
	}
	end := start.Add(m.minutes(15, 150))
	type failing struct {
		pipeline string
		from     time.Time
	}
	affected := []failing{{root, start}}
	seen := map[string]bool{root: true}
	for i := 0; i < len(affected); i++ {
		for _, down := range m.downstreams[affected[i].pipeline] {
			from := affected[i].from.Add(m.minutes(0.5, 9))
			if !seen[down] && m.r.IntN(5) > 0 && from.Before(end) && !m.busy[environment+down].After(start) {
				seen[down] = true
				affected = append(affected, failing{down, from})
			}
		}
	}
	// What fails next to it while it spreads is part of it, or would look so.
	for _, f := range affected {
		for _, next := range m.neighbours(f.pipeline) {
			key := environment + next
			if until := affected[len(affected)-1].from.Add(spread); until.After(m.busy[key]) {
				m.busy[key] = until
			}
		}
	}
	worse := m.r.IntN(4) == 0
	for n, f := range affected {
		m.busy[environment+f.pipeline] = end.Add(healthy)
		for a := range 1 + m.r.IntN(6) {
			k := m.r.IntN(len(kinds))
			if n == 0 && a == 0 {
				k = m.r.IntN(6)
			}
			m.alert(name, environment, f.pipeline, k, f.from.Add(m.minutes(0, 6)*time.Duration(min(a, 1))), end, worse && a == 0)
		}
	}
}

func (m *maker) neighbours(pipeline string) []string {
	return append(slices.Clone(m.Upstreams[pipeline]), m.downstreams[pipeline]...)
}

// alert makes the signals of one alert from from to about end.
func (m *maker) alert(truth, environment, pipeline string, kind int, from, end time.Time, worse bool) {
	k := kinds[kind]
	base := replay.Line{
		Rule: k.rule, Severity: k.severity, Truth: truth, Status: alert.Firing,
		Labels: map[string]string{"pipeline": pipeline, "environment": environment, k.label: fmt.Sprintf("%s_%d", k.label, 1+m.r.IntN(30))},
	}
	say := func(at time.Time, status alert.Status, beat bool) {
		l := base
		l.Time, l.Status = at.Truncate(time.Millisecond), status
		value := float64(m.r.IntN(1000)) / 10
		l.Value = &value
		m.add(l, beat)
	}
	say(from, alert.Firing, false)
	raise := end
	if worse {
		raise = from.Add(end.Sub(from) / 3)
	}
	flaps := m.r.IntN(3) == 0
	every := m.minutes(0.2, 2)
	holds := true
	for at := from.Add(every); at.Before(end); at = at.Add(every + m.minutes(0, 0.1)) {
		if worse && !at.Before(raise) {
			base.Severity, worse = alert.P0, false
		}
		switch {
		case flaps && m.r.IntN(4) == 0:
			holds = !holds
			status := alert.Firing
			if !holds {
				status = alert.Resolved
			}
			say(at, status, false)
		case holds:
			say(at, alert.Firing, true)
		}
	}
	if m.r.IntN(30) > 0 { // else the resolve is lost
		say(end.Add(m.minutes(0, 5)), alert.Resolved, false)
	}
}

// add lets a line come: most within seconds, some minutes late, some twice.
func (m *maker) add(l replay.Line, beat bool) {
	at := l.Time.Add(m.minutes(0, 0.08))
	if m.r.IntN(20) == 0 {
		at = at.Add(m.minutes(0, 10))
	}
	m.lines = append(m.lines, arrival{at, l, beat})
	if m.r.IntN(10) == 0 {
		m.lines = append(m.lines, arrival{at.Add(m.minutes(0, 3)), l, true})
	}
}

// maintenance lets somebody work on a healthy pipeline, which makes noise.
func (m *maker) maintenance(at time.Time) (Work, bool) {
	pipeline := m.pipelines[m.r.IntN(len(m.pipelines))]
	until := at.Add(m.minutes(20, 90))
	for _, l := range m.lines {
		if l.line.Labels["pipeline"] == pipeline && l.at.After(at.Add(-2*healthy)) && l.at.Before(until.Add(2*healthy)) {
			return Work{}, false
		}
	}
	for range 1 + m.r.IntN(4) {
		m.alert("", "prod", pipeline, m.r.IntN(len(kinds)), at.Add(m.minutes(1, 10)), until.Add(-m.minutes(6, 10)), false)
	}
	// A late line must not come after the window.
	return Work{pipeline, "prod", at, until.Add(15 * time.Minute)}, true
}

// finish brings the lines into their order and to their number.
func (m *maker) finish() []replay.Line {
	order := func() {
		slices.SortStableFunc(m.lines, func(a, b arrival) int { return a.at.Compare(b.at) })
	}
	order()
	if more := len(m.lines) - m.Signals; more > 0 {
		beats := 0
		for _, l := range m.lines {
			if l.beat {
				beats++
			}
		}
		m.lines = slices.DeleteFunc(m.lines, func(l arrival) bool {
			if !l.beat || more == 0 {
				return false
			}
			beats--
			if m.r.IntN(beats+1) < more {
				more--
				return true
			}
			return false
		})
	} else if n := len(m.lines); n > 0 {
		for range -more {
			l := m.lines[m.r.IntN(n)]
			l.at = l.at.Add(m.minutes(0, 3))
			m.lines = append(m.lines, l)
		}
		order()
	}
	lines := make([]replay.Line, len(m.lines))
	for i, l := range m.lines {
		lines[i] = l.line
		lines[i].Labels = clone(l.line.Labels)
	}
	return lines
}

func clone(m map[string]string) map[string]string {
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Policy returns policy lines of the windows, to be appended to a policy file;
// "" if there are none.
func Policy(list []Work) string {
	if len(list) == 0 {
		return ""
	}
	slices.SortFunc(list, func(a, b Work) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Pipeline, b.Pipeline)) })
	text := "maintenance:\n"
	for i, w := range list {
		text += fmt.Sprintf("  - name: work %d\n    matchers: ['pipeline=%q', 'environment=%q']\n    from: '%s'\n    until: '%s'\n",
			i+1, w.Pipeline, w.Environment, w.From.UTC().Format(time.RFC3339), w.Until.UTC().Add(time.Second).Format(time.RFC3339))
	}
	return text
}
