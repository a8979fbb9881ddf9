package integration

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/router"
)

// TestALongTimerIsASchedule raises a P1, whose page is repeated after a day at
// the earliest: too far for a queue. It lets the schedule that the router
// makes of that fire at once: what wakes the router too early changes nothing,
// and the router sets it again.
func TestALongTimerIsASchedule(t *testing.T) {
	s := deployed(t)
	s.raise(t, s.signal(1, 0, alert.P1))
	s.await(t, "the notification", func() bool { return len(s.told(t, alert.FirstNotification)) > 0 })
	schedules := scheduler.NewFromConfig(s.cfg)
	made := s.schedule(t, schedules)
	var wake router.Wake
	if err := json.Unmarshal([]byte(*made.Target.Input), &wake); err != nil {
		t.Fatal(err)
	}
	if in := time.Until(wake.Due); in < 23*time.Hour || in > 25*time.Hour {
		t.Errorf("due in %v, want the repeat interval of a day", in)
	}
	at := "at(" + wake.Due.Add(time.Second-1).UTC().Format("2006-01-02T15:04:05") + ")"
	if *made.ScheduleExpression != at || *made.ScheduleExpressionTimezone != "UTC" ||
		made.ActionAfterCompletion != types.ActionAfterCompletionDelete || made.FlexibleTimeWindow.Mode != types.FlexibleTimeWindowModeOff {
		t.Errorf("%s in %s, then %s, want %s in UTC once", *made.ScheduleExpression, *made.ScheduleExpressionTimezone, made.ActionAfterCompletion, at)
	}
	queue := (*made.Target.Arn)[strings.LastIndex(*made.Target.Arn, ":")+1:]
	if _, err := s.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue}); err != nil || !strings.Contains(queue, "Timers") {
		t.Errorf("it goes to %s: %v", *made.Target.Arn, err)
	}
	if !strings.Contains(*made.Target.RoleArn, ":role/") {
		t.Errorf("it sends as %s", *made.Target.RoleArn)
	}

	soon := "at(" + time.Now().UTC().Add(2*time.Second).Format("2006-01-02T15:04:05") + ")"
	if _, err := schedules.UpdateSchedule(t.Context(), &scheduler.UpdateScheduleInput{
		Name: made.Name, ScheduleExpression: &soon, ScheduleExpressionTimezone: made.ScheduleExpressionTimezone, Target: made.Target,
		FlexibleTimeWindow: made.FlexibleTimeWindow, ActionAfterCompletion: made.ActionAfterCompletion,
	}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); *s.schedule(t, schedules).ScheduleExpression != at; time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatal("the schedule that woke the router too early was not set again")
		}
	}
	s.await(t, "nothing", func() bool { return true })
	if told := len(of[alert.Notification](t, s, "alert.notified.v1")); told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}

// schedule returns the one schedule that wakes the router for the test's own
// pipelines, and waits while there is none.
func (s *stack) schedule(t *testing.T, schedules *scheduler.Client) *scheduler.GetScheduleOutput {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		// The emulator knows no pages, and leaves out what is newer than the first hundred.
		list, err := schedules.ListSchedules(t.Context(), &scheduler.ListSchedulesInput{NamePrefix: aws.String("tillwatch-"), MaxResults: aws.Int32(10_000)})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range slices.Backward(list.Schedules) {
			got, err := schedules.GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: one.Name})
			if err == nil && strings.Contains(*got.Target.Input, "wake_group") && strings.Contains(*got.Target.Input, s.dataset) {
				return got
			}
		}
	}
	t.Fatal("no schedule wakes the router")
	return nil
}
