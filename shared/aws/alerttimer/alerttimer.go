// Package alerttimer wakes the router or the responder at a time, through a
// queue of its own: what is due within a quarter of an hour is a delayed
// message, what is due later a one-shot schedule that sends the message.
package alerttimer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/shared/alert/router"
	"tillwatch/shared/aws/fault"
)

// maxDelay is the longest that SQS delays a message.
const maxDelay = 15 * time.Minute

// Queue is the part of the SQS client that is used.
type Queue interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, options ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Scheduler is the part of the EventBridge Scheduler client that is used.
type Scheduler interface {
	CreateSchedule(ctx context.Context, in *scheduler.CreateScheduleInput, options ...func(*scheduler.Options)) (*scheduler.CreateScheduleOutput, error)
}

// Timer is a router.Timer. It is safe for concurrent use.
type Timer struct {
	Queue     Queue
	Scheduler Scheduler
	// URL and ARN are the queue's, Role what the schedules send with, Prefix what
	// their names begin with.
	URL, ARN, Role, Prefix string
}

var _ router.Timer = (*Timer)(nil)

// Set lets w come to the queue at w.Due.
func (t *Timer) Set(ctx context.Context, w router.Wake, now time.Time) error {
	return t.Send(ctx, w, w.Due, now)
}

// Send lets message come to the queue as JSON at due, a second or, if it is far
// away, a minute late at most. A time that has passed is now.
func (t *Timer) Send(ctx context.Context, message any, due, now time.Time) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode wake: %w", err)
	}
	// Rounded up: what comes early comes for nothing.
	seconds := max(0, (due.Sub(now)+time.Second-1)/time.Second)
	if seconds <= maxDelay/time.Second {
		_, err := t.Queue.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: &t.URL, MessageBody: aws.String(string(body)), DelaySeconds: int32(seconds),
		})
		return fault.Wrap("delay message", err)
	}
	sum := sha256.Sum256(body)
	_, err = t.Scheduler.CreateSchedule(ctx, &scheduler.CreateScheduleInput{
		Name:                       aws.String(t.Prefix + hex.EncodeToString(sum[:12])),
		ScheduleExpression:         aws.String("at(" + due.Add(time.Second-1).UTC().Format("2006-01-02T15:04:05") + ")"),
		ScheduleExpressionTimezone: aws.String("UTC"),
		FlexibleTimeWindow:         &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		ActionAfterCompletion:      types.ActionAfterCompletionDelete,
		Target:                     &types.Target{Arn: &t.ARN, RoleArn: &t.Role, Input: aws.String(string(body))},
	})
	var exists *types.ConflictException
	if errors.As(err, &exists) {
		return nil // another delivery has set the same
	}
	return fault.Wrap("schedule message", err)
}
