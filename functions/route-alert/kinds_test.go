package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/tools/txtar"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/contract"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/memory"
	"tillwatch/shared/pipeline"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/receiver"
)

const shop = `apiVersion: v3.1.0
kind: DataContract
id: urn:example:sales-data
name: sales_data
version: 1.0.0
status: active
team: {name: store-data}
servers: [{server: landing, type: s3, location: 's3://landing/sales_data/**', format: csv}]
customProperties:
  - {property: revenueColumn, value: amount}
  - {property: customerColumn, value: customer}
  - {property: currency, value: EUR}
schema:
  - name: sales_data
    quality:
      - {id: on_time, type: custom, engine: tillwatch, severity: high, implementation: {check: arrival, by: "02:00"}}
    properties:
      - {name: transaction, logicalType: string, required: true, unique: true}
      - {name: customer, logicalType: string}
      - {name: amount, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 900000}}
`

// A street is where what happens in a shop is noticed by the functions before
// route-alert, and comes to people.
type street struct {
	*world
	bus    memory.Bus // what others put on the bus
	heard  int        // of it, by the rules and the router
	rules  memory.Rules
	ledger memory.Ledger
	judger *landing.Judger
	bucket memory.Bucket
}

// newStreet has had good files and good runs on three days.
func newStreet(t *testing.T) *street {
	t.Helper()
	c, err := contract.ReadODCS("sales_data.odcs.yaml", []byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	s := &street{world: newWorld()}
	library, documents, metrics := &memory.Library{}, &memory.Documents{}, &memory.Metrics{}
	library.Shelf.Contracts = []*contract.Contract{c}
	s.judger = &landing.Judger{Claims: &s.ledger, Ledger: &s.ledger, Archive: &s.ledger, Files: &s.bucket, Library: library, Documents: documents,
		Metrics: metrics, Bus: &s.bus, Validate: judge.Validate, Lease: time.Minute, Environment: "prod", Producer: "validate-file"}
	now := s.at
	for ago := 3; ago > 0; ago-- {
		s.at = time.Date(2026, 11, 22-ago, 1, 50+ago, 0, 0, time.UTC)
		s.lands(t, "transaction,customer,amount\nt1,c1,600000\nt2,c2,600000\nt3,c2,1\n")
		s.runs(t, pipeline.Run{Status: pipeline.Succeeded, Cost: json.Number(fmt.Sprint("12.", ago)), Baseline: "12.40", Currency: "EUR"}, ago)
	}
	s.at = now
	return s
}

// lands has a file of the day judged.
func (s *street) lands(t *testing.T, body string) {
	t.Helper()
	s.landsAt(t, "sales_data/"+s.at.Format(time.DateOnly)+".csv", body)
}

func (s *street) landsAt(t *testing.T, key, body string) {
	t.Helper()
	o := s.bucket.Put("landing", key, []byte(body), s.at)
	if _, err := s.judger.Judge(t.Context(), o, s.at.Add(8*time.Second)); err != nil {
		t.Fatal(err)
	}
	s.carry(t)
}

// runs reports a run of the pipeline of the same name, of which 2 of 1,204 tasks
// fail, and a few more each day before, where it does not say otherwise.
func (s *street) runs(t *testing.T, r pipeline.Run, ago int) {
	t.Helper()
	tasks, failed, records, expected, fresh, score := int64(1204), int64(2+ago), int64(50_000+100*ago), int64(50_000), 20.0+float64(ago), 99.0
	r.Pipeline, r.RunID, r.Environment, r.Team = "sales_data", "nightly", "prod", "store-data"
	r.ExecutionDate, r.EndedAt = s.at.Format(time.DateOnly), s.at
	if r.StartedAt.IsZero() {
		r.StartedAt = s.at.Add(-time.Duration(12+ago) * time.Minute)
	}
	if r.Tasks == nil {
		r.Tasks, r.FailedTasks = &tasks, &failed
	}
	if r.Records == nil {
		r.Records, r.Expected = &records, &expected
	}
	if r.Freshness == nil {
		r.Freshness = &fresh
	}
	if r.Measurements == nil {
		r.Measurements = map[string]float64{"QualityScore": score}
	}
	s.observe(t, r.Observation())
	s.carry(t)
}

// observe has the rules held against o.
func (s *street) observe(t *testing.T, o rule.Observation) {
	t.Helper()
	s.world.observe(t, &s.rules, o)
}

// carry takes what is new on the bus to the rules and to the router.
func (s *street) carry(t *testing.T) {
	t.Helper()
	all := s.bus.All()
	for _, e := range all[s.heard:] {
		switch e.Type {
		case event.FileValidated, event.FileRejected:
			var n landing.Notice
			if err := json.Unmarshal(e.Data, &n); err != nil {
				t.Fatal(err)
			}
			s.observe(t, n.Observation(e.Metadata.EventID, e.Type))
		case event.SignalRaised:
			detail, err := e.Detail()
			if err != nil {
				t.Fatal(err)
			}
			s.take(t, fmt.Sprintf(`{"detail-type": %q, "detail": %s}`, e.Type, detail))
		}
	}
	s.heard = len(all)
}

func (w *world) take(t *testing.T, body string) {
	t.Helper()
	out, err := w.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %s", err, w.log.String())
	}
}

