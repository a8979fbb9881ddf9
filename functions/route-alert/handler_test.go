package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/event"
	"tillwatch/shared/memory"
	"tillwatch/shared/metric"
	"tillwatch/shared/telemetry"
)

// payloads is the folder of all payloads.
var payloads = os.DirFS("../../events")

// fixtures says what becomes of each file of ours in events/ when it comes
// first: the channels that hear of it, or the error's code, or nothing.
var fixtures = map[string]string{
	"signal/raised":                  "P1 chat",
	"signal/raised-worse":            "P0 chat",
	"signal/resolved":                "",
	"signal/without-contract":        "P3 chat",
	"malformed/signal-invalid":       "malformed_signal",
	"malformed/signal-contradictory": "malformed_signal",
	"malformed/signal-truncated":     "malformed_signal",
	"alarm/eventbridge-metric":       "P2 chat",
	"alarm/lambda-metric":            "P2 chat",
	"alarm/sns-metric":               "P2 chat",
	"alarm/sns-enveloped":            "P2 chat",

	"alarm/eventbridge-metric-math":       "P1 chat",
	"alarm/sns-metric-math":               "P1 chat",
	"alarm/eventbridge-composite":         "P0 chat",
	"alarm/sns-composite":                 "P0 chat",
	"alarm/eventbridge-missing-data":      "P1 chat",
	"alarm/eventbridge-ok":                "",
	"alarm/eventbridge-insufficient-data": "",
	"alarm/eventbridge-suppressed":        "",
}

// world is a handler with everything around it in memory.
type world struct {
	*handler
	router  *router.Router
	log     bytes.Buffer
	sent    []alert.Message
	bus     memory.Bus
	metrics memory.Metrics
	series  series
	down    string // a channel that cannot be reached
	at      time.Time
	wakes   []router.Wake
}

// series is a metric that was 30, 0, 0 … in the periods before, the newest first, or
// one that cannot be read.
type series struct{ err error }

func (s *series) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	q := in.MetricDataQueries[0].MetricStat
	r := types.MetricDataResult{Values: []float64{30, 0, 0, 0, 0, 0, 0}}
	for i := range r.Values {
		r.Timestamps = append(r.Timestamps, in.EndTime.Add(-time.Duration(i+1)*time.Duration(*q.Period)*time.Second))
	}
	return &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{r}}, s.err
}

// book is where the runbooks of tests are.
var book = guide{runbooks: "https://example.com/runbooks"}

func compose(_ context.Context, s alert.Signal, n alert.Notice) ([]alert.Message, error) {
	s = book.complete(s, policy.Shipped().Rule(s.Rule, s.Pipeline).Runbook)
	return message.Compose(s, n)
}

func newWorld() *world {
	w := &world{}
	w.at = time.Date(2026, 11, 22, 3, 7, 12, 0, time.UTC)
	r := &router.Router{
		Engine: group.Engine{Policy: policy.Shipped()}, Store: &memory.Alerts{}, Timer: w,
		Publisher: w, Announcer: announcer{&w.bus}, Compose: compose,
	}
	w.router = r
	w.handler = &handler{
		door:    func(context.Context, time.Time) (door, error) { return r, nil },
		metrics: &w.metrics, series: &w.series, environment: "test",
		now: func() time.Time { return w.at },
		log: telemetry.NewLogger(&w.log, service, slog.LevelInfo),
	}
	return w
}

func (w *world) Publish(_ context.Context, m alert.Message) error {
	if m.Channel == w.down {
		return errors.New("topic is down")
	}
	w.sent = append(w.sent, m)
	return nil
}

// Set implements router.Timer.
func (w *world) Set(_ context.Context, k router.Wake, _ time.Time) error {
	w.wakes = append(w.wakes, k)
	slices.SortFunc(w.wakes, func(a, b router.Wake) int { return a.Due.Compare(b.Due) })
	return nil
}

// pass lets time pass, and the timers' messages come out of the queue.
func (w *world) pass(t *testing.T, d time.Duration) {
	t.Helper()
	w.at = w.at.Add(d)
	for len(w.wakes) > 0 && !w.wakes[0].Due.After(w.at) {
		k := w.wakes[0]
		w.wakes = w.wakes[1:]
		body, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "wake", Body: string(body)}}})
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("wake %+v: %v, %s", k, err, w.log.String())
		}
	}
}

