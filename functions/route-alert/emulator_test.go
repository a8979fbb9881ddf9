package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/aws/alerttable"
	"tillwatch/shared/aws/snstopic"
)

// cloud is SNS, SQS and DynamoDB at TILLWATCH_ENDPOINT, with a topic for each
// channel and a queue subscribed to each topic.
type cloud struct {
	sns    *sns.Client
	sqs    *sqs.Client
	db     *dynamodb.Client
	table  string
	topics map[string]string
	queues map[string]string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	endpoint := os.Getenv("TILLWATCH_ENDPOINT")
	if endpoint == "" {
		t.Skip("TILLWATCH_ENDPOINT is not set: nothing is sent through SNS")
	}
	who := credentials.NewStaticCredentialsProvider("test", "test", "")
	const region = "eu-central-1"
	c := &cloud{
		sns:    sns.New(sns.Options{BaseEndpoint: &endpoint, Region: region, Credentials: who}),
		sqs:    sqs.New(sqs.Options{BaseEndpoint: &endpoint, Region: region, Credentials: who}),
		db:     dynamodb.New(dynamodb.Options{BaseEndpoint: &endpoint, Region: region, Credentials: who}),
		table:  fmt.Sprintf("route-alert-%d", time.Now().UnixNano()),
		topics: map[string]string{}, queues: map[string]string{},
	}
	ctx := t.Context()
	attribute := func(n string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &n, AttributeType: types.ScalarAttributeTypeS}
	}
	if _, err := c.db.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &c.table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{attribute("pk"), attribute("sk")},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
	}); err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{"P0", "P1", "P2", "P3", alert.Chat} {
		name := c.table + "-" + channel
		topic, err := c.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		queue, err := c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{
			QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "2"}, // an answer can be lost
		})
		if err != nil {
			t.Fatal(err)
		}
		about, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
		})
		if err != nil {
			t.Fatal(err)
		}
		arn := about.Attributes[string(sqstypes.QueueAttributeNameQueueArn)]
		if _, err := c.sns.Subscribe(ctx, &sns.SubscribeInput{
			TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: &arn,
		}); err != nil {
			t.Fatal(err)
		}
		c.topics[channel], c.queues[channel] = *topic.TopicArn, *queue.QueueUrl
	}
	return c
}

// delivery is what SNS wraps a message in.
type delivery struct {
	Subject           string
	Message           string
	MessageAttributes map[string]struct{ Type, Value string }
}

// received takes everything out of the channel's queue, once as many messages
// as are wanted have come or half a minute is over.
func (c *cloud) received(t *testing.T, channel string, want int) []delivery {
	t.Helper()
	var all []delivery
	for end := time.Now().Add(30 * time.Second); ; {
		out, err := c.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(c.queues[channel]), MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 && (len(all) >= want || time.Now().After(end)) {
			return all
		}
		for _, m := range out.Messages {
			var d delivery
			if err := json.Unmarshal([]byte(*m.Body), &d); err != nil {
				t.Fatalf("%s: %v in %s", channel, err, *m.Body)
			}
			all = append(all, d)
			if _, err := c.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
				QueueUrl: aws.String(c.queues[channel]), ReceiptHandle: m.ReceiptHandle,
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// safeTimer takes timers of many deliveries at once and forgets them: what is
// told here is urgent.
type safeTimer struct{}

func (*safeTimer) Set(context.Context, router.Wake, time.Time) error { return nil }

// TestSignalArrives sends a signal ten times at once and its end, and reads
// what the subscribers get.
func TestSignalArrives(t *testing.T) {
	c, w := newCloud(t), newWorld()
	r := &router.Router{
		Engine:    group.Engine{Policy: policy.Shipped()},
		Store:     &alerttable.Store{Client: c.db, Table: c.table, Now: time.Now},
		Timer:     &safeTimer{},
		Publisher: &snstopic.Publisher{Client: c.sns, Topics: c.topics},
		Announcer: announcer{&w.bus}, Compose: compose,
	}
	w.door = func(context.Context, time.Time) (door, error) { return r, nil }
	raw, err := os.ReadFile("../../events/signal/raised.json")
	if err != nil {
		t.Fatal(err)
	}
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: string(raw)}}}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 20 {
				out, err := w.handle(t.Context(), batch)
				if err == nil && len(out.BatchItemFailures) == 0 {
					return
				}
			}
			t.Error("not handled after 20 deliveries")
		})
	}
	wg.Wait()

	mail, chat := c.received(t, "P1", 1), c.received(t, alert.Chat, 1)
	if len(mail) != 1 || len(chat) != 1 {
		t.Fatalf("P1 got %d and chat %d messages, want one each\n%s", len(mail), len(chat), w.log.String())
	}
	m := mail[0]
	var machine struct {
		EventType string       `json:"event_type"`
		Signal    alert.Signal `json:"signal"`
	}
	if err := json.Unmarshal([]byte(m.Message), &machine); err != nil || len(machine.Signal.Findings) != 9 || machine.EventType != "signal.raised.v1" {
		t.Errorf("the queue's body: %v, %+v", err, machine)
	}
	if !strings.HasPrefix(m.Subject, "P1 prod: sales_data for 21 Nov was rejected") {
		t.Errorf("subject %q", m.Subject)
	}
	for name, want := range map[string]string{
		"severity": "P1", "event_type": "signal.raised.v1", "pipeline": "sales_data", "environment": "prod", "team": "retail-data",
	} {
		if got := m.MessageAttributes[name]; got.Value != want || got.Type != "String" {
			t.Errorf("attribute %s: got %+v, want %s", name, got, want)
		}
	}
	if err := message.CheckNote([]byte(chat[0].Message)); err != nil {
		t.Errorf("chat: %v in %s", err, chat[0].Message)
	}

	if failed := w.deliver(t, "signal/resolved"); failed != nil {
		t.Fatal(failed, w.log.String())
	}
	over := c.received(t, "P1", 1)
	if len(over) != 1 || !strings.HasPrefix(over[0].Subject, "RESOLVED P1") || over[0].MessageAttributes["event_type"].Value != "signal.resolved.v1" {
		t.Errorf("the end: %+v", over)
	}
	for _, channel := range []string{"P0", "P2", "P3"} {
		if got := c.received(t, channel, 0); len(got) > 0 {
			t.Errorf("%s got %d messages", channel, len(got))
		}
	}
	t.Logf("the queue got\n%s\n%s\nthe chat got\n%s", m.Subject, m.Message, chat[0].Message)
}
