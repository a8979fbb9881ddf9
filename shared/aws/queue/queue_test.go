package queue

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func TestEachHandsBackOnlyWhatFailed(t *testing.T) {
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a"}, {MessageId: "b"}, {MessageId: "c"}}}
	for _, tt := range []struct{ rule, fails, want string }{
		{"nothing failed, and the list is not null", "", `{"batchItemFailures":[]}`},
		{"the message that failed", "b", `{"batchItemFailures":[{"itemIdentifier":"b"}]}`},
	} {
		response := Each(batch, func(msg events.SQSMessage) error {
			if msg.MessageId == tt.fails {
				return errors.New("no")
			}
			return nil
		})
		if got, err := json.Marshal(response); err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.rule, got, err, tt.want)
		}
	}
}

func TestRetries(t *testing.T) {
	for count, want := range map[string]int{"": 0, "1": 0, "3": 2, "x": 0, "-4": 0} {
		if got := Retries(events.SQSMessage{Attributes: map[string]string{"ApproximateReceiveCount": count}}); got != want {
			t.Errorf("received %q times: got %d retries, want %d", count, got, want)
		}
	}
}

func TestRequestID(t *testing.T) {
	if got := RequestID(t.Context()); got != "" {
		t.Errorf("without an invocation: got %q", got)
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r1"})
	if got := RequestID(ctx); got != "r1" {
		t.Errorf("got %q, want r1", got)
	}
}
