package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/aws/cloudwatchalarm"
	"tillwatch/shared/event"
	"tillwatch/shared/metric"
)

// service names this function in logs and events.
const service = "route-alert"

// alertNotified is the type of the event that says that people were told.
const alertNotified = "alert.notified.v1"

// A router decides on signals and tells people.
type router interface {
	Route(ctx context.Context, s alert.Signal, now time.Time) (alert.Decision, error)
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
	router      router
	metrics     sink
	environment string // of a signal that names none
	runbooks    string // base address of the runbooks, "" if there is none
	now         func() time.Time
	log         *slog.Logger
}

// handle routes each message of the batch and returns those to be retried.
func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	failed := []events.SQSBatchItemFailure{} // never nil: null would fail the whole batch
	for _, msg := range batch.Records {
		if err := h.route(ctx, msg); err != nil {
			h.log.ErrorContext(ctx, "signal not routed", "error", err, "error_code", code(err),
				"message_id", msg.MessageId, "retry_count", msg.Attributes["ApproximateReceiveCount"])
			failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: msg.MessageId})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failed}, nil
}

// route decodes one message, has it routed, and says what became of it.
func (h *handler) route(ctx context.Context, msg events.SQSMessage) error {
	s, err := decode([]byte(msg.Body))
	if errors.Is(err, cloudwatchalarm.ErrNoSignal) {
		h.log.InfoContext(ctx, "alarm ignored", "reason", err.Error(), "message_id", msg.MessageId)
		return nil
	}
	if err != nil {
		return err
	}
	s = h.complete(s)
	d, err := h.router.Route(ctx, s, h.now().UTC())
	if err != nil {
		return fmt.Errorf("route signal %s: %w", s.ID, err)
	}
	h.log.InfoContext(ctx, "signal routed", "reason", string(d.Reason), "notified", d.Reason.Notifies(),
		"severities", d.Severities, "signal_id", s.ID, "dedup_key", s.DedupKey, "group_key", s.GroupKey,
		"status", string(s.Status), "severity", string(s.Severity), "rule", s.Rule,
		"pipeline_id", s.Pipeline, "held_back", d.HeldBack, "traceparent", s.Trace, "message_id", msg.MessageId)
	h.measure(ctx, s, d)
	return nil
}

// complete adds what only the deployment knows.
func (h *handler) complete(s alert.Signal) alert.Signal {
	if s.Environment == "" {
		s.Environment = h.environment
	}
	u := runbook.URL(h.runbooks, s.Rule)
	if u == "" {
		return s
	}
	s.Links = slices.Clone(s.Links)
	for i := range s.Links {
		if strings.EqualFold(s.Links[i].Name, "runbook") {
			s.Links[i].URL = u
			return s
		}
	}
	s.Links = append(s.Links, alert.Link{Name: "Runbook", URL: u})
	return s
}

// measure counts what was done. A count that is lost is no reason to tell
// people twice, so its error is logged and no more.
func (h *handler) measure(ctx context.Context, s alert.Signal, d alert.Decision) {
	list := []metric.Measurement{{Name: metric.NotificationsSuppressed, Value: 1, At: d.At,
		Dimensions: map[string]string{metric.Environment: h.environment}}}
	if d.Reason.Notifies() {
		list = nil
		for _, severity := range d.Severities {
			list = append(list, metric.Measurement{Name: metric.NotificationsSent, Value: 1, At: d.At,
				Dimensions: map[string]string{metric.Environment: h.environment, metric.Severity: string(severity)}})
		}
	}
	if err := h.metrics.Put(ctx, list); err != nil {
		h.log.WarnContext(ctx, "metrics not recorded", "error", err)
	}
}

// errMalformed is wrapped by the error of a message that no retry can help; the
// queue sets it aside.
var errMalformed = errors.New("malformed message")

// maxBody bounds a message in bytes: what a queue can carry.
const maxBody = 1 << 20

// decode reads a signal from the bus, or an alarm's state change in any of its
// forms, with or without SNS's wrapping.
func decode(body []byte) (alert.Signal, error) {
	if len(body) > maxBody {
		return alert.Signal{}, fmt.Errorf("%w: %d bytes", errMalformed, len(body))
	}
	var m struct {
		DetailType string          `json:"detail-type"`
		Source     string          `json:"source"`
		Detail     json.RawMessage `json:"detail"`
		Type       string
		Message    string
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return alert.Signal{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if m.Type == "Notification" && m.Message != "" {
		body = []byte(m.Message)
		m.DetailType = ""
	}
	switch m.DetailType {
	case event.SignalRaised:
		return signal(m.DetailType, m.Detail, alert.Firing)
	case event.SignalResolved:
		return signal(m.DetailType, m.Detail, alert.Resolved)
	}
	s, err := cloudwatchalarm.Decode(body)
	if errors.Is(err, cloudwatchalarm.ErrNotAlarm) {
		return s, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return s, err
}

func signal(kind string, detail []byte, want alert.Status) (alert.Signal, error) {
	e, err := event.Parse(kind, detail)
	if err != nil {
		return alert.Signal{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	var s alert.Signal
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return alert.Signal{}, fmt.Errorf("%w: decode signal of %s: %w", errMalformed, e.Metadata.EventID, err)
	}
	if s.Status != want {
		return alert.Signal{}, fmt.Errorf("%w: %s carries a signal that is %.40q", errMalformed, kind, s.Status)
	}
	if s.Trace == "" {
		s.Trace = e.Metadata.Traceparent
	}
	return s, nil
}

// code is the error's error_code in the log.
func code(err error) string {
	switch {
	case errors.Is(err, errMalformed), errors.Is(err, alert.ErrInvalid):
		return "malformed_signal"
	case errors.Is(err, alert.ErrBusy):
		return "alert_busy"
	case errors.Is(err, alert.ErrConflict):
		return "state_conflict"
	}
	return "not_routed"
}

// announcer puts alert.notified.v1 on the bus.
type announcer struct{ bus sender }

// Announce sends n in an event whose id is that of the notification.
func (a announcer) Announce(ctx context.Context, n alert.Notification) error {
	e, err := event.New(alertNotified, event.Metadata{
		EventID: n.ID, CorrelationID: n.GroupKey, CausationID: n.SignalID,
		IdempotencyKey: n.ID, OccurredAt: n.At, Producer: service,
	}, n)
	if err != nil {
		return err
	}
	return a.bus.Send(ctx, []event.Event{e})
}
