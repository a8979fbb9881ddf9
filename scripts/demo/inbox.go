package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/scripts/emulator"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
)

// An inbox keeps what arrived in a queue.
type inbox[T any] struct {
	mu      sync.Mutex
	arrived []T
	failed  error
}

// wait returns the first message that fits, or an error when none arrives in
// time.
func (b *inbox[T]) wait(ctx context.Context, within time.Duration, fits func(T) bool) (T, error) {
	var none T
	for deadline := time.Now().Add(within); ; {
		for _, one := range b.all() {
			if fits(one) {
				return one, nil
			}
		}
		b.mu.Lock()
		failed := b.failed
		b.mu.Unlock()
		switch {
		case failed != nil:
			return none, failed
		case time.Now().After(deadline):
			return none, fmt.Errorf("nothing came within %v", within)
		}
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// all returns everything that arrived so far.
func (b *inbox[T]) all() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]T(nil), b.arrived...)
}

// receive fills the inbox from a queue until ctx is done. decode returns false
// for a message that is of no interest.
func (b *inbox[T]) receive(ctx context.Context, client *sqs.Client, queue string, decode func(body string) (T, bool, error)) {
	for ctx.Err() == nil {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			b.fail(ctx, fmt.Errorf("receive from %s: %w", queue, err))
			return
		}
		for _, m := range out.Messages {
			one, ok, err := decode(aws.ToString(m.Body))
			if err != nil {
				b.fail(ctx, err)
				return
			}
			if ok {
				b.mu.Lock()
				b.arrived = append(b.arrived, one)
				b.mu.Unlock()
			}
			if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				b.fail(ctx, fmt.Errorf("delete from %s: %w", queue, err))
				return
			}
		}
	}
}

func (b *inbox[T]) fail(ctx context.Context, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() == nil {
		b.failed = err
	}
}

// listen subscribes a queue to the bus, for the verdicts, and one to all
// topics, for what people are told. It must be called before anything lands.
func (c *cloud) listen(ctx context.Context, p *progress) error {
	p.step(emulator.Step{Name: "subscribe to bus and topics"})
	c.verdicts, c.notices = new(inbox[landing.Notice]), new(inbox[notice])

	verdicts, arn, err := c.queue(ctx, "tillwatch-"+environment+"-demo-verdicts")
	if err != nil {
		return err
	}
	rule := "demo-verdicts"
	pattern := fmt.Sprintf(`{"source":[%q],"detail-type":[%q,%q]}`, event.Source, event.FileValidated, event.FileRejected)
	if _, err := c.bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: &rule, EventBusName: &c.Bus, EventPattern: &pattern}); err != nil {
		return fmt.Errorf("subscribe to bus %s: %w", c.Bus, err)
	}
	if _, err := c.bus.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: &rule, EventBusName: &c.Bus, Targets: []types.Target{{Id: aws.String("demo"), Arn: &arn}},
	}); err != nil {
		return fmt.Errorf("subscribe to bus %s: %w", c.Bus, err)
	}

	notices, arn, err := c.queue(ctx, "tillwatch-"+environment+"-demo-notices")
	if err != nil {
		return err
	}
	for _, topic := range []string{c.TopicP0, c.TopicP1, c.TopicP2, c.TopicP3, c.TopicChat} {
		if _, err := c.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn}); err != nil {
			return fmt.Errorf("subscribe to %s: %w", topic, err)
		}
	}
	go c.verdicts.receive(ctx, c.sqs, verdicts, decodeVerdict)
	go c.notices.receive(ctx, c.sqs, notices, decodeNotice)
	return nil
}

// queue makes a queue and returns its address and ARN.
func (c *cloud) queue(ctx context.Context, name string) (address, arn string, err error) {
	out, err := c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return "", "", fmt.Errorf("create queue %s: %w", name, err)
	}
	return aws.ToString(out.QueueUrl), strings.Join([]string{"arn:aws:sqs", emulator.Region, emulator.Account, name}, ":"), nil
}

// decodeVerdict reads a verdict from an event of the bus.
func decodeVerdict(body string) (landing.Notice, bool, error) {
	var envelope struct {
		Type   string          `json:"detail-type"`
		Detail json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &envelope); err != nil {
		return landing.Notice{}, false, fmt.Errorf("decode event: %w", err)
	}
	e, err := event.Parse(envelope.Type, envelope.Detail)
	if err != nil {
		return landing.Notice{}, false, err
	}
	var n landing.Notice
	if err := json.Unmarshal(e.Data, &n); err != nil {
		return landing.Notice{}, false, fmt.Errorf("decode %s: %w", envelope.Type, err)
	}
	return n, true, nil
}
