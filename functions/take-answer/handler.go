package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/silence"
	"tillwatch/shared/aws/answerevent"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/event"
	"tillwatch/shared/incident"
	"tillwatch/shared/telemetry"
)

// service names this function in logs and events.
const service = "take-answer"

// maxForm bounds what a page sends back, in bytes.
const maxForm = 8 << 10

// A timeline has the events of incidents.
type timeline interface {
	Events(ctx context.Context, incident string) ([]incident.Event, error)
}

// A sender puts events on the bus.
type sender interface {
	Send(ctx context.Context, e []event.Event) error
}

type handler struct {
	verifier answer.Verifier
	timeline timeline
	bus      sender
	now      func() time.Time
	log      *slog.Logger

	environment string // of the deployment, for the command line
}

// handle shows what a link asks for, and does it only when the form on that
// page was sent: programs that open links in mail send none. Whatever it meets
// it answers with a page; it never returns an error, which would be tried again
// with nobody there to read.
func (h *handler) handle(ctx context.Context, r events.LambdaFunctionURLRequest) (response events.LambdaFunctionURLResponse, _ error) {
	var l answer.Link
	var p page
	var err error
	defer func() {
		if v := recover(); v != nil {
			p, err = broken, fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
		h.answered(ctx, r, l, p, err)
		if p.Command != "" {
			p.Command += " --environment " + h.environment
		}
		response = p.response(r.RequestContext.HTTP.Method == http.MethodHead)
	}()
	l, p, err = h.page(ctx, r)
	return response, nil
}

// page does what r asks for and returns what to show. The error, if any, is for
// the log: the page says what a person can do about it.
func (h *handler) page(ctx context.Context, r events.LambdaFunctionURLRequest) (answer.Link, page, error) {
	method := r.RequestContext.HTTP.Method
	if method != http.MethodGet && method != http.MethodHead && method != http.MethodPost {
		return answer.Link{}, notAllowed, nil
	}
	now := h.now().UTC()
	token := strings.TrimPrefix(r.RawPath, "/")
	l, err := answer.Open(ctx, token, h.verifier, now)
	if err != nil {
		return l, refused(err), unlessExpected(err, answer.ErrMalformed, answer.ErrForged, answer.ErrExpired)
	}
	inc, err := h.incident(ctx, l.Incident)
	if err != nil {
		return l, unknown(err), unlessExpected(err, incident.ErrNoEvents, incident.ErrNotOpened)
	}
	if p, ok := settled(l.Kind, inc, now); ok {
		return l, p, nil
	}
	if method != http.MethodPost {
		return l, ask(l.Kind, inc, form{}, now), nil
	}
	f, err := readForm(r)
	if err != nil {
		return l, ask(l.Kind, inc, form{Fault: "That was too much, or not what this page sends. Nothing was done."}, now).with(http.StatusBadRequest), nil
	}
	a, f := f.answer(l.Kind, inc, print(token), now)
	if f.Fault != "" {
		return l, ask(l.Kind, inc, f, now).with(http.StatusUnprocessableEntity), nil
	}
	e, err := answerevent.New(a, service)
	if err == nil {
		err = h.bus.Send(ctx, []event.Event{e})
	}
	if err != nil {
		return l, broken, err
	}
	return l, done(a, inc, now), nil
}

func (h *handler) incident(ctx context.Context, id string) (*incident.Incident, error) {
	list, err := h.timeline.Events(ctx, id)
	if err != nil {
		return nil, err
	}
	inc, err := incident.Fold(list)
	return &inc, err
}

// unlessExpected returns err, or nil if it is one that links may well have.
func unlessExpected(err error, expected ...error) error {
	for _, e := range expected {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}

// print names a link without giving it away.
func print(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// A form is what the page sends back. Fault says what is wrong with it, "" for
// nothing.
type form struct {
	Name, Comment, For string
	Fault              string
}

func readForm(r events.LambdaFunctionURLRequest) (form, error) {
	body := r.Body
	if len(body) > 2*maxForm {
		return form{}, errors.New("form is too long")
	}
	if r.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return form{}, err
		}
		body = string(raw)
	}
	if len(body) > maxForm {
		return form{}, errors.New("form is too long")
	}
	values, err := url.ParseQuery(body)
	if err != nil {
		return form{}, err
	}
	return form{Name: values.Get("name"), Comment: strings.Join(strings.Fields(values.Get("comment")), " "), For: values.Get("for")}, nil
}

// again is how long an answer that a person gives twice by the same link is one.
const again = 10 * time.Minute

// answer makes the answer that f asks for, or says in f what is wrong.
func (f form) answer(kind answer.Kind, inc *incident.Incident, link string, now time.Time) (answer.Answer, form) {
	name, err := answer.Name(f.Name)
	if err != nil {
		f.Fault = "Please write your name: whoever reads this later must know who said it."
		return answer.Answer{}, f
	}
	a := answer.Answer{
		ID: link + "/" + string(kind), Incident: inc.ID, Group: inc.Group, Kind: kind, By: name, At: now, Text: f.Comment,
		Title: inc.Title, Severity: inc.Severity, Pipeline: inc.Pipeline,
	}
	if kind == answer.Silence {
		s, ok := spanOf(f.For)
		if !ok {
			f.Fault = "Please choose for how long."
			return a, f
		}
		a.Until, a.WhileOpen, a.Matchers = now.Add(s.lasts), s.whileOpen, matchers(inc)
		a.ID += fmt.Sprintf("/%s/%d", s.Value, now.Truncate(again).Unix())
	}
	if err := a.Validate(); err != nil {
		f.Fault = fmt.Sprintf("That cannot be taken: a comment is at most %d characters that can be shown.", answer.MaxText)
	}
	return a, f
}

// matchers are those of a silence for inc.
func matchers(inc *incident.Incident) []string {
	var list []alert.Signal
	for _, a := range inc.Alerts {
		list = append(list, a.Signal)
	}
	return silence.Of(list)
}

// answered writes the one line that says what became of a request: never the
// path, which holds the link.
func (h *handler) answered(ctx context.Context, r events.LambdaFunctionURLRequest, l answer.Link, p page, err error) {
	ctx = telemetry.WithTask(ctx, telemetry.Task{Task: "answer", Request: r.RequestContext.RequestID})
	args := []any{"method", fmt.Sprintf("%.10s", r.RequestContext.HTTP.Method), "incident_id", l.Incident, "answer", string(l.Kind), "outcome", p.outcome, "status", p.status}
	if err != nil {
		h.log.ErrorContext(ctx, "answer not taken", append(args, "error", err, "error_code", cmp.Or(fault.Code(err), "internal"))...)
		return
	}
	h.log.InfoContext(ctx, "answer page shown", args...)
}
