package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/event"
)

// raise puts signals on the deployed bus, in their order. Their pipelines begin
// with the test's own name.
func (s *stack) raise(t *testing.T, signals ...alert.Signal) {
	t.Helper()
	b := &bus.Bus{Client: eventbridge.NewFromConfig(s.cfg), Name: s.Bus}
	var list []event.Event
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
		list = append(list, e)
	}
	if err := b.Send(t.Context(), list); err != nil {
		t.Fatal(err)
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

// waiting returns how many messages a queue has, on their way ones included.
func (s *stack) waiting(t *testing.T, queue string) int {
	t.Helper()
	names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	about, err := s.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: names})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, name := range names {
		n, err := strconv.Atoi(about.Attributes[string(name)])
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
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

// TestAKilledRouterLosesNoIncident kills the router at random while 2,000 signals
// of 100 incidents come. Everybody hears of every incident, at most twice: of
// the P1 at once, of the P2 when their groups have waited.
func TestAKilledRouterLosesNoIncident(t *testing.T) {
	s := deployed(t)
	if testing.Short() {
		t.Skip("a storm takes a minute and more")
	}
	topics := sns.NewFromConfig(s.cfg)
	inbox, arn := s.newQueue(t, s.dataset+"_pages")
	for _, topic := range []string{s.TopicP1, s.TopicP2} {
		subscribed, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := topics.Unsubscribe(context.Background(), &sns.UnsubscribeInput{SubscriptionArn: subscribed.SubscriptionArn}); err != nil {
				t.Log(err)
			}
		})
	}
	const incidents, each = 100, 20
	chance := rand.New(rand.NewPCG(42, 1))
	killed, began := 0, time.Now()
	kill := func() {
		if chance.IntN(4) == 0 {
			killed += killFunction(s.RouteAlertFunction, os.Getenv("TILLWATCH_ENDPOINT"))
		}
	}
	for m := range each {
		for n := 0; n < incidents; n += 10 {
			var some []alert.Signal
			for k := n; k < n+10; k++ {
				some = append(some, s.signal(k, m, []alert.Severity{alert.P1, alert.P2}[k%2]))
			}
			s.raise(t, some...)
			kill()
		}
	}
	raised := time.Now()
	s.await(t, "a notification of each incident", func() bool {
		if time.Since(raised) < 30*time.Second {
			kill()
		}
		return len(s.told(t, alert.FirstNotification)) == incidents
	})
	for deadline := time.Now().Add(patience); s.waiting(t, s.SignalsQueue) > 0; time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatal("signals still wait to be routed")
		}
	}
	if n := s.waiting(t, s.SignalsDeadLetters); n > 0 {
		t.Errorf("%d signals were given up", n)
	}
	pages := map[string]int{}
	// A receive whose answer is lost hides what it took for half a minute.
	for again, deadline := true, time.Now().Add(patience); again || len(pages) < incidents && time.Now().Before(deadline); {
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
		t.Errorf("people heard of %d incidents, want %d", len(pages), incidents)
	}
	t.Logf("%d signals raised in %v, %d incidents told %v after the last, %d killed processes, %d doubles", incidents*each,
		raised.Sub(began).Round(time.Second), len(pages), time.Since(raised).Round(time.Second), killed, doubles)
}
