package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	payloads "tillwatch/events"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/incident"
	"tillwatch/shared/memory"
	"tillwatch/shared/telemetry"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a handler with everything around it in memory.
type world struct {
	*handler
	store   memory.Incidents
	clock   time.Time
	log     bytes.Buffer
	sent    []alert.Message
	wakes   []wake
	objects map[string]string
	bus     memory.Bus
	metrics memory.Metrics
	policy  *policy.Policy // the one that ships if nil
	broken  error          // why a newer one cannot be read
	did     []string       // remedies that were carried out, or would have been
	refuses error          // what they fail with
	meddle  func()         // what happens before the target is claimed
}

// Do carries a remedy out, or says what it would do.
func (w *world) Do(_ context.Context, t incident.Try) (incident.Attempt, error) {
	did := t.Key()
	if !t.Live {
		did = "dry run of " + did
	}
	w.did = append(w.did, did)
	return incident.Attempt{Action: t.Action, Target: t.Target, Before: "3 connections", After: "none"}, w.refuses
}

// Claim lets something happen between the decision to try a remedy and the try.
func (w *world) Claim(ctx context.Context, r incident.Remedy, now time.Time) (incident.Hold, error) {
	if w.meddle != nil {
		w.meddle()
	}
	return w.store.Claim(ctx, r, now)
}

func (w *world) Surroundings(ctx context.Context, list []incident.Remedy, now time.Time) (incident.Surroundings, error) {
	return w.store.Surroundings(ctx, list, now)
}

// Policy is the policy in force.
func (w *world) Policy(context.Context, time.Time) (*policy.Policy, error) {
	if w.policy == nil {
		return policy.Shipped(), w.broken
	}
	return w.policy, w.broken
}

func pageOf(id string) string { return "https://example.com/incidents/" + id }

func newWorld() *world {
	w := &world{clock: noon, objects: map[string]string{}}
	now := func() time.Time { return w.clock }
	books := &books{w, telemetry.NewLogger(&w.log, service, slog.LevelInfo)}
	reviewer := &reviewer{w, "results", &w.store}
	w.handler = &handler{
		responder: &incident.Responder{
			Store: &w.store, Guard: w, Hands: w, Teller: &teller{w, pageOf, nil, "test", slog.New(slog.DiscardHandler)}, Waker: &waker{w, now},
			Reviewer: reviewer, Book: books.book,
			Publisher: &incident.Publisher{Journal: &w.store, Announcer: announcer{&w.bus}, Meter: meter{&w.metrics, "test"}, Scribe: &scribe{reviewer, books, "test"}},
		},
		now: now, log: telemetry.NewLogger(&w.log, service, slog.LevelInfo),
	}
	return w
}

func (w *world) Publish(_ context.Context, m alert.Message) error {
	w.sent = append(w.sent, m)
	return nil
}

func (w *world) Send(_ context.Context, m any, _, _ time.Time) error {
	w.wakes = append(w.wakes, m.(wake))
	return nil
}

func (w *world) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	text, ok := w.objects[*in.Key]
	if !ok {
		return nil, &types.NoSuchKey{}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(text))}, nil
}

func (w *world) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	w.objects[*in.Key] = string(body)
	return nil, err
}

// deliver hands one message to the handler, minutes after noon.
func (w *world) deliver(t *testing.T, minutes int, body string) {
	t.Helper()
	w.clock = noon.Add(time.Duration(minutes) * time.Minute)
	response, err := w.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
	if err != nil || len(response.BatchItemFailures) > 0 {
		t.Fatalf("after %d minutes: %v, %+v\n%s", minutes, err, response, w.log.String())
	}
}

