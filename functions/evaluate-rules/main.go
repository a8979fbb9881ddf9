// Command evaluate-rules holds the rules of the alert policy against what is
// observed: verdicts on files and what pipelines report of their runs come from
// the bus through its queue, and signals of what fires and what has ended go
// back to the bus, where route-alert takes them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/cloudwatchmetric"
	"tillwatch/shared/aws/policystore"
	"tillwatch/shared/aws/ruletable"
	"tillwatch/shared/telemetry"
)

func main() { telemetry.Main(service, run) }

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
	policies := &policystore.Store{Client: s3.NewFromConfig(cfg), Bucket: c.results}
	h := &handler{
		policy:      policies.Policy,
		store:       &ruletable.Store{Client: dynamodb.NewFromConfig(cfg), Table: c.table, Now: time.Now},
		bus:         &bus.Bus{Client: eventbridge.NewFromConfig(cfg), Name: c.bus},
		metrics:     &cloudwatchmetric.Publisher{Client: cloudwatch.NewFromConfig(cfg)},
		environment: c.environment,
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
	results                 string // the bucket that holds the policy
	collector               string // base address of an OTLP collector, "" traces nothing
}

// configure reads the environment. Everything that is missing is in the one
// error.
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
		results:     need("TILLWATCH_RESULTS_BUCKET"),
		collector:   getenv("OTEL_EXPORTER_OTLP_ENDPOINT"),
	}
	return c, errors.Join(faults...)
}
