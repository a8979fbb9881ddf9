package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/aws/answerevent"
	"tillwatch/shared/aws/cloudwatchalarm"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/event"
	"tillwatch/shared/receiver"
	"tillwatch/shared/telemetry"
)

// service names this function in logs.
const service = "tell-receiver"

// An asider keeps a message that no retry can help.
type asider interface {
	SetAside(ctx context.Context, body string) error
}

type handler struct {
	receiver string // its name, for the log
	sender   receiver.Sender
	aside    asider
	log      *slog.Logger
}

// handle hands on each message of the batch and returns those to be tried
// again. One that the tool refuses is sent no second time: it goes where it can
// be looked at, and an alarm tells of it.
func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return queue.Each(batch, func(msg events.SQSMessage) error {
		err := h.one(ctx, msg)
		if errors.Is(err, cloudwatchalarm.ErrNoSignal) {
			return nil
		}
		if errors.Is(err, receiver.ErrRefused) || errors.Is(err, queue.ErrMalformed) {
			return h.aside.SetAside(ctx, msg.Body)
		}
		return err
	}), nil
}

// one hands on one message and logs what became of it.
func (h *handler) one(ctx context.Context, msg events.SQSMessage) (err error) {
	var n receiver.Notice
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		h.told(ctx, msg, n, err)
	}()
	if len(msg.Body) > queue.MaxBody {
		return fmt.Errorf("%w: %d bytes", queue.ErrMalformed, len(msg.Body))
	}
	a, err := answerevent.Parse([]byte(msg.Body))
	if err == nil {
		// Only for the line in the log.
		n = receiver.Notice{Reason: alert.Reason(a.Kind), Incident: a.Incident,
			Signal: alert.Signal{ID: a.ID, Pipeline: a.Pipeline, GroupKey: a.Group, Severity: a.Severity}}
		return h.acknowledge(ctx, a)
	}
	if !errors.Is(err, answerevent.ErrOther) {
		return fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	n, err = read([]byte(msg.Body))
	if err != nil {
		return err
	}
	return h.sender.Send(ctx, n)
}

// acknowledge tells a tool that wants to know it who has taken an incident on.
// Of an incident's end it is told by a notice, like everybody.
func (h *handler) acknowledge(ctx context.Context, a answer.Answer) error {
	if tool, ok := h.sender.(receiver.Acknowledger); ok && a.Kind == answer.Acknowledge {
		return tool.Acknowledge(ctx, a)
	}
	return nil
}

// read reads what a topic carries: a notice, or one of the alarms that speak of
// the router itself and go to the topic without it.
func read(body []byte) (receiver.Notice, error) {
	n, err := receiver.Parse(body)
	if err == nil {
		return n, nil
	}
	s, alarmErr := cloudwatchalarm.Decode(body)
	switch {
	case errors.Is(alarmErr, cloudwatchalarm.ErrNoSignal):
		return n, alarmErr
	case alarmErr != nil:
		return n, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	n = receiver.Notice{Version: receiver.Version, EventType: event.SignalRaised, Reason: alert.FirstNotification, Signal: s}
	if s.Status == alert.Resolved {
		n.EventType, n.Reason = event.SignalResolved, alert.AlertResolved
	}
	return n, nil
}

func (h *handler) told(ctx context.Context, msg events.SQSMessage, n receiver.Notice, err error) {
	ctx = telemetry.WithTask(ctx, telemetry.Task{
		Pipeline: n.Signal.Pipeline, Task: "tell", Request: queue.RequestID(ctx), Retries: queue.Retries(msg),
	})
	args := []any{"receiver", h.receiver, "message_id", msg.MessageId, "signal_id", n.Signal.ID, "group_key", n.Signal.GroupKey,
		"status", string(n.Signal.Status), "severity", string(n.Signal.Severity), "reason", string(n.Reason)}
	if errors.Is(err, cloudwatchalarm.ErrNoSignal) {
		h.log.InfoContext(ctx, "alarm ignored", "reason", err.Error(), "message_id", msg.MessageId)
		return
	}
	if err != nil {
		h.log.ErrorContext(ctx, "receiver not told", append(args, "error", err, "error_code", code(err))...)
		return
	}
	h.log.InfoContext(ctx, "receiver told", args...)
}

// code is the error's error_code in the log.
func code(err error) string {
	switch {
	case errors.Is(err, queue.ErrMalformed):
		return "malformed_notification"
	case errors.Is(err, receiver.ErrRefused):
		return "refused"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "receiver_unreachable"
}
