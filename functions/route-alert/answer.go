package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/alert/silence"
	"tillwatch/shared/aws/answerevent"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/telemetry"
)

// answer does what a person said, if msg carries that, and logs what came of it.
func (h *handler) answer(ctx context.Context, msg events.SQSMessage) (mine bool, err error) {
	if len(msg.Body) > queue.MaxBody {
		return false, nil
	}
	a, err := answerevent.Parse([]byte(msg.Body))
	if errors.Is(err, answerevent.ErrOther) {
		return false, nil
	}
	var r router.Result
	changed := false
	if err == nil {
		r, changed, err = h.say(ctx, a, h.now().UTC())
	}
	if errors.Is(err, answer.ErrInvalid) || errors.Is(err, silence.ErrInvalid) {
		err = fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	ctx = telemetry.WithTask(ctx, telemetry.Task{
		Pipeline: a.Pipeline, Task: "answer", Request: queue.RequestID(ctx), Retries: queue.Retries(msg),
	})
	args := []any{"message_id", msg.MessageId, "answer_id", a.ID, "answer", string(a.Kind), "incident_id", a.Incident, "group_key", a.Group}
	if err != nil {
		h.log.ErrorContext(ctx, "answer not taken", append(args, "error", err, "error_code", code(err))...)
		return true, err
	}
	h.log.InfoContext(ctx, "answer taken", append(args, "changed", changed, "notified", len(r.Sent) > 0)...)
	h.told(ctx, r)
	return true, nil
}

func (h *handler) say(ctx context.Context, a answer.Answer, now time.Time) (router.Result, bool, error) {
	d, err := h.door(ctx, now)
	if err != nil {
		h.log.ErrorContext(ctx, "alert policy not read, the last one stays in force", "error", err, "error_code", "policy")
	}
	r, changed, err := d.Answer(ctx, a, now)
	if err == nil {
		h.measure(ctx, r, now)
	}
	return r, changed, err
}