// deliver hands the named fixtures over as one batch, and returns the ids of
// those to be retried.
func (w *world) deliver(t *testing.T, names ...string) []string {
	t.Helper()
	var batch events.SQSEvent
	for _, name := range names {
		raw, err := fs.ReadFile(payloads, name+".json")
		if err != nil {
			t.Fatal(err)
		}
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: name, Body: string(raw)})
	}
	out, err := w.handle(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if out.BatchItemFailures == nil {
		t.Fatal("the failures are nil, which fails the whole batch")
	}
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func (w *world) channels() string {
	var list []string
	for _, m := range w.sent {
		list = append(list, m.Channel)
	}
	return strings.Join(list, " ")
}

func TestEveryFixture(t *testing.T) {
	for _, pattern := range []string{"signal/*.json", "alarm/*.json", "malformed/signal-*.json"} {
		files, err := fs.Glob(payloads, pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no fixtures %s: %v", pattern, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(file, ".json")
			if _, ok := fixtures[name]; !ok {
				t.Errorf("%s is in no table", name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fixtures)) {
		t.Run(name, func(t *testing.T) {
			w, want := newWorld(), fixtures[name]
			failed := w.deliver(t, name)
			if wrong := want == "malformed_signal"; wrong != (len(failed) == 1) || wrong != strings.Contains(w.log.String(), want) && wrong {
				t.Fatalf("failed %v, log %s", failed, w.log.String())
			} else if wrong {
				return
			}
			w.pass(t, 30*time.Second)
			if got := w.channels(); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
			if !strings.Contains(w.log.String(), `"reason":`) {
				t.Errorf("no reason in the log: %s", w.log.String())
			}
		})
	}
}

func TestOneBadMessageDoesNotStopTheBatch(t *testing.T) {
	w := newWorld()
	failed := w.deliver(t, "malformed/signal-truncated", "signal/raised", "malformed/signal-invalid", "alarm/eventbridge-missing-data")
	if want := []string{"malformed/signal-truncated", "malformed/signal-invalid"}; !slices.Equal(failed, want) {
		t.Errorf("failed %v, want %v", failed, want)
	}
	if got := w.channels(); got != "P1 chat P1 chat" {
		t.Errorf("told %q", got)
	}
}

func TestOneNightAsItIsHeard(t *testing.T) {
	w := newWorld()
	for _, name := range []string{"signal/raised", "signal/raised", "signal/raised-worse", "signal/resolved", "signal/resolved"} {
		if failed := w.deliver(t, name); failed != nil {
			t.Fatal(failed, w.log.String())
		}
	}
	if got, want := w.channels(), "P1 chat P0 chat P0 P1 chat"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	var kinds []string
	for _, e := range w.bus.All() {
		kinds = append(kinds, e.Type+" "+e.Metadata.EventID)
		var n alert.Notification
		if err := json.Unmarshal(e.Data, &n); err != nil || n.SignalID == "" || len(n.Channels) < 2 {
			t.Errorf("%s: %v, %+v", e.Type, err, n)
		}
		detail, err := e.Detail()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := event.Parse(e.Type, detail); err != nil {
			t.Error(err)
		}
		conforms(t, e.Type, detail)
	}
	for i, end := range []string{"-1-first_notification", "-2-escalated", "-3-resolved"} {
		if i >= len(kinds) || !strings.HasPrefix(kinds[i], "alert.notified.v1 notified-20261122T030712.000-") || !strings.HasSuffix(kinds[i], end) {
			t.Errorf("on the bus: %v, want %s", kinds, end)
		}
	}
	sent, held := 0, 0
	for _, m := range w.metrics.All() {
		switch m.Name {
		case metric.NotificationsSent:
			sent++
		case metric.NotificationsSuppressed:
			held++
		}
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
	}
	if sent != 4 || held != 2 {
		t.Errorf("counted %d sent and %d suppressed, want 4 and 2", sent, held)
	}
}

// conforms holds an event's detail against the schema of its type.
func conforms(t *testing.T, kind string, detail []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"envelope", "evidence", kind} {
		raw, err := fs.ReadFile(payloads, "schema/"+name+".json")
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("https://tillwatch.example/schema/"+name+".json", schema); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("https://tillwatch.example/schema/" + kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(detail))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s: %v", kind, err)
	}
}

// TestFixturesOnTheBusConform holds what comes in and what goes out against the
// schemas that others rely on.
func TestFixturesOnTheBusConform(t *testing.T) {
	for _, pattern := range []string{"signal/*.json", "alert/*.json"} {
		files, err := fs.Glob(payloads, pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no fixtures %s: %v", pattern, err)
		}
		for _, file := range files {
			raw, err := fs.ReadFile(payloads, file)
			if err != nil {
				t.Fatal(err)
			}
			var e struct {
				Kind   string          `json:"detail-type"`
				Detail json.RawMessage `json:"detail"`
			}
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			conforms(t, e.Kind, e.Detail)
		}
	}
}

func TestBrokenTopicIsRetried(t *testing.T) {
	w := newWorld()
	w.down = "P1"
	if failed := w.deliver(t, "signal/raised"); len(failed) != 1 {
		t.Fatalf("failed %v, want the one", failed)
	}
	w.down = ""
	if failed := w.deliver(t, "signal/raised"); failed != nil {
		t.Fatal(failed)
	}
	if got := w.channels(); got != "chat P1" {
		t.Errorf("told %q, want each once", got)
	}
}

// TestExecutivesHearOnceItCostsEnough lets 41,200 USD an hour be late since 03:00:
// a tenth of it passes 10,000 USD at 05:25.
func TestExecutivesHearOnceItCostsEnough(t *testing.T) {
	w := newWorld()
	w.deliver(t, "signal/raised")
	w.pass(t, 2*time.Hour)
	if got := w.channels(); got != "P1 chat" {
		t.Fatalf("told %q two hours later, want nobody else", got)
	}
	w.pass(t, 19*time.Minute)
	if got := w.channels(); got != "P1 chat executive_team responder chat" {
		t.Fatalf("told %q, want executives as well; %s", got, w.log.String())
	}
	m := w.sent[2]
	if text := m.Bodies["default"]; !strings.Contains(text, "10,0") || strings.Contains(text, " rows ") || m.Subject != "prod: 10,039.07 USD of revenue at risk" {
		t.Errorf("they read %q\n%s", m.Subject, text)
	}
	w.deliver(t, "signal/resolved")
	if got := w.channels(); got != "P1 chat executive_team responder chat P1 executive_team chat" {
		t.Errorf("told %q, want executives to hear of the end", got)
	}
	var last alert.Notification
	sent := w.bus.All()
	if err := json.Unmarshal(sent[len(sent)-1].Data, &last); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(last.Channels, " "); got != "P1 executive_team chat" {
		t.Errorf("announced %q", got)
	}
	if !strings.Contains(w.log.String(), `"audiences":["executive_team"]`) {
		t.Error("the log does not say who was told")
	}
}

// TestTheRunbookFillsWhatASignalLeavesOpen holds that what a signal says itself
// comes first, and that the page's values are the signal's.
func TestTheRunbookFillsWhatASignalLeavesOpen(t *testing.T) {
	h := guide{"https://example.com/runbooks", runbook.Deployment{Results: "results-1"}}
	own := alert.Query{Name: "own", Language: alert.Shell, Text: "true"}
	s := alert.Signal{Rule: alert.FileRejected, Status: alert.Firing, Pipeline: "sales_data", NextSteps: []string{"Do this."}, Queries: []alert.Query{own},
		Facts: []alert.Fact{{Name: "object", Value: "s3://landing-1/a b.csv"}, {Name: "period", Value: "2026-11-22"}}}
	got := h.complete(s, "")
	if len(got.NextSteps) != 1 || len(got.Causes) == 0 || got.Queries[0] != own || len(got.Queries) != 4 {
		t.Errorf("got steps %q, causes %q, queries %+v", got.NextSteps, got.Causes, got.Queries)
	}
	if text := got.Queries[2].Text; !strings.Contains(text, "--bucket=landing-1 --prefix='a b.csv'") {
		t.Errorf("query %s", text)
	}
	if last := got.Links[len(got.Links)-1]; last.URL != "https://example.com/runbooks/file_rejected.md" {
		t.Errorf("link %v", last)
	}
	s.Rule, s.NextSteps = "own_rule", nil
	if got := h.complete(s, alert.QueueAge); len(got.NextSteps) != 3 || got.Links[0].URL != "https://example.com/runbooks/queue_age.md" {
		t.Errorf("by the policy's page: got steps %q, links %v", got.NextSteps, got.Links)
	}
	if got := h.complete(s, "https://example.com/ours"); len(got.Causes) != 0 || got.Links[0].URL != "https://example.com/ours" {
		t.Errorf("by the policy's address: got causes %q, links %v", got.Causes, got.Links)
	}
	s.Rule, s.Status = alert.FileRejected, alert.Resolved
	if got := h.complete(s, ""); len(got.Causes) != 0 || len(got.Queries) != 1 {
		t.Errorf("what is over has causes %q, queries %v", got.Causes, got.Queries)
	}
}

// broken is a router that panics.
type broken struct{}

func (broken) Route(context.Context, alert.Signal, time.Time) (router.Result, error) { panic("lost") }
func (broken) Answer(context.Context, answer.Answer, time.Time) (router.Result, bool, error) {
	panic("broken")
}

func (broken) Wake(context.Context, router.Wake, time.Time) (router.Result, error) { panic("lost") }

func TestPanicIsOneFailedMessage(t *testing.T) {
	w := newWorld()
	w.door = func(context.Context, time.Time) (door, error) { return broken{}, nil }
	if failed := w.deliver(t, "signal/raised", "alarm/eventbridge-suppressed"); !slices.Equal(failed, []string{"signal/raised"}) {
		t.Errorf("failed %v", failed)
	}
	if !strings.Contains(w.log.String(), "panic: lost") {
		t.Errorf("log %s", w.log.String())
	}
}

// TestLogSaysWhy reads the line that a person searches for.
func TestLogSaysWhy(t *testing.T) {
	w := newWorld()
	w.deliver(t, "signal/raised", "signal/raised")
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	for i, want := range []string{"urgent", "first_notification", "same_signal"} {
		var line struct {
			Message  string `json:"message"`
			Pipeline string `json:"pipeline_id"`
			Task     string `json:"task_id"`
			Context  struct {
				Reason   string `json:"reason"`
				DedupKey string `json:"dedup_key"`
				Incident string `json:"incident_id"`
			} `json:"context"`
		}
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		if line.Context.Reason != want || line.Context.DedupKey != "file_rejected/sales_data/2026-11-21" || line.Context.Incident == "" {
			t.Errorf("got %s", lines[i])
		}
		if (line.Message != "signal routed" || line.Pipeline != "sales_data" || line.Task != "route") && line.Message != "people told" {
			t.Errorf("got %s", lines[i])
		}
	}
}

func TestLinksLeadToTheRunbook(t *testing.T) {
	w := newWorld()
	w.deliver(t, "alarm/eventbridge-missing-data")
	w.pass(t, 30*time.Second)
	if mail := w.sent[0].Bodies["email"]; !strings.Contains(mail, "Runbook: https://example.com/runbooks/nothing_judged.md\n") {
		t.Errorf("no runbook in\n%s", mail)
	}
	if got := w.sent[0].Attributes["environment"]; got != "test" {
		t.Errorf("environment %q", got)
	}
}

func TestConfigure(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, name := range []string{"ENVIRONMENT", "TABLE", "BUS", "RESULTS_BUCKET", "TIMERS", "TIMERS_ARN", "SCHEDULER_ROLE", "TOPIC_P0", "TOPIC_P1", "TOPIC_P2", "TOPIC_P3", "TOPIC_CHAT"} {
		if err == nil || !strings.Contains(err.Error(), "TILLWATCH_"+name+" is not set") {
			t.Errorf("%s is not reported: %v", name, err)
		}
	}
	c, err := configure(func(string) string { return "1" })
	if err != nil || c.topics["P0"] != "1" || c.topics["chat"] != "1" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func FuzzDecode(f *testing.F) {
	for name := range fixtures {
		raw, err := fs.ReadFile(payloads, name+".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, _, err := decode(body)
		if err != nil || s.Validate() != nil {
			return
		}
		n := alert.Notice{Reason: alert.FirstNotification, Page: true, Channels: []string{string(s.Severity), alert.Chat}, At: s.At.Add(time.Minute), Since: s.At}
		if _, err := message.Compose(s, n); err != nil {
			t.Errorf("compose: %v", err)
		}
	})
}

// TestOneIncidentIsOnePage lets another day's file of the same pipeline fail.
func TestOneIncidentIsOnePage(t *testing.T) {
	w := newWorld()
	raw, err := fs.ReadFile(payloads, "signal/raised.json")
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer("sig-01", "sig-02", "2026-11-21", "2026-11-20").Replace(string(raw))
	out, err := w.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a", Body: string(raw)}, {MessageId: "b", Body: other}}})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatal(err, w.log.String())
	}
	w.pass(t, 5*time.Minute)
	if got := w.channels(); got != "P1 chat responder chat" {
		t.Errorf("told %q, want one page and an update of the responder and the room", got)
	}
	if note := w.sent[3].Bodies["default"]; !strings.Contains(note, "and more") || !strings.Contains(note, `"threadId":"20261122T030712`) {
		t.Errorf("the update\n%s", note)
	}
}