// notice is what a topic carries of an incident of that severity.
func notice(t *testing.T, status alert.Status, severity alert.Severity, reason alert.Reason) string {
	t.Helper()
	s := alert.Signal{ID: "s-" + string(status), DedupKey: "sales/2026-11-22", GroupKey: "sales", Rule: alert.FileRejected, Status: status,
		Severity: severity, Pipeline: "sales_data", At: noon.Add(-5 * time.Minute), Summary: "sales_data 2026-11-22 failed its contract",
		NextSteps: []string{"Open the report"}, Links: []alert.Link{{Name: alert.IncidentLink, URL: pageOf("20261122-1")}}}
	raw, err := message.Machine(s, alert.Notice{Reason: reason, Incident: "20261122-1", Channels: []string{string(severity), alert.Chat}})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (w *world) channels() (list []string) {
	for _, m := range w.sent {
		list = append(list, m.Channel)
	}
	return list
}

func (w *world) incident(t *testing.T) incident.Incident {
	t.Helper()
	list, err := w.store.Events(t.Context(), "20261122-1")
	if err != nil {
		t.Fatal(err)
	}
	inc, err := incident.Fold(list)
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

// TestNobodyTakesItOn follows a P1 until a person does, a good file ends it, and
// its review is drafted.
func TestNobodyTakesItOn(t *testing.T) {
	w := newWorld()
	raised := notice(t, alert.Firing, alert.P1, alert.FirstNotification)
	w.deliver(t, 0, raised)
	w.deliver(t, 0, raised) // twice, as queues do
	if len(w.sent) > 0 {
		t.Fatalf("told %v of what the router told", w.channels())
	}
	if len(w.wakes) == 0 || !w.wakes[0].Due.Equal(noon.Add(time.Hour)) {
		t.Fatalf("wakes %+v, want one an hour later", w.wakes)
	}
	wakeUp, err := json.Marshal(w.wakes[0])
	if err != nil {
		t.Fatal(err)
	}
	w.deliver(t, 60, string(wakeUp))
	if want := []string{"P1", "chat"}; !slices.Equal(w.channels(), want) {
		t.Fatalf("after an hour told %v, want %v", w.channels(), want)
	}
	text := w.sent[0].Bodies["email"]
	for _, want := range []string{"nobody has taken it on: sales_data 2026-11-22 failed", "tillwatch incident acknowledge 20261122-1 --environment test", "incident on yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("the email lacks %q:\n%s", want, text)
		}
	}
	w.deliver(t, 61, string(wakeUp)) // a timer that comes again finds nothing to do
	w.deliver(t, 61, w.sent[0].Bodies["sqs"])
	if len(w.sent) != 2 {
		t.Fatalf("told again: %v", w.channels())
	}
	w.deliver(t, 120, string(wakeUp))
	if got := w.channels()[2:]; !slices.Equal(got, []string{"P0", "chat"}) {
		t.Errorf("after two hours told %v, want P0 and the room", got)
	}
	if _, err := w.store.Append(t.Context(), incident.Event{ID: "ack", Incident: "20261122-1", At: w.clock, Kind: incident.Acknowledge, By: "kim", Text: "Taken on by kim"}); err != nil {
		t.Fatal(err)
	}
	w.deliver(t, 200, notice(t, alert.Resolved, alert.P1, alert.AlertResolved))
	w.deliver(t, 200, notice(t, alert.Resolved, alert.P0, alert.AlertResolved)) // both heard of it
	inc := w.incident(t)
	if inc.Status != incident.StatusResolved || inc.Resolution != incident.SignalsCleared || len(inc.Ignored) > 0 {
		t.Errorf("%s, %s, ignored %v", inc.Status, inc.Resolution, inc.Ignored)
	}
	if doc := w.objects["reports/incidents/20261122-1/review.md"]; !strings.Contains(doc, "its signals cleared after kim took it on") {
		t.Errorf("the review: %q", doc)
	}
	if page := w.objects["reports/incidents/20261122-1/review.html"]; !strings.Contains(page, "<h2>Action items</h2>") {
		t.Error("no page of the review")
	}
}

func TestAnEditedReviewStays(t *testing.T) {
	w := newWorld()
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	w.deliver(t, 10, notice(t, alert.Resolved, alert.P1, alert.AlertResolved))
	key := "reports/incidents/20261122-1/review.md"
	w.objects[key] = strings.Replace(w.objects[key], "why was that so?", "because of the till", 1)
	w.deliver(t, 11, `{"wake_incident":"20261122-1"}`)
	if !strings.Contains(w.objects[key], "because of the till") {
		t.Error("what a person wrote was lost")
	}
}

func TestItBecomesWorseAndComesBack(t *testing.T) {
	w := newWorld()
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	w.deliver(t, 1, notice(t, alert.Firing, alert.P0, alert.SeverityRaised))
	w.deliver(t, 2, notice(t, alert.Resolved, alert.P0, alert.AlertResolved))
	w.deliver(t, 9, notice(t, alert.Firing, alert.P0, alert.FiredAgain))
	inc := w.incident(t)
	if inc.Severity != alert.P0 || inc.Reopened != 1 || inc.Status != incident.StatusOpen {
		t.Errorf("%s, reopened %d, %s; ignored %v", inc.Severity, inc.Reopened, inc.Status, inc.Ignored)
	}
}

func TestWhatIsNoNewsIsLeftAlone(t *testing.T) {
	w := newWorld()
	s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "r", Status: alert.Firing, Severity: alert.P1, At: noon, Summary: "x"}
	raw, err := message.Machine(s, alert.Notice{Reason: alert.FirstNotification})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver(t, 0, string(raw))
	alarm, err := payloads.Files.ReadFile("alarm/sns-metric.json")
	if err != nil {
		t.Fatal(err)
	}
	w.deliver(t, 0, string(alarm))
	if ids, _ := w.store.Recent(t.Context(), noon.AddDate(0, 0, -1)); len(ids) > 0 {
		t.Errorf("a notice of no incident made %v", ids)
	}
}