// rings hands over an alarm.
func (s *street) rings(t *testing.T, name string) {
	t.Helper()
	raw, err := fs.ReadFile(payloads, "alarm/"+name+".json")
	if err != nil {
		t.Fatal(err)
	}
	s.take(t, string(raw))
}

// What every alert has; the names are those of the sentence that asks for it.
var everything = []string{"measured", "trend", "metrics", "at fault", "causes", "actions", "queries", "runbook", "impact"}

// has returns what of everything s has.
func has(s alert.Signal) (list []string) {
	add := func(name string, there bool) {
		if there {
			list = append(list, name)
		}
	}
	add("measured", s.Measure != nil)
	add("trend", len(s.Trend) > 0)
	add("metrics", len(s.Metrics) > 0)
	add("at fault", slices.ContainsFunc(s.Findings, func(f alert.Finding) bool { return f.Where != "" }) || slices.ContainsFunc(s.Facts, func(f alert.Fact) bool {
		return slices.Contains([]string{"run", "object", "Metric", "Expression", "Alarm rule", "last heard of"}, f.Name)
	}))
	add("causes", len(s.Causes) > 0)
	add("actions", len(s.NextSteps) > 0)
	add("queries", slices.ContainsFunc(s.Queries, func(q alert.Query) bool { return q.Language == alert.LogsInsights || q.Language == alert.Athena }))
	add("runbook", slices.ContainsFunc(s.Links, func(l alert.Link) bool { return strings.EqualFold(l.Name, "runbook") }))
	add("impact", len(impact.Say(s.Stakes, false)) > 0)
	return list
}

