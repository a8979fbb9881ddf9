package main

import (
	"context"
	"time"

	"tillwatch/shared/event"
	"tillwatch/shared/incident"
	"tillwatch/shared/incident/playbook"
	"tillwatch/shared/incident/room"
	"tillwatch/shared/metric"
)

// A sender puts events on the bus.
type sender interface {
	Send(ctx context.Context, e []event.Event) error
}

// announcer puts incident.opened.v1, incident.updated.v1 and
// incident.resolved.v1 on the bus.
type announcer struct{ bus sender }

var _ incident.Announcer = announcer{}

// Announce sends an event for each update; its id is that of the change.
func (a announcer) Announce(ctx context.Context, list []incident.Update) error {
	var es []event.Event
	for _, u := range list {
		e, err := event.New(kindOf(u), event.Metadata{
			EventID: u.Change.ID, CorrelationID: u.ID, IdempotencyKey: u.Change.ID, OccurredAt: u.Change.At.UTC(), Producer: service,
		}, u)
		if err != nil {
			return err
		}
		es = append(es, e)
	}
	return a.bus.Send(ctx, es)
}

func kindOf(u incident.Update) string {
	switch u.Change.Kind {
	case incident.Opened:
		return event.IncidentOpened
	case incident.Resolve:
		return event.IncidentResolved
	}
	return event.IncidentUpdated
}

// A sink takes measurements.
type sink interface {
	Put(ctx context.Context, m []metric.Measurement) error
}

// meter publishes the figures of incidents.
type meter struct {
	metrics     sink
	environment string
}

var _ incident.Meter = meter{}

// Measure publishes the figures as they are at a time.
func (m meter) Measure(ctx context.Context, list []incident.Standing, at time.Time) error {
	return m.metrics.Put(ctx, incident.Figures(list, m.environment, at))
}

// scribe keeps the page of an incident, at incident.PageKey.
type scribe struct {
	*reviewer
	books       *books
	environment string // of the deployment
}

var _ incident.Scribe = (*scribe)(nil)

// Write writes the page over what was there.
func (s *scribe) Write(ctx context.Context, inc *incident.Incident, book incident.Playbook, now time.Time) error {
	about := room.About{Now: now, Book: book, Environment: s.environment, OnCall: playbook.OnCall(s.books.policy(ctx, now), inc, now)}
	if inc.Status.Over() && incident.ReviewDue(inc.Severity) {
		about.Review = "review.html" // beside the page
	}
	page, err := room.HTML(inc, about)
	if err != nil {
		return err
	}
	return s.write(ctx, incident.PageKey(inc.ID), "text/html; charset=utf-8", page)
}
