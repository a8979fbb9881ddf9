package message

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
)

var choices = []alert.Choice{
	{Name: "Acknowledge", Does: "you take it on: it is not repeated, and nobody else is called", URL: "https://example.com/one"},
	{Name: "Silence", Does: "nobody is told", URL: "https://example.com/two"},
}

// TestAnswersAreOffered holds that every channel has the links, each under what
// it does.
func TestAnswersAreOffered(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 7, 0, 0, time.UTC)
	s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "file_rejected", Status: alert.Firing, Severity: alert.P1, Pipeline: "sales_data",
		At: at, Summary: "sales_data failed its contract"}
	d := alert.Notice{Reason: alert.FirstNotification, Page: true, Channels: []string{"P1", alert.Chat}, At: at, Since: at, Incident: "i", Group: "0/sales", Choices: choices}
	list, err := Compose(s, d)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %d messages, %v", len(list), err)
	}
	for form, want := range map[string]string{
		"email": "\n  - Acknowledge: you take it on: it is not repeated, and nobody else is\n    called.\n    https://example.com/one\n",
		"sms":   "\nAcknowledge: https://example.com/one",
		"sqs":   `"group_key":"0/sales"`,
		"https": `"answers":[{"name":"Acknowledge","does":"you take it on`,
	} {
		if got := list[0].Bodies[form]; !strings.Contains(got, want) {
			t.Errorf("%s: got\n%s\nwant in it\n%s", form, got, want)
		}
	}
	var note Note
	if err := json.Unmarshal([]byte(list[1].Bodies["default"]), &note); err != nil {
		t.Fatal(err)
	}
	if want := "<https://example.com/one|Acknowledge> · <https://example.com/two|Silence>"; !strings.Contains(note.Content.Description, want) {
		t.Errorf("the room reads %q, want in it %q", note.Content.Description, want)
	}
	d.Choices = nil
	if list, err = Compose(s, d); err != nil || strings.Contains(list[0].Bodies["email"], "ANSWER") || strings.Contains(list[0].Bodies["sms"], "\n") {
		t.Errorf("without an answering page: %v, %s", err, list[0].Bodies["email"])
	}
}

func TestWhoEndedItIsSaid(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 7, 0, 0, time.UTC)
	s := alert.Signal{ID: "s", DedupKey: "d", GroupKey: "g", Rule: "file_rejected", Status: alert.Resolved, Severity: alert.P1, At: at, Summary: "it failed"}
	d := alert.Notice{Reason: alert.AlertResolved, Page: true, Channels: []string{"P1", alert.Chat}, At: at, Since: at, Incident: "i", By: "Ann <b>"}
	list, err := Compose(s, d)
	if err != nil {
		t.Fatal(err)
	}
	if got := list[0].Bodies["email"]; !strings.Contains(strings.ReplaceAll(got, "\n", " "), "Ann <b> says that it is over") {
		t.Errorf("the email does not say who: %s", got)
	}
	if got := list[1].Bodies["default"]; !strings.Contains(got, "Ann &lt;b&gt; says that it is over.") {
		t.Errorf("the room does not read who: %s", got)
	}
}
