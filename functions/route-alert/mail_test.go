package main

import (
	"context"
	"encoding/json"
	"flag"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/aws/snstest"
	"tillwatch/shared/aws/snstopic"
	"tillwatch/shared/event"
	"tillwatch/shared/memory"
)

var update = flag.Bool("update", false, "rewrite golden files")

// night pages again of what is new in an incident, so that people get every kind
// of mail, and takes names from where they are not ASCII.
const night = `
defaults: {cooldown_minutes: 5}
incidents: {stale: 24h}
people: {zoe: {name: Zoë Brûlé}, lukasz: {name: Łukasz Żak}}
on_call:
  primary: {time_zone: Europe/Warsaw, first_handover: 2026-11-16 09:00, turn: 1w, people: [zoe, lukasz]}
rules: [{name: file_rejected, keep_firing_for: 0s}, {name: low_quality, keep_firing_for: 0s}]
route: {group_by: [environment, pipeline], group_wait: 30s, group_interval: 5m, repeat_interval: 1h, update: page}
escalations:
  - {severities: [P0, P1], levels: [{after: 15m, to: [primary]}]}
`

// mailed is a world whose messages go through SNS, and those for people by mail.
type mailed struct {
	*world
	sns *snstest.SNS
}

// Publish sends m, and remembers it.
func (m *mailed) Publish(ctx context.Context, msg alert.Message) error {
	p := snstopic.Publisher{Client: m.sns.Client, Topics: m.sns.Topics}
	if err := p.Publish(ctx, msg); err != nil {
		return err
	}
	return m.world.Publish(ctx, msg)
}

func newMailed(t *testing.T, text string) *mailed {
	t.Helper()
	p, err := policy.Read("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	m := &mailed{world: w, sns: snstest.Start(t, func() time.Time { return w.at })}
	w.router.Engine.Policy, w.router.Publisher = p, m
	offer := &answer.Offer{Signer: memory.Seal("k"), Base: "https://answers.example.com/", Lasts: 72 * time.Hour}
	page := func(incident string) string {
		return "https://pages.example.com/reports/incidents/" + incident + "/index.html"
	}
	w.router.Compose = composeUnder(p, book, page, offer, slog.New(slog.DiscardHandler))
	return m
}

// say hands over the fixture, of which each pair of texts is replaced.
func (m *mailed) say(t *testing.T, fixture string, replace ...string) {
	t.Helper()
	raw, err := fs.ReadFile(payloads, fixture+".json")
	if err != nil {
		t.Fatal(err)
	}
	m.take(t, strings.NewReplacer(replace...).Replace(string(raw)))
}

func (m *mailed) take(t *testing.T, body string) {
	t.Helper()
	out, err := m.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %+v: %s", err, out, m.log.String())
	}
}

// raise hands over a signal as the bus carries it.
func (m *mailed) raise(t *testing.T, s alert.Signal) {
	t.Helper()
	e, err := event.New(event.SignalRaised, event.Metadata{EventID: s.ID, CorrelationID: s.GroupKey, CausationID: s.ID, IdempotencyKey: s.ID, OccurredAt: s.At, Producer: "test"}, s)
	if err != nil {
		t.Fatal(err)
	}
	detail, err := e.Detail()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"detail-type": e.Type, "detail": json.RawMessage(detail)})
	if err != nil {
		t.Fatal(err)
	}
	m.take(t, string(body))
}

// TestANightByMail follows one incident through SNS and SMTP to the mailboxes of
// those on call and of the executives.
func TestANightByMail(t *testing.T) {
	m := newMailed(t, night)
	m.say(t, "signal/raised")
	m.sns.Got(t, "page", "P1")

	m.say(t, "signal/raised", "sig-01", "sig-20", "2026-11-21", "2026-11-20", "21 Nov", "20 Nov")
	m.say(t, "signal/raised", "sig-01", "sig-q", "file_rejected", "low_quality", `"P1"`, `"P2"`,
		"sales_data for 21 Nov was rejected: 9 of 34 checks failed, 1,204 of 12,345 rows are bad", "sales_data: quality score 87.4, at least 90 expected")
	m.pass(t, 5*time.Minute)
	m.sns.Got(t, "update", "P1")

	m.pass(t, 60*time.Minute)
	m.sns.Got(t, "repeat", "P1")

	m.say(t, "signal/raised-worse")
	m.sns.Got(t, "worse", "P0")

	m.pass(t, 15*time.Minute)
	m.said(t, answer.Acknowledge)
	m.pass(t, time.Hour)
	m.sns.Got(t, "acknowledged, and dear", "executive_team")
	m.pass(t, 3*time.Hour)
	m.sns.Got(t, "acknowledged, and not repeated", "")

	m.say(t, "signal/resolved", "sig-09", "sig-920", "2026-11-21", "2026-11-20", "21 Nov", "20 Nov", "T04:41:02", "T08:25:20")
	m.sns.Got(t, "over in part", "P0")

	m.say(t, "signal/resolved", "T04:41:02", "T08:26:40")
	m.say(t, "signal/resolved", "sig-09", "sig-9q", "file_rejected", "low_quality", "T04:41:02", "T08:26:40")
	m.pass(t, 5*time.Minute) // as long as the group waits with its next page
	m.sns.Got(t, "over", "P0 P1 executive_team")
	m.sns.Tell(t, "testdata/night.txtar", "One incident as those who are mailed read it: each mail as their server kept it.", *update)
}

