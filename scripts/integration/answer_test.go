package integration

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/aws/alerttable"
	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/incident"
	"tillwatch/shared/receiver"
)

// open has a program, or a browser, open a link in a message: the emulator has
// no names for addresses of functions, but takes them as a path.
func (s *stack) open(t *testing.T, method, link string, form url.Values) (status int, page string) {
	t.Helper()
	token, ok := strings.CutPrefix(link, s.AnswerPage)
	if !ok {
		t.Fatalf("%s is no link to %s", link, s.AnswerPage)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(s.AnswerPage, "https://"), ".")
	request, err := http.NewRequestWithContext(t.Context(), method, os.Getenv("TILLWATCH_ENDPOINT")+"/_aws/lambda-url/"+id+"/"+token, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.Header.Get("Cache-Control") != "no-store" || !strings.Contains(response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("the page has the headers %v", response.Header)
	}
	return response.StatusCode, string(body)
}

// inbox is a queue of the test's own that gets what topics tell.
func (s *stack) inbox(t *testing.T, topics ...string) string {
	t.Helper()
	inbox, arn := s.newQueue(t, s.dataset+"_inbox")
	client := sns.NewFromConfig(s.cfg)
	for _, topic := range topics {
		subscribed, err := client.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn, Attributes: map[string]string{"RawMessageDelivery": "true"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := client.Unsubscribe(context.Background(), &sns.UnsubscribeInput{SubscriptionArn: subscribed.SubscriptionArn}); err != nil {
				t.Log(err)
			}
		})
	}
	return inbox
}

// notice takes what came about the test's dataset until one has the reason.
func (s *stack) notice(t *testing.T, inbox string, reason alert.Reason) receiver.Notice {
	t.Helper()
	return s.notices(t, inbox, reason)[reason]
}

// notices takes what came about the test's dataset until there is one of each
// reason.
func (s *stack) notices(t *testing.T, inbox string, reasons ...alert.Reason) map[alert.Reason]receiver.Notice {
	t.Helper()
	got := map[alert.Reason]receiver.Notice{}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		for _, body := range s.poll(t, inbox) {
			if n, err := receiver.Parse([]byte(body)); err == nil && n.Signal.Pipeline == s.dataset {
				got[n.Reason] = n
			}
		}
		if !slices.ContainsFunc(reasons, func(r alert.Reason) bool { return got[r].Incident == "" }) {
			return got
		}
	}
	t.Fatalf("nobody was told %v of %s within %v", reasons, s.dataset, patience)
	return nil
}

