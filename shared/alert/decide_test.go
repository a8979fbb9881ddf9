package alert

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestTimelines plays each story of testdata: an input line, "15:04 id status
// severity [at 15:04]", is followed by what was decided. "#" begins a remark.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/*.timeline")
	if err != nil || len(files) == 0 {
		t.Fatalf("no timelines: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".timeline"), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(raw))
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(raw) {
				t.Errorf("got\n%s\nwant\n%s", got, raw)
			}
		})
	}
}

func play(t *testing.T, story string) string {
	t.Helper()
	rule := Rule{CoolDown: time.Hour}
	var state State
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimRight(story, "\n"), "\n") {
		if strings.HasPrefix(line, "  ->") {
			continue
		}
		fmt.Fprintln(&out, line)
		words := strings.Fields(line)
		if len(words) < 4 || strings.HasPrefix(line, "#") {
			continue
		}
		now := hour(t, words[0])
		s := Signal{ID: words[1], DedupKey: "k", GroupKey: "k", Rule: "r", Summary: "s",
			Status: Status(words[2]), Severity: Severity(words[3]), At: now}
		if len(words) == 6 {
			s.At = hour(t, words[5])
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var d Decision
		d, state = rule.Decide(state, s, now)
		fmt.Fprintf(&out, "  -> %s", d.Reason)
		for _, severity := range d.Severities {
			fmt.Fprintf(&out, " %s", severity)
		}
		if d.HeldBack > 0 {
			fmt.Fprintf(&out, ", %d held back", d.HeldBack)
		}
		fmt.Fprintln(&out)
	}
	return out.String()
}

func hour(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(2026, 10, 21)
}

// genSignals draws a history of one alert, delivered late, twice and mixed.
func genSignals(t *rapid.T) []Signal {
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	n := rapid.IntRange(1, 60).Draw(t, "n")
	list := make([]Signal, n)
	for i := range list {
		list[i] = Signal{
			ID:       fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "id")),
			DedupKey: "k", GroupKey: "k", Rule: "r", Summary: "s",
			Status:   rapid.SampledFrom([]Status{Firing, Firing, Resolved}).Draw(t, "status"),
			Severity: rapid.SampledFrom(Severities).Draw(t, "severity"),
			At:       start.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "at")) * time.Minute),
		}
	}
	return list
}

// TestDecideKeepsItsPromises holds what people rely on, whatever comes in.
func TestDecideKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := Rule{CoolDown: time.Hour}
		now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		var state State
		open := map[Severity]bool{} // told that it fires, not told that it ended
		var last Decision           // the last notification
		var lastSeverity Severity
		for _, s := range genSignals(t) {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "wait")) * time.Minute)
			before := fmt.Sprintf("%+v", state)
			d, next := rule.Decide(state, s, now)
			if after := fmt.Sprintf("%+v", state); after != before {
				t.Fatalf("Decide changed its argument:\n%s\n%s", before, after)
			}
			if (len(d.Severities) > 0) != d.Reason.Notifies() {
				t.Fatalf("%s tells %v", d.Reason, d.Severities)
			}
			switch {
			case d.Reason == AlertResolved:
				if len(d.Severities) != len(open) {
					t.Fatalf("resolve told %v, want all of %v", d.Severities, open)
				}
				clear(open)
			case d.Reason.Notifies():
				if s.Status != Firing {
					t.Fatalf("%s for a resolved signal", d.Reason)
				}
				calm := now.Sub(last.At) < rule.CoolDown && len(open) > 0
				if calm && !s.Severity.Worse(lastSeverity) {
					t.Fatalf("%s within the cool-down", d.Reason)
				}
				open[s.Severity] = true
			case d.Reason == ResolvedWithoutFiring && len(open) > 0:
				t.Fatalf("a resolve was dropped though %v had been told", open)
			case d.Reason == CoolingDown && s.Severity.Worse(lastSeverity):
				t.Fatalf("%s was held back after %s", s.Severity, lastSeverity)
			}
			if d.Reason.Notifies() {
				last, lastSeverity = d, s.Severity
			}
			if again, _ := rule.Decide(next, s, now); again.Reason != Duplicate {
				t.Fatalf("second delivery: %s, want %s", again.Reason, Duplicate)
			}
			if len(next.Seen) > maxSeen {
				t.Fatalf("%d ids remembered", len(next.Seen))
			}
			state = next
		}
	})
}

func TestValidateNamesEveryFault(t *testing.T) {
	err := Signal{Status: "on", Severity: "HIGH"}.Validate()
	for _, want := range []string{"id is empty", "dedup_key", "group_key", "rule", "summary", `status is "on"`, `severity is "HIGH"`, "at is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}
