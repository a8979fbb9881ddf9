package policy

import (
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
)

func TestShippedDefersNothingAboveP3(t *testing.T) {
	p := Shipped()
	for _, r := range p.Routes {
		if len(r.Mute)+len(r.Active) > 0 || r.Wait > time.Minute || r.WaitAlways {
			t.Errorf("route %s defers: %+v", r.ID, r)
		}
	}
	for _, name := range alert.RuleNames {
		if name == alert.PipelineSilent {
			continue // which pipelines are to be heard of, and how often, nobody knows here
		}
		if p.Rule(name, "").Name != name {
			t.Errorf("rule %s is not in the shipped policy", name)
		}
	}
}

// TestFaultsAreFound holds each fault against its line and what to do.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"an unknown key", "rules:\n  - {name: queue_age, cooldwn: 1h}\n", `2:23: unknown key "cooldwn" in a rule; did you mean cooldown?`},
		{"a condition that nothing has", "rules:\n  - {name: queue_age, condition: eror_rate_percentage, threshold: 5, severity: P1}\n", "2:34"},
		{"a condition without threshold", "rules:\n  - {name: queue_age, condition: error_rate_percentage, severity: P1}\n", "has a condition and no threshold"},
		{"a condition without severity", "rules:\n  - {name: queue_age, condition: error_rate_percentage, threshold: 5}\n", "has a condition and no severity"},
		{"a threshold without condition", "rules:\n  - {name: queue_age, threshold: 5}\n", "2:23: rule queue_age has threshold and no condition"},
		{"a side without condition", "rules:\n  - {name: queue_age, compare: above}\n", "2:23: rule queue_age has compare and no condition"},
		{"a side that is good", "rules:\n  - {name: queue_age, condition: data_quality_score, compare: above, threshold: 95, severity: P2}\n", "quality score is bad below its threshold, and not above"},
		{"a metric whose bad side nobody knows", "rules:\n  - {name: queue_age, condition: DailyRevenue, threshold: 95, severity: P2}\n", "nobody knows on which side DailyRevenue is bad"},
		{"a metric that no observation has", "rules:\n  - {name: queue_age, condition: FilesJudged, compare: below, threshold: 95, severity: P2}\n", `no observation has "FilesJudged"`},
		{"a threshold that is never reached", "rules:\n  - {name: queue_age, condition: error_rate_percentage, threshold: 100, severity: P2}\n", "error rate is never above 100"},
		{"a threshold that always is", "rules:\n  - {name: queue_age, condition: data_quality_score, threshold: 101, severity: P2}\n", "quality score is always below 101"},
		{"a negative threshold", "rules:\n  - {name: queue_age, condition: freshness_minutes, threshold: -1, severity: P2}\n", "the threshold is the number -1"},
		{"a heartbeat that would swallow its own alerts", "rules:\n  - {name: queue_age, condition: error_rate_percentage, threshold: 5, severity: P2, absent_after: 1h}\n", "would be taken for a heartbeat"},
		{"a heartbeat that nobody misses", "rules:\n  - {name: queue_age, condition: observed, severity: P2}\n", "has a condition and no absent_after"},
		{"a heartbeat with a threshold", "rules:\n  - {name: queue_age, condition: observed, severity: P2, absent_after: 1h, threshold: 3}\n", "is held against no threshold"},
		{"a rule without runbook", "rules:\n  - {name: new_rule}\n", `2:12: there is no runbook "new_rule"`},
		{"a rule twice", "rules:\n  - {name: queue_age}\n  - {name: queue_age}\n", "3:5: rule queue_age is there twice"},
		{"no duration", "defaults: {cooldown: soon}\n", `1:22: "soon" is no duration`},
		{"a severity of others", "defaults: {severity: critical}\n", "write P0"},
		{"matchers at the root", "route: {matchers: ['a=\"b\"']}\n", "the root route takes every alert"},
		{"a broken matcher", "route:\n  routes:\n    - {matchers: ['a~b']}\n", "3:19"},
		{"an unknown interval", "route:\n  routes:\n    - {matchers: ['a=b'], mute_time_intervals: [night]}\n", `there is no time interval "night"`},
		{"a broken interval", "time_intervals:\n  - {name: n, time_intervals: [{times: [{start_time: '25:00', end_time: '26:00'}]}]}\n", "time interval n:"},
		{"a receiver that is not there", "route: {receiver: tema}\nreceivers:\n  - {name: team}\n", `did you mean team?`},
		{"a route that no alert reaches", "route:\n  routes:\n    - {receiver: a}\n    - {receiver: b, matchers: ['a=b']}\n", "4:7: no alert reaches this route"},
		{"inhibition without equal", "inhibit_rules:\n  - {source_matchers: ['a=b'], target_matchers: ['c=d']}\n", "any source mutes every target"},
		{"inhibition by labels that may be absent", "inhibit_rules:\n  - {source_matchers: ['a=b'], target_matchers: ['c=d'], equal: [rack]}\n", "missing on both sides"},
		{"maintenance without an end", "maintenance:\n  - {name: m, matchers: ['a=b'], from: '2026-11-02T00:00:00Z'}\n", "lasts no time"},
		{"a pipeline above itself", "topology:\n  a: {upstream: [a]}\n", "is its own upstream"},
		{"an escalation to less", "rules:\n  - {name: queue_age, severity: P1, escalate: {after: 1h, to: P2}}\n", "escalates to P2 and is P1 already"},
		{"a storm limit of nothing", "defaults: {storm_limit: 0}\n", "from 1 to 200"},
		{"a storm of nothing", "incidents: {storm: {limit: 0}}\n", "write a whole number from 1 to 500"},
		{"a storm that lasts a day", "incidents: {storm: {limit: 9, within: 1d}}\n", "write a duration up to 1h"},
		{"a storm that spares all", "incidents: {storm: {limit: 9, spare: P3}}\n", "1:38: \"P3\" is not a severity"},
		{"an interval of 0", "route: {group_interval: 0s}\n", "must not be 0"},
	} {
		_, err := Read("p.yaml", []byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.want)
		}
	}
}

