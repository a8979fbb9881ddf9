package integration

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/aws/ruletable"
	"tillwatch/shared/event"
	"tillwatch/shared/pipeline"
)

// report puts a run of the test's own pipeline on the bus, as a scheduler would.
func (s *stack) report(t *testing.T, r pipeline.Run) {
	t.Helper()
	r.Pipeline, r.RunID, r.ExecutionDate = s.dataset, "nightly", r.EndedAt.Format(time.DateOnly)
	r.StartedAt = r.EndedAt.Add(-12 * time.Minute)
	detail, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	out, err := eventbridge.NewFromConfig(s.cfg).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &s.Bus, Source: aws.String("example.scheduler"), DetailType: aws.String(pipeline.RunReported), Detail: aws.String(string(detail)),
	}}})
	if err != nil || out.FailedEntryCount > 0 {
		t.Fatalf("%v, %+v", err, out)
	}
}

// remembered waits until what the rules said last of the test's pipeline is so.
func (s *stack) remembered(t *testing.T, what string, is func(rule.State) bool) {
	t.Helper()
	store := &ruletable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	for deadline := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		state, err := store.State(t.Context(), s.dataset)
		if err != nil {
			t.Fatal(err)
		}
		if is(state) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not remembered: %+v", what, state)
		}
	}
}

// TestABadRunReachesAPersonAndAGoodOneEndsIt follows a run from the bus to the
// topic that the on-call engineer subscribes to: one before it goes well, it
// fails and is reported twice, fails again in a retry, and goes well in the next.
func TestABadRunReachesAPersonAndAGoodOneEndsIt(t *testing.T) {
	s := deployed(t)
	inbox := s.subscribe(t, s.TopicP1)
	tasks, many, few, none := int64(1204), int64(89), int64(2), int64(0)
	ended := time.Now().UTC().Truncate(time.Second)

	before := ended.Add(-24 * time.Hour)
	s.remembered(t, "the run before", func(is rule.State) bool {
		// Again, since the policy of a test before may still be in force.
		s.report(t, pipeline.Run{Status: pipeline.Succeeded, EndedAt: before, Tasks: &tasks, FailedTasks: &few})
		return len(is.Rules) > 0
	})
	bad := pipeline.Run{Status: pipeline.Failed, EndedAt: ended, Tasks: &tasks, FailedTasks: &many}
	s.report(t, bad)
	s.report(t, bad)
	s.await(t, "the page", func() bool { return len(s.told(t, alert.FirstNotification)) == 1 })
	raised := s.signals(t, event.SignalRaised, alert.HighErrorRate)
	if len(raised) != 1 || raised[0].Severity != alert.P1 || raised[0].Environment != "check" ||
		!strings.HasSuffix(raised[0].Summary, "error rate 7.39 % of 1,204 tasks, limit 5 %") {
		t.Fatalf("raised %+v", raised)
	}
	if usual := raised[0].Measure.Expected; len(raised[0].Trend) != 1 || !raised[0].Trend[0].At.Equal(before) ||
		usual == nil || *usual != raised[0].Trend[0].Value || math.Round(*usual*100) != 17 {
		t.Errorf("before it was %+v, usually %v; want the one run before, of 0.17 %%", raised[0].Trend, usual)
	}

	s.report(t, pipeline.Run{Status: pipeline.Failed, Retry: 1, EndedAt: ended.Add(time.Second), Tasks: &tasks, FailedTasks: &many})
	s.report(t, pipeline.Run{Status: pipeline.Succeeded, Retry: 2, EndedAt: ended.Add(2 * time.Second), Tasks: &tasks, FailedTasks: &none})
	s.await(t, "the end", func() bool { return len(s.told(t, alert.AlertResolved)) == 1 })
	if raised := s.signals(t, event.SignalRaised, alert.HighErrorRate); len(raised) != 1 {
		t.Errorf("%d signals, want none of the retry", len(raised))
	}
	if resolved := s.signals(t, event.SignalResolved, alert.HighErrorRate); len(resolved) != 1 || resolved[0].DedupKey != raised[0].DedupKey {
		t.Errorf("resolved %+v", resolved)
	}

	var told []string
	for deadline := time.Now().Add(patience); len(told) < 2 && time.Now().Before(deadline); {
		for _, body := range s.poll(t, inbox) {
			var wrapped struct{ Subject string }
			if err := json.Unmarshal([]byte(body), &wrapped); err == nil && strings.Contains(body, s.dataset) {
				told = append(told, wrapped.Subject)
			}
		}
	}
	if len(told) != 2 || !strings.HasPrefix(told[0], "P1 check: ") || !strings.HasPrefix(told[1], "RESOLVED P1") {
		t.Errorf("people were told %q, want of the run and of its end", told)
	}
}
