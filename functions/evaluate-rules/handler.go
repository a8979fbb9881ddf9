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

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/event"
	"tillwatch/shared/metric"
	"tillwatch/shared/observation"
	"tillwatch/shared/telemetry"
)

// service names this function in logs and events.
const service = "evaluate-rules"

// A sink takes measurements.
type sink interface {
	Put(ctx context.Context, m []metric.Measurement) error
}

// A sender puts events on the bus.
type sender interface {
	Send(ctx context.Context, e []event.Event) error
}

type handler struct {
	// policy returns the policy in force; with an error if the newest is not.
	policy      func(ctx context.Context, now time.Time) (*policy.Policy, error)
	store       rule.Store
	bus         sender
	metrics     sink
	environment string // of an observation that names none
	traces      *telemetry.Traces
	now         func() time.Time
	log         *slog.Logger
}

// handle evaluates each observation of the batch and returns those to be tried
// again. One that can't be read is among them too: after its last attempt the
// queue sets it aside, and the log says what is wrong with it.
func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := queue.Each(batch, func(msg events.SQSMessage) error { return h.one(ctx, msg) })
	if err := h.traces.Flush(ctx); err != nil {
		h.log.WarnContext(ctx, "traces not exported", "error", err)
	}
	return response, nil
}

// one decodes one message, evaluates it, sends the signals, and logs what came
// of it.
func (h *handler) one(ctx context.Context, msg events.SQSMessage) (err error) {
	var o rule.Observation
	var verdicts []rule.Verdict
	end := func(error) {}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		h.evaluated(ctx, msg, o, verdicts, err)
		end(err)
	}()
	now := h.now().UTC()
	if len(msg.Body) > queue.MaxBody {
		return fmt.Errorf("%w: %d bytes", observation.ErrMalformed, len(msg.Body))
	}
	if o, err = observation.Decode([]byte(msg.Body), now); err != nil {
		return err
	}
	o.Environment = cmp.Or(o.Environment, h.environment)
	ctx, end = h.traces.Span(telemetry.Continue(ctx, o.Trace), service)
	p, err := h.policy(ctx, now)
	if err != nil {
		h.log.ErrorContext(ctx, "alert policy not read, the last one stays in force", "error", err, "error_code", "policy")
	}
	var signals []alert.Signal
	if signals, verdicts, err = rule.Take(ctx, h.store, p, o); err != nil || len(signals) == 0 {
		return err
	}
	list := make([]event.Event, len(signals))
	for i, s := range signals {
		if list[i], err = signalEvent(ctx, o, s); err != nil {
			return err
		}
	}
	if err = h.bus.Send(ctx, list); err != nil {
		return fmt.Errorf("send signals: %w", err)
	}
	h.measure(ctx, len(signals), now)
	return nil
}

// signalEvent puts a signal into the event that tells of it, whose id is that of
// the signal.
func signalEvent(ctx context.Context, o rule.Observation, s alert.Signal) (event.Event, error) {
	kind := event.SignalRaised
	if s.Status == alert.Resolved {
		kind = event.SignalResolved
	}
	return event.New(kind, event.Metadata{
		EventID: s.ID, CorrelationID: o.ID, CausationID: o.ID, IdempotencyKey: kind + ":" + s.ID,
		OccurredAt: s.At, Producer: service, Traceparent: telemetry.Traceparent(ctx),
	}, s)
}

// evaluated writes the one line that says which rules fired, and why the others
// did not.
func (h *handler) evaluated(ctx context.Context, msg events.SQSMessage, o rule.Observation, verdicts []rule.Verdict, err error) {
	ctx = telemetry.WithTask(ctx, telemetry.Task{
		Pipeline: o.Pipeline, ExecutionDate: o.Period, Task: "evaluate", Request: queue.RequestID(ctx), Retries: queue.Retries(msg),
	})
	args := []any{"message_id", msg.MessageId, "observation_id", o.ID, "kind", o.Kind, "table", o.Table, "run_id", o.Run, "at", o.At}
	if err != nil {
		h.log.ErrorContext(ctx, "observation not evaluated", append(args, "error", err, "error_code", code(err))...)
		return
	}
	rules := map[rule.Outcome][]string{}
	why, texts := map[string]string{}, map[string]string{}
	for _, v := range verdicts {
		rules[v.Outcome] = append(rules[v.Outcome], v.Rule)
		why[v.Rule] = string(v.Reason)
		if v.Text != "" {
			texts[v.Rule] = v.Text
		}
	}
	h.log.InfoContext(ctx, "observation evaluated", append(args,
		"fired", listed(rules[rule.Fires]), "resolved", listed(rules[rule.Resolves]), "heartbeats", listed(rules[rule.Beats]),
		"fine", listed(rules[rule.Fine]), "not_evaluated", listed(rules[rule.NotEvaluated]), "reasons", why, "measured", texts)...)
}

// listed is never null in the log.
func listed(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// measure counts the signals. A count that is lost is no reason to send them
// twice, so its error is logged and no more.
func (h *handler) measure(ctx context.Context, signals int, now time.Time) {
	if err := h.metrics.Put(ctx, []metric.Measurement{{Name: metric.SignalsRaised, Value: float64(signals), At: now,
		Dimensions: map[string]string{metric.Environment: h.environment}}}); err != nil {
		h.log.WarnContext(ctx, "metrics not recorded", "error", err)
	}
}

// code is the error's error_code in the log.
func code(err error) string {
	switch {
	case errors.Is(err, observation.ErrMalformed):
		return "malformed_observation"
	case errors.Is(err, rule.ErrConflict):
		return "state_conflict"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return cmp.Or(fault.Code(err), "internal")
}
