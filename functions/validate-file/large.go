package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"tillwatch/shared/aws/queue"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/aws/statemachine"
	"tillwatch/shared/landing"
	"tillwatch/shared/landing/sections"
	"tillwatch/shared/telemetry"
)

// divideBy has the judger hand on large files to the state machine, and returns
// what takes the end of such a job.
func divideBy(cfg aws.Config, c configuration, j *landing.Judger, objects *s3.Client) *sections.Steps {
	blobs := &s3object.Blobs{Client: objects, Bucket: c.results}
	j.SplitBytes = c.splitBytes
	j.Large = &sections.Starter{
		Blobs: blobs, RangeBytes: c.rangeBytes,
		Machine: &statemachine.Machine{
			Client: sfn.NewFromConfig(cfg), ARN: c.machine,
			Executions: strings.Replace(c.machine, ":stateMachine:", ":execution:", 1) + ":",
		},
	}
	return &sections.Steps{Files: j.Files, Blobs: blobs}
}

// An ending is what the state machine says once a large file was read, or could
// not be.
type ending struct {
	Work    string `json:"work"`
	Failure *struct {
		Error string
		Cause string
	} `json:"failure"`
}

// failure says in one line what went wrong; "" if nothing did.
func (e ending) failure() string {
	if e.Failure == nil {
		return ""
	}
	var thrown struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(e.Failure.Cause), &thrown) == nil && thrown.Message != "" {
		return thrown.Message
	}
	return e.Failure.Error + ": " + e.Failure.Cause
}

// serve takes what the function is called with: messages of its queue, or an ending.
func (h *handler) serve(ctx context.Context, call json.RawMessage) (any, error) {
	var e ending
	if json.Unmarshal(call, &e) == nil && e.Work != "" {
		return struct{}{}, h.complete(ctx, e)
	}
	var batch events.SQSEvent
	if err := json.Unmarshal(call, &batch); err != nil {
		return nil, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	if batch.Records == nil {
		return nil, fmt.Errorf("%w: neither messages nor the end of a large file", queue.ErrMalformed)
	}
	return h.handle(ctx, batch)
}

// complete ends the job of a large file. An error has the state machine try again.
func (h *handler) complete(ctx context.Context, e ending) (err error) {
	began := h.now()
	ctx, span := h.traces.Span(ctx, service)
	var job landing.Job
	var out landing.Outcome
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		h.decided(ctx, telemetry.Task{Task: "complete", Request: queue.RequestID(ctx)}, e.Work, job.Object, out, err, h.now().Sub(began))
		span(err)
		if flushed := h.traces.Flush(ctx); flushed != nil {
			h.log.WarnContext(ctx, "traces not exported", "error", flushed)
		}
	}()
	short, cancel := beforeDeadline(ctx)
	defer cancel()
	job, out, err = h.finish(short, e.Work, e.failure(), began.UTC())
	return err
}

// finisher is handler.finish.
type finisher func(ctx context.Context, work, failure string, now time.Time) (landing.Job, landing.Outcome, error)