// TestEveryKindOfAlertSaysAllThereIs raises one of each kind, each by what
// notices it in production, and holds what is on it. What is missing cannot be
// known, and why is said here. What a person reads of some is in testdata/kinds,
// as it comes by mail, in the room and to PagerDuty.
func TestEveryKindOfAlertSaysAllThereIs(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	count := func(v int64) *int64 { return &v }
	for _, c := range []struct {
		kind    string
		rule    string
		raise   func(*testing.T, *street)
		unknown string // and why
		read    bool
	}{
		{kind: "a rejected file", rule: alert.FileRejected, read: true, raise: func(t *testing.T, s *street) {
			s.lands(t, "transaction,customer,amount\nt1,c1,600000\nt1,c2,600000\nt3,c2,-1\n")
		}},
		{kind: "a late file", rule: alert.FileRejected, read: true, raise: func(t *testing.T, s *street) {
			s.lands(t, "transaction,customer,amount\nt1,c1,600000\nt2,c2,600000\nt3,c2,1\n")
		}},
		{kind: "a file that is none", rule: alert.FileUnjudged, read: true, raise: func(t *testing.T, s *street) {
			s.lands(t, "\x1f\x8b\x08\x00broken")
		}, unknown: "metrics: nothing of it was measured but its size"},
		{kind: "a file that nobody knows", rule: alert.FileWithoutContract, raise: func(t *testing.T, s *street) {
			s.landsAt(t, "promotions/winter.csv", "a,b\n")
		}, unknown: "trend: no history without a contract; metrics: nor is anything measured"},
		{kind: "a failed run", rule: alert.HighErrorRate, read: true, raise: func(t *testing.T, s *street) {
			s.runs(t, pipeline.Run{Status: pipeline.Failed, Tasks: count(1204), FailedTasks: count(89)}, 0)
		}},
		{kind: "a slow run", rule: alert.SlowExecution, raise: func(t *testing.T, s *street) {
			s.runs(t, pipeline.Run{Status: pipeline.Succeeded, StartedAt: s.at.Add(-2 * time.Hour)}, 0)
		}},
		{kind: "poor data", rule: alert.LowQuality, raise: func(t *testing.T, s *street) {
			s.runs(t, pipeline.Run{Status: pipeline.Succeeded, Measurements: map[string]float64{"QualityScore": 71.5}}, 0)
		}},
		{kind: "too few records", rule: alert.RecordCountVariance, read: true, raise: func(t *testing.T, s *street) {
			s.runs(t, pipeline.Run{Status: pipeline.Succeeded, Records: count(20_000), Expected: count(50_000)}, 0)
		}},
		{kind: "old rows", rule: alert.StaleData, read: true, raise: func(t *testing.T, s *street) {
			s.runs(t, pipeline.Run{Status: pipeline.Succeeded, Freshness: number(185)}, 0)
		}},
		{kind: "a dear run", rule: alert.CostIncrease, raise: func(t *testing.T, s *street) {
			s.runs(t, pipeline.Run{Status: pipeline.Succeeded, Cost: "31.20", Baseline: "12.40", Currency: "EUR"}, 0)
		}},
		{kind: "a silent pipeline", rule: alert.PipelineSilent, read: true, raise: func(t *testing.T, s *street) {
			p, err := policy.Read("policy.yaml", []byte("rules: [{name: pipeline_silent, pipeline: sales_data, condition: observed, absent_after: 2h, severity: P1}]"))
			if err != nil {
				t.Fatal(err)
			}
			s.router.Engine.Policy = p
			for range 4 {
				s.runs(t, pipeline.Run{Status: pipeline.Succeeded}, 0)
				s.pass(t, time.Hour)
			}
			s.pass(t, time.Hour)
		}, unknown: "metrics: nothing is measured of what does not come"},
		{kind: "a storm", rule: alert.IncidentStorm, read: true, raise: func(t *testing.T, s *street) {
			p, err := policy.Read("policy.yaml", []byte(`
rules: [{name: incident_storm}, {name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}]
incidents: {storm: {limit: 2, within: 5m, spare: P0}}
route: {group_by: [pipeline]}
`))
			if err != nil {
				t.Fatal(err)
			}
			s.router.Engine.Policy = p
			for i := range 6 {
				s.observe(t, rule.Observation{ID: fmt.Sprint(i), Pipeline: fmt.Sprint("pipeline-", i), Environment: "prod", At: s.at,
					Values: map[string]rule.Value{policy.ErrorRate: {Number: 50}}})
			}
			s.pass(t, time.Minute)
		}, unknown: "trend: it has no before; metrics: nor is more measured; at fault: it lists the incidents"},
		{kind: "an alarm", rule: alert.QueueAge, read: true, raise: func(t *testing.T, s *street) { s.rings(t, "sns-metric") },
			unknown: "metrics: an alarm is about one"},
		{kind: "an alarm for want of data", rule: alert.NothingJudged, read: true, raise: func(t *testing.T, s *street) { s.rings(t, "eventbridge-missing-data") },
			unknown: "measured: there is no value; metrics: an alarm is about one"},
		{kind: "an alarm on an expression", rule: alert.ScoreBelowTarget, raise: func(t *testing.T, s *street) { s.rings(t, "eventbridge-metric-math") },
			unknown: "metrics: an alarm is about one"},
		{kind: "an alarm on alarms", rule: "night-load-in-trouble", raise: func(t *testing.T, s *street) { s.rings(t, "eventbridge-composite") },
			unknown: "measured: it has no metric; trend: nor values; metrics: at all; actions: its description names none; runbook: nor a page; causes: which would have them; queries: and these"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			s := newStreet(t)
			s.sent = nil
			c.raise(t, s)
			s.pass(t, 10*time.Minute)
			var mail, room alert.Message
			var told receiver.Notice
			for _, m := range s.sent {
				if m.Channel == alert.Chat && strings.Contains(m.Bodies["default"], `"`+c.rule+`"`) && room.Channel == "" {
					room = m
				}
				if n, err := receiver.Parse([]byte(m.Bodies["sqs"])); err == nil && n.Signal.Rule == c.rule && mail.Channel == "" {
					mail, told = m, n
				}
			}
			if mail.Channel == "" {
				t.Fatalf("nobody was told of %s, but of %d messages", c.rule, len(s.sent))
			}
			got := has(told.Signal)
			for _, name := range everything {
				if there, known := slices.Contains(got, name), !strings.Contains("; "+c.unknown, "; "+name+":"); there != known {
					t.Errorf("it has %s: %v, want %v", name, there, known)
				}
			}
			for i, p := range told.Signal.Trend {
				if i > 0 && p.At.Before(told.Signal.Trend[i-1].At) || !p.At.Before(told.Signal.At) && c.rule != alert.PipelineSilent {
					t.Errorf("the trend is not of before, oldest first: %v at %v", told.Signal.Trend, told.Signal.At)
				}
			}
			if c.read {
				story := &txtar.Archive{Comment: []byte("What is told of " + c.kind + ".\n"), Files: []txtar.File{
					{Name: "mail", Data: []byte("Subject: " + mail.Subject + "\n\n" + mail.Bodies["email"])},
					{Name: "room", Data: pretty(t, []byte(room.Bodies["default"]))},
					{Name: "PagerDuty", Data: pretty(t, paged(t, told))},
				}}
				golden(t, filepath.Join("testdata", "kinds", strings.ReplaceAll(c.kind, " ", "-")+".txtar"), txtar.Format(story))
			}
		})
	}
}

// paged returns what PagerDuty gets of n.
func paged(t *testing.T, n receiver.Notice) (body []byte) {
	t.Helper()
	tool := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer tool.Close()
	p := &receiver.PagerDuty{Client: &receiver.Client{HTTP: tool.Client()}, URL: tool.URL, RoutingKey: receiver.Secret(strings.Repeat("k", 32))}
	if err := p.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return body
}

func pretty(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), '\n')
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}
