package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert"
	"tillwatch/shared/aws/answerevent"
	"tillwatch/shared/aws/cloudwatchalarm"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/aws/queue"
	"tillwatch/shared/incident"
	"tillwatch/shared/receiver"
	"tillwatch/shared/telemetry"
)

// service names this function in logs.
const service = "respond-incident"

// A responder leads one incident on.
type responder interface {
	Respond(ctx context.Context, id string, events []incident.Event, now time.Time) (*incident.Incident, error)
}

type handler struct {
	responder responder
	now       func() time.Time
	log       *slog.Logger
}

// A wake has the responder look at an incident again.
type wake struct {
	Incident string    `json:"wake_incident"`
	Due      time.Time `json:"due"`
}

// handle leads on the incident of each message and returns those to be tried
// again.
func (h *handler) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return queue.Each(batch, func(msg events.SQSMessage) error { return h.one(ctx, msg) }), nil
}

// one decodes one message, has the incident led on, and logs what it is then.
func (h *handler) one(ctx context.Context, msg events.SQSMessage) (err error) {
	var id string
	var inc *incident.Incident
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		h.responded(ctx, msg, id, inc, err)
	}()
	now := h.now().UTC()
	id, news, err := decode([]byte(msg.Body), now)
	if err != nil || id == "" {
		return err
	}
	inc, err = h.responder.Respond(ctx, id, news, now)
	return err
}

