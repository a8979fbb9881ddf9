// Command tell-receiver hands notifications on to a tool that people are called
// with: PagerDuty, or a webhook of their own. It takes them off a queue that
// listens to the topics, so that a tool that is down loses nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"tillwatch/shared/aws/parameter"
	"tillwatch/shared/receiver"
	"tillwatch/shared/telemetry"
)

func main() { telemetry.Main(service, run) }

// run reads the configuration and the secret, and serves.
func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	c, err := configure(getenv)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load aws configuration: %w", err)
	}
	secret, err := parameter.Value(ctx, ssm.NewFromConfig(cfg), c.secret)
	if err != nil {
		return err
	}
	h := &handler{
		receiver: c.receiver, sender: c.sender(receiver.Secret(secret)),
		aside: &deadLetters{client: sqs.NewFromConfig(cfg), url: c.deadLetters}, log: log,
	}
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
	return nil
}

// configuration is what the deployment says.
type configuration struct {
	receiver string // pagerduty or webhook
	url      string // "" is PagerDuty's own
	secret   string // the parameter that holds the routing key or the secret
	// deadLetters is the address of the queue for what no retry can help.
	deadLetters string
}

// configure reads the environment. Everything that is missing or wrong is in
// the one error.
func configure(getenv func(string) string) (configuration, error) {
	c := configuration{
		receiver: getenv("TILLWATCH_RECEIVER"), url: getenv("TILLWATCH_RECEIVER_URL"),
		secret: getenv("TILLWATCH_RECEIVER_SECRET"), deadLetters: getenv("TILLWATCH_DEAD_LETTERS"),
	}
	var faults []error
	switch {
	case c.receiver != "pagerduty" && c.receiver != "webhook":
		faults = append(faults, fmt.Errorf("TILLWATCH_RECEIVER is %.40q, want pagerduty or webhook", c.receiver))
	case c.receiver == "webhook" && c.url == "":
		faults = append(faults, errors.New("TILLWATCH_RECEIVER_URL is not set"))
	}
	if c.secret == "" {
		faults = append(faults, errors.New("TILLWATCH_RECEIVER_SECRET is not set"))
	}
	if c.deadLetters == "" {
		faults = append(faults, errors.New("TILLWATCH_DEAD_LETTERS is not set"))
	}
	return c, errors.Join(faults...)
}

// deadLetters keeps messages in a queue that people look into.
type deadLetters struct {
	client *sqs.Client
	url    string
}

// SetAside puts a message into the queue.
func (d *deadLetters) SetAside(ctx context.Context, body string) error {
	if _, err := d.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: &body}); err != nil {
		return fmt.Errorf("set the notification aside: %w", err)
	}
	return nil
}

// requestTime bounds one request; three of them and their waits fit into the
// function's time.
const requestTime = 6 * time.Second

func (c configuration) sender(secret receiver.Secret) receiver.Sender {
	client := &receiver.Client{HTTP: &http.Client{Timeout: requestTime}, Wait: pause}
	if c.receiver == "pagerduty" {
		return &receiver.PagerDuty{Client: client, URL: c.url, RoutingKey: secret}
	}
	return &receiver.Webhook{Client: client, URL: c.url, Secret: secret, Now: time.Now}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
