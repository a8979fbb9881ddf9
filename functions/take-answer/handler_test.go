package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/event"
	"tillwatch/shared/incident"
	"tillwatch/shared/memory"
	"tillwatch/shared/telemetry"
)

var pages = flag.String("pages", "", "write the pages to this folder, to be looked at")

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	seal = memory.Seal("the key of the test")
)

const id = "20261122T115000.000-5f1c2a9b"

// world is a handler with everything around it in memory, and one P1 that is
// ten minutes old.
type world struct {
	*handler
	store memory.Incidents
	sent  []event.Event
	down  error
	log   bytes.Buffer
	clock time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{clock: noon}
	w.handler = &handler{verifier: seal, timeline: &w.store, bus: w, now: func() time.Time { return w.clock },
		log: telemetry.NewLogger(&w.log, service, slog.LevelInfo), environment: "test"}
	w.add(t, incident.Event{ID: "opened", Kind: incident.Opened, By: incident.System, At: noon.Add(-10 * time.Minute), Text: "Opened", Group: `0{pipeline="sales_data"}`, Severity: alert.P1,
		Signal: &alert.Signal{ID: "s", DedupKey: "d", Rule: "file_rejected", Pipeline: "sales_data", At: noon.Add(-14 * time.Minute),
			Summary: `sales_data for 21 Nov was rejected: 9 of 34 checks failed, 1,204 of 12,345 rows are bad <script>alert("x")</script>`}})
	return w
}

func (w *world) add(t *testing.T, e incident.Event) {
	t.Helper()
	e.Incident = id
	if _, err := w.store.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func (w *world) Send(_ context.Context, list []event.Event) error {
	if w.down == nil {
		w.sent = append(w.sent, list...)
	}
	return w.down
}

// answers are those that were put on the bus.
func (w *world) answers(t *testing.T) (list []answer.Answer) {
	t.Helper()
	for _, e := range w.sent {
		var a answer.Answer
		if err := json.Unmarshal(e.Data, &a); err != nil || a.Validate() != nil || e.Type != event.IncidentAnswered {
			t.Fatalf("sent %s: %v, %v", e.Data, err, a.Validate())
		}
		list = append(list, a)
	}
	return list
}

func token(t *testing.T, kind answer.Kind) string {
	t.Helper()
	text, err := answer.Link{Incident: id, Kind: kind, Expires: noon.Add(72 * time.Hour)}.Token(t.Context(), seal)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) call(t *testing.T, method, path, body string) events.LambdaFunctionURLResponse {
	t.Helper()
	r := events.LambdaFunctionURLRequest{RawPath: path, Body: body}
	r.RequestContext.HTTP.Method, r.RequestContext.RequestID = method, "r"
	out, err := w.handle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(path) > 20 && strings.Contains(w.log.String(), path[1:20]) {
		t.Errorf("the log has the link: %s", w.log.String())
	}
	return out
}

func fields(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// show writes a page where it can be looked at.
func show(t *testing.T, name string, r events.LambdaFunctionURLResponse) {
	t.Helper()
	if *pages == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*pages, name+".html"), []byte(r.Body), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestLookingChangesNothing opens every link, as mail scanners do, with every
// method that is not meant to act.
func TestLookingChangesNothing(t *testing.T) {
	for _, kind := range answer.Kinds {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "", "post"} {
			w := newWorld(t)
			r := w.call(t, method, "/"+token(t, kind), fields("name", "Ann", "for", "1h", "comment", "x"))
			want := 405
			if method == "GET" || method == "HEAD" {
				want = 200
			}
			if r.StatusCode != want || len(w.sent) > 0 {
				t.Errorf("%s %s: status %d, sent %v", method, kind, r.StatusCode, w.sent)
			}
			if method == "HEAD" && r.Body != "" || method == "GET" && !strings.Contains(r.Body, `<form method="post">`) {
				t.Errorf("%s %s: body %q", method, kind, r.Body)
			}
			if want == 405 && r.Headers["Allow"] != "GET, HEAD, POST" {
				t.Errorf("%s: got headers %v", method, r.Headers)
			}
			if method == "GET" {
				show(t, "ask-"+string(kind), r)
			}
		}
	}
}

func TestThePageSaysWhatItIsAbout(t *testing.T) {
	w := newWorld(t)
	w.add(t, incident.Event{ID: "a", Kind: incident.Acknowledge, By: "Ann <b>", At: noon.Add(-5 * time.Minute), Text: "x"})
	r := w.call(t, "GET", "/"+token(t, answer.Resolve)+"?utm_source=mail", "")
	if r.StatusCode != 404 {
		t.Errorf("a path with a query in it: %d", r.StatusCode)
	}
	r = w.call(t, "GET", "/"+token(t, answer.Resolve), "")
	for _, want := range []string{"Is it over?", `<span class="severity P1">P1</span>`, "Sun 22 Nov 2026, 11:46 UTC", "14 minutes ago", "Ann &lt;b&gt;", "sales_data", id,
		"Everybody who was told is told that it is over", `autocomplete="name"`, `lang="en"`} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the page lacks %q:\n%s", want, r.Body)
		}
	}
	if strings.Contains(r.Body, "<script>") || strings.Contains(r.Body, "Ann <b>") {
		t.Errorf("what others wrote is not escaped: %s", r.Body)
	}
}

