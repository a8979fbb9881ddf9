// Package telemetry says what our functions do: structured logs with the same
// fields everywhere, and traces that cost nothing where nobody collects them.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"
)

// A Task is what a line of the log is about. It travels in the context.
type Task struct {
	Pipeline      string // pipeline_id: the dataset
	Task          string // task_id: what is done to it
	ExecutionDate string // the day of the data, 2026-11-22
	Retries       int    // retry_count: deliveries before this one
	Request       string // request_id of the invocation
}

// Main is the main function of a service: run reads the configuration by getenv
// and serves, its log goes to standard output. What keeps it from starting is
// logged, and ends the process with 1.
func Main(service string, run func(ctx context.Context, getenv func(string) string, log *slog.Logger) error) {
	log := NewLogger(os.Stdout, service, slog.LevelInfo)
	if err := run(context.Background(), os.Getenv, log); err != nil {
		log.Error("function not started", "error", err, "error_code", "configuration")
		os.Exit(1)
	}
}

type taskKey struct{}

// WithTask returns a context whose lines are about t.
func WithTask(ctx context.Context, t Task) context.Context {
	return context.WithValue(ctx, taskKey{}, t)
}

// TaskOf returns the context's task, the zero Task if it has none.
func TaskOf(ctx context.Context) Task {
	t, _ := ctx.Value(taskKey{}).(Task)
	return t
}

// lifted are the attributes that are fields of their own; all others are in
// the field context.
var lifted = []string{"pipeline_id", "task_id", "execution_date", "error_code", "retry_count"}

// NewLogger returns a logger that writes one JSON object a line to w. Every
// line has the fields timestamp (UTC), level, message, service, pipeline_id,
// task_id, execution_date, error_code, retry_count, request_id, trace_id and
// context, in that order; what is unknown is "" or 0. The first ones come from
// the context's Task unless the line names them; every other attribute is in
// context.
func NewLogger(w io.Writer, service string, level slog.Leveler) *slog.Logger {
	return slog.New(&handler{service: service, out: slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case slog.TimeKey:
				if a.Value.Kind() == slog.KindTime {
					return slog.String("timestamp", a.Value.Time().UTC().Format(time.RFC3339Nano))
				}
			case slog.MessageKey:
				a.Key = "message"
			}
			return a
		},
	})})
}

// A handler sorts the attributes of a line into its fields.
type handler struct {
	service string
	out     slog.Handler
	groups  []string
	attrs   []scoped
}

// scoped is an attribute of With, with the groups that were open then.
type scoped struct {
	groups []string
	attr   slog.Attr
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.out.Enabled(ctx, l) }

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = slices.Clone(h.attrs)
	for _, a := range attrs {
		next.attrs = append(next.attrs, scoped{h.groups, a})
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.groups = append(slices.Clone(h.groups), name)
	return &next
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	task := TaskOf(ctx)
	fields := map[string]slog.Value{
		"pipeline_id":    slog.StringValue(task.Pipeline),
		"task_id":        slog.StringValue(task.Task),
		"execution_date": slog.StringValue(task.ExecutionDate),
		"error_code":     slog.StringValue(""),
		"retry_count":    slog.IntValue(task.Retries),
	}
	var rest tree
	add := func(groups []string, a slog.Attr) {
		if len(groups) == 0 && slices.Contains(lifted, a.Key) {
			fields[a.Key] = a.Value.Resolve()
			return
		}
		rest.add(groups, a)
	}
	for _, s := range h.attrs {
		add(s.groups, s.attr)
	}
	r.Attrs(func(a slog.Attr) bool {
		add(h.groups, a)
		return true
	})
	line := slog.NewRecord(r.Time, r.Level, r.Message, 0)
	line.AddAttrs(slog.String("service", h.service))
	for _, name := range lifted {
		line.AddAttrs(slog.Attr{Key: name, Value: fields[name]})
	}
	line.AddAttrs(slog.String("request_id", task.Request), slog.String("trace_id", traceID(ctx)))
	if len(rest.attrs) == 0 {
		line.AddAttrs(slog.Any("context", struct{}{})) // an empty group would be left out
	} else {
		line.AddAttrs(slog.Attr{Key: "context", Value: slog.GroupValue(rest.values()...)})
	}
	return h.out.Handle(ctx, line)
}

// A tree holds attributes in their groups, in the order in which they came.
type tree struct {
	attrs  []slog.Attr
	groups map[string]*tree
}

func (t *tree) add(groups []string, a slog.Attr) {
	if len(groups) == 0 {
		t.attrs = append(t.attrs, a)
		return
	}
	if t.groups == nil {
		t.groups = map[string]*tree{}
	}
	sub, ok := t.groups[groups[0]]
	if !ok {
		sub = &tree{}
		t.groups[groups[0]] = sub
		t.attrs = append(t.attrs, slog.Attr{Key: groups[0]}) // its place; values fills it
	}
	sub.add(groups[1:], a)
}

func (t *tree) values() []slog.Attr {
	vs := slices.Clone(t.attrs)
	for i, a := range vs {
		if sub, ok := t.groups[a.Key]; ok && a.Value.Equal(slog.Value{}) {
			vs[i].Value = slog.GroupValue(sub.values()...)
		}
	}
	return vs
}
