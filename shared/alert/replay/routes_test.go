package replay_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/replay"
	"tillwatch/shared/alert/storm"
)

// midnight is when the nights of these tests begin.
var midnight = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// A heard incident is what its alerts' routes say, and what was told.
type heard struct {
	want, may map[string]bool // channels that must be told, and may
	topics    map[string]bool // those of may that a receiver by severity means
	told      map[string]bool
	news      map[string]int // how often a channel was told as if of something new
	ended     []string
}

// drawn draws routes of two levels, some with continue, some closed in one of
// these time intervals, with receivers of all kinds.
func drawn(t *rapid.T, intervals ...string) string {
	receivers := []string{"channels: [severity]", "channels: [chat]", "channels: [severity, chat]", "channels: [P1]", "channels: [P3, chat]", "channels: []"}
	var list strings.Builder
	n := 0
	var routes func(depth int) string
	routes = func(depth int) string {
		var all []string
		for more := rapid.IntRange(0, 3).Draw(t, "routes"); more > 0; more-- {
			matcher := rapid.SampledFrom([]string{"", "team=a", "team=~\"a|b\"", "alertname=late", "severity=~\"P0|P1\""}).Draw(t, "matcher")
			n++
			r := fmt.Sprintf("{receiver: r%d", n)
			if matcher != "" {
				r += ", matchers: ['" + matcher + "']"
			}
			if rapid.Bool().Draw(t, "continue") {
				r += ", continue: true"
			} else if matcher == "" {
				more = 0 // nothing reaches what comes after it
			}
			if interval := rapid.SampledFrom(append([]string{"", ""}, intervals...)).Draw(t, "closed"); interval != "" {
				r += ", mute_time_intervals: [" + interval + "]"
			}
			if depth > 0 {
				r += routes(depth - 1)
			}
			all = append(all, r+"}")
		}
		if len(all) == 0 {
			return ""
		}
		return ", routes: [" + strings.Join(all, ", ") + "]"
	}
	tree := routes(1)
	for i := range n + 1 {
		fmt.Fprintf(&list, "  - {name: r%d, %s}\n", i, rapid.SampledFrom(receivers).Draw(t, "receiver"))
	}
	return "route: {receiver: r0, group_by: [environment, pipeline], repeat_interval: 1d" + tree + "}\nreceivers:\n" + list.String()
}

// nights are intervals for drawn.
const nights = `defaults: {keep_firing_for: 0s}
incidents: {stale: 1d, window: 1d}
time_intervals:
  - {name: night, time_intervals: [{times: [{start_time: '00:00', end_time: '06:00'}]}]}
  - {name: morning, time_intervals: [{times: [{start_time: '00:00', end_time: '09:00'}]}]}
`

