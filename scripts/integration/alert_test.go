package integration

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"tillwatch/shared/alert"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/event"
)

// raise puts signals on the deployed bus. Their pipelines begin with the
// test's own name.
func (s *stack) raise(t *testing.T, signals ...alert.Signal) {
	t.Helper()
	b := &bus.Bus{Client: eventbridge.NewFromConfig(s.cfg), Name: s.Bus}
	for _, signal := range signals {
		kind := event.SignalRaised
		if signal.Status == alert.Resolved {
			kind = event.SignalResolved
		}
		e, err := event.New(kind, event.Metadata{
			EventID: signal.ID, CorrelationID: signal.GroupKey, CausationID: signal.ID, IdempotencyKey: signal.ID,
			OccurredAt: signal.At, Producer: "test",
		}, signal)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Send(t.Context(), []event.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *stack) signal(n, m int, severity alert.Severity) alert.Signal {
	pipeline := fmt.Sprintf("%s_%02d", s.dataset, n)
	return alert.Signal{
		ID: fmt.Sprintf("%s-%d", pipeline, m), DedupKey: fmt.Sprintf("freshness/%s/%d", pipeline, m%3), GroupKey: pipeline,
		Status: alert.Firing, Severity: severity, Rule: "freshness", Pipeline: pipeline, Environment: "check", Team: "test",
		At: time.Now().UTC().Add(time.Duration(m) * time.Millisecond), Summary: pipeline + " is late",
		Findings: []alert.Finding{}, NextSteps: []string{}, Links: []alert.Link{}, Facts: []alert.Fact{},
	}
}

// told returns the notifications of one reason, by pipeline.
func (s *stack) told(t *testing.T, reason alert.Reason) map[string]alert.Notification {
	t.Helper()
	found := map[string]alert.Notification{}
	for _, n := range of[alert.Notification](t, s, event.AlertNotified) {
		if n.Reason == reason {
			found[n.Pipeline] = n
		}
	}
	return found
}

// TestATimerTellsOfAGroup raises two P2 signals: they wait for each other, and
// the router wakes itself.
func TestATimerTellsOfAGroup(t *testing.T) {
	s := deployed(t)
	began := time.Now()
	s.raise(t, s.signal(1, 0, alert.P2), s.signal(1, 1, alert.P2))
	s.await(t, "the notification", func() bool { return len(s.told(t, alert.FirstNotification)) > 0 })
	if waited := time.Since(began); waited < 30*time.Second {
		t.Errorf("told after %v, before the group had waited", waited)
	}
	for _, n := range s.told(t, alert.FirstNotification) {
		if strings.Join(n.Channels, " ") != "P2 chat" || n.IncidentID == "" {
			t.Errorf("got %+v", n)
		}
	}
}

// TestAKilledRouterLosesNoIncident kills the router while 300 signals of 60
// incidents come. Everybody hears of every incident, at most twice.
func TestAKilledRouterLosesNoIncident(t *testing.T) {
	s := deployed(t)
	inbox, arn := s.newQueue(t, s.dataset+"_p1")
	topics := sns.NewFromConfig(s.cfg)
	subscribed, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &s.TopicP1, Protocol: aws.String("sqs"), Endpoint: &arn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := topics.Unsubscribe(context.Background(), &sns.UnsubscribeInput{SubscriptionArn: subscribed.SubscriptionArn}); err != nil {
			t.Log(err)
		}
	})
	const incidents, each = 60, 5
	killed := 0
	for m := range each {
		for n := range incidents {
			s.raise(t, s.signal(n, m, alert.P1))
			if n%25 == 24 {
				killed += killFunction(s.RouteAlertFunction, os.Getenv("TILLWATCH_ENDPOINT"))
			}
		}
	}
	began := time.Now()
	s.await(t, "a notification of each incident", func() bool { return len(s.told(t, alert.FirstNotification)) == incidents })
	pages := map[string]int{}
	for again := true; again; {
		bodies := s.poll(t, inbox)
		again = len(bodies) > 0
		for _, body := range bodies {
			for n := range incidents {
				if name := fmt.Sprintf("%s_%02d is late", s.dataset, n); strings.Contains(body, name) {
					pages[name]++
				}
			}
		}
	}
	doubles := 0
	for name, n := range pages {
		if n > 2 {
			t.Errorf("%s: %d pages", name, n)
		} else if n == 2 {
			doubles++
		}
	}
	if len(pages) != incidents {
		t.Errorf("%d incidents reached the on-call engineer, want %d", len(pages), incidents)
	}
	t.Logf("%d incidents told %v after the last signal, %d killed processes, %d doubles", len(pages), time.Since(began).Round(time.Second), killed, doubles)
}
