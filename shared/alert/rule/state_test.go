package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// step is one observation of a story: "12:00 7" is one at noon whose error rate
// is 7, "2026-11-20" its period, "id=a" its id, "table=t" its table and
// "retry" a retry; "policy" changes to a policy without the rule.
func step(t *testing.T, line string) Observation {
	t.Helper()
	o := Observation{Pipeline: "sales", Values: map[string]Value{}}
	for i, word := range strings.Fields(line) {
		name, value, named := strings.Cut(word, "=")
		switch {
		case i == 0:
			at, err := time.Parse("15:04", word)
			if err != nil {
				t.Fatal(err)
			}
			o.At, o.ID = at.AddDate(2026, 10, 21), word
		case i == 1:
			var rate float64
			if _, err := fmt.Sscan(word, &rate); err != nil {
				t.Fatal(err)
			}
			o.Values[policy.ErrorRate] = Value{Number: rate}
		case named && name == "id":
			o.ID = value
		case named && name == "table":
			o.Table = value
		case word == "retry":
			o.Retry = 1
		default:
			o.Period = word
		}
	}
	return o
}

// TestStories follows what observations come to, one after the other.
func TestStories(t *testing.T) {
	p := read(t, "{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1, not_on_retry: true}")
	without := read(t, "{name: high_error_rate}")
	for _, c := range []struct {
		rule  string
		steps []string // observation -> outcome, and what is sent
	}{
		{"a good run ends what a bad one began, and a second tells nothing", []string{
			"12:00 7 -> fires firing", "12:10 1 -> resolves resolved", "12:20 1 -> fine"}},
		{"a good run that ends nothing is not told", []string{"12:00 1 -> fine", "12:10 1 -> fine"}},
		{"what is bad again is told again", []string{"12:00 7 -> fires firing", "12:10 8 -> fires firing"}},
		{"a second delivery sends the same again", []string{
			"12:00 7 -> fires firing", "12:00 7 -> fires firing", "12:10 1 -> resolves resolved", "12:10 1 -> resolves resolved"}},
		{"and of what was fine, nothing", []string{"12:00 1 -> fine", "12:00 1 -> fine"}},
		{"an old bad run does not fire after a good one", []string{"12:10 1 -> fine", "12:00 7 -> not_evaluated overtaken"}},
		{"an old good run does not end a newer bad one", []string{"12:10 7 -> fires firing", "12:00 1 -> not_evaluated overtaken"}},
		{"a good run of an earlier period neither, though it came later", []string{
			"12:00 7 2026-11-22 -> fires firing", "12:10 1 2026-11-20 -> not_evaluated earlier_period", "12:20 1 2026-11-22 -> resolves resolved"}},
		{"a bad backfill fires, and the day's run ends it", []string{
			"12:00 1 2026-11-22 -> fine", "12:10 9 2026-11-20 -> fires firing", "12:20 1 2026-11-22 -> resolves resolved"}},
		{"a bad backfill does not make the day's fault an old one", []string{
			"12:00 7 2026-11-22 -> fires firing", "12:10 9 2026-11-20 -> fires firing", "12:20 1 2026-11-20 -> not_evaluated earlier_period"}},
		{"a period in the future does not outlast the day", []string{
			"12:00 7 2099-01-01 -> fires firing", "12:10 1 2026-11-23 -> resolves resolved"}},
		{"a retry does not fire, and a good one ends", []string{
			"12:00 7 -> fires firing", "12:10 8 retry -> not_evaluated on_retry", "12:20 1 retry -> resolves resolved"}},
		{"a bad retry alone is nothing", []string{"12:00 7 retry -> not_evaluated on_retry", "12:20 1 -> fine"}},
		{"one table ends nothing of another", []string{
			"12:00 7 table=a -> fires firing", "12:10 1 table=b -> fine", "12:20 1 -> fine", "12:30 1 table=a -> resolves resolved"}},
		{"a late good run is told where nothing fires, since its end may be lost", []string{
			"12:00 7 -> fires firing", "12:10 1 -> resolves resolved", "12:20 1 -> fine", "12:10 1 -> resolves resolved"}},
		{"what a removed rule raised ends", []string{
			"12:00 7 -> fires firing", "policy", "12:10 9 -> resolves resolved", "12:10 9 -> resolves resolved", "12:20 9 ->"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, p := State{}, p
			for _, line := range c.steps {
				if line == "policy" {
					p = without
					continue
				}
				line, want, _ := strings.Cut(line, "->")
				o := step(t, line)
				next, signals, verdicts := s.Next(o, Evaluate(p, o))
				s = next
				var got []string
				for _, v := range verdicts {
					got = append(got, string(v.Outcome))
					if v.Outcome == NotEvaluated {
						got = append(got, string(v.Reason))
					}
				}
				for _, signal := range signals {
					got = append(got, string(signal.Status))
				}
				if strings.Join(got, " ") != strings.TrimSpace(want) {
					t.Errorf("%s: got %s, want %s", line, strings.Join(got, " "), want)
				}
			}
		})
	}
}

// TestTheNewestRunDecides delivers runs in any order and more than once, with
// sends that are lost until the run is delivered again, to whoever keeps the
// newest signal of each alert, as the router does. In the end that fires exactly
// if the newest run was bad.
func TestTheNewestRunDecides(t *testing.T) {
	p := read(t, "{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "runs")
		bad := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "bad")
		order := rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 12).Draw(t, "deliveries")
		lost := rapid.SliceOfN(rapid.Bool(), len(order), len(order)).Draw(t, "lost")
		order = append(order, rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range n {
				if !yield(i) {
					return
				}
			}
		})).Draw(t, "last deliveries")...)
		var s State
		var newest alert.Signal
		for i, run := range order {
			o := Observation{ID: fmt.Sprint(run), Pipeline: "sales", At: noon.Add(time.Duration(run) * time.Minute), Values: map[string]Value{policy.ErrorRate: {Number: 1}}}
			if bad[run] {
				o.Values[policy.ErrorRate] = Value{Number: 9}
			}
			next, signals, _ := s.Next(o, Evaluate(p, o))
			s = next
			if i < len(lost) && lost[i] {
				continue // the sender died: the queue delivers it again
			}
			for _, signal := range signals {
				if !signal.At.Before(newest.At) {
					newest = signal
				}
			}
		}
		if fires := newest.Status == alert.Firing; fires != bad[n-1] {
			t.Fatalf("fires %v, but the newest run is bad %v", fires, bad[n-1])
		}
	})
}

// TestStateIsBounded keeps what fires before what does not.
func TestStateIsBounded(t *testing.T) {
	p := read(t, "{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}")
	var s State
	for i := range 2 * maxRules {
		o := Observation{ID: "o", Pipeline: "sales", Table: fmt.Sprint(i), At: noon.Add(time.Duration(i) * time.Minute),
			Values: map[string]Value{policy.ErrorRate: {Number: float64(9 * ((i + 1) % 2))}}}
		s, _, _ = s.Next(o, Evaluate(p, o))
	}
	firing := 0
	for _, last := range s.Rules {
		if last.Firing {
			firing++
		}
	}
	if len(s.Rules) != maxRules || firing < maxRules-1 {
		t.Errorf("%d rules, %d firing, want %d of which all but the newest fire", len(s.Rules), firing, maxRules)
	}
}