func TestWhatFailsIsTriedAgain(t *testing.T) {
	w := newWorld()
	for name, body := range map[string]string{
		"malformed":                       "{",
		"an end of what never began":      notice(t, alert.Resolved, alert.P1, alert.AlertResolved),
		"a wake for an unknown incident":  `{"wake_incident":"INC-9"}`,
		"a notice of another version":     `{"version":9}`,
		"a message that is far too large": strings.Repeat("x", 1<<20+1),
	} {
		response, err := w.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: name, Body: body}}})
		if err != nil || len(response.BatchItemFailures) != 1 {
			t.Errorf("%s: %v, %+v", name, err, response)
		}
	}
	for _, want := range []string{"malformed_notice", "incident_unknown"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestConfigureNamesEverythingThatIsMissing(t *testing.T) {
	_, err := configure(func(string) string { return "" })
	for _, want := range []string{"ENVIRONMENT", "TABLE", "BUS", "RESULTS_BUCKET", "TIMERS", "TIMERS_ARN", "SCHEDULER_ROLE", "KILL_SWITCH", "FILES_QUEUE", "STATE_MACHINES", "LANDING_BUCKET", "TOPIC_CHAT", "TOPIC_P0", "TOPIC_P3"} {
		if err == nil || !strings.Contains(err.Error(), "TILLWATCH_"+want+" ") {
			t.Errorf("got %v, want it to name TILLWATCH_%s", err, want)
		}
	}
}

// answered hands a fixture of a person's answer to the handler, as if it were
// to the incident of the test, minutes after noon.
func (w *world) answered(t *testing.T, minutes int, name string) {
	t.Helper()
	raw, err := payloads.Files.ReadFile("incident/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(string(raw), "20261122T030652.000-5f1c2a9b", "20261122-1")
	at := regexp.MustCompile(`"at": "[^"]*"`)
	body = at.ReplaceAllString(body, fmt.Sprintf(`"at": %q`, noon.Add(time.Duration(minutes)*time.Minute).Format(time.RFC3339)))
	body = regexp.MustCompile(`"until": "[^"]*"`).ReplaceAllString(body, fmt.Sprintf(`"until": %q`, noon.Add(time.Duration(minutes+60)*time.Minute).Format(time.RFC3339)))
	w.deliver(t, minutes, body)
	w.deliver(t, minutes, body) // everything comes twice
}

// TestPeopleAnswer follows an incident that one person takes on and silences,
// and that another ends: the room hears of each once, and nobody is called.
func TestPeopleAnswer(t *testing.T) {
	w := newWorld()
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	w.answered(t, 5, "answered")
	w.answered(t, 6, "silenced")
	inc := w.incident(t)
	if inc.Status != incident.StatusAcknowledged || inc.AckedBy != "Ann Lee" || !inc.AckedAt.Equal(noon.Add(5*time.Minute)) {
		t.Errorf("got %+v", inc)
	}
	w.answered(t, 10, "resolved-by-a-person")
	// The router tells everybody of the end, the responder among them.
	w.deliver(t, 11, strings.Replace(notice(t, alert.Resolved, alert.P1, alert.AlertResolved), `"incident_id"`, `"by":"Ann Lee","incident_id"`, 1))
	w.deliver(t, 200, `{"wake_incident":"20261122-1"}`)
	inc = w.incident(t)
	if inc.Status != incident.StatusResolved || inc.Resolution != incident.ByPerson || inc.ResolvedBy != "Ann Lee" || inc.Level != 0 || len(inc.Ignored) > 0 {
		t.Errorf("got %+v", inc)
	}
	var said []string
	for _, m := range w.sent {
		var note message.Note
		if err := json.Unmarshal([]byte(m.Bodies["default"]), &note); err != nil {
			t.Fatal(err)
		}
		said = append(said, m.Channel+": "+note.Metadata.Summary)
	}
	want := []string{"chat: Taken on by Ann Lee: on it", "chat: Silenced by Ben until it is fixed, Sun 22 Nov 13:06 UTC at the latest: the supplier sends it again at six"}
	if !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

// TestWhoComesSecondIsNotTold holds that an acknowledgement of what somebody
// has already is in the timeline, and that nobody is told of it.
func TestWhoComesSecondIsNotTold(t *testing.T) {
	w := newWorld()
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	w.answered(t, 5, "answered")
	told := len(w.sent)
	list, err := w.store.Events(t.Context(), "20261122-1")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := payloads.Files.ReadFile("incident/answered.json")
	if err != nil {
		t.Fatal(err)
	}
	body := strings.NewReplacer("20261122T030652.000-5f1c2a9b", "20261122-1", "Ann Lee", "Ben", "3b7c0e5d9a2f4c61", "other", "2026-11-22T03:11:40Z", "2026-11-22T12:07:00Z").Replace(string(raw))
	w.deliver(t, 7, body)
	after, err := w.store.Events(t.Context(), "20261122-1")
	if err != nil || len(after) != len(list)+1 || w.incident(t).AckedBy != "Ann Lee" || len(w.sent) != told {
		t.Errorf("%d events before, %d after, %v; had by %s, %d told", len(list), len(after), err, w.incident(t).AckedBy, len(w.sent)-told)
	}
}

func TestACallOffersToAnswer(t *testing.T) {
	w := newWorld()
	w.handler.responder.(*incident.Responder).Teller = &teller{w, pageOf, &answer.Offer{Signer: memory.Seal("k"), Base: "https://example.com/"}, "test", slog.New(slog.DiscardHandler)}
	w.deliver(t, 0, notice(t, alert.Firing, alert.P0, alert.FirstNotification))
	w.deliver(t, 20, `{"wake_incident":"20261122-1"}`)
	if len(w.sent) == 0 || !strings.Contains(w.sent[0].Bodies["email"], "Acknowledge: you take it on") || !strings.Contains(w.sent[0].Bodies["email"], "    https://example.com/") {
		t.Errorf("sent %+v", w.sent)
	}
}
