package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/message"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func notice(status alert.Status, severity alert.Severity) Notice {
	s := alert.Signal{ID: "s1", DedupKey: "sales/2026-11-22", GroupKey: "sales", Rule: alert.FileRejected, Status: status, Severity: severity,
		Pipeline: "sales_data", Team: "stores", Environment: "prod", At: noon, Summary: "sales_data failed",
		Findings: []alert.Finding{{Check: "customer_id.required", Message: "12 of 3,214 rows have none", Advice: "Fill them"}},
		Facts:    []alert.Fact{{Name: "rows", Value: "3,214"}, {Name: "rule", Value: "not this"}}, NextSteps: []string{"Open the report"},
		Links: []alert.Link{{Name: "Report", URL: "https://example.com/r"}}}
	return Notice{Version: Version, EventType: "signal.raised.v1", Reason: alert.FirstNotification, OnCall: []string{"Kim (primary)"}, Signal: s}
}

// tool is a receiver's side: it answers with codes in turn, then with 202.
type tool struct {
	*httptest.Server
	codes  []int
	retry  string
	bodies [][]byte
	heads  []http.Header
}

func newTool(t *testing.T, codes ...int) *tool {
	tl := &tool{codes: codes}
	tl.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		tl.bodies, tl.heads = append(tl.bodies, body), append(tl.heads, r.Header)
		code := http.StatusAccepted
		if len(tl.codes) > 0 {
			code, tl.codes = tl.codes[0], tl.codes[1:]
		}
		if tl.retry != "" {
			w.Header().Set("Retry-After", tl.retry)
		}
		if code >= 300 && code < 400 {
			w.Header().Set("Location", "https://example.com/elsewhere")
		}
		w.WriteHeader(code)
		fmt.Fprint(w, `{"message":"because"}`)
	}))
	t.Cleanup(tl.Close)
	return tl
}

func (tl *tool) client(waits *[]time.Duration) *Client {
	return &Client{HTTP: tl.Server.Client(), Wait: func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}}
}

// TestPagerDutyTakesIt sends to a receiver that asks of an event what the
// Events API asks: the fields that must be there, and their bounds.
func TestPagerDutyTakesIt(t *testing.T) {
	for _, c := range []struct {
		status   alert.Status
		severity alert.Severity
		action   string
		called   string
	}{
		{alert.Firing, alert.P0, "trigger", "critical"}, {alert.Firing, alert.P1, "trigger", "error"},
		{alert.Firing, alert.P2, "trigger", "warning"}, {alert.Firing, alert.P3, "trigger", "info"},
		{alert.Resolved, alert.P1, "resolve", "error"},
	} {
		tl := newTool(t)
		var waits []time.Duration
		p := &PagerDuty{Client: tl.client(&waits), URL: tl.URL, RoutingKey: Secret(strings.Repeat("k", 32))}
		if err := p.Send(t.Context(), notice(c.status, c.severity)); err != nil {
			t.Fatal(err)
		}
		var e struct {
			RoutingKey string `json:"routing_key"`
			Action     string `json:"event_action"`
			DedupKey   string `json:"dedup_key"`
			Payload    struct {
				Summary, Severity, Source, Timestamp string
				Details                              map[string]any `json:"custom_details"`
			}
			Links []struct{ Href, Text string }
		}
		if err := json.Unmarshal(tl.bodies[0], &e); err != nil {
			t.Fatal(err)
		}
		if e.Action != c.action || e.Payload.Severity != c.called || e.DedupKey != "sales" || len(e.RoutingKey) != 32 {
			t.Errorf("%s %s: got %+v", c.status, c.severity, e)
		}
		if e.Payload.Summary != "sales_data failed" || e.Payload.Source != "sales_data" || e.Payload.Timestamp != "2026-11-22T12:00:00Z" {
			t.Errorf("payload %+v", e.Payload)
		}
		if e.Payload.Details["rule"] != alert.FileRejected || e.Payload.Details["rows"] != "3,214" || len(e.Links) != 1 {
			t.Errorf("details %v, links %v", e.Payload.Details, e.Links)
		}
		if who, _ := e.Payload.Details["on_call"].([]any); len(who) != 1 || who[0] != "Kim (primary)" {
			t.Errorf("on call %v", e.Payload.Details["on_call"])
		}
	}
}

