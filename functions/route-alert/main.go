// Command route-alert is the one door to people: it takes the signals of the
// bus and CloudWatch's alarm state changes from its queue, decides who is told
// and why, and publishes to one topic per severity and one for the chat rooms.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/aws/alerttable"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/cloudwatchmetric"
	"tillwatch/shared/aws/snstopic"
	"tillwatch/shared/telemetry"
)

func main() {
	log := telemetry.NewLogger(os.Stdout, service, slog.LevelInfo)
	if err := run(context.Background(), os.Getenv, log); err != nil {
		log.Error("function not started", "error", err, "error_code", "configuration")
		os.Exit(1)
	}
}

// run reads the configuration, builds what the handler needs, and serves.
func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	c, err := configure(getenv)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load aws configuration: %w", err)
	}
	traces, err := telemetry.StartTraces(ctx, service, c.environment, c.collector)
	if err != nil {
		return err
	}
	h := &handler{
		router: &alert.Router{
			Rule:      alert.Rule{CoolDown: c.coolDown},
			Store:     &alerttable.Store{Client: dynamodb.NewFromConfig(cfg), Table: c.table},
			Publisher: &snstopic.Publisher{Client: sns.NewFromConfig(cfg), Topics: c.topics},
			Announcer: announcer{&bus.Bus{Client: eventbridge.NewFromConfig(cfg), Name: c.bus}},
			Compose:   message.Compose,
			Wait:      pause,
		},
		metrics:     &cloudwatchmetric.Publisher{Client: cloudwatch.NewFromConfig(cfg)},
		environment: c.environment,
		runbooks:    c.runbooks,
		traces:      traces,
		now:         time.Now,
		log:         log,
	}
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
	return nil
}

// configuration is what the deployment says.
type configuration struct {
	environment, table, bus string
	runbooks                string            // base address of the runbooks, "" if there is none
	collector               string            // base address of an OTLP collector, "" traces nothing
	topics                  map[string]string // by channel
	coolDown                time.Duration
}

// configure reads the environment. Everything that is missing or wrong is in
// the one error.
func configure(getenv func(string) string) (configuration, error) {
	var faults []error
	need := func(name string) string {
		v := getenv(name)
		if v == "" {
			faults = append(faults, fmt.Errorf("%s is not set", name))
		}
		return v
	}
	c := configuration{
		environment: need("TILLWATCH_ENVIRONMENT"),
		table:       need("TILLWATCH_TABLE"),
		bus:         need("TILLWATCH_BUS"),
		runbooks:    getenv("TILLWATCH_RUNBOOKS"),
		collector:   getenv("OTEL_EXPORTER_OTLP_ENDPOINT"),
		topics:      map[string]string{alert.Chat: need("TILLWATCH_TOPIC_CHAT")},
		coolDown:    time.Hour,
	}
	for _, severity := range alert.Severities {
		c.topics[string(severity)] = need("TILLWATCH_TOPIC_" + string(severity))
	}
	if v := getenv("TILLWATCH_COOLDOWN_MINUTES"); v != "" {
		minutes, err := strconv.Atoi(v)
		if err != nil || minutes < 0 || minutes > 7*24*60 {
			faults = append(faults, fmt.Errorf("TILLWATCH_COOLDOWN_MINUTES is %.40q, want a whole number from 0 to 10080", v))
		}
		c.coolDown = time.Duration(minutes) * time.Minute
	}
	return c, errors.Join(faults...)
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