// decode reads what a topic carries, a person's answer, or a wake. The id is "" for a notice of no
// incident, for one that the responder itself sent, and for an alarm.
func decode(body []byte, now time.Time) (id string, news []incident.Event, err error) {
	if len(body) > queue.MaxBody {
		return "", nil, fmt.Errorf("%w: %d bytes", queue.ErrMalformed, len(body))
	}
	var w wake
	if err := json.Unmarshal(body, &w); err == nil && w.Incident != "" {
		return w.Incident, nil, nil
	}
	a, err := answerevent.Parse(body)
	if err == nil {
		return a.Incident, []incident.Event{incident.Answered(a)}, nil
	}
	if !errors.Is(err, answerevent.ErrOther) {
		return "", nil, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	n, err := receiver.Parse(body)
	if err != nil {
		// Alarms on the router itself go to the topics without it.
		if _, alarm := cloudwatchalarm.Decode(body); alarm == nil || errors.Is(alarm, cloudwatchalarm.ErrNoSignal) {
			return "", nil, nil
		}
		return "", nil, fmt.Errorf("%w: %w", queue.ErrMalformed, err)
	}
	if n.Incident == "" || n.Reason == alert.Unacknowledged || n.Reason == alert.Progress {
		return "", nil, nil
	}
	return n.Incident, eventsOf(n, now), nil
}

// eventsOf makes the events that a notice tells of. The same notice, also when
// it comes from several topics, makes events of the same ids.
func eventsOf(n receiver.Notice, now time.Time) []incident.Event {
	s := n.Signal
	// The incident's page need not lead to itself.
	s.Links = slices.DeleteFunc(s.Links, func(l alert.Link) bool { return l.Name == alert.IncidentLink })
	event := func(what string, kind incident.Kind, text string) incident.Event {
		return incident.Event{ID: n.Incident + "/" + what, Incident: n.Incident, At: now, Kind: kind, By: incident.System, Text: text}
	}
	if s.Status == alert.Resolved && n.By != "" { // their answer ends it
		return toldOf(n, event, "", " that "+n.By+" says it is over")
	}
	if s.Status == alert.Resolved {
		return []incident.Event{event("resolved/"+s.ID, incident.Resolve, "All alerts are over: "+s.Summary)}
	}
	opened := event("opened", incident.Opened, "Opened: "+s.Summary)
	opened.Group, opened.Severity, opened.Signal = cmp.Or(n.Group, s.GroupKey), s.Severity, &s
	opened.Quiet = n.Channels != nil && !slices.Contains(n.Channels, alert.Chat)
	list := append([]incident.Event{opened}, membersOf(n, &s, event)...)
	for _, a := range n.Audiences {
		of := event("notified/"+string(n.Reason)+"/"+string(a), incident.Notified, "Told the "+strings.ReplaceAll(string(a), "_", " "))
		of.Channel = string(a)
		list = append(list, of)
	}
	if n.Reason == alert.RemedyFirst || n.Reason == alert.NewAlerts || n.Reason == alert.SomeResolved || n.Reason == alert.CostsMore {
		return list // nobody was called of it
	}
	list = append(list, toldOf(n, event, string(n.Reason)+"/", "")...)
	switch n.Reason {
	case alert.SeverityRaised:
		raised := event("raised/"+string(s.Severity), incident.SeverityRaised, "It became "+string(s.Severity)+": "+s.Summary)
		raised.Severity, raised.Signal = s.Severity, &s
		list = append(list, raised)
	case alert.FiredAgain:
		reopened := event("reopened/"+s.ID, incident.Reopen, "It came back: "+s.Summary)
		reopened.Signal = &s
		list = append(list, reopened)
	}
	return list
}

// toldOf makes an event for each channel that a page went to: the severities
// whose people were told, and the rooms if nobody else was, or if they may hear of
// the incident for the first time. What is the part of the
// events' ids that tells pages about the same signal apart.
func toldOf(n receiver.Notice, event func(string, incident.Kind, string) incident.Event, what, that string) (list []incident.Event) {
	channels := slices.DeleteFunc(slices.Clone(n.Channels), func(c string) bool { return c == alert.Chat && n.Reason != alert.NewReceivers })
	if len(channels) == 0 && len(n.Channels) > 0 {
		channels = n.Channels
	} else if len(channels) == 0 {
		channels = []string{string(n.Signal.Severity)}
	}
	for _, channel := range channels {
		text := "Told the people of " + channel
		if channel == alert.Chat {
			text = "Told the rooms"
		}
		told := event("notified/"+n.Signal.ID+"/"+what+channel, incident.Notified, text+that)
		told.Channel = channel
		list = append(list, told)
	}
	return list
}

// membersOf makes the events of the alerts that joined the incident or ended, but
// for the one that opened it. An alert that ends and fires anew is another event.
func membersOf(n receiver.Notice, lead *alert.Signal, event func(string, incident.Kind, string) incident.Event) (list []incident.Event) {
	for _, m := range n.Alerts {
		sum := sha256.Sum256([]byte(m.DedupKey))
		id := fmt.Sprintf("%s/%x/%d", m.Status, sum[:8], m.At.UnixMilli())
		e := event(id, incident.AlertEnded, "Over: "+m.Summary)
		e.Signal = &alert.Signal{DedupKey: m.DedupKey, Status: m.Status, Severity: m.Severity, Rule: m.Rule, Pipeline: m.Pipeline, At: m.At, Summary: m.Summary}
		if m.Status == alert.Firing {
			if m.DedupKey == lead.DedupKey && n.Reason != alert.FiredAgain && n.Reason != alert.SeverityRaised {
				continue // the incident was opened with it
			}
			e.Kind, e.Text = incident.AlertJoined, "Noticed too: "+m.Summary
			if m.DedupKey == lead.DedupKey {
				e.Signal = lead
			}
			if n.Reason == alert.FiredAgain {
				e.At = e.At.Add(time.Nanosecond) // once the incident is open again
			}
		}
		list = append(list, e)
	}
	return list
}

// responded writes the one line that says what became of a message.
func (h *handler) responded(ctx context.Context, msg events.SQSMessage, id string, inc *incident.Incident, err error) {
	task := telemetry.Task{Task: "respond", Request: queue.RequestID(ctx), Retries: queue.Retries(msg)}
	args := []any{"message_id", msg.MessageId, "incident_id", id}
	if inc != nil {
		task.Pipeline = inc.Pipeline
		args = append(args, "status", string(inc.Status), "severity", string(inc.Severity), "level", inc.Level, "events", len(inc.Timeline))
	}
	ctx = telemetry.WithTask(ctx, task)
	switch {
	case err != nil:
		h.log.ErrorContext(ctx, "incident not led on", append(args, "error", err, "error_code", code(err))...)
	case id == "":
		h.log.InfoContext(ctx, "notice ignored", "message_id", msg.MessageId)
	default:
		h.log.InfoContext(ctx, "incident led on", args...)
	}
}

// code is the error's error_code in the log.
func code(err error) string {
	switch {
	case errors.Is(err, queue.ErrMalformed), errors.Is(err, incident.ErrInvalid):
		return "malformed_notice"
	case errors.Is(err, incident.ErrNoEvents), errors.Is(err, incident.ErrNotOpened):
		return "incident_unknown"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return cmp.Or(fault.Code(err), "internal")
}
