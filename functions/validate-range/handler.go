package main

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"tillwatch/shared/landing/sections"
	"tillwatch/shared/telemetry"
)

// service names this function in logs and traces.
const service = "validate-range"

type handler struct {
	do     func(context.Context, sections.Step) (sections.Done, error)
	traces *telemetry.Traces
	now    func() time.Time
	log    *slog.Logger
}

// handle does one step and returns what is to be done next, an empty object
// where that is nothing: the answers of thousands of steps must fit one state.
// An error has the state machine try the step again.
func (h *handler) handle(ctx context.Context, step sections.Step) (answer any, err error) {
	began := h.now()
	ctx, end := h.traces.Span(ctx, service)
	var done sections.Done
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		args := []any{"work", step.Work, "step", step.Name, "number", step.Number, "duration_ms", h.now().Sub(began).Milliseconds()}
		if err != nil {
			h.log.ErrorContext(ctx, "step failed", append(args, "error", err, "error_code", "step")...)
		} else {
			h.log.InfoContext(ctx, "step done", args...)
		}
		end(err)
		if flushed := h.traces.Flush(ctx); flushed != nil {
			h.log.WarnContext(ctx, "traces not exported", "error", flushed)
		}
	}()
	if done, err = h.do(ctx, step); err != nil {
		return nil, err
	}
	switch {
	case done.Sections != nil:
		return map[string]any{"sections": done.Sections, "partitions": done.Partitions}, nil
	case done.Looks != nil:
		return map[string]any{"looks": done.Looks}, nil
	}
	return struct{}{}, nil
}
