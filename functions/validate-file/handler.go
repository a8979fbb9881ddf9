package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/landing"
	"tillwatch/shared/metric"
	"tillwatch/shared/telemetry"
)

// service names this function in logs, traces and events.
const service = "validate-file"

type handler struct {
	judge       func(context.Context, landing.Object, time.Time) (landing.Outcome, error)
	finish      finisher // ends the job of a large file; nil where there are none
	metrics     landing.Metrics
	environment string
	traces      *telemetry.Traces
	now         func() time.Time
	log         *slog.Logger
}

// handle judges the object of each message and returns the messages to be
// tried again. A message that can't be right is among them too: after its last
// attempt the queue sets it aside, where it can be looked at.
func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := queue.Each(batch, func(msg events.SQSMessage) error { return h.one(ctx, msg) })
	if err := h.traces.Flush(ctx); err != nil {
		h.log.WarnContext(ctx, "traces not exported", "error", err)
	}
	return response, nil
}

// one judges one message's object and writes the line that says what was
// decided and why.
func (h *handler) one(ctx context.Context, msg events.SQSMessage) (err error) {
	began := h.now()
	ctx, end := h.traces.Span(telemetry.Continue(ctx, traceOf(ctx, msg)), service)
	task := telemetry.Task{Task: "judge", Request: queue.RequestID(ctx), Retries: queue.Retries(msg)}
	var o landing.Object
	var out landing.Outcome
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		h.decided(ctx, task, msg.MessageId, o, out, err, h.now().Sub(began))
		end(err)
	}()
	if o, err = decode(msg.Body); err != nil {
		return err
	}
	o.Trace = telemetry.Traceparent(ctx)
	h.traces.Attribute(ctx, "tillwatch.key", o.Key)
	short, cancel := beforeDeadline(ctx)
	defer cancel()
	out, err = h.judge(short, o, began.UTC())
	return err
}

// reserve is the time before Lambda ends the process in which a judgement that
// was cut short gives its claim back and says so.
const reserve = 2 * time.Second

// beforeDeadline returns a context that ends shortly before ctx does.
func beforeDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve))
}

// decided logs what became of one message.
func (h *handler) decided(ctx context.Context, task telemetry.Task, message string, o landing.Object, out landing.Outcome, err error, took time.Duration) {
	if out.Record != nil {
		o = out.Record.Object // with the version that was found
	}
	args := []any{"message_id", message, "bucket", o.Bucket, "key", o.Key, "version_id", o.Version, "sequencer", o.Sequencer, "duration_ms", took.Milliseconds()}
	if r := out.Record; r != nil {
		task.Pipeline, task.ExecutionDate = r.Dataset, r.Period
		args = append(args, "decision", out.Decision, "reason", out.Reason, "verdict", r.Verdict, "rows", r.Rows, "bad_rows", r.BadRows,
			"failed_checks", r.Failed, "quality", r.Scores["quality"], "size_bytes", r.Object.Size, "report", r.Report,
			"attempt", out.Attempt, "published", out.Published)
	} else if out.Decision != "" {
		args = append(args, "decision", out.Decision, "reason", out.Reason)
	}
	if o.Key != "" && task.ExecutionDate == "" {
		task.ExecutionDate = landing.PeriodOf(o.Key, o.Arrived)
	}
	ctx = telemetry.WithTask(ctx, task)
	switch {
	case errors.Is(err, landing.ErrBusy):
		h.log.InfoContext(ctx, "file is being judged elsewhere", append(args, "error_code", "busy")...)
	case err != nil:
		h.log.ErrorContext(ctx, "file not judged", append(args, "error", err, "error_code", code(err))...)
		h.count(ctx)
	case out.Decision == landing.Unjudged:
		h.log.ErrorContext(ctx, "file decided", append(args, problem(out.Cause)...)...)
	case out.Decision == landing.Missing:
		h.log.WarnContext(ctx, "file decided", args...)
	default:
		h.log.InfoContext(ctx, "file decided", args...)
	}
}

// count measures a message that failed. Lambda does not: for it an invocation
// that returns failures succeeded.
func (h *handler) count(ctx context.Context) {
	err := h.metrics.Put(ctx, []metric.Measurement{{
		Name: metric.FilesErrored, Dimensions: map[string]string{metric.Environment: h.environment}, Value: 1, At: h.now().UTC(),
	}})
	if err != nil {
		h.log.WarnContext(ctx, "failure not counted", "error", err)
	}
}

// problem returns what a line says about the cause of a decision.
func problem(cause error) []any {
	var p *landing.PanicError
	switch {
	case errors.As(cause, &p):
		return []any{"error", cause, "error_code", "panic", "stack", string(p.Stack)}
	case cause != nil:
		return []any{"error", cause, "error_code", cmp.Or(fault.Code(cause), "unjudged")}
	}
	return nil
}

// code names the kind of an error for people who count errors.
func code(err error) string {
	if errors.Is(err, queue.ErrMalformed) || errors.Is(err, landing.ErrInvalid) {
		return "malformed_event"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	if c := fault.Code(err); c != "" {
		return c
	}
	return "internal"
}

// traceOf returns the trace that the message belongs to, else the invocation's.
func traceOf(ctx context.Context, msg events.SQSMessage) string {
	if t := telemetry.FromXRay(msg.Attributes["AWSTraceHeader"]); t != "" {
		return t
	}
	header, _ := ctx.Value("x-amzn-trace-id").(string) // where aws-lambda-go puts it
	return telemetry.FromXRay(header)
}
