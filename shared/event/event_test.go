package event_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/event"
)

var about = event.Metadata{
	EventID: "e1", CorrelationID: "c", CausationID: "b", IdempotencyKey: "k",
	OccurredAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Producer: "validate-file",
}

func TestRoundTrip(t *testing.T) {
	e, err := event.New(event.FileValidated, about, map[string]int{"rows": 3})
	if err != nil {
		t.Fatal(err)
	}
	detail, err := e.Detail()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"metadata":{"event_id":"e1","schema_version":"1","correlation_id":"c","causation_id":"b","idempotency_key":"k","occurred_at":"2026-11-22T12:00:00Z","producer":"validate-file"},"data":{"rows":3}}`
	if string(detail) != want {
		t.Errorf("detail\n%s, want\n%s", detail, want)
	}
	again, err := event.Parse(event.FileValidated, detail)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, again); diff != "" {
		t.Errorf("parsed (-sent +parsed):\n%s", diff)
	}
	if _, err := event.New(event.FileValidated, about, math.NaN()); err == nil {
		t.Error("data that JSON can't hold made an event")
	}
}

func TestParseRefuses(t *testing.T) {
	for name, detail := range map[string]string{
		"no JSON":         `{"metadata":`,
		"no id":           `{"metadata":{"schema_version":"1"},"data":{}}`,
		"another version": `{"metadata":{"event_id":"e","schema_version":"2"},"data":{}}`,
		"no data":         `{"metadata":{"event_id":"e","schema_version":"1"}}`,
		"null data":       `{"metadata":{"event_id":"e","schema_version":"1"},"data":null}`,
	} {
		if _, err := event.Parse("t", []byte(detail)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"metadata":{"event_id":"e","schema_version":"1","occurred_at":"2026-11-22T12:00:00Z"},"data":{"a":[1,2]}}`))
	f.Add([]byte(`{"data":1}`))
	f.Fuzz(func(t *testing.T, detail []byte) {
		e, err := event.Parse("t", detail)
		if err != nil {
			return
		}
		first, err := e.Detail()
		if err != nil {
			t.Fatal(err)
		}
		again, err := event.Parse("t", first)
		if err != nil {
			t.Fatalf("what was parsed can't be parsed again: %v", err)
		}
		if second, err := again.Detail(); err != nil || !bytes.Equal(first, second) {
			t.Errorf("detail changed from %s to %s, %v", first, second, err)
		}
	})
}
