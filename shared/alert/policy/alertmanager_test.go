package policy

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/alertmanagertest"
)

// kinds are receivers of which Alertmanager tells somebody, or nobody, and the
// channels that stand for them. It is given no time to send anything.
var kinds = []struct {
	settings string
	channels []string
}{
	{"", nil},
	{", webhook_configs: [{url: 'http://127.0.0.1:9/'}]", []string{BySeverity}},
	{", slack_configs: [{api_url: 'http://127.0.0.1:9/', channel: room}]", []string{alert.Chat}},
	{", slack_configs: [{api_url: 'http://127.0.0.1:9/', channel: room}], opsgenie_configs: [{api_key: k}]", []string{BySeverity, alert.Chat}},
}

// TestRoutesAreAlertmanagers draws trees of routes and holds whom Alertmanager's
// dispatcher has hear of each alert against whom the policy does.
func TestRoutesAreAlertmanagers(t *testing.T) {
	const before = "route: {receiver: r0, group_wait: 1h}\nreceivers: [{name: r0}]\n"
	server := alertmanagertest.Start(t, os.Getenv(alertmanagertest.Program), before)
	signals := map[string]*alert.Signal{}
	var posted []map[string]any
	for _, team := range []string{"", "db", "web"} {
		for _, pipeline := range []string{"", "a", "b", "c"} {
			for _, severity := range alert.Severities {
				id := fmt.Sprintf("%s/%s/%s", team, pipeline, severity)
				signals[id] = &alert.Signal{Rule: "late", Team: team, Pipeline: pipeline, Severity: severity, Labels: map[string]string{"id": id}}
				posted = append(posted, map[string]any{"endsAt": time.Now().Add(time.Hour),
					"labels": map[string]string{"alertname": "late", "team": team, "pipeline": pipeline, "severity": string(severity), "id": id}})
			}
		}
	}
	if err := server.Post(posted); err != nil {
		t.Fatal(err)
	}
	several, nobody := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		file := "route: {receiver: r0, group_wait: 1h" + tree(t, 2, &n) + "}\nreceivers:\n  - {name: someone, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}\n"
		channels := map[string][]string{}
		for i := range n + 1 {
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			name := fmt.Sprintf("r%d", i)
			file += fmt.Sprintf("  - {name: %s%s}\n", name, kind.settings)
			channels[name] = kind.channels
		}
		p, err := Read("p.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Configure(file); err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		alerts, err := server.Alerts()
		if err != nil || len(alerts) != len(signals) {
			t.Fatalf("%d alerts, %v", len(alerts), err)
		}
		for _, a := range alerts {
			s := signals[a.Labels["id"]]
			var theirs []string
			told := map[string]bool{}
			for _, r := range a.Receivers {
				theirs = append(theirs, r.Name)
				for _, c := range channels[r.Name] {
					told[c] = true
				}
			}
			ours, tells := receiversOf(p, s), map[string]bool{}
			for _, r := range p.RoutesOf(s) {
				for _, c := range r.Channels {
					tells[c] = true
				}
			}
			slices.Sort(theirs)
			slices.Sort(ours)
			if !slices.Equal(theirs, ours) || !maps.Equal(told, tells) || p.TellsNobody(s) != (len(told) == 0) {
				t.Fatalf("%s: Alertmanager tells %s, the policy %s\n%s", a.Labels["id"], strings.Join(theirs, " "), strings.Join(ours, " "), file)
			}
			if len(ours) > 1 {
				several++
			}
			if len(told) == 0 {
				nobody++
			}
		}
	})
	if several == 0 || nobody == 0 {
		t.Errorf("%d alerts took several routes, %d told nobody: nothing was compared", several, nobody)
	}
	t.Logf("%d alerts took several routes, %d told nobody", several, nobody)
}
