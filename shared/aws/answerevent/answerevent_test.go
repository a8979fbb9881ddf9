package answerevent

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"tillwatch/events"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
)

func TestWhatIsSentIsRead(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 9, 0, 0, time.UTC)
	want := answer.Answer{ID: "t", Incident: "i", Group: "0/sales", Kind: answer.Silence, By: "Ann", At: at, Until: at.Add(time.Hour),
		Matchers: []string{`pipeline="sales"`}, WhileOpen: true, Text: "work", Title: "it failed", Severity: alert.P1, Pipeline: "sales"}
	e, err := New(want, "take-answer")
	if err != nil || e.Metadata.EventID != "answered-t" {
		t.Fatalf("got %+v, %v", e.Metadata, err)
	}
	detail, err := e.Detail()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"detail-type": e.Type, "source": "tillwatch", "detail": json.RawMessage(detail)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(body); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	want.By = ""
	if _, err := New(want, "take-answer"); !errors.Is(err, answer.ErrInvalid) {
		t.Errorf("unsigned: got %v", err)
	}
}

func TestParseTellsWhatItGets(t *testing.T) {
	for name, want := range map[string]error{
		"incident/answered.json": nil, "incident/silenced.json": nil, "signal/raised.json": ErrOther,
		"malformed/answer-unsigned.json": answer.ErrInvalid, "malformed/empty.json": ErrOther,
	} {
		raw, err := events.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(raw); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	raw, err := events.Files.ReadFile("incident/answered.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"detail-type":"incident.answered.v1","detail":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := Parse(body)
		if err == nil && a.Validate() != nil {
			t.Errorf("%+v was taken", a)
		}
	})
}
