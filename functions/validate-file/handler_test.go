package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"

	"tillwatch/events"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/contract"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/memory"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/telemetry"
)

var update = flag.Bool("update", false, "rewrite events/file")

const (
	good = "transaction_id,customer_id,amount\nt1,c1,9.50\nt2,c2,100\n"
	bad  = "transaction_id,customer_id,amount\nt1,c1,9.50\nt1,,100\nt3,c3,900\n"
)

// house is a deployment in memory with a handler at its door.
type house struct {
	*handler
	judger  *landing.Judger
	library memory.Library
	bucket  memory.Bucket
	ledger  memory.Ledger
	results memory.Documents
	bus     memory.Bus
	metrics memory.Metrics
	log     bytes.Buffer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	raw, err := os.ReadFile("testdata/sales_data.odcs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.ReadODCS("sales_data.odcs.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{}
	h.library.Shelf.Contracts = []*contract.Contract{c}
	j := &landing.Judger{
		Claims: &h.ledger, Ledger: &h.ledger, Archive: &h.ledger, Files: &h.bucket,
		Library:   &h.library,
		Documents: &h.results, Metrics: &h.metrics, Bus: &h.bus,
		Validate: judge.Validate, JSON: report.JSON, HTML: report.HTML, Rows: report.WriteQuarantine,
		Lease: time.Minute, Environment: "prod", Producer: service, Threads: 1,
		Link:    func(key string) string { return "https://reports.example/" + key },
		Runbook: func(rule string) string { return "https://runbooks.example/" + rule + ".md" },
	}
	h.judger = j
	h.handler = &handler{
		metrics: &h.metrics, environment: "prod",
		judge: func(ctx context.Context, o landing.Object, now time.Time) (landing.Outcome, error) {
			return h.judger.Judge(ctx, o, now)
		},
		log: telemetry.NewLogger(&h.log, service, slog.LevelInfo),
		now: func() time.Time { return time.Date(2026, 11, 22, 3, 5, 20, 0, time.UTC) },
	}
	return h
}

// land puts body where the event says that an object is.
func (h *house) land(t *testing.T, payload, body string) landing.Object {
	t.Helper()
	o, err := decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	stored := o
	if stored.Version == "" {
		stored.Version = "found-by-etag"
	}
	stored.Size = int64(len(body))
	h.bucket.Keep(stored, []byte(body))
	return stored
}

func (h *house) lines(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for _, raw := range strings.Split(strings.TrimSpace(h.log.String()), "\n") {
		var line map[string]any
		if err := json.Unmarshal([]byte(raw), &line); err != nil {
			t.Fatalf("log %q: %v", raw, err)
		}
		lines = append(lines, line)
	}
	return lines
}

func message(id, body string) lambdaevents.SQSMessage {
	return lambdaevents.SQSMessage{MessageId: id, Body: body, Attributes: map[string]string{"ApproximateReceiveCount": "2"}}
}

func payload(t *testing.T, name string) string {
	t.Helper()
	b, err := events.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestFixtures delivers every payload of s3 and malformed, alone and in a
// batch with a good one.
func TestFixtures(t *testing.T) {
	want := map[string]string{ // the decision, or "" for a message that fails
		"s3/object-created.json":                 "judged",
		"s3/object-created-encoded-key.json":     "judged",
		"s3/object-created-without-version.json": "judged",
		"s3/object-created-zero-bytes.json":      "judged",
		"s3/object-created-folder-marker.json":   "ignored",
		"s3/object-created-out-of-order.json":    "judged",
		"s3/object-created-multipart.json":       "judged",
		"s3/object-created-null-version.json":    "judged",
	}
	names, err := fs.Glob(events.Files, "s3/*.json")
	if err != nil {
		t.Fatal(err)
	}
	poison, err := fs.Glob(events.Files, "malformed/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, poison...) {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			body := payload(t, name)
			decision, ok := want[name]
			if !ok && strings.HasPrefix(name, "s3/") {
				t.Fatal("no expectation")
			}
			if ok {
				o := h.land(t, body, map[bool]string{true: "", false: good}[strings.Contains(body, `"size": 0`)])
				if strings.Contains(name, "encoded") && !strings.HasSuffix(o.Key, "till+café 100%25 %41.csv") {
					t.Errorf("key %q was unescaped", o.Key)
				}
			}
			other := strings.ReplaceAll(payload(t, "s3/object-created.json"), "sales_data.csv", "other.csv")
			h.land(t, other, good)
			resp, err := h.handle(t.Context(), lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{message("m1", body), message("m2", other)}})
			if err != nil || resp.BatchItemFailures == nil {
				t.Fatalf("response %+v, %v; want a list that is not nil", resp, err)
			}
			lines := h.lines(t)
			first := lines[0]["context"].(map[string]any)
			if !ok {
				if len(resp.BatchItemFailures) != 1 || resp.BatchItemFailures[0].ItemIdentifier != "m1" || lines[0]["error_code"] != "malformed_event" {
					t.Errorf("failures %v, log %v; want m1 set aside", resp.BatchItemFailures, lines[0])
				}
			} else if len(resp.BatchItemFailures) != 0 || first["decision"] != decision {
				t.Errorf("failures %v, decision %v (%v), want %s", resp.BatchItemFailures, first["decision"], first["reason"], decision)
			}
			if last := lines[1]["context"].(map[string]any); last["decision"] != "judged" || last["verdict"] != "pass" {
				t.Errorf("the other message of the batch: %v", lines[1])
			}
			if len(lines) != 2 || lines[0]["retry_count"] != 1.0 {
				t.Errorf("%d lines, retry_count %v; want one line a message, retry 1", len(lines), lines[0]["retry_count"])
			}
		})
	}
}