// TestNothingRunsOnThePage holds what the headers promise against the page.
func TestNothingRunsOnThePage(t *testing.T) {
	r := newWorld(t).call(t, "GET", "/"+token(t, answer.Silence), "")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8"} {
		if r.Headers[name] != want {
			t.Errorf("%s is %q, want %q", name, r.Headers[name], want)
		}
	}
	policy := r.Headers["Content-Security-Policy"]
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	styles := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(r.Body)
	sum := sha256.Sum256([]byte(styles[1]))
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the style of the page is not the one that %q allows", policy)
	}
	if found := regexp.MustCompile(`(?i)<script|\son\w+=|\sstyle=|<img|<link|src=`).FindString(r.Body); found != "" {
		t.Errorf("the page has %s", found)
	}
}

func TestAnswersArePutOnTheBus(t *testing.T) {
	for _, c := range []struct {
		kind answer.Kind
		body string
		want answer.Answer
		says string
	}{
		{answer.Acknowledge, fields("name", " Ann  Lee ", "comment", "on\r\nit"), answer.Answer{By: "Ann Lee", Text: "on it"}, "You have it"},
		{answer.Resolve, fields("name", "Ben"), answer.Answer{By: "Ben"}, "It is over"},
		{answer.Mitigate, fields("name", "Ben"), answer.Answer{By: "Ben"}, "It is noted"},
		{answer.Note, fields("name", "Ben", "comment", "words"), answer.Answer{By: "Ben", Text: "words"}, "It is noted"},
		{answer.Silence, fields("name", "Ben", "for", "4h"), answer.Answer{By: "Ben", Until: noon.Add(4 * time.Hour), Matchers: []string{`pipeline="sales_data"`}}, "Until Sun 22 Nov 2026, 16:00 UTC"},
		{answer.Silence, fields("name", "Ben", "for", "fixed"), answer.Answer{By: "Ben", Until: noon.Add(7 * 24 * time.Hour), WhileOpen: true, Matchers: []string{`pipeline="sales_data"`}}, "Until it is fixed"},
	} {
		w := newWorld(t)
		link := "/" + token(t, c.kind)
		r := w.call(t, "POST", link, c.body)
		again := w.call(t, "POST", link, c.body)
		show(t, "done-"+string(c.kind), r)
		got := w.answers(t)
		if r.StatusCode != 200 || again.StatusCode != 200 || !strings.Contains(r.Body, c.says) || strings.Contains(r.Body, "<form") || len(got) != 2 {
			t.Errorf("%s: status %d, %d answers, page\n%s", c.kind, r.StatusCode, len(got), r.Body)
			continue
		}
		if got[0].ID != got[1].ID {
			t.Errorf("%s: pressed twice it is %s and %s", c.kind, got[0].ID, got[1].ID)
		}
		c.want.ID, c.want.Incident, c.want.Group, c.want.Kind, c.want.At = got[0].ID, id, `0{pipeline="sales_data"}`, c.kind, noon
		c.want.Severity, c.want.Pipeline, c.want.Title = alert.P1, "sales_data", got[0].Title
		if a, b := text(t, got[0]), text(t, c.want); a != b {
			t.Errorf("%s: got %s, want %s", c.kind, a, b)
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestFormsThatAreAskedAgain(t *testing.T) {
	for _, c := range []struct {
		rule, body string
		kind       answer.Kind
		status     int
		says       string
	}{
		{"without a name", fields("comment", "my words"), answer.Acknowledge, 422, "Please write your name"},
		{"with the system's name", fields("name", "tillwatch"), answer.Resolve, 422, "Please write your name"},
		{"without a time", fields("name", "Ann"), answer.Silence, 422, "Please choose for how long"},
		{"with a time that is none", fields("name", "Ann", "for", "99y"), answer.Silence, 422, "Please choose for how long"},
		{"with a comment that is too long", fields("name", "Ann", "comment", strings.Repeat("x", 600)), answer.Resolve, 422, "a comment is at most 500"},
		{"that is far too long", fields("name", "Ann", "comment", strings.Repeat("x", maxForm)), answer.Resolve, 400, "That was too much"},
		{"that is no form", "%zz", answer.Resolve, 400, "not what this page sends"},
	} {
		w := newWorld(t)
		r := w.call(t, "POST", "/"+token(t, c.kind), c.body)
		if r.StatusCode != c.status || !strings.Contains(r.Body, c.says) || !strings.Contains(r.Body, "<form") || len(w.sent) > 0 {
			t.Errorf("%s: status %d, sent %v, page\n%s", c.rule, r.StatusCode, w.sent, r.Body)
		}
		if c.rule == "without a name" {
			show(t, "asked-again", r)
			if !strings.Contains(r.Body, `value="my words"`) {
				t.Errorf("what was written is lost: %s", r.Body)
			}
		}
	}
}

func TestFormsInBase64AreRead(t *testing.T) {
	w := newWorld(t)
	r := events.LambdaFunctionURLRequest{RawPath: "/" + token(t, answer.Resolve), Body: base64.StdEncoding.EncodeToString([]byte("name=Ann")), IsBase64Encoded: true}
	r.RequestContext.HTTP.Method = "POST"
	if out, err := w.handle(t.Context(), r); err != nil || out.StatusCode != 200 || len(w.answers(t)) != 1 {
		t.Errorf("got %d, %v, sent %v", out.StatusCode, err, w.sent)
	}
	r.Body = "not base64!"
	if out, err := w.handle(t.Context(), r); err != nil || out.StatusCode != 400 || len(w.sent) != 1 {
		t.Errorf("got %d, %v, sent %v", out.StatusCode, err, w.sent)
	}
}

func TestWhatIsSettledIsNotAsked(t *testing.T) {
	acked := incident.Event{ID: "a", Kind: incident.Acknowledge, By: "Ann", At: noon.Add(-5 * time.Minute), Text: "x"}
	for _, c := range []struct {
		rule   string
		events []incident.Event
		kind   answer.Kind
		says   string // "" if it is asked
	}{
		{"somebody has it", []incident.Event{acked}, answer.Acknowledge, "Ann has it"},
		{"it may be ended all the same", []incident.Event{acked}, answer.Resolve, ""},
		{"and silenced", []incident.Event{acked}, answer.Silence, ""},
		{"it ended by itself", []incident.Event{{ID: "r", Kind: incident.Resolve, By: incident.System, At: noon.Add(-time.Minute)}}, answer.Acknowledge, "its signals cleared"},
		{"a person ended it", []incident.Event{{ID: "r", Kind: incident.Resolve, By: "Ben", At: noon.Add(-time.Minute)}}, answer.Resolve, "Ben ended it"},
		{"what is over is not silenced", []incident.Event{{ID: "r", Kind: incident.Resolve, By: "Ben", At: noon.Add(-time.Minute)}}, answer.Silence, "It is over"},
	} {
		for _, method := range []string{"GET", "POST"} {
			w := newWorld(t)
			for _, e := range c.events {
				w.add(t, e)
			}
			r := w.call(t, method, "/"+token(t, c.kind), fields("name", "Cem", "for", "1h"))
			if r.StatusCode != 200 || !strings.Contains(r.Body, c.says) {
				t.Errorf("%s, %s: status %d, page\n%s", c.rule, method, r.StatusCode, r.Body)
			}
			if c.says != "" && (len(w.sent) > 0 || strings.Contains(r.Body, "<form")) {
				t.Errorf("%s, %s: sent %v", c.rule, method, w.sent)
			}
			show(t, "settled-"+string(c.kind), r)
		}
	}
}

func TestLinksThatDoNotOpen(t *testing.T) {
	good := token(t, answer.Resolve)
	other, err := answer.Link{Incident: "never", Kind: answer.Resolve, Expires: noon.Add(time.Hour)}.Token(t.Context(), seal)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := answer.Link{Incident: id, Kind: answer.Resolve, Expires: noon.Add(time.Hour)}.Token(t.Context(), memory.Seal("mine"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule, path, outcome string
		after               time.Duration
		status              int
		says                string
	}{
		{"nothing", "/", "malformed", 0, 404, "This is no link of ours"},
		{"no path at all", "", "malformed", 0, 404, "This is no link of ours"},
		{"what browsers ask for", "/favicon.ico", "malformed", 0, 404, "This is no link of ours"},
		{"another's", "/" + forged, "forged", 0, 403, "This link is not genuine"},
		{"an old one", "/" + good, "expired", 72 * time.Hour, 410, "This link has expired"},
		{"to what nobody knows", "/" + other, "unknown", 0, 404, "Nothing is known of this incident"},
		{"twice", "/" + good + "/" + good, "malformed", 0, 404, "This is no link of ours"},
	} {
		for _, method := range []string{"GET", "POST"} {
			w := newWorld(t)
			w.clock = noon.Add(c.after)
			r := w.call(t, method, c.path, fields("name", "Ann"))
			if r.StatusCode != c.status || !strings.Contains(r.Body, c.says) || strings.Contains(r.Body, "<form") || strings.Contains(r.Body, "sales_data") || len(w.sent) > 0 {
				t.Errorf("%s, %s: status %d, sent %v, page\n%s", c.rule, method, r.StatusCode, w.sent, r.Body)
			}
			if !strings.Contains(w.log.String(), `"outcome":"`+c.outcome+`"`) || strings.Contains(w.log.String(), `"ERROR"`) {
				t.Errorf("%s: log %s", c.rule, w.log.String())
			}
			show(t, "refused-"+c.outcome, r)
		}
	}
}

// away is a service that does not answer, or panics.
type away struct{ panics bool }

func (a away) Verify(context.Context, []byte, answer.Mac) error {
	if a.panics {
		panic("no")
	}
	return errors.New("away")
}

func (a away) Events(context.Context, string) ([]incident.Event, error) {
	return nil, errors.New("away")
}

func TestFaultsOfOurs(t *testing.T) {
	for rule, breaks := range map[string]func(*world){
		"the verifier is away": func(w *world) { w.verifier = away{} },
		"something panics":     func(w *world) { w.verifier = away{panics: true} },
		"the table is away":    func(w *world) { w.timeline = away{} },
		"the bus is away":      func(w *world) { w.down = errors.New("away") },
	} {
		w := newWorld(t)
		breaks(w)
		r := w.call(t, "POST", "/"+token(t, answer.Resolve), fields("name", "Ann"))
		if r.StatusCode != 503 || !strings.Contains(r.Body, "Please try again") || !strings.Contains(r.Body, "tillwatch incident acknowledge ID --environment test") || len(w.sent) > 0 || !strings.Contains(w.log.String(), `"ERROR"`) {
			t.Errorf("%s: status %d, sent %v, log %s", rule, r.StatusCode, w.sent, w.log.String())
		}
	}
}

func TestConfigure(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, name := range []string{"ENVIRONMENT", "TABLE", "BUS", "ANSWER_KEYS"} {
		if err == nil || !strings.Contains(err.Error(), "TILLWATCH_"+name+" is not set") {
			t.Errorf("%s is not reported: %v", name, err)
		}
	}
	if c, err := configure(func(string) string { return "1" }); err != nil || len(c.keys) != 1 || c.table != "1" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func FuzzHandle(f *testing.F) {
	good, err := answer.Link{Incident: id, Kind: answer.Silence, Expires: noon.Add(time.Hour)}.Token(context.Background(), seal)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("POST", "/"+good, "name=Ann&for=1h&comment=x", false)
	f.Add("GET", "/"+good, "", false)
	f.Add("POST", "/x", "bmFtZT1B", true)
	f.Fuzz(func(tt *testing.T, method, path, body string, encoded bool) {
		w := newWorld(tt)
		r := events.LambdaFunctionURLRequest{RawPath: path, Body: body, IsBase64Encoded: encoded}
		r.RequestContext.HTTP.Method = method
		out, err := w.handle(tt.Context(), r)
		if err != nil || out.StatusCode < 200 || out.StatusCode == 500 || out.StatusCode == 503 {
			tt.Fatalf("%d, %v, %s", out.StatusCode, err, w.log.String())
		}
		if len(w.sent) > 0 && (method != "POST" || strings.TrimPrefix(path, "/") != good) {
			tt.Fatalf("%s %q put %s on the bus", method, path, w.sent[0].Data)
		}
		w.answers(tt)
	})
}
