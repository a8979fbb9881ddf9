package main

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	lambdaevents "github.com/aws/aws-lambda-go/events"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"tillwatch/shared/alert"
	"tillwatch/shared/contract"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
	"tillwatch/shared/telemetry"
)

// TestBadInput gives the function what must not break it, and wants a verdict
// or a decision, a signal that says what is wrong, and nothing to retry.
func TestBadInput(t *testing.T) {
	fixture := func(name string) string {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	under := func(name string) landing.Shelf {
		c, err := contract.ReadODCS(name, []byte(fixture(name)))
		if err != nil {
			return landing.Shelf{Broken: []landing.Broken{{Name: "contracts/" + name, Err: err}}}
		}
		return landing.Shelf{Contracts: []*contract.Contract{c}}
	}
	ordinary := under("sales_data.odcs.yaml")
	_, cause := contract.ReadODCS("sales_data.odcs.yaml", []byte(fixture("broken.odcs.yaml")))
	own := landing.Shelf{Broken: []landing.Broken{{Name: "contracts/sales_data.odcs.yaml", Err: cause}}}
	for _, tt := range []struct {
		name     string
		shelf    landing.Shelf
		body     string
		disturb  func(*house, landing.Object)
		decision landing.Decision
		verdict  quality.Verdict
		says     string // a part of the signal; "" for no signal
	}{
		{"a zip bomb", ordinary, fixture("bomb.csv.gz"), nil, landing.Unjudged, quality.VerdictError, "too large"},
		{"a cut gzip file", ordinary, fixture("bomb.csv.gz")[:2000], nil, landing.Unjudged, quality.VerdictError, "unexpected EOF"},
		{"its contract does not parse", own, good, nil, landing.Unjudged, quality.VerdictError, "sales_data.odcs.yaml:21:5"},
		{"some contract does not parse", under("broken.odcs.yaml"), good, nil, landing.NoContract, "", "broken.odcs.yaml:21:5"},
		{"a reference that is missing", under("reference.odcs.yaml"), "transaction_id,customer_id,product_id,amount\nt1,c1,p1,1\n", nil, landing.Judged, quality.VerdictError, "products"},
		{"no bytes", ordinary, "", nil, landing.Judged, quality.VerdictFail, "rejected"},
		{"a header only", ordinary, "transaction_id,customer_id,amount\n", nil, landing.Judged, quality.VerdictPass, ""},
		{"bytes that are no text", ordinary, "\x00\x01\x02\xff\xfe\n\x00,,\"\n", nil, landing.Judged, quality.VerdictFail, "rejected"},
		{"gone before it is read", ordinary, good, func(h *house, o landing.Object) { h.bucket.Delete(o) }, landing.Missing, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.library.Shelf = tt.shelf
			h.judger.MaxBytes = 1 << 20
			in := payload(t, "s3/object-created.json")
			o := h.land(t, in, tt.body)
			if tt.disturb != nil {
				tt.disturb(h, o)
			}
			resp, err := h.handle(t.Context(), lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{message("m1", in)}})
			if err != nil || len(resp.BatchItemFailures) > 0 {
				t.Fatalf("%+v, %v: %s", resp, err, h.log.String())
			}
			r := h.ledger.Records()[0].Record
			if r.Decision != tt.decision || r.Verdict != tt.verdict {
				t.Errorf("%s, verdict %q (%s); want %s, %q", r.Decision, r.Verdict, r.Reason, tt.decision, tt.verdict)
			}
			level := map[landing.Decision]string{landing.Unjudged: "ERROR", landing.Missing: "WARN"}[tt.decision]
			if line := h.lines(t)[0]; line["level"] != cmp.Or(level, "INFO") || (line["error_code"] != "") != (level == "ERROR") {
				t.Errorf("level %v, error_code %v", line["level"], line["error_code"])
			}
			var said []string
			for _, e := range h.bus.All() {
				if e.Type != event.SignalRaised {
					continue
				}
				var s alert.Signal
				if err := json.Unmarshal(e.Data, &s); err != nil {
					t.Fatal(err)
				}
				if err := s.Validate(); err != nil || len([]rune(s.Summary)) > 120 {
					t.Errorf("signal %+v: %v", s, err)
				}
				said = append(said, s.Summary)
				for _, f := range s.Findings {
					said = append(said, f.Message)
				}
			}
			if all := strings.Join(said, "\n"); tt.says == "" && len(said) > 0 || !strings.Contains(all, tt.says) {
				t.Errorf("signals say %q, want %q", all, tt.says)
			}
		})
	}
}

// TestSpans wants the spans of one file at the collector before the invocation
// returns, and its trace on our events.
func TestSpans(t *testing.T) {
	var mu sync.Mutex
	var names []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		if err != nil || proto.Unmarshal(raw, &in) != nil {
			http.Error(w, "not a trace", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range in.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					names = append(names, s.Name)
				}
			}
		}
	}))
	defer server.Close()
	h := newHouse(t)
	traces, err := telemetry.StartTraces(t.Context(), service, "test", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	h.traces, h.judger.Trace = traces, traces.Span
	in := payload(t, "s3/object-created.json")
	h.land(t, in, bad)
	msg := message("m1", in)
	msg.Attributes["AWSTraceHeader"] = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	if _, err := h.handle(context.Background(), lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{msg}}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(names)
	if got := strings.Join(slices.Compact(names), " "); got != "claim publish read validate validate-file" {
		t.Errorf("spans %q, want claim, read, validate, publish in validate-file", got)
	}
	for _, e := range h.bus.All() {
		if !strings.HasPrefix(e.Metadata.Traceparent, "00-5759e988bd862e3fe1be46a994272793-") {
			t.Errorf("%s carries the trace %q", e.Type, e.Metadata.Traceparent)
		}
	}
	if !strings.Contains(h.log.String(), `"trace_id":"5759e988bd862e3fe1be46a994272793"`) {
		t.Errorf("the log does not name the trace: %s", h.log.String())
	}
}