// TestPeopleAnswerByLink follows a bad file: its message has links, opening
// them changes nothing, and what is sent from their pages reaches the timeline,
// the router, PagerDuty and the chat room.
func TestPeopleAnswerByLink(t *testing.T) {
	s := deployed(t)
	tools := s.tools(t)
	incidents := &incidenttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	alerts := &alerttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	inbox, room := s.inbox(t, s.TopicP1), s.room(t)
	s.push(t, contractOf)
	s.drop(t, "2026-11-22.csv", bad)
	told := s.notice(t, inbox, alert.FirstNotification)
	links := map[string]string{}
	for _, c := range told.Choices {
		links[c.Name] = c.URL
	}
	if len(links) != 3 || told.Group == "" {
		t.Fatalf("the message offers %+v, of group %q", told.Choices, told.Group)
	}
	_, email := message.Email(message.Bound(told.Signal), alert.Notice{Reason: told.Reason, At: told.Signal.At, Since: told.Signal.At, Incident: told.Incident, Choices: told.Choices})
	for name, link := range links {
		if !strings.Contains(email, "- "+name+": ") || !strings.Contains(email, "\n    "+link+"\n") {
			t.Errorf("the email does not offer to %s:\n%s", name, email)
		}
	}
	load := func() incident.Incident {
		t.Helper()
		list, err := incidents.Events(t.Context(), told.Incident)
		if err != nil {
			t.Fatal(err)
		}
		inc, err := incident.Fold(list)
		if err != nil {
			return incident.Incident{}
		}
		return inc
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(patience); !ok(); time.Sleep(200 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s did not come within %v: %+v", what, patience, load())
			}
		}
	}
	acked := func() string {
		g, err := alerts.Group(t.Context(), told.Group)
		if err != nil {
			t.Fatal(err)
		}
		if i := g.Incident(told.Incident); i != nil {
			return i.AckedBy
		}
		return "no such incident"
	}
	until("the incident", func() bool { return load().Status == incident.StatusOpen })
	// That a channel was told may come into the timeline at any time.
	answers := func(inc incident.Incident) (kinds []incident.Kind) {
		for _, e := range inc.Timeline {
			switch e.Kind {
			case incident.Acknowledge, incident.Mitigated, incident.Resolve, incident.Corrected, incident.Noted, incident.Review:
				kinds = append(kinds, e.Kind)
			}
		}
		return kinds
	}

	// A mail scanner opens every link, in every way that it knows.
	for name, link := range links {
		for _, method := range []string{"HEAD", "GET", "GET"} {
			status, page := s.open(t, method, link, nil)
			if status != 200 || method == "GET" && (!strings.Contains(page, "<form") || !strings.Contains(page, s.dataset)) {
				t.Errorf("%s %s: %d, %s", method, name, status, page)
			}
		}
	}
	if status, _ := s.open(t, "POST", links["Acknowledge"], url.Values{}); status != 422 {
		t.Errorf("a form without a name: %d", status)
	}
	turned := []byte(links["Acknowledge"])
	turned[len(turned)-8] ^= 1
	if status, page := s.open(t, "POST", string(turned), url.Values{"name": {"Eve"}}); status != 403 && status != 404 || strings.Contains(page, s.dataset) {
		t.Errorf("a link that was changed: %d, %s", status, page)
	}
	time.Sleep(3 * time.Second)
	if inc := load(); inc.Status != incident.StatusOpen || len(answers(inc)) > 0 || acked() != "" {
		t.Fatalf("looking has changed it: it is %s, %v are in its timeline, acknowledged by %q", inc.Status, answers(inc), acked())
	}

	if tools != nil {
		tools.heard(t, s.dataset, "trigger", "firing")
	}
	if status, page := s.open(t, "POST", links["Acknowledge"], url.Values{"name": {"Ann"}, "comment": {"on it"}}); status != 200 || !strings.Contains(page, "You have it") {
		t.Fatalf("acknowledged: %d, %s", status, page)
	}
	until("the acknowledgement in the timeline", func() bool { return load().AckedBy == "Ann" })
	until("the acknowledgement in the router", func() bool { return acked() == "Ann" })
	if tools != nil {
		tools.heard(t, s.dataset, "acknowledge", "firing")
	}
	if status, page := s.open(t, "GET", links["Acknowledge"], nil); status != 200 || !strings.Contains(page, "Ann has it") {
		t.Errorf("opened again: %d, %s", status, page)
	}

	if status, page := s.open(t, "POST", links["Silence"], url.Values{"name": {"Ben"}, "for": {"fixed"}}); status != 200 {
		t.Fatalf("silenced: %d, %s", status, page)
	}
	until("the silence", func() bool {
		list, err := alerts.Silences(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range list {
			if q.Incident == told.Incident && q.By == "Ben" && strings.Contains(strings.Join(q.Matchers, ","), s.dataset) {
				return true
			}
		}
		return false
	})
	s.drop(t, "2026-11-23.csv", bad) // more of the same is noticed, and nobody hears of it
	until("the silenced alert", func() bool {
		g, err := alerts.Group(t.Context(), told.Group)
		if err != nil {
			t.Fatal(err)
		}
		muted := 0
		for _, a := range g.Incident(told.Incident).Alerts {
			if a.Muted == "suppressed" {
				muted++
			}
		}
		return muted > 0
	})

	time.Sleep(5 * time.Second) // what is heard after the end would have come back
	if status, page := s.open(t, "POST", links["Resolve"], url.Values{"name": {"Ann"}}); status != 200 {
		t.Fatalf("resolved: %d, %s", status, page)
	}
	ended := s.notice(t, inbox, alert.AlertResolved)
	if ended.By != "Ann" || len(ended.Choices) > 0 {
		t.Errorf("the end is told as %+v", ended)
	}
	until("the end in the timeline", func() bool { inc := load(); return inc.Status == incident.StatusResolved && inc.ResolvedBy == "Ann" })
	if tools != nil {
		tools.heard(t, s.dataset, "resolve", "resolved")
		if got := tools.one(t, s.dataset); got != "trigger acknowledge resolve" {
			t.Errorf("PagerDuty heard %q", got)
		}
	}
	room.followed(t, told.Incident, s.dataset, "Taken on by Ann: on it", "Silenced by Ben until it is fixed", "Ann says that it is over.")
	if status, page := s.open(t, "POST", links["Resolve"], url.Values{"name": {"Cem"}}); status != 200 || !strings.Contains(page, "Ann ended it") {
		t.Errorf("resolved again: %d, %s", status, page)
	}
}
