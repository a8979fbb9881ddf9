// Command validate-range does one step of judging a large file: it is called by
// the state machine large-files, many at a time, each with the number of its
// range, section or partition. It is configured by
//
//	TILLWATCH_ENVIRONMENT         on what it traces
//	TILLWATCH_RESULTS_BUCKET      what steps leave to each other, under work/
//	OTEL_EXPORTER_OTLP_ENDPOINT   base address of a collector of traces, none by default
//
// of which the first two are required.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/landing/sections"
	"tillwatch/shared/quality"
	"tillwatch/shared/telemetry"
)

func main() { telemetry.Main(service, run) }

// run reads the configuration, builds what the handler needs, and serves.
func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	environment, results := getenv("TILLWATCH_ENVIRONMENT"), getenv("TILLWATCH_RESULTS_BUCKET")
	if environment == "" || results == "" {
		return errors.New("TILLWATCH_ENVIRONMENT and TILLWATCH_RESULTS_BUCKET must be set")
	}
	if mb, err := strconv.ParseInt(getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64); err == nil && mb > 0 {
		debug.SetMemoryLimit(mb << 20 / 10 * 9) // the rest is for what is not the heap
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load aws configuration: %w", err)
	}
	traces, err := telemetry.StartTraces(ctx, service, environment, getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = cmp.Or(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL")) != ""
		// Ranges of an object have no checksum of their own; that is no news.
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	files := &s3object.Files{Client: client}
	steps := &sections.Steps{
		Files: files, Blobs: &s3object.Blobs{Client: client, Bucket: results},
		Beside: func(bucket string) quality.Files {
			return &s3object.Bucket{Name: bucket, Client: client, Files: files}
		},
	}
	h := &handler{do: steps.Do, traces: traces, now: time.Now, log: log}
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
	return nil
}
