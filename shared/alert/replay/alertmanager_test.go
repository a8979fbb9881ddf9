package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/alertmanagertest"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/policy"
)

// The same routes for both; what Alertmanager does not know is switched off.
const (
	comparedRoutes = `
route: {receiver: hook, group_by: [pipeline], group_wait: 2s, group_interval: 4s, repeat_interval: 7s%s}
receivers:
  - name: hook
    webhook_configs: [{url: '%s', send_resolved: true}]
inhibit_rules:
  - {source_matchers: ['alertname="missing"'], target_matchers: ['alertname="quality"'], equal: [pipeline]}
`
	comparedDefaults = "defaults: {keep_firing_for: 0s, cooldown: 0s}\n"
)

// A change is an alert that fires or resolves, at seconds after the start.
type change struct {
	at                     time.Duration
	rule, pipeline, number string
	status                 alert.Status
}

var compared = []change{
	{0, "late", "a", "1", alert.Firing}, // waits for more of its group
	{1, "late", "a", "2", alert.Firing},
	{0, "late", "b", "1", alert.Firing}, // ends before the wait: nobody hears of it
	{1, "late", "b", "1", alert.Resolved},
	{3, "late", "a", "3", alert.Firing},   // new in a group that was told of: the next tick
	{7, "late", "a", "1", alert.Resolved}, // some have ended: the next tick; then a repeat
	{19, "late", "a", "2", alert.Resolved},
	{19, "late", "a", "3", alert.Resolved}, // all have ended: the next tick
	{0, "missing", "c", "1", alert.Firing}, // mutes the next one
	{1, "quality", "c", "1", alert.Firing},
	{5, "missing", "c", "1", alert.Resolved}, // and the tick after its end tells of it
}

// comparedFor is how long both are watched.
const comparedFor = 25 * time.Second

// TestTimersAreAlertmanagers plays the same signals through the stages and
// through Alertmanager, and holds what they send against each other.
func TestTimersAreAlertmanagers(t *testing.T) {
	theirs, ours := alertmanagers(t), stages(t)
	if !slices.Equal(theirs, ours) {
		t.Errorf("Alertmanager sent\n%s\nthe stages sent\n%s", strings.Join(theirs, "\n"), strings.Join(ours, "\n"))
	}
	t.Logf("both sent\n%s", strings.Join(ours, "\n"))
}

// stages returns what the stages send, one line each: when, about what, and
// what of it fires and has ended.
func stages(t *testing.T) []string {
	t.Helper()
	p, err := policy.Read("p.yaml", []byte(comparedDefaults+fmt.Sprintf(comparedRoutes, ", update: page, urgent: wait", "http://127.0.0.1")))
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	player := New(p)
	start := monday.Add(time.Hour)
	player.Told = func(n group.Notice, at time.Time) {
		sent = append(sent, line(at.Sub(start), n.Signal.Pipeline, labelsOf(n.Firing), labelsOf(n.Resolved)))
	}
	signals := slices.Clone(compared)
	slices.SortStableFunc(signals, func(a, b change) int { return int(a.at - b.at) })
	for _, c := range signals {
		if err := player.Play(Line{Time: start.Add(c.at * time.Second), Status: c.status, Severity: alert.P2, Rule: c.rule,
			Labels: Labels{"pipeline": c.pipeline, "n": c.number}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := player.Until(start.Add(comparedFor)); err != nil {
		t.Fatal(err)
	}
	slices.Sort(sent)
	return sent
}

func line(at time.Duration, pipeline string, firing, resolved []string) string {
	return fmt.Sprintf("%2.0f s  %s  firing %v, ended %v", at.Seconds(), pipeline, firing, resolved)
}

// labelsOf returns rule and number of alerts by their dedup keys.
func labelsOf(keys []string) []string {
	list := []string{}
	for _, key := range keys {
		rule, rest, _ := strings.Cut(key, "{")
		list = append(list, rule+strings.TrimSuffix(rest[strings.Index(rest, "n=")+2:strings.Index(rest, "}")], "}"))
	}
	slices.Sort(list)
	return list
}

// alertmanagers returns what the program sends, in the same form.
func alertmanagers(t *testing.T) []string {
	t.Helper()
	var mu sync.Mutex
	var sent []string
	var start time.Time
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct {
			GroupLabels map[string]string
			Alerts      []struct {
				Status string
				Labels map[string]string
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		firing, ended := []string{}, []string{}
		for _, a := range m.Alerts {
			if name := a.Labels["alertname"] + a.Labels["n"]; a.Status == "firing" {
				firing = append(firing, name)
			} else {
				ended = append(ended, name)
			}
		}
		slices.Sort(firing)
		slices.Sort(ended)
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, line(time.Since(start).Round(time.Second), m.GroupLabels["pipeline"], firing, ended))
	}))
	defer hook.Close()
	server := alertmanagertest.Start(t, os.Getenv(alertmanagertest.Program), fmt.Sprintf(comparedRoutes, "", hook.URL))
	start = time.Now()
	for second := time.Duration(0); second*time.Second < comparedFor; second++ {
		time.Sleep(time.Until(start.Add(second * time.Second)))
		var batch []map[string]any
		for _, s := range compared {
			if s.at != second {
				continue
			}
			a := map[string]any{"labels": map[string]string{"alertname": s.rule, "pipeline": s.pipeline, "n": s.number}, "startsAt": start}
			if s.status == alert.Resolved {
				a["endsAt"] = time.Now()
			}
			batch = append(batch, a)
		}
		if len(batch) == 0 {
			continue
		}
		if err := server.Post(batch); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(sent)
	return sent
}
