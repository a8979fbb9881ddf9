// Package observation reads the events that rules are evaluated on, as a bus
// delivers them: our verdicts on files, and what pipelines report of their runs.
package observation

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tillwatch/shared/alert/rule"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/pipeline"
)

// ErrMalformed is wrapped by the error of an event that no observation can be
// read from; trying again does not help.
var ErrMalformed = errors.New("malformed observation")

// maxAhead is how far the clock of a pipeline may be ahead of ours. What is said
// to have happened later would outlast everything that really does.
const maxAhead = 15 * time.Minute

// Decode reads the observation in an event at now. Its source is ours for
// verdicts on files, and any for runs.
func Decode(raw []byte, now time.Time) (rule.Observation, error) {
	var e struct {
		Source     string          `json:"source"`
		DetailType string          `json:"detail-type"`
		Detail     json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return rule.Observation{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var o rule.Observation
	var err error
	switch e.DetailType {
	case pipeline.RunReported:
		var r pipeline.Run
		r, err = pipeline.Parse(e.Detail)
		o = r.Observation()
	case event.FileValidated, event.FileRejected:
		o, err = file(e.Source, e.DetailType, e.Detail)
	default:
		err = fmt.Errorf("detail-type is %.40q, want %s, %s or %s", e.DetailType, pipeline.RunReported, event.FileValidated, event.FileRejected)
	}
	switch {
	case err != nil:
		return rule.Observation{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	case o.At.After(now.Add(maxAhead)):
		return rule.Observation{}, fmt.Errorf("%w: it is of %s, which is in the future", ErrMalformed, o.At.Format(time.RFC3339))
	}
	return o, nil
}

// file reads a verdict on a file.
func file(source, kind string, detail []byte) (rule.Observation, error) {
	if source != event.Source {
		return rule.Observation{}, fmt.Errorf("%s comes from %.40q, and only %s judges files", kind, source, event.Source)
	}
	e, err := event.Parse(kind, detail)
	if err != nil {
		return rule.Observation{}, err
	}
	var n landing.Notice
	if err := json.Unmarshal(e.Data, &n); err != nil {
		return rule.Observation{}, fmt.Errorf("decode %s: %w", kind, err)
	}
	if n.Dataset == "" || n.Object.Arrived.IsZero() {
		return rule.Observation{}, fmt.Errorf("decode %s: no dataset, or no time of arrival", kind)
	}
	return n.Observation(e.Metadata.EventID, kind), nil
}
