package telemetry_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"tillwatch/shared/telemetry"
)

var fields = []string{
	"context", "error_code", "execution_date", "level", "message", "pipeline_id",
	"request_id", "retry_count", "service", "task_id", "timestamp", "trace_id",
}

type secret string

func (secret) LogValue() slog.Value { return slog.StringValue("***") }

func TestEveryLineHasTheSameFields(t *testing.T) {
	for _, tt := range []struct {
		name string
		log  func(context.Context, *slog.Logger)
		want string // without the timestamp
	}{
		{"nothing known", func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "started") },
			`{"level":"INFO","message":"started","service":"s","pipeline_id":"","task_id":"","execution_date":"","error_code":"","retry_count":0,"request_id":"","trace_id":"","context":{}}`},
		{"the task of the context", func(ctx context.Context, l *slog.Logger) {
			l.ErrorContext(telemetry.WithTask(ctx, telemetry.Task{Pipeline: "sales_data", Task: "judge", ExecutionDate: "2026-11-22", Retries: 2, Request: "r1"}), "file not judged", "error", errors.New("no"), "error_code", "busy")
		}, `{"level":"ERROR","message":"file not judged","service":"s","pipeline_id":"sales_data","task_id":"judge","execution_date":"2026-11-22","error_code":"busy","retry_count":2,"request_id":"r1","trace_id":"","context":{"error":"no"}}`},
		{"groups are in the context", func(ctx context.Context, l *slog.Logger) {
			l.With("pipeline_id", "p", "a", 1).WithGroup("g").With("b", 2).WithGroup("h").WarnContext(ctx, "m", "task_id", "inside", "c", secret("x"))
		}, `{"level":"WARN","message":"m","service":"s","pipeline_id":"p","task_id":"","execution_date":"","error_code":"","retry_count":0,"request_id":"","trace_id":"","context":{"a":1,"g":{"b":2,"h":{"task_id":"inside","c":"***"}}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			tt.log(t.Context(), telemetry.NewLogger(&b, "s", slog.LevelInfo))
			var line map[string]any
			if err := json.Unmarshal(b.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			var names []string
			for name := range line {
				names = append(names, name)
			}
			slices.Sort(names)
			if !slices.Equal(names, fields) {
				t.Errorf("fields %v, want %v", names, fields)
			}
			at, rest, _ := strings.Cut(strings.TrimSpace(b.String()), ",")
			if _, err := time.Parse(`{"timestamp":"`+time.RFC3339Nano+`"`, at); err != nil {
				t.Error(err)
			}
			if got := "{" + rest; got != tt.want {
				t.Errorf("got\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

// A collector receives OTLP over HTTP.
type collector struct {
	mu    sync.Mutex
	spans []*tracepb.Span
	names []string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	var in coltracepb.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &in) != nil {
		http.Error(w, "not a trace", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rs := range in.ResourceSpans {
		for _, a := range rs.Resource.Attributes {
			c.names = append(c.names, a.Key+"="+a.Value.GetStringValue())
		}
		for _, ss := range rs.ScopeSpans {
			c.spans = append(c.spans, ss.Spans...)
		}
	}
}

const parent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"

func TestSpansReachTheCollectorBeforeFlushReturns(t *testing.T) {
	c := &collector{}
	server := httptest.NewServer(c)
	defer server.Close()
	traces, err := telemetry.StartTraces(t.Context(), "validate-file", "test", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx := telemetry.Continue(t.Context(), parent)
	ctx, end := traces.Span(ctx, "judge")
	traces.Attribute(ctx, "dataset", "sales_data")
	inner, endInner := traces.Span(ctx, "read")
	handedOn := telemetry.Traceparent(inner)
	endInner(errors.New("slow down"))
	var line bytes.Buffer
	telemetry.NewLogger(&line, "s", slog.LevelInfo).InfoContext(inner, "m")
	end(nil)
	if err := traces.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.spans) != 2 || c.spans[0].Name != "read" || c.spans[1].Name != "judge" {
		t.Fatalf("spans %v, want read and judge", c.spans)
	}
	read, judge := c.spans[0], c.spans[1]
	const id = "5759e988bd862e3fe1be46a994272793"
	hex := func(b []byte) string {
		const digits = "0123456789abcdef"
		var s strings.Builder
		for _, v := range b {
			s.WriteByte(digits[v>>4])
			s.WriteByte(digits[v&15])
		}
		return s.String()
	}
	if hex(judge.TraceId) != id || hex(judge.ParentSpanId) != "53995c3f42cd8ad8" || !bytes.Equal(read.ParentSpanId, judge.SpanId) {
		t.Errorf("the spans do not continue %s", parent)
	}
	if want := "00-" + id + "-" + hex(read.SpanId) + "-01"; handedOn != want {
		t.Errorf("traceparent %q, want %q", handedOn, want)
	}
	if read.Status.Code != tracepb.Status_STATUS_CODE_ERROR || judge.Status.Code == tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("status %v and %v", read.Status, judge.Status)
	}
	if !slices.Contains(c.names, "service.name=validate-file") {
		t.Errorf("resource %v", c.names)
	}
	if !strings.Contains(line.String(), `"trace_id":"`+id+`"`) {
		t.Errorf("the log does not name the trace: %s", line.String())
	}
}

func TestACollectorThatHangsCostsLittle(t *testing.T) {
	block := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer server.Close()
	defer close(block)
	traces, err := telemetry.StartTraces(t.Context(), "s", "test", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, end := traces.Span(t.Context(), "judge")
	end(nil)
	began := time.Now()
	if err := traces.Flush(t.Context()); err == nil {
		t.Error("nothing was exported, and Flush says so to nobody")
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("flush took %v", took)
	}
}

func TestWithoutEndpointNothingIsAllocated(t *testing.T) {
	traces, err := telemetry.StartTraces(t.Context(), "s", "test", "")
	if traces != nil || err != nil {
		t.Fatalf("got %v, %v; want nil", traces, err)
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		ctx, end := traces.Span(ctx, "read")
		traces.Attribute(ctx, "a", "b")
		end(nil)
		_ = traces.Flush(ctx)
	}); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestFromXRay(t *testing.T) {
	for header, want := range map[string]string{
		"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1":               parent,
		"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a:0": "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00",
		"Root=1-5759e988-bd862e3fe1be46a994272793":                                                 "",
		"": "", "nonsense": "",
	} {
		if got := telemetry.FromXRay(header); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
		if want != "" && telemetry.Traceparent(telemetry.Continue(t.Context(), want)) != want {
			t.Errorf("%q is not continued", want)
		}
	}
	if got := telemetry.Traceparent(telemetry.Continue(t.Context(), "00-zz-1")); got != "" {
		t.Errorf("a malformed traceparent became %q", got)
	}
}