func TestOlderVersionThatComesLaterIsStale(t *testing.T) {
	h := newHouse(t)
	newer, older := payload(t, "s3/object-created.json"), payload(t, "s3/object-created-out-of-order.json")
	h.land(t, older, bad)
	h.land(t, newer, good)
	if _, err := h.handle(t.Context(), lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{message("1", newer), message("2", older), message("3", newer)}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range h.lines(t) {
		got = append(got, line["context"].(map[string]any)["decision"].(string))
	}
	if s := strings.Join(got, ", "); s != "judged, stale, already done" {
		t.Errorf("decisions %s, want judged, stale, already done", s)
	}
}

func TestErrorsAreRetriedAndNamed(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		judge      func(context.Context, landing.Object, time.Time) (landing.Outcome, error)
	}{
		{"busy", "busy", func(context.Context, landing.Object, time.Time) (landing.Outcome, error) {
			return landing.Outcome{}, landing.ErrBusy
		}},
		{"out of time", "timeout", func(context.Context, landing.Object, time.Time) (landing.Outcome, error) {
			return landing.Outcome{}, context.DeadlineExceeded
		}},
		{"anything else", "internal", func(context.Context, landing.Object, time.Time) (landing.Outcome, error) {
			return landing.Outcome{}, errors.New("no")
		}},
		{"a panic", "internal", func(context.Context, landing.Object, time.Time) (landing.Outcome, error) { panic("nil map") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.judge = tt.judge
			resp, err := h.handle(t.Context(), lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{message("m1", payload(t, "s3/object-created.json"))}})
			if err != nil || len(resp.BatchItemFailures) != 1 {
				t.Errorf("response %+v, %v; want one failure", resp, err)
			}
			if got := h.lines(t)[0]["error_code"]; got != tt.code {
				t.Errorf("error_code %v, want %s", got, tt.code)
			}
			if got, want := len(h.metrics.All()), map[bool]int{true: 0, false: 1}[tt.code == "busy"]; got != want {
				t.Errorf("%d failures counted, want %d", got, want)
			}
		})
	}
}

// TestAJudgementOutOfTimeGivesItsClaimBack wants the retry of a file that took
// too long to find it unclaimed.
func TestAJudgementOutOfTimeGivesItsClaimBack(t *testing.T) {
	h := newHouse(t)
	h.judger.Validate = func(ctx context.Context, _ quality.Input) (*quality.Report, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	in := payload(t, "s3/object-created.json")
	h.land(t, in, good)
	ctx, cancel := context.WithTimeout(t.Context(), reserve+50*time.Millisecond)
	defer cancel()
	batch := lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{message("m1", in)}}
	if resp, err := h.handle(ctx, batch); err != nil || len(resp.BatchItemFailures) != 1 {
		t.Fatalf("%+v, %v; want one failure", resp, err)
	}
	if ctx.Err() != nil {
		t.Error("the invocation's own time was used up")
	}
	h.judger.Validate = judge.Validate
	if resp, err := h.handle(t.Context(), batch); err != nil || len(resp.BatchItemFailures) != 0 {
		t.Errorf("the retry: %+v, %v", resp, err)
	}
	if lines := h.lines(t); lines[0]["error_code"] != "timeout" || lines[1]["context"].(map[string]any)["attempt"] != 2.0 {
		t.Errorf("log:\n%s", h.log.String())
	}
}

