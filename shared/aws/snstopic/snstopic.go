// Package snstopic publishes messages to SNS topics.
package snstopic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/router"
)

// maxBytes is what SNS takes as body and attributes together.
const maxBytes = 256 << 10

// ErrTooLarge is wrapped by the error of a message that SNS would refuse.
var ErrTooLarge = errors.New("message is too large")

// ErrNoTopic is wrapped by the error of a channel without a topic.
var ErrNoTopic = errors.New("channel has no topic")

// API is the part of the SNS client that is used.
type API interface {
	Publish(ctx context.Context, in *sns.PublishInput, options ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Publisher sends each message to its channel's topic. It is safe for
// concurrent use.
type Publisher struct {
	Client API
	Topics map[string]string // channel → topic ARN
}

var _ router.Publisher = (*Publisher)(nil)

// Publish sends m. A message with bodies for several protocols goes with the
// message structure json, so that each subscriber gets its own; one with
// "default" alone goes as it is.
func (p *Publisher) Publish(ctx context.Context, m alert.Message) error {
	topic := p.Topics[m.Channel]
	if topic == "" {
		return fmt.Errorf("%w: %q", ErrNoTopic, m.Channel)
	}
	text, ok := m.Bodies["default"]
	if !ok || text == "" {
		return errors.New("publish message: it has no default body")
	}
	in := &sns.PublishInput{TopicArn: aws.String(topic)}
	if len(m.Bodies) > 1 {
		b, err := json.Marshal(m.Bodies)
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		text = string(b)
		in.MessageStructure = aws.String("json")
	}
	in.Message = aws.String(text)
	size := len(text)
	if m.Subject != "" {
		in.Subject = aws.String(m.Subject)
	}
	in.MessageAttributes = make(map[string]types.MessageAttributeValue, len(m.Attributes))
	for name, value := range m.Attributes {
		size += len(name) + len("String") + len(value)
		in.MessageAttributes[name] = types.MessageAttributeValue{
			DataType: aws.String("String"), StringValue: aws.String(value),
		}
	}
	if size > maxBytes {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	if _, err := p.Client.Publish(ctx, in); err != nil {
		return fmt.Errorf("publish to %s: %w", topic, err)
	}
	return nil
}
