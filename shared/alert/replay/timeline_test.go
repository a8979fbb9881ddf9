package replay

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/silence"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestTimelines plays each story of testdata. A story is an archive of an
// optional policy and the story itself: a line "15:04:05 firing P1 rule
// name=value … [at 15:04:05]", where due, hourly and errors say what is at stake,
// is followed by what was decided on it, a line "15:04:05" lets time pass,
// "15:04:05 acknowledge Ann" is a person's answer; "=>" is what people are told,
// and when.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no timelines: %v", err)
	}
	said := map[string]bool{}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p := policy.Shipped()
			story := &a.Files[len(a.Files)-1]
			if len(a.Files) > 1 {
				if p, err = policy.Read(a.Files[0].Name, a.Files[0].Data); err != nil {
					t.Fatal(err)
				}
			}
			story.Data = []byte(tell(t, p, string(story.Data), said))
			got := txtar.Format(a)
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(name, got, 0o644); err != nil {
					t.Fatal(err)
				}
			} else if string(got) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	for _, reason := range slices.Concat(
		texts(alert.FirstNotification, alert.FiredAgain, alert.SeverityRaised, alert.NewAlerts, alert.AlertResolved, alert.SomeResolved, alert.StillFiring, alert.CostsMore, alert.NewReceivers),
		texts(group.SameSignal, group.SameFact, group.Overtaken, group.OnRetry, group.StormLimit, group.ManyIncidents, group.Alive, group.NeverFired,
			group.HeldForFlapping, group.AlertEnded, group.IncidentEnded, group.MaintenanceWindow, group.TimeInterval, group.Silenced,
			group.SourceFiring, group.NoReceiver, group.PendingFor, group.WorseNow, group.Urgent, group.GroupWait, group.FlapHeld, group.Cooling,
			group.StillFires, group.NewInGroup, group.CorrelatedUp),
	) {
		if !said[reason] {
			t.Errorf("no timeline has the reason %s", reason)
		}
	}
}

func (l *Line) stakes() *alert.Stakes {
	if l.Stakes == nil {
		l.Stakes = &alert.Stakes{}
	}
	return l.Stakes
}

func texts[T ~string](list ...T) []string {
	var all []string
	for _, v := range list {
		all = append(all, string(v))
	}
	return all
}

func tell(t *testing.T, p *policy.Policy, story string, said map[string]bool) string {
	t.Helper()
	var out strings.Builder
	player := New(p)
	pending := ""
	player.Told = func(n group.Notice, at time.Time) {
		if pending != "" {
			fmt.Fprintln(&out, pending)
			pending = ""
		}
		said[string(n.Reason)] = true
		kind := "page"
		if !n.Page {
			kind = "update"
		}
		fmt.Fprintf(&out, "   => %s %s %s", at.Format("15:04:05"), kind, n.Reason)
		for _, c := range n.Channels {
			fmt.Fprintf(&out, " %s", c)
		}
		for _, a := range n.Audiences {
			fmt.Fprintf(&out, " %s", a)
		}
		fmt.Fprintf(&out, ": %d firing, %d ended", len(n.Firing), len(n.Resolved))
		if n.Folded > 0 {
			fmt.Fprintf(&out, ", %d folded", n.Folded)
		}
		fmt.Fprintln(&out)
	}
	lines := 0
	var decision string
	player.Decided = func(line int, o Outcome) error {
		if line == lines {
			decision = fmt.Sprintf("   -> %s %s", o.Decision, o.Reason)
			said[o.Reason] = true
			pending = decision
		}
		return nil
	}
	for _, line := range strings.Split(strings.TrimRight(story, "\n"), "\n") {
		if strings.HasPrefix(line, "   ") {
			continue
		}
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			fmt.Fprintln(&out, line)
			continue
		}
		at := clock(t, words[0])
		if at.After(player.clock) {
			if err := player.Until(at); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintln(&out, line)
		if len(words) == 1 {
			continue
		}
		if answered(t, player, at, words[1:]) {
			if pending != "" {
				fmt.Fprintln(&out, pending)
				pending = ""
			}
			continue
		}
		l := Line{Time: at, Status: alert.Status(words[1]), Severity: alert.Severity(words[2]), Rule: words[3], Labels: Labels{}}
		for i := 4; i < len(words); i++ {
			if words[i] == "at" {
				l.Time = clock(t, words[i+1])
				break
			}
			name, value, _ := strings.Cut(words[i], "=")
			switch name {
			case "id":
				l.ID = value
				continue
			case "due":
				l.stakes().Due = clock(t, value)
				continue
			case "hourly":
				l.stakes().HourlyRevenue = value
				continue
			case "errors":
				rate, err := strconv.ParseFloat(value, 64)
				if err != nil {
					t.Fatal(err)
				}
				l.stakes().ErrorRate = &rate
				continue
			}
			l.Labels[name] = value
		}
		l.Labels = maps.Clone(l.Labels)
		if err := player.Play(l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines++
		if pending != "" {
			fmt.Fprintln(&out, pending)
			pending = ""
		}
	}
	return out.String()
}

// answered does what a person says: "acknowledge Ann", "resolve Ann", "silence
// Ann 2h MATCHER…" with an id from the name, "expire Ann". It reports whether
// the line is one of these.
func answered(t *testing.T, p *Player, at time.Time, words []string) bool {
	t.Helper()
	switch kind := answer.Kind(words[0]); kind {
	case answer.Acknowledge, answer.Resolve:
		if err := p.Answer(kind, words[1]); err != nil {
			t.Fatal(err)
		}
		return true
	case answer.Silence:
		d, err := time.ParseDuration(words[2])
		if err != nil {
			t.Fatal(err)
		}
		s := silence.Silence{ID: words[1], Matchers: words[3:], Starts: at, Ends: at.Add(d), By: words[1], Comment: "work", Updated: at}
		if words[3] == "while-open" {
			s.Matchers = words[4:]
			for _, g := range p.view.groups {
				s.Incident = g.Incidents[len(g.Incidents)-1].ID
			}
		}
		if s, err = silence.New(s); err != nil {
			t.Fatal(err)
		}
		p.Silence(s)
		return true
	case "expire":
		for _, s := range p.view.silences {
			if s.ID == words[1] {
				p.Silence(s.Expire(at))
				return true
			}
		}
	}
	return false
}

// clock reads a time of Monday, or of a later day: "2d 03:00:00" is 2d03:00:00.
func clock(t *testing.T, s string) time.Time {
	t.Helper()
	days := 0
	if n, rest, ok := strings.Cut(s, "d"); ok {
		if _, err := fmt.Sscan(n, &days); err != nil {
			t.Fatal(err)
		}
		s = rest
	}
	at, err := time.Parse("15:04:05", s)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(2026, 10, 1+days) // 2026-11-02 is a Monday
}
