package alerttimer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/shared/alert/router"
)

type fake struct {
	sent      []*sqs.SendMessageInput
	scheduled []*scheduler.CreateScheduleInput
	err       error
}

func (f *fake) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.sent = append(f.sent, in)
	return nil, f.err
}

func (f *fake) CreateSchedule(_ context.Context, in *scheduler.CreateScheduleInput, _ ...func(*scheduler.Options)) (*scheduler.CreateScheduleOutput, error) {
	f.scheduled = append(f.scheduled, in)
	return nil, f.err
}

func TestSet(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		rule  string
		in    time.Duration
		delay int32 // -1: a schedule
	}{
		{"what has passed is now", -time.Hour, 0},
		{"now", 0, 0},
		{"a part of a second is a second", 300 * time.Millisecond, 1},
		{"the longest delay", 15 * time.Minute, 900},
		{"longer than that", 15*time.Minute + time.Millisecond, -1},
		{"a day", 24 * time.Hour, -1},
	} {
		f := &fake{}
		timer := &Timer{Queue: f, Scheduler: f, URL: "https://queue", ARN: "arn:queue", Role: "arn:role", Prefix: "p-"}
		if err := timer.Set(t.Context(), router.Wake{Group: "g", Due: now.Add(c.in)}, now); err != nil {
			t.Fatal(err)
		}
		if c.delay < 0 {
			if len(f.scheduled) != 1 || len(f.sent) != 0 {
				t.Errorf("%s: sent %d, scheduled %d", c.rule, len(f.sent), len(f.scheduled))
			} else if s := f.scheduled[0]; c.in == 24*time.Hour && (*s.ScheduleExpression != "at(2026-11-23T10:00:00)" ||
				*s.Target.Input != `{"wake_group":"g","due":"2026-11-23T10:00:00Z"}` || s.ActionAfterCompletion != types.ActionAfterCompletionDelete) {
				t.Errorf("%s: %s, %s", c.rule, *s.ScheduleExpression, *s.Target.Input)
			}
		} else if len(f.sent) != 1 || f.sent[0].DelaySeconds != c.delay {
			t.Errorf("%s: sent %+v", c.rule, f.sent)
		}
	}
}

func TestSameScheduleTwice(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	f := &fake{err: &types.ConflictException{}}
	timer := &Timer{Queue: f, Scheduler: f}
	w := router.Wake{Group: "g", Due: now.Add(time.Hour)}
	if err := timer.Set(t.Context(), w, now); err != nil {
		t.Errorf("set twice: %v", err)
	}
	f.err = errors.New("down")
	if err := timer.Set(t.Context(), w, now); err == nil {
		t.Error("an error got lost")
	}
	if err := timer.Set(t.Context(), router.Wake{Group: "g", Due: now}, now); err == nil {
		t.Error("an error got lost")
	}
}