// TestPagerDutyHearsWhoTookItOn holds that an acknowledgement goes under the key
// that the trigger had.
func TestPagerDutyHearsWhoTookItOn(t *testing.T) {
	tl := newTool(t)
	var waits []time.Duration
	p := &PagerDuty{Client: tl.client(&waits), URL: tl.URL, RoutingKey: Secret(strings.Repeat("k", 32))}
	n := notice(alert.Firing, alert.P1)
	n.Incident, n.Choices = "INC-1", []alert.Choice{{Name: "Acknowledge", Does: "you take it on", URL: "https://example.com/a"}}
	if err := p.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	a := answer.Answer{ID: "a", Incident: "INC-1", Kind: answer.Acknowledge, By: "Ann", At: noon, Text: "on it", Title: "sales_data failed", Severity: alert.P1, Pipeline: "sales_data"}
	if err := p.Acknowledge(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	type sent struct {
		Action   string `json:"event_action"`
		DedupKey string `json:"dedup_key"`
		Payload  struct {
			Summary, Severity, Source string
			Details                   map[string]any `json:"custom_details"`
		}
		Links []struct{ Href, Text string }
	}
	var trigger, taken sent
	if err := errors.Join(json.Unmarshal(tl.bodies[0], &trigger), json.Unmarshal(tl.bodies[1], &taken)); err != nil {
		t.Fatal(err)
	}
	if taken.Action != "acknowledge" || taken.DedupKey != trigger.DedupKey || taken.DedupKey != "INC-1" {
		t.Errorf("triggered %+v, acknowledged %+v", trigger, taken)
	}
	if taken.Payload.Summary != "Acknowledged by Ann: sales_data failed" || taken.Payload.Source == "" || taken.Payload.Severity == "" ||
		taken.Payload.Details["acknowledged_by"] != "Ann" || taken.Payload.Details["note"] != "on it" {
		t.Errorf("got %+v", taken.Payload)
	}
	if last := trigger.Links[len(trigger.Links)-1]; last.Href != "https://example.com/a" || last.Text != "Acknowledge: you take it on" {
		t.Errorf("the trigger's last link is %+v", last)
	}
}

// TestKeysAreStable holds that neither the severity nor the alert's own id is
// in the key, since a resolve must find what was triggered.
func TestKeysAreStable(t *testing.T) {
	p := &PagerDuty{}
	key := func(n Notice) (k string) {
		body, err := p.encode(n)
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			DedupKey string `json:"dedup_key"`
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		return e.DedupKey
	}
	a, b := notice(alert.Firing, alert.P0), notice(alert.Resolved, alert.P3)
	b.Signal.ID = "other"
	if key(a) != key(b) {
		t.Errorf("%q and %q", key(a), key(b))
	}
	a.Incident, b.Incident, b.Signal.GroupKey = "INC-1", "INC-1", "another of its groups"
	if key(a) != "INC-1" || key(b) != "INC-1" {
		t.Errorf("of one incident: %q and %q", key(a), key(b))
	}
	a.Incident, a.Signal.GroupKey = "", strings.Repeat("ä", 300)
	if k := key(a); len(k) > maxDedupKey || k != key(a) {
		t.Errorf("a long key became %q", k)
	}
}

func TestHugeDetailsAreLeftOut(t *testing.T) {
	n := notice(alert.Firing, alert.P1)
	n.Signal.Summary = strings.Repeat("ü", 2000)
	for range 20 {
		n.Signal.Findings = append(n.Signal.Findings, alert.Finding{Message: strings.Repeat("x", 40_000)})
	}
	body, err := (&PagerDuty{}).encode(n)
	if err != nil || len(body) > maxEvent {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	if !strings.Contains(string(body), "too many; see the report") {
		t.Errorf("what was left out is not said: %.300s", body)
	}
}

func TestWhatIsSentAgain(t *testing.T) {
	for _, c := range []struct {
		name    string
		codes   []int
		retry   string
		sent    int
		refused bool
		failed  bool
		waits   []time.Duration
	}{
		{"accepted", nil, "", 1, false, false, nil},
		{"too many requests, then accepted", []int{429}, "2", 2, false, false, []time.Duration{2 * time.Second}},
		{"a wait that is asked for has a bound", []int{429}, "600", 2, false, false, []time.Duration{maxWait}},
		{"a server at fault twice", []int{500, 503}, "", 3, false, false, []time.Duration{500 * time.Millisecond, time.Second}},
		{"a server at fault for good", []int{500, 500, 500, 500}, "", 3, false, true, []time.Duration{500 * time.Millisecond, time.Second}},
		{"a bad request is never sent again", []int{400}, "", 1, true, true, nil},
		{"nor a forbidden one", []int{403}, "", 1, true, true, nil},
		{"a redirect is not followed", []int{307}, "", 1, true, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			tl := newTool(t, c.codes...)
			tl.retry = c.retry
			var waits []time.Duration
			p := &PagerDuty{Client: tl.client(&waits), URL: tl.URL}
			err := p.Send(t.Context(), notice(alert.Firing, alert.P1))
			if (err != nil) != c.failed || errors.Is(err, ErrRefused) != c.refused || len(tl.bodies) != c.sent {
				t.Errorf("%d sent, %v", len(tl.bodies), err)
			}
			if fmt.Sprint(waits) != fmt.Sprint(c.waits) {
				t.Errorf("waited %v, want %v", waits, c.waits)
			}
		})
	}
}

func TestANetworkFaultIsSentAgain(t *testing.T) {
	tl := newTool(t)
	tl.Close()
	var waits []time.Duration
	err := (&PagerDuty{Client: tl.client(&waits), URL: tl.URL}).Send(t.Context(), notice(alert.Firing, alert.P1))
	if err == nil || errors.Is(err, ErrRefused) || len(waits) != 2 {
		t.Errorf("%v after %d waits", err, len(waits))
	}
}

func TestWebhookIsSigned(t *testing.T) {
	tl := newTool(t)
	var waits []time.Duration
	w := &Webhook{Client: tl.client(&waits), URL: tl.URL, Secret: "s3cret", Now: func() time.Time { return noon }}
	want := notice(alert.Firing, alert.P1)
	if err := w.Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	body, head := tl.bodies[0], tl.heads[0]
	if err := Verify("s3cret", head, body, noon.Add(4*time.Minute), 5*time.Minute); err != nil {
		t.Error(err)
	}
	got, err := Parse(body)
	if err != nil || got.Signal.ID != want.Signal.ID || head.Get(HeaderID) != "s1/first_notification" {
		t.Errorf("got %+v, %v, id %q", got, err, head.Get(HeaderID))
	}
	for name, bad := range map[string]error{
		"another secret": Verify("other", head, body, noon, time.Minute),
		"another body":   Verify("s3cret", head, append(body, ' '), noon, time.Minute),
		"too old":        Verify("s3cret", head, body, noon.Add(time.Hour), 5*time.Minute),
		"no headers":     Verify("s3cret", http.Header{}, body, noon, time.Minute),
	} {
		if !errors.Is(bad, ErrSignature) {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

// TestSignIsAsDocumented recomputes a signature with another tool's figure:
// printf '1.{}' | openssl dgst -sha256 -hmac key.
func TestSignIsAsDocumented(t *testing.T) {
	const want = "v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
	if got := Sign("key", 1, []byte("{}")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecretsAreNotWritten(t *testing.T) {
	var b strings.Builder
	s := Secret("hush")
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "key", s, "struct", &PagerDuty{RoutingKey: s})
	fmt.Fprintf(&b, "%v %s %+v %#v", s, s, PagerDuty{RoutingKey: s}, s)
	if strings.Contains(b.String(), "hush") {
		t.Errorf("the secret is in %s", b.String())
	}
}

// TestParseReadsWhatTopicsCarry reads what is composed for programs.
func TestParseReadsWhatTopicsCarry(t *testing.T) {
	want := notice(alert.Firing, alert.P1)
	raw, err := message.Machine(want.Signal, alert.Notice{Reason: alert.FirstNotification})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(raw); err != nil || got.Signal.Summary != want.Signal.Summary || got.Reason != want.Reason {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", `{"version":2}`, `{"version":1,"signal":{}}`} {
		if _, err := Parse([]byte(bad)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	raw, _ := json.Marshal(notice(alert.Firing, alert.P1))
	f.Add(raw)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := Parse(body)
		if err != nil {
			return
		}
		if _, err := (&PagerDuty{}).encode(n); err != nil {
			t.Error(err)
		}
	})
}
