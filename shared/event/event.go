// Package event holds what travels on the bus tillwatch: a fact that happened,
// in an envelope that stays the same when a bus forwards it.
//
// The detail of an event is {"metadata": {…}, "data": {…}}. Its id is made from
// what it is about, never drawn, so that a double is known by its id.
package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Source is the source of every event of ours.
const Source = "tillwatch"

// The types of event. Each has a JSON Schema in events/schema.
const (
	FileValidated  = "file.validated.v1"
	FileRejected   = "file.rejected.v1"
	SignalRaised   = "signal.raised.v1"
	SignalResolved = "signal.resolved.v1"
	AlertNotified  = "alert.notified.v1"

	IncidentOpened   = "incident.opened.v1"
	IncidentUpdated  = "incident.updated.v1"
	IncidentResolved = "incident.resolved.v1"
	IncidentAnswered = "incident.answered.v1"
)

// Version is the version of the envelope.
const Version = "1"

// Metadata says what an event is without looking into its data.
type Metadata struct {
	// EventID is the same for every delivery and every repetition of an event.
	EventID       string `json:"event_id"`
	SchemaVersion string `json:"schema_version"`
	// CorrelationID is the same for all events that follow from one cause, such
	// as an object; CausationID is the id of the event that led to this one.
	CorrelationID string `json:"correlation_id"`
	CausationID   string `json:"causation_id"`
	// IdempotencyKey is what a consumer may drop doubles by.
	IdempotencyKey string    `json:"idempotency_key"`
	OccurredAt     time.Time `json:"occurred_at"` // UTC
	Producer       string    `json:"producer"`    // the function that sent it
	// Traceparent is the W3C trace context of the producer; "" if none.
	Traceparent string `json:"traceparent,omitempty"`
}

// An Event is one fact. Type is the bus's detail-type and not in the detail.
type Event struct {
	Type     string          `json:"type"`
	Metadata Metadata        `json:"metadata"`
	Data     json.RawMessage `json:"data"`
}

// detail is the form of an event's detail on the bus.
type detail struct {
	Metadata Metadata        `json:"metadata"`
	Data     json.RawMessage `json:"data"`
}

// New returns an event with data as its data; a SchemaVersion of "" becomes
// Version.
func New(kind string, m Metadata, data any) (Event, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Event{}, fmt.Errorf("encode %s: %w", kind, err)
	}
	if m.SchemaVersion == "" {
		m.SchemaVersion = Version
	}
	return Event{Type: kind, Metadata: m, Data: raw}, nil
}

// Detail returns the event's detail as the bus carries it.
func (e Event) Detail() ([]byte, error) {
	b, err := json.Marshal(detail{e.Metadata, e.Data})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Type, err)
	}
	return b, nil
}

// Parse reads a detail that came with the detail-type kind. It refuses one
// without an id or data, and one of another envelope version.
func Parse(kind string, raw []byte) (Event, error) {
	var d detail
	if err := json.Unmarshal(raw, &d); err != nil {
		return Event{}, fmt.Errorf("decode %s: %w", kind, err)
	}
	switch {
	case d.Metadata.EventID == "":
		return Event{}, fmt.Errorf("decode %s: no metadata.event_id", kind)
	case d.Metadata.SchemaVersion != Version:
		return Event{}, fmt.Errorf("decode %s: envelope version %q, want %q", kind, d.Metadata.SchemaVersion, Version)
	case len(d.Data) == 0 || bytes.Equal(d.Data, []byte("null")):
		return Event{}, fmt.Errorf("decode %s: no data", kind)
	}
	return Event{Type: kind, Metadata: d.Metadata, Data: d.Data}, nil
}
