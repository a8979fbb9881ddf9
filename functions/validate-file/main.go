// Command validate-file judges files as they land: it takes "Object Created"
// events from its queue, judges each object by its data contract, and stores
// and publishes the verdict. A large file it hands to a state machine, which calls
// it again once the file's sections were judged. It is configured by
//
//	TILLWATCH_ENVIRONMENT         on what it publishes
//	TILLWATCH_TABLE               claims, verdicts, history
//	TILLWATCH_RESULTS_BUCKET      contracts and references in, reports and quarantine out
//	TILLWATCH_BUS                 the name of the bus for our events
//	TILLWATCH_LEASE_SECONDS       how long a claim lasts, 905 by default; it must be longer
//	                              than the function may run, and shorter than the queue
//	                              hides a message
//	TILLWATCH_MAX_BYTES           the largest file, 2 GiB by default, also once decompressed
//	TILLWATCH_MAX_RATIO           how many times larger a compressed file may become, 1,000 by default
//	TILLWATCH_STATE_MACHINE       ARN of the state machine that takes large files; none by default,
//	                              then all files are judged here
//	TILLWATCH_SPLIT_BYTES         how large a file it takes, above 2 GiB by default
//	TILLWATCH_RANGE_BYTES         how large the sections are that it judges them in, 256 MiB by default
//	TILLWATCH_RUNBOOKS            base address of the runbooks, none by default
//	OTEL_EXPORTER_OTLP_ENDPOINT   base address of a collector of traces, none by default
//
// of which the first four are required.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/cloudwatchmetric"
	"tillwatch/shared/aws/contractstore"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/judge"
	"tillwatch/shared/quality/report"
	"tillwatch/shared/telemetry"
)

func main() { telemetry.Main(service, run) }

// run reads the configuration, builds what the handler needs, and serves.
func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	c, err := configure(getenv)
	if err != nil {
		return err
	}
	if c.memory > 0 {
		debug.SetMemoryLimit(c.memory * 9 / 10) // the rest is for what is not the heap
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load aws configuration: %w", err)
	}
	traces, err := telemetry.StartTraces(ctx, service, c.environment, c.collector)
	if err != nil {
		return err
	}
	objects := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = c.endpoint != ""
		// Ranges of an object have no checksum of their own; that is no news.
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	j := newJudger(cfg, c, objects, traces)
	h := &handler{judge: j.Judge, metrics: j.Metrics, environment: c.environment, traces: traces, now: time.Now, log: log}
	if c.machine != "" {
		steps := divideBy(cfg, c, j, objects)
		h.finish = func(ctx context.Context, work, failure string, now time.Time) (landing.Job, landing.Outcome, error) {
			return steps.Finish(ctx, j, work, failure, now)
		}
	}
	lambda.StartWithOptions(h.serve, lambda.WithContext(ctx))
	return nil
}

// newJudger joins the domain with AWS.
func newJudger(cfg aws.Config, c configuration, objects *s3.Client, traces *telemetry.Traces) *landing.Judger {
	table := &landingtable.Store{Client: dynamodb.NewFromConfig(cfg), Table: c.table}
	files := &s3object.Files{Client: objects}
	j := &landing.Judger{
		Claims: table, Ledger: table, Archive: table,
		Files:     files,
		Library:   &contractstore.Store{Client: objects, Bucket: c.results},
		Documents: &s3object.Documents{Client: objects, Bucket: c.results},
		Metrics:   &cloudwatchmetric.Publisher{Client: cloudwatch.NewFromConfig(cfg)},
		Bus:       &bus.Bus{Client: eventbridge.NewFromConfig(cfg), Name: c.bus},
		Validate:  judge.Validate,
		JSON:      report.JSON, HTML: report.HTML, Rows: report.WriteQuarantine,
		Beside: func(bucket string) quality.Files {
			return &s3object.Bucket{Name: bucket, Client: objects, Files: files}
		},
		Lease: c.lease, Environment: c.environment, Producer: service,
		Link:     c.link,
		MaxBytes: c.maxBytes,
		MaxRatio: c.maxRatio,
		Since:    time.Since,

		CostPerSecond: costPerSecond(c.memory),
	}
	if c.runbooks != "" {
		j.Runbook = func(rule string) string { return runbook.URL(c.runbooks, rule) }
	}
	if traces != nil {
		j.Trace = traces.Span
	}
	return j
}

// configuration is what the deployment says.
type configuration struct {
	environment, table, results, bus string
	runbooks                         string // base address of the runbooks, "" if there is none
	collector                        string // base address of an OTLP collector, "" traces nothing
	endpoint                         string // of an emulator, "" on AWS
	region                           string
	lease                            time.Duration
	maxBytes, maxRatio               int64  // of a file that is judged; 0 is the default
	machine                          string // ARN of the state machine for large files, "" if there is none
	splitBytes, rangeBytes           int64  // see landing.Judger and sections.Starter
	memory                           int64  // bytes that Lambda gives; 0 if it does not say
}

// longest is how long Lambda lets a function run.
const longest = 15 * time.Minute

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
	number := func(name string, least, most, otherwise int64) int64 {
		v := getenv(name)
		if v == "" {
			return otherwise
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < least || n > most {
			faults = append(faults, fmt.Errorf("%s is %.40q, want a whole number from %d to %d", name, v, least, most))
		}
		return n
	}
	c := configuration{
		environment: need("TILLWATCH_ENVIRONMENT"),
		table:       need("TILLWATCH_TABLE"),
		results:     need("TILLWATCH_RESULTS_BUCKET"),
		bus:         need("TILLWATCH_BUS"),
		runbooks:    getenv("TILLWATCH_RUNBOOKS"),
		collector:   getenv("OTEL_EXPORTER_OTLP_ENDPOINT"),
		endpoint:    cmp.Or(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL")),
		region:      cmp.Or(getenv("AWS_REGION"), "us-east-1"),
		// Without a setting a claim outlives whatever function made it.
		lease:      time.Duration(number("TILLWATCH_LEASE_SECONDS", 1, 3600, int64((longest+5*time.Second)/time.Second))) * time.Second,
		maxBytes:   number("TILLWATCH_MAX_BYTES", 1, 1<<50, 0),
		maxRatio:   number("TILLWATCH_MAX_RATIO", 1, 1<<30, 0),
		machine:    getenv("TILLWATCH_STATE_MACHINE"),
		splitBytes: number("TILLWATCH_SPLIT_BYTES", 1, 1<<50, 2<<30),
		rangeBytes: number("TILLWATCH_RANGE_BYTES", 1, 4<<30, 0),
		memory:     number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1, 1<<20, 0) << 20,
	}
	return c, errors.Join(faults...)
}

// costPerSecond returns what a second of a function with that memory costs in US
// dollars, without discounts; 0 if the memory is unknown. Source: AWS Lambda
// pricing, us-east-1, first tier, per GB and second.
func costPerSecond(memory int64) float64 {
	perGB := 0.0000166667
	if runtime.GOARCH == "arm64" {
		perGB = 0.0000133334
	}
	return perGB * float64(memory) / (1 << 30)
}

// link returns the address at which a person can open a document.
func (c configuration) link(key string) string {
	return s3object.Address(c.endpoint, c.region, c.results, key)
}
