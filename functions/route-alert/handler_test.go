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
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
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
	log     bytes.Buffer
	sent    []alert.Message
	bus     memory.Bus
	metrics memory.Metrics
	down    string // a channel that cannot be reached
}

func newWorld() *world {
	w := &world{}
	w.handler = &handler{
		router: &alert.Router{
			Rule: alert.Rule{CoolDown: time.Hour}, Store: &memory.Alerts{},
			Publisher: w, Announcer: announcer{&w.bus}, Compose: message.Compose,
		},
		metrics: &w.metrics, environment: "test", runbooks: "https://example.com/runbooks",
		now: func() time.Time { return time.Date(2026, 11, 22, 3, 7, 12, 0, time.UTC) },
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
	failed := w.deliver(t, "malformed/signal-truncated", "signal/raised", "malformed/signal-invalid", "alarm/eventbridge-metric")
	if want := []string{"malformed/signal-truncated", "malformed/signal-invalid"}; !slices.Equal(failed, want) {
		t.Errorf("failed %v, want %v", failed, want)
	}
	if got := w.channels(); got != "P1 chat P2 chat" {
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
	if got, want := w.channels(), "P1 chat P0 chat P1 P0 chat"; got != want {
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
	want := []string{"alert.notified.v1 notified-sig-01", "alert.notified.v1 notified-sig-05", "alert.notified.v1 notified-sig-09"}
	if !slices.Equal(kinds, want) {
		t.Errorf("on the bus: %v, want %v", kinds, want)
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
	for _, name := range []string{"envelope", kind} {
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

// broken is a router that panics.
type broken struct{}

func (broken) Route(context.Context, alert.Signal, time.Time) (alert.Decision, error) { panic("lost") }

func TestPanicIsOneFailedMessage(t *testing.T) {
	w := newWorld()
	w.router = broken{}
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
	for i, want := range []string{"first_notification", "duplicate"} {
		var line struct {
			Message  string `json:"message"`
			Pipeline string `json:"pipeline_id"`
			Task     string `json:"task_id"`
			Context  struct {
				Reason   string `json:"reason"`
				DedupKey string `json:"dedup_key"`
			} `json:"context"`
		}
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		if line.Message != "signal routed" || line.Context.Reason != want || line.Pipeline != "sales_data" ||
			line.Task != "route" || line.Context.DedupKey != "file_rejected/sales_data/2026-11-21" {
			t.Errorf("got %s", lines[i])
		}
	}
}

func TestLinksLeadToTheRunbook(t *testing.T) {
	w := newWorld()
	w.deliver(t, "alarm/eventbridge-missing-data")
	if mail := w.sent[0].Bodies["email"]; !strings.Contains(mail, "Runbook: https://example.com/runbooks/nothing_judged.md\n") {
		t.Errorf("no runbook in\n%s", mail)
	}
	if got := w.sent[0].Attributes["environment"]; got != "test" {
		t.Errorf("environment %q", got)
	}
}

func TestConfigure(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, name := range []string{"ENVIRONMENT", "TABLE", "BUS", "TOPIC_P0", "TOPIC_P1", "TOPIC_P2", "TOPIC_P3", "TOPIC_CHAT"} {
		if err == nil || !strings.Contains(err.Error(), "TILLWATCH_"+name+" is not set") {
			t.Errorf("%s is not reported: %v", name, err)
		}
	}
	c, err := configure(func(name string) string {
		if name == "TILLWATCH_COOLDOWN_MINUTES" {
			return ""
		}
		return "x"
	})
	if err != nil || c.coolDown != time.Hour || c.topics["P0"] != "x" || c.topics["chat"] != "x" {
		t.Errorf("got %+v, %v", c, err)
	}
	for value, good := range map[string]bool{"0": true, "15": true, "-1": false, "soon": false, "10081": false} {
		_, err := configure(func(name string) string {
			if name == "TILLWATCH_COOLDOWN_MINUTES" {
				return value
			}
			return "x"
		})
		if (err == nil) != good {
			t.Errorf("cool-down %q: %v", value, err)
		}
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
		s, err := decode(body)
		if err != nil || s.Validate() != nil {
			return
		}
		d, _ := alert.Rule{CoolDown: time.Hour}.Decide(alert.State{}, s, s.At.Add(time.Minute))
		if !d.Reason.Notifies() {
			return
		}
		if _, err := message.Compose(s, d); err != nil {
			t.Errorf("compose: %v", err)
		}
	})
}
