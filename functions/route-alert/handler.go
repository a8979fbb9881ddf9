package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/aws/cloudwatchalarm"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/event"
	"tillwatch/shared/metric"
	"tillwatch/shared/telemetry"
)

// service names this function in logs and events.
const service = "route-alert"

// A door decides on signals and tells people.
type door interface {
	Route(ctx context.Context, s alert.Signal, now time.Time) (router.Result, error)
	Wake(ctx context.Context, w router.Wake, now time.Time) (router.Result, error)
	Answer(ctx context.Context, a answer.Answer, now time.Time) (r router.Result, changed bool, err error)
}

// A sink takes measurements.
type sink interface {
	Put(ctx context.Context, m []metric.Measurement) error
}

// A sender puts events on the bus.
type sender interface {
	Send(ctx context.Context, e []event.Event) error
}

type handler struct {
	// door returns the router under the policy that is in force at now; with an
	// error if the newest policy is not.
	door        func(ctx context.Context, now time.Time) (door, error)
	metrics     sink
	series      cloudwatchalarm.API // of the metrics that alarms watch
	environment string              // of a signal that names none
	traces      *telemetry.Traces
	now         func() time.Time
	log         *slog.Logger
}

// handle routes each message of the batch and returns those to be retried. A
// message that can't be right is among them too: after its last attempt the
// queue sets it aside, where it can be looked at.
func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := queue.Each(batch, func(msg events.SQSMessage) error {
		if mine, err := h.answer(ctx, msg); mine {
			return err
		}
		return h.one(ctx, msg)
	})
	if err := h.traces.Flush(ctx); err != nil {
		h.log.WarnContext(ctx, "traces not exported", "error", err)
	}
	return response, nil
}

// one decodes one message, has it routed, and logs what became of it.
func (h *handler) one(ctx context.Context, msg events.SQSMessage) (err error) {
	var s alert.Signal
	var w router.Wake
	var r router.Result
	end := func(error) {}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		h.decided(ctx, msg, s, w, r, err)
		h.told(ctx, r)
		if errors.Is(err, cloudwatchalarm.ErrNoSignal) {
			err = nil
		}
		end(err)
	}()
	now := h.now().UTC()
	if w, err = wake([]byte(msg.Body)); err != nil {
		return err
	}
	var watched cloudwatchalarm.Metric
	if w.Group == "" {
		if s, watched, err = decode([]byte(msg.Body)); err != nil {
			return err
		}
	}
	ctx, end = h.traces.Span(telemetry.Continue(ctx, s.Trace), service)
	d, err := h.door(ctx, now)
	if err != nil {
		h.log.ErrorContext(ctx, "alert policy not read, the last one stays in force", "error", err, "error_code", "policy")
	}
	if w.Group != "" {
		if r, err = d.Wake(ctx, w, now); err != nil {
			return fmt.Errorf("wake group %s: %w", w.Group, err)
		}
		h.measure(ctx, r, now)
		return nil
	}
	s.Environment = cmp.Or(s.Environment, h.environment)
	s = message.Bound(h.before(ctx, s, watched))
	h.traces.Attribute(ctx, "tillwatch.dedup_key", s.DedupKey)
	if r, err = d.Route(ctx, s, now); err != nil {
		return fmt.Errorf("route signal %s: %w", s.ID, err)
	}
	h.traces.Attribute(ctx, "tillwatch.decision", string(r.Decision.Outcome))
	h.traces.Attribute(ctx, "tillwatch.reason", string(r.Decision.Reason))
	h.measure(ctx, r, now)
	return nil
}

// decided writes the one line that says what became of a message, and why.
func (h *handler) decided(ctx context.Context, msg events.SQSMessage, s alert.Signal, w router.Wake, r router.Result, err error) {
	ctx = telemetry.WithTask(ctx, telemetry.Task{
		Pipeline: s.Pipeline, ExecutionDate: period(s), Task: "route", Request: queue.RequestID(ctx), Retries: queue.Retries(msg),
	})
	args := []any{"message_id", msg.MessageId}
	if w.Group != "" {
		args = append(args, "group_key", w.Group, "due", w.Due)
	} else {
		args = append(args, "signal_id", s.ID, "dedup_key", s.DedupKey, "rule", s.Rule, "status", string(s.Status), "severity", string(s.Severity))
	}
	switch {
	case errors.Is(err, cloudwatchalarm.ErrNoSignal):
		h.log.InfoContext(ctx, "alarm ignored", "reason", err.Error(), "message_id", msg.MessageId)
	case err != nil:
		h.log.ErrorContext(ctx, "signal not routed", append(args, "error", err, "error_code", code(err))...)
	case w.Group != "":
		h.log.InfoContext(ctx, "group looked at", append(args, "notified", len(r.Sent) > 0)...)
	default:
		d := r.Decision
		h.log.InfoContext(ctx, "signal routed", append(args, "decision", string(d.Outcome), "reason", string(d.Reason),
			"group_key", d.Group, "incident_id", d.Incident, "notified", len(r.Sent) > 0)...)
	}
}

// told writes a line for each notice that was sent.
func (h *handler) told(ctx context.Context, r router.Result) {
	for _, n := range r.Sent {
		h.log.InfoContext(ctx, "people told", "decision", "notify", "reason", string(n.Reason), "notification_id", n.ID, "incident_id", n.Incident,
			"group_key", n.Group, "dedup_key", n.Signal.DedupKey, "signal_id", n.First, "page", n.Page, "channels", n.Channels, "audiences", n.Audiences,
			"firing", len(n.Firing), "resolved", len(n.Resolved), "held_back", n.HeldBack, "folded", n.Folded)
	}
}