// TestEachChannelIsToldOnce plays drawn nights under drawn policies. Once all
// routes are open each channel of an incident's alerts was told, no other was,
// and none twice as if of something new; the end goes to those who were told.
func TestEachChannelIsToldOnce(t *testing.T) {
	later := 0
	rapid.Check(t, func(t *rapid.T) {
		file := nights + drawn(t, "night", "morning")
		p, err := policy.Read("p.yaml", []byte(file))
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		incidents := map[string]*heard{}
		at := func(id string) *heard {
			if incidents[id] == nil {
				incidents[id] = &heard{want: map[string]bool{}, may: map[string]bool{}, topics: map[string]bool{}, told: map[string]bool{}, news: map[string]int{}}
			}
			return incidents[id]
		}
		var lines []replay.Line
		player := replay.New(p)
		player.Decided = func(line int, o replay.Outcome) error {
			h, s := at(o.IncidentID), alert.Signal{Rule: lines[line].Rule, Severity: lines[line].Severity, Team: lines[line].Labels["team"]}
			for _, r := range p.RoutesOf(&s) {
				for _, c := range r.Channels {
					if c == policy.BySeverity {
						c = string(s.Severity)
						h.want["at least "+c], h.topics[c] = true, true
					} else {
						h.want[c] = true
					}
					h.may[c] = true
				}
			}
			return nil
		}
		player.Told = func(n group.Notice, _ time.Time) {
			h := at(n.Incident)
			switch n.Reason {
			case alert.AlertResolved:
				h.ended = append(h.ended, n.Channels...)
				return
			case alert.FirstNotification, alert.FiredAgain, alert.NewReceivers:
				if n.Reason == alert.NewReceivers {
					later++
				}
				for _, c := range n.Channels {
					if !n.Page || c == alert.Chat && n.Reason == alert.NewReceivers {
						continue // an update for the rooms may be part of it
					}
					h.news[c]++
				}
			}
			for _, c := range n.Channels {
				h.told[c] = true
			}
		}
		play := func(l replay.Line) {
			lines = append(lines, l)
			l.Labels = maps.Clone(l.Labels)
			if err := player.Play(l); err != nil {
				t.Fatal(err)
			}
		}
		clock := midnight
		for i := range rapid.IntRange(1, 12).Draw(t, "alerts") {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "minutes")) * time.Minute)
			play(replay.Line{Time: clock, Status: alert.Firing, Rule: rapid.SampledFrom([]string{"late", "wrong"}).Draw(t, "rule"),
				Severity: rapid.SampledFrom(alert.Severities).Draw(t, "severity"),
				Labels:   replay.Labels{"pipeline": rapid.SampledFrom([]string{"x", "y"}).Draw(t, "pipeline"), "team": rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "team"), "n": fmt.Sprint(i)}})
		}
		// A day later all routes have been open.
		noon := midnight.Add(36 * time.Hour)
		if err := player.Until(noon); err != nil {
			t.Fatal(err)
		}
		for id, h := range incidents {
			for c := range h.want {
				least, bySeverity := strings.CutPrefix(c, "at least ")
				worse := func(told string) bool { return h.topics[told] && !alert.Severity(least).Worse(alert.Severity(told)) }
				if !h.told[c] && !(bySeverity && slices.ContainsFunc(slices.Collect(maps.Keys(h.told)), worse)) {
					t.Fatalf("%s: %s was not told, only %v\n%s%v", id, c, h.told, file, lines)
				}
			}
			for c := range h.told {
				if !h.may[c] {
					t.Fatalf("%s: %s was told, of %v\n%s%v", id, c, h.may, file, lines)
				}
				if h.news[c] > 1 {
					t.Fatalf("%s: %s was told %d times\n%s%v", id, c, h.news[c], file, lines)
				}
			}
		}
		for _, l := range slices.Clone(lines) {
			l.Status, l.Time = alert.Resolved, noon
			play(l)
		}
		if _, err := player.Finish(); err != nil {
			t.Fatal(err)
		}
		for id, h := range incidents {
			slices.Sort(h.ended)
			if told := slices.Sorted(maps.Keys(h.told)); !slices.Equal(told, h.ended) {
				t.Fatalf("%s: the end went to %v, told were %v\n%s%v", id, h.ended, told, file, lines)
			}
		}
	})
	if later == 0 {
		t.Error("nobody was told later than others: nothing was tried")
	}
}

// TestNoRouteLosesAnIncident plays a storm under drawn policies: whatever the
// routes and receivers are, somebody is paged of each incident, but for those
// whose routes tell nobody, which are counted.
func TestNoRouteLosesAnIncident(t *testing.T) {
	lines, _ := storm.Make(storm.Plan{Seed: 3, Incidents: 12, Signals: 1200, Upstreams: policy.Shipped().Upstreams(), Start: midnight})
	base, _, found := strings.Cut(string(policy.ShippedYAML()), "\nroute:")
	if !found {
		t.Fatal("the shipped policy has no route")
	}
	base += "\n"
	untold := 0
	rapid.Check(t, func(t *rapid.T) {
		file := base + drawn(t)
		p, err := policy.Read("p.yaml", []byte(file))
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		player, nobody := replay.New(p), map[string]bool{}
		for _, l := range lines {
			l.Labels = maps.Clone(l.Labels)
			s := alert.Signal{Rule: l.Rule, Severity: l.Severity, Pipeline: l.Labels["pipeline"], Team: l.Labels["team"]}
			if told, known := nobody[l.Truth]; !known || told {
				nobody[l.Truth] = p.TellsNobody(&s)
			}
			if err := player.Play(l); err != nil {
				t.Fatal(err)
			}
		}
		r, err := player.Finish()
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, yes := range nobody {
			if yes {
				want++
			}
		}
		untold += want
		if r.Truth.Recall < 100 || r.Truth.Untold != want {
			t.Fatalf("missed %v, told nobody of %d, want %d\n%s", r.Truth.Missed, r.Truth.Untold, want, file)
		}
	})
	if untold == 0 {
		t.Error("every incident was told: nothing was tried")
	}
}