// TestOurEvents holds the fixtures of what the function sends against what it
// sends.
func TestOurEvents(t *testing.T) {
	for _, tt := range []struct{ body, kind, file string }{
		{good, event.FileValidated, "file/validated.json"},
		{bad, event.FileRejected, "file/rejected.json"},
		{bad, event.SignalRaised, "file/signal-raised.json"},
	} {
		h := newHouse(t)
		in := payload(t, "s3/object-created.json")
		h.land(t, in, tt.body)
		if resp, err := h.handle(t.Context(), lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{message("m1", in)}}); err != nil || len(resp.BatchItemFailures) > 0 {
			t.Fatalf("%v, %v: %s", resp, err, h.log.String())
		}
		var got []byte
		for _, e := range h.bus.All() {
			if e.Type == tt.kind {
				got = enveloped(t, e)
			}
		}
		file := path.Join("../../events", tt.file)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what is sent; if that is meant, run go test -update\n%s", tt.file, got)
		}
	}
}

// enveloped returns an event as EventBridge delivers it.
func enveloped(t *testing.T, e event.Event) []byte {
	t.Helper()
	detail, err := e.Detail()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(struct {
		Version    string          `json:"version"`
		ID         string          `json:"id"`
		DetailType string          `json:"detail-type"`
		Source     string          `json:"source"`
		Account    string          `json:"account"`
		Time       time.Time       `json:"time"`
		Region     string          `json:"region"`
		Resources  []string        `json:"resources"`
		Detail     json.RawMessage `json:"detail"`
	}{"0", "6f0e4c1c-9d55-2f3a-90f0-c101b3c5d1a0", e.Type, event.Source, "111122223333", e.Metadata.OccurredAt, "eu-central-1", []string{}, detail}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestConfigure(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, name := range []string{"TILLWATCH_ENVIRONMENT", "TILLWATCH_TABLE", "TILLWATCH_RESULTS_BUCKET", "TILLWATCH_BUS"} {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	env := map[string]string{
		"TILLWATCH_ENVIRONMENT": "test", "TILLWATCH_TABLE": "t", "TILLWATCH_RESULTS_BUCKET": "r", "TILLWATCH_BUS": "b",
		"TILLWATCH_LEASE_SECONDS": "x", "TILLWATCH_MAX_BYTES": "-1",
	}
	_, err = configure(func(name string) string { return env[name] })
	if err == nil || !strings.Contains(err.Error(), "TILLWATCH_LEASE_SECONDS") || !strings.Contains(err.Error(), "TILLWATCH_MAX_BYTES") {
		t.Errorf("both numbers are wrong, got %v", err)
	}
	env["TILLWATCH_LEASE_SECONDS"], env["TILLWATCH_MAX_BYTES"], env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "30", "", "100"
	c, err := configure(func(name string) string { return env[name] })
	if err != nil || c.lease != 30*time.Second || c.maxBytes != 0 || c.memory != 100<<20 {
		t.Errorf("got %+v, %v", c, err)
	}
	if got, want := c.link("reports/a b.html"), "https://us-east-1.console.aws.amazon.com/s3/object/r?prefix=reports%2Fa+b.html&region=us-east-1"; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
	c.endpoint = "http://127.0.0.1:4566/"
	if got, want := c.link("reports/a b.html"), "http://127.0.0.1:4566/r/reports/a%20b.html"; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"s3/*.json", "malformed/*.json"} {
		names, err := fs.Glob(events.Files, pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			b, err := events.Files.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(b))
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		o, err := decode(body)
		if err == nil && (o.Validate() != nil || len(o.Rank()) < len(o.Sequencer)) {
			t.Errorf("decoded an object that is none: %+v", o)
		}
		if err != nil && !errors.Is(err, queue.ErrMalformed) {
			t.Errorf("error %v is not ErrMalformed", err)
		}
	})
}

func TestARequestToJudgeAgainIsDecoded(t *testing.T) {
	const body = `{"judge_again":{"bucket":"landing","key":"sales/a b.csv","version_id":"v1","etag":"e","size":9,"sequencer":"0A","arrived":"2026-11-22T03:05:00Z","event_id":"e1","again":"019E00000000"}}`
	o, err := decode(body)
	if err != nil || o.Key != "sales/a b.csv" || o.Again != "019E00000000" || o.Version != "v1" {
		t.Errorf("got %+v, %v", o, err)
	}
	for rule, bad := range map[string]string{
		"no time of asking":  strings.Replace(body, `"again":"019E00000000"`, `"again":""`, 1),
		"a time of no form":  strings.Replace(body, "019E00000000", "now", 1),
		"no sequencer":       strings.Replace(body, `"sequencer":"0A"`, `"sequencer":""`, 1),
		"no version to read": strings.NewReplacer(`"version_id":"v1"`, `"version_id":""`, `"etag":"e"`, `"etag":""`).Replace(body),
	} {
		if o, err := decode(bad); !errors.Is(err, queue.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", rule, o, err)
		}
	}
}