// period returns the period that a signal is about, "" if it names none.
func period(s alert.Signal) string {
	for _, f := range s.Facts {
		if f.Name == "period" {
			return f.Value
		}
	}
	return ""
}

// beforeWithin is how long an alarm waits to hear what its metric was before.
const beforeWithin = 3 * time.Second

// before adds to an alarm's signal what its metric was before, of which the alarm
// itself says little or nothing. People must hear of it even if that is not known.
func (h *handler) before(ctx context.Context, s alert.Signal, m cloudwatchalarm.Metric) alert.Signal {
	if m.Name == "" {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, beforeWithin)
	defer cancel()
	trend, err := m.Before(ctx, h.series)
	if err != nil {
		h.log.WarnContext(ctx, "trend of an alarm not read", "error", err, "signal_id", s.ID, "error_code", cmp.Or(fault.Code(err), "internal"))
		return s
	}
	if len(trend) > 0 {
		s.Trend = trend
	}
	if s.Measure != nil {
		measure := *s.Measure
		measure.Expected = alert.Usual(s.Trend)
		s.Measure = &measure
	}
	return s
}

// measure counts what was done. A count that is lost is no reason to tell
// people twice, so its error is logged and no more.
func (h *handler) measure(ctx context.Context, r router.Result, now time.Time) {
	var list []metric.Measurement
	for _, n := range r.Sent {
		if !n.Page {
			continue
		}
		topics := slices.DeleteFunc(slices.Clone(n.Channels), func(c string) bool { return !slices.Contains(alert.Severities, alert.Severity(c)) })
		if len(topics) == 0 && n.Signal.Status == alert.Firing { // a page of the rooms alone
			topics = []string{string(n.Signal.Severity)}
		}
		for _, severity := range topics {
			list = append(list, metric.Measurement{Name: metric.NotificationsSent, Value: 1, At: now,
				Dimensions: map[string]string{metric.Environment: h.environment, metric.Severity: severity}})
		}
	}
	if len(list) == 0 && r.Decision.Outcome != "" && r.Decision.Outcome != group.Waiting {
		list = []metric.Measurement{{Name: metric.NotificationsSuppressed, Value: 1, At: now,
			Dimensions: map[string]string{metric.Environment: h.environment}}}
	}
	if len(list) == 0 {
		return
	}
	if err := h.metrics.Put(ctx, list); err != nil {
		h.log.WarnContext(ctx, "metrics not recorded", "error", err)
	}
}

// wake reads a message of the router to itself; its Group is "" if body is none.
func wake(body []byte) (router.Wake, error) {
	if len(body) > queue.MaxBody {
		return router.Wake{}, fmt.Errorf("%w: %d bytes", queue.ErrMalformed, len(body))
	}
	var w router.Wake
	if err := json.Unmarshal(body, &w); err != nil {
		return w, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	return w, nil
}

// decode reads a signal from the bus, or an alarm's state change in any of its
// forms, with or without SNS's wrapping, and the metric that the alarm watches.
func decode(body []byte) (s alert.Signal, watched cloudwatchalarm.Metric, err error) {
	var m struct {
		DetailType string          `json:"detail-type"`
		Source     string          `json:"source"`
		Detail     json.RawMessage `json:"detail"`
		Type       string
		Message    string
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return s, watched, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	if m.Type == "Notification" && m.Message != "" {
		body = []byte(m.Message)
		m.DetailType = ""
	}
	switch m.DetailType {
	case event.SignalRaised:
		s, err = signal(m.DetailType, m.Detail, alert.Firing)
		return s, watched, err
	case event.SignalResolved:
		s, err = signal(m.DetailType, m.Detail, alert.Resolved)
		return s, watched, err
	}
	s, err = cloudwatchalarm.Decode(body)
	if errors.Is(err, cloudwatchalarm.ErrNotAlarm) {
		err = fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	if err == nil {
		watched = cloudwatchalarm.Watched(body)
	}
	return s, watched, err
}

func signal(kind string, detail []byte, want alert.Status) (alert.Signal, error) {
	e, err := event.Parse(kind, detail)
	if err != nil {
		return alert.Signal{}, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	var s alert.Signal
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return alert.Signal{}, fmt.Errorf("%w: decode signal of %s: %w", queue.ErrMalformed, e.Metadata.EventID, err)
	}
	if s.Status != want {
		return alert.Signal{}, fmt.Errorf("%w: %s carries a signal that is %.40q", queue.ErrMalformed, kind, s.Status)
	}
	if s.Trace == "" {
		s.Trace = e.Metadata.Traceparent
	}
	return s, nil
}

// code is the error's error_code in the log.
func code(err error) string {
	switch {
	case errors.Is(err, queue.ErrMalformed), errors.Is(err, alert.ErrInvalid):
		return "malformed_signal"
	case errors.Is(err, router.ErrConflict):
		return "state_conflict"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return cmp.Or(fault.Code(err), "internal")
}

// announcer puts alert.notified.v1 on the bus.
type announcer struct{ bus sender }

// Announce sends n in an event whose id is that of the notification.
func (a announcer) Announce(ctx context.Context, n alert.Notification) error {
	e, err := event.New(event.AlertNotified, event.Metadata{
		EventID: n.ID, CorrelationID: n.IncidentID, CausationID: n.SignalID,
		IdempotencyKey: n.ID, OccurredAt: n.At, Producer: service,
		Traceparent: telemetry.Traceparent(ctx),
	}, n)
	if err != nil {
		return err
	}
	return a.bus.Send(ctx, []event.Event{e})
}
