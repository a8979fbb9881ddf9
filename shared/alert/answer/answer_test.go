package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func valid() answer.Answer {
	return answer.Answer{ID: "t/acknowledge", Incident: "20261122T030652.000-5f1c2a9b", Group: "0/sales", Kind: answer.Acknowledge,
		By: "Ann Lee", At: noon, Title: "sales failed", Severity: alert.P1, Pipeline: "sales_data"}
}

func TestAnswersThatCannotBeTaken(t *testing.T) {
	for _, c := range []struct {
		rule string
		bad  func(*answer.Answer)
	}{
		{"one without an id", func(a *answer.Answer) { a.ID = "" }},
		{"to no incident", func(a *answer.Answer) { a.Incident = "" }},
		{"to what is no incident's id", func(a *answer.Answer) { a.Incident = "a/b" }},
		{"to no group", func(a *answer.Answer) { a.Group = "" }},
		{"of another kind", func(a *answer.Answer) { a.Kind = "shrug" }},
		{"that nobody signs", func(a *answer.Answer) { a.By = "" }},
		{"signed by the system", func(a *answer.Answer) { a.By = "Tillwatch" }},
		{"signed with what is not a name's normal form", func(a *answer.Answer) { a.By = " Ann" }},
		{"at no time", func(a *answer.Answer) { a.At = time.Time{} }},
		{"of two lines", func(a *answer.Answer) { a.Text = "a\nb" }},
		{"with too much to say", func(a *answer.Answer) { a.Text = strings.Repeat("x", answer.MaxText+1) }},
		{"a note without words", func(a *answer.Answer) { a.Kind = answer.Note }},
		{"a silence without an end", func(a *answer.Answer) { a.Kind, a.Matchers = answer.Silence, []string{"a=b"} }},
		{"a silence of everything", func(a *answer.Answer) { a.Kind, a.Until = answer.Silence, noon.Add(time.Hour) }},
		{"a silence that is too long", func(a *answer.Answer) {
			a.Kind, a.Matchers, a.Until = answer.Silence, []string{"a=b"}, noon.Add(answer.MaxSilence+time.Second)
		}},
	} {
		a := valid()
		if err := a.Validate(); err != nil {
			t.Fatal(err)
		}
		c.bad(&a)
		if err := a.Validate(); !errors.Is(err, answer.ErrInvalid) {
			t.Errorf("%s: got %v, want %v", c.rule, err, answer.ErrInvalid)
		}
	}
}

func TestName(t *testing.T) {
	for text, want := range map[string]string{
		"Ann": "Ann", "  Ann \t Lee ": "Ann Lee", "Zoë": "Zoë", "a\nb": "a b",
		"": "", " ": "", "tillwatch": "", "TillWatch": "", "a\x1bb": "", "\xff": "", strings.Repeat("x", answer.MaxName+1): "",
	} {
		got, err := answer.Name(text)
		if want == "" && !errors.Is(err, answer.ErrInvalid) || want != "" && (err != nil || got != want) {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}