// TestExtremesByMail mails of names that are not ASCII, of what is hostile, and
// as much as a signal may say.
func TestExtremesByMail(t *testing.T) {
	m := newMailed(t, night)
	at := m.at.Add(-20 * time.Second)
	few := alert.Signal{
		ID: "n", DedupKey: "file_rejected/umsätze_zürich/2026-11-21", GroupKey: "umsätze_zürich", Rule: alert.FileRejected, Status: alert.Firing, Severity: alert.P1, At: at, Environment: "prod",
		Pipeline: "umsätze_zürich", Team: "Données & Qualité", Summary: "umsätze_zürich für den 21. Nov. – “Bahnhofstraße №5” (売上): 96 % ≥ 99 % nicht erreicht",
		Findings: []alert.Finding{
			{Check: "amount", Message: "Spalte »Betrag« hält 売上 12 € & mehr", Advice: "Schreibt Äpfel als Äpfel.", Where: "Zeilen 3, 17"},
			{Check: "evil", Message: "line\r\n.\r\nSubject: forged\u202egnp.exe"}},
		NextSteps: []string{"Öffnet den Bericht."},
		Links:     []alert.Link{{Name: "Bericht", URL: "https://example.com/berichte/umsätze zürich.html"}, {Name: "Too long", URL: "https://example.com/" + strings.Repeat("a", 1000)}},
		Facts:     []alert.Fact{{Name: "object", Value: "s3://landing/umsätze zürich/21.11. (Kopie).csv"}, {Name: "empty", Value: ""}},
	}
	m.raise(t, few)
	mails := m.sns.Got(t, "names", "P1")
	m.sns.Tell(t, "testdata/names.txtar", "A mail of names that are not ASCII, with what somebody wrote to forge another.", *update)
	for _, want := range []string{"Bahnhofstraße №5” (売上): 96 % ≥ 99 %", "team Données & Qualité", "https://example.com/berichte/umsätze%20zürich.html\n", "Too long: its address is too long for an email."} {
		if !strings.Contains(mails[0].Text, want) {
			t.Errorf("the mail of names lacks %q", want)
		}
	}

	words := func(n int) string { return strings.Repeat(`Straßenbahnhaltestelle "Nord" `, n/30+1) } // n bytes or more
	long := alert.Signal{
		ID: "l", DedupKey: strings.Repeat("k", 1024), GroupKey: "long", Rule: alert.FileRejected, Status: alert.Firing, Severity: alert.P1, At: at, Environment: "prod",
		Pipeline: "long", Team: words(200), Summary: words(600), Omitted: 1_000_000,
		Measure: &alert.Measure{Name: words(60), Value: 1e15, Unit: "rows"},
		Stakes:  &alert.Stakes{Due: at, AsOf: at, HourlyRevenue: "123456789012345.67", Currency: "USD"},
	}
	for i := range 40 {
		long.Findings = append(long.Findings, alert.Finding{Check: "c", Message: words(600), Advice: words(600), Where: strings.Repeat("w", 300)})
		long.Facts = append(long.Facts, alert.Fact{Name: words(60), Value: strings.Repeat("v", 600)})
		long.Links = append(long.Links, alert.Link{Name: words(60), URL: "https://example.com/" + strings.Repeat("a", 880)})
		long.NextSteps, long.Causes, long.Impact = append(long.NextSteps, words(600)), append(long.Causes, words(600)), append(long.Impact, words(600))
		long.Queries = append(long.Queries, alert.Query{Name: words(60), Language: alert.Athena, Where: "db", Text: "SELECT '" + strings.Repeat("x", 100*(20-min(i, 19))) + "'"})
		long.Metrics = append(long.Metrics, alert.Metric{Name: words(60), Value: float64(i), Unit: words(60)})
		long.Trend = append(long.Trend, alert.Point{At: at, Value: 1e15 + float64(i)})
	}
	m.raise(t, long)
	mails = m.sns.Got(t, "all that fits", "P1")
	published := 0
	for _, one := range m.sent {
		bodies, err := json.Marshal(one.Bodies)
		if err != nil {
			t.Fatal(err)
		}
		published = max(published, len(bodies))
	}
	if got := len(mails[0].Raw); got < 30_000 {
		t.Errorf("the largest mail has %d bytes: it is not large", got)
	}
	t.Logf("the largest mail has %d bytes in %d lines, of %d published", len(mails[0].Raw), strings.Count(mails[0].Text, "\n"), published)
}

// TestEveryFixtureByMail reads the mails of every fixture, and of its repeat a
// day later.
func TestEveryFixtureByMail(t *testing.T) {
	for name, channels := range fixtures {
		if channels == "" || strings.HasPrefix(name, "malformed/") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			m := newMailed(t, night)
			m.say(t, name)
			m.pass(t, 30*time.Second)
			m.pass(t, 2*time.Hour)
			mails := m.sns.Mails()
			if len(mails) < 2 || !strings.Contains(mails[1].Subject, " STILL ") {
				t.Errorf("%d mails, want the page and its repeat", len(mails))
			}
			for _, one := range mails {
				for _, f := range one.Faults() {
					t.Errorf("%s: %s", one.Subject, f)
				}
			}
		})
	}
}
