// Package answerevent brings answers onto the bus and off the queues that the
// bus fills, as incident.answered.v1.
package answerevent

import (
	"encoding/json"
	"errors"
	"fmt"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/event"
)

// New returns the event of an answer that producer took. It refuses one that is
// not valid with answer.ErrInvalid.
func New(a answer.Answer, producer string) (event.Event, error) {
	if err := a.Validate(); err != nil {
		return event.Event{}, err
	}
	return event.New(event.IncidentAnswered, event.Metadata{
		EventID: "answered-" + a.ID, CorrelationID: a.Incident, CausationID: a.Incident,
		IdempotencyKey: a.ID, OccurredAt: a.At, Producer: producer,
	}, a)
}

// ErrOther is returned by Parse for what is another message altogether.
var ErrOther = errors.New("no answer")

// Parse reads what a rule of the bus puts into a queue. The error is ErrOther if
// that is not incident.answered.v1, and wraps answer.ErrInvalid if it is one
// that cannot be taken.
func Parse(body []byte) (answer.Answer, error) {
	var m struct {
		DetailType string          `json:"detail-type"`
		Detail     json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &m) != nil || m.DetailType != event.IncidentAnswered {
		return answer.Answer{}, ErrOther
	}
	e, err := event.Parse(m.DetailType, m.Detail)
	if err != nil {
		return answer.Answer{}, fmt.Errorf("%w: %w", answer.ErrInvalid, err)
	}
	var a answer.Answer
	if err := json.Unmarshal(e.Data, &a); err != nil {
		return a, fmt.Errorf("%w: decode %s: %w", answer.ErrInvalid, e.Metadata.EventID, err)
	}
	return a, a.Validate()
}
