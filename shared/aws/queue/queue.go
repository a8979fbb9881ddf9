// Package queue is what every function that takes messages off SQS does with a
// batch: each message by itself, and back to the queue with those that failed.
package queue

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// MaxBody bounds a message in bytes: what a queue can carry.
const MaxBody = 1 << 20

// ErrMalformed is wrapped by the error of a message that no retry can help.
// After its last attempt the queue sets it aside, where it can be looked at.
var ErrMalformed = errors.New("malformed message")

// Each calls one for each message of the batch and returns those whose error
// was not nil, to be tried again.
func Each(batch events.SQSEvent, one func(events.SQSMessage) error) events.SQSEventResponse {
	failed := []events.SQSBatchItemFailure{} // never nil: null would fail the whole batch
	for _, msg := range batch.Records {
		if err := one(msg); err != nil {
			failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: msg.MessageId})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failed}
}

// Retries returns how often the message was delivered before.
func Retries(msg events.SQSMessage) int {
	n, err := strconv.Atoi(msg.Attributes["ApproximateReceiveCount"])
	if err != nil || n < 1 {
		return 0
	}
	return n - 1
}

// RequestID returns the id of the invocation that ctx belongs to, "" if it
// belongs to none.
func RequestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