// TestAlertmanagersFileIsRead reads a file in Alertmanager's language alone.
func TestAlertmanagersFileIsRead(t *testing.T) {
	p, err := Read("alertmanager.yml", []byte(`
global: {resolve_timeout: 5m, slack_api_url: https://example.com}
templates: ['/etc/*.tmpl']
route:
  receiver: team
  group_by: [alertname, cluster]
  group_wait: 45s
  repeat_interval: 3h
  routes:
    - match: {service: database}
      receiver: dba
      group_by: ['...']
      continue: true
    - match_re: {service: ^(web|api)$}
      mute_time_intervals: [nights]
      routes:
        - matchers: ['severity="P0"', 'region!~"eu.*"']
          repeat_interval: 15m
mute_time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: '22:00', end_time: '24:00'}]
        location: Europe/Berlin
inhibit_rules:
  - source_match: {severity: P0}
    target_match_re: {severity: P2|P3}
    equal: [alertname, cluster]
receivers:
  - name: team
    slack_configs: [{channel: '#ops'}]
  - name: dba
`))
	if err != nil {
		t.Fatal(err)
	}
	route := func(severity alert.Severity, labels map[string]string) *Route {
		return p.Route(&alert.Signal{Rule: "r", Severity: severity, Labels: labels})
	}
	if r := route("P1", map[string]string{"service": "database"}); r.ID != "0.0" || r.Receiver != "dba" || !r.ByAll || r.Wait != 45*time.Second {
		t.Errorf("database: %+v", r)
	}
	if r := route("P0", map[string]string{"service": "web", "region": "us"}); r.ID != "0.1.0" || r.Repeat != 15*time.Minute || r.GroupBy[0] != "alertname" {
		t.Errorf("web: %+v", r)
	}
	if r := route("P0", map[string]string{"service": "website"}); r.ID != "0" {
		t.Errorf("neither: %+v", r)
	}
	for clock, open := range map[string]bool{"20:59": true, "21:30": false, "23:00": true} { // 22:00 to 24:00 in Berlin
		at, err := time.Parse("15:04 2006-01-02", clock+" 2026-11-02")
		if err != nil {
			t.Fatal(err)
		}
		if _, got := p.Open(p.RouteByID("0.1"), at); got != open {
			t.Errorf("%s: open %v, want %v", clock, got, open)
		}
	}
	if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, "slack_configs") || !strings.Contains(notes, "continue: an alert") || !strings.Contains(notes, "global") {
		t.Errorf("notes %q", p.Notes)
	}
}

