package router

import (
	"context"
	"fmt"
	"time"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/silence"
)

// Answer does what a person said of an incident, and tells what is due of its
// group. It reports whether that changed anything: an answer to an incident
// that is over, or forgotten, does not. The same answer may come again. The
// error of an answer that cannot be taken wraps answer.ErrInvalid or
// silence.ErrInvalid; any other is worth another try.
func (r *Router) Answer(ctx context.Context, a answer.Answer, now time.Time) (Result, bool, error) {
	if err := a.Validate(); err != nil {
		return Result{}, false, err
	}
	if a.Kind == answer.Silence {
		s, err := silenceOf(a)
		if err != nil {
			return Result{}, false, err
		}
		return Result{}, true, r.Store.PutSilence(ctx, s)
	}
	if a.Kind != answer.Acknowledge && a.Kind != answer.Resolve {
		return Result{}, false, nil // for the timeline alone
	}
	g, err := r.Store.Group(ctx, a.Group)
	if err != nil {
		return Result{}, false, fmt.Errorf("read group: %w", err)
	}
	if g.Incident(a.Incident) == nil {
		return Result{}, false, nil
	}
	changed := false
	err = r.change(ctx, g, now, func(g *group.Group, _ group.View) error {
		if a.Kind == answer.Acknowledge {
			changed = g.Acknowledge(a.Incident, a.By)
		} else {
			changed = r.Engine.Resolve(g, a.Incident, a.By, a.At, now)
		}
		return nil
	})
	if err != nil {
		return Result{}, false, fmt.Errorf("store answer: %w", err)
	}
	sent, err := r.flush(ctx, a.Group, now)
	return Result{Sent: sent}, changed, err
}

// silenceOf is the silence that a asks for. Answers by the same link change the
// same silence.
func silenceOf(a answer.Answer) (silence.Silence, error) {
	s := silence.Silence{
		ID: "answer-" + a.Incident, Matchers: a.Matchers, Starts: a.At, Ends: a.Until, By: a.By,
		Comment: a.Text, Updated: a.At,
	}
	if s.Comment == "" {
		s.Comment = "Silenced from a message of " + a.Incident
	}
	if a.WhileOpen {
		s.Incident = a.Incident
	}
	return silence.New(s)
}