// TestConditionsAreNoted tells of rules that look as if something evaluated them.
func TestConditionsAreNoted(t *testing.T) {
	const general = "rules:\n  - {name: queue_age, condition: error_rate_percentage, threshold: 5, severity: P1}\n"
	for _, c := range []struct{ rule, in, want string }{
		{"a rule with a condition is evaluated", general, ""},
		{"one for a pipeline without a condition of its own is not", general + "  - {name: queue_age, pipeline: sales, severity: P0}\n",
			"rule queue_age for pipeline sales has no condition of its own"},
		{"one that others raise needs none", "rules:\n  - {name: queue_age}\n  - {name: queue_age, pipeline: sales}\n", ""},
	} {
		p, err := Read("policy.yaml", []byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(p.Notes, "\n"); (notes == "") != (c.want == "") || !strings.Contains(notes, c.want) {
			t.Errorf("%s: notes %q, want %q", c.rule, notes, c.want)
		}
	}
}

// TestSidesAreKnown holds which side of a threshold is bad.
func TestSidesAreKnown(t *testing.T) {
	for _, c := range []struct {
		rule, fields string
		want         alert.Crossing
	}{
		{"an error rate is bad above", "condition: error_rate_percentage, threshold: 5", alert.Above},
		{"a quality score below", "condition: data_quality_score, threshold: 95", alert.Below},
		{"a metric with a least target below", "condition: CompletenessScore, threshold: 98", alert.Below},
		{"one with a most target above", "condition: DataFreshnessMinutes, threshold: 60", alert.Above},
		{"one that a bad file lowers below", "condition: QualityScore, threshold: 98", alert.Below},
		{"any other where the rule says", "condition: DailyRevenue, threshold: 98, compare: below", alert.Below},
	} {
		p, err := Read("policy.yaml", []byte("rules:\n  - {name: queue_age, severity: P1, "+c.fields+"}\n"))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
		} else if got := p.Rule("queue_age", "").Compare; got != c.want {
			t.Errorf("%s: got %q", c.rule, got)
		}
	}
}

func TestKeys(t *testing.T) {
	p := Shipped()
	signal := func(labels ...string) *alert.Signal {
		s := &alert.Signal{Rule: "r", DedupKey: "d", GroupKey: "d", Labels: map[string]string{}}
		for i := 0; i < len(labels); i += 2 {
			switch labels[i] {
			case "pipeline":
				s.Pipeline = labels[i+1]
			case "environment":
				s.Environment = labels[i+1]
			default:
				s.Labels[labels[i]] = labels[i+1]
			}
		}
		return s
	}
	for _, c := range []struct {
		rule string
		s    *alert.Signal
		want string
	}{
		{"the route's labels", signal("pipeline", "sales", "environment", "prod", "store", "7"), "0/{environment=prod}{pipeline=sales}"},
		{"the first that is there", signal("environment", "prod", "table", "t", "dataset", "d"), "0/{environment=prod}{dataset=d}"},
		{"a service of a cluster", signal("service", "s", "cluster", "c", "pod", "p"), "0/{cluster=c}{service=s}"},
		{"never one group for everything", signal("environment", "prod", "store", "7"), "0/{environment=prod}r{environment=prod}{store=7}"},
		{"a value cannot forge another", signal("pipeline", "a}{b=c"), `0/{pipeline="a}{b=c"}`},
	} {
		if got := p.Route(c.s).GroupKey(c.s); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
	if a, b := Identity(signal("pipeline", "p", "table", "t", "run_id", "1", "retry", "0")), Identity(signal("pipeline", "p", "table", "t", "run_id", "2")); a != b {
		t.Errorf("runs make alerts of their own: %s, %s", a, b)
	}
	for _, c := range []struct {
		rule string
		s    *alert.Signal
		want string
	}{
		{"another pipeline", signal("pipeline", "sales", "environment", "prod"), "0/{environment=prod}{pipeline=up}"},
		{"another dataset", signal("dataset", "d", "environment", "prod", "table", "t"), "0/{environment=prod}{dataset=up}"},
		{"no part of a stream", signal("store", "7"), ""},
		{"an incident that others name", signal("incident", "7", "dataset", "d"), ""},
	} {
		if got := p.Route(c.s).NeighbourKey(c.s, "up"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
	long := signal("pipeline", strings.Repeat("x", 2000))
	if key := p.Route(long).GroupKey(long); len(key) > keyLimit {
		t.Errorf("a key of %d bytes", len(key))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(shipped)
	f.Add([]byte("route: {group_by: ['...'], routes: [{match_re: {a: '('}}]}"))
	f.Add([]byte(team + "escalations:\n  - {severities: [P1], levels: [{after: 5m, to: [primary, desk, boss, P0]}], rounds: 3}\n"))
	now := time.Date(2026, 11, 2, 8, 59, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Read("p.yaml", data)
		if err != nil {
			return
		}
		s := &alert.Signal{Rule: "r", Severity: alert.P1, DedupKey: "d", Labels: map[string]string{"a": "b"}}
		if r := p.Route(s); r.GroupKey(s) == "" {
			t.Error("no group")
		}
		p.OnCall(now, alert.P1, *s)
		for _, r := range p.Rosters(now, now.AddDate(0, 0, 3)) {
			at := now
			for _, shift := range r.Shifts {
				if !shift.From.Equal(at) || !shift.Until.After(at) {
					t.Fatalf("a hole before %+v", shift)
				}
				at = shift.Until
			}
		}
	})
}
