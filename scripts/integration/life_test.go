package integration

import (
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/incident"
)

// followToItsEnd takes on, by the link in the call that inbox got, an incident
// that no remedy ended, lets a good file end it, and reads its review. What
// people read on the way is logged, as they read it.
func (s *stack) followToItsEnd(t *testing.T, inbox, id string) {
	t.Helper()
	told := s.notices(t, inbox, alert.FirstNotification, alert.Unacknowledged)
	first, call := told[alert.FirstNotification], told[alert.Unacknowledged]
	if first.Incident != id || call.Incident != id {
		t.Errorf("people are told of %s and called for %s, and it is %s", first.Incident, call.Incident, id)
	}
	link := ""
	for _, c := range call.Choices {
		if c.Name == "Acknowledge" {
			link = c.URL
		}
	}
	if status, page := s.open(t, "POST", link, url.Values{"name": {"Ann"}}); status != 200 {
		t.Fatalf("acknowledged by %s: %d, %s", link, status, page)
	}
	await(t, s, func(inc *incident.Incident) bool { return inc.AckedBy == "Ann" })

	s.drop(t, "2026-11-22.csv", good)
	end := s.notice(t, inbox, alert.AlertResolved)
	inc := await(t, s, func(inc *incident.Incident) bool { return inc.Status == incident.StatusResolved })
	if inc.Resolution != incident.SignalsCleared || inc.ID != id {
		t.Errorf("%s ended as %s, want %s as %s", inc.ID, inc.Resolution, id, incident.SignalsCleared)
	}
	s.document(t, "reports/incidents/"+id+"/review.md", "its signals cleared after Ann took it on", "pipeline_restart")
	for _, n := range []struct {
		what  string
		told  alert.Reason
		about alert.Signal
		of    []alert.Choice
	}{{"page", first.Reason, first.Signal, first.Choices}, {"call", call.Reason, call.Signal, call.Choices}, {"end", end.Reason, end.Signal, end.Choices}} {
		subject, text := message.Email(message.Bound(n.about), alert.Notice{Reason: n.told, Page: true, At: n.about.At, Since: n.about.At, Incident: id, Choices: n.of})
		t.Logf("the %s:\n%s\n%s", n.what, subject, text)
	}
	t.Logf("the whole of it:\n%s", story(inc))
}

// document returns a document of the results bucket once it holds the texts.
func (s *stack) document(t *testing.T, key string, texts ...string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		var body []byte
		out, err := s.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.ResultsBucket, Key: &key})
		if err == nil {
			body, err = io.ReadAll(out.Body)
			out.Body.Close()
		}
		lacks := ""
		for _, text := range texts {
			if !strings.Contains(string(body), text) {
				lacks = text
			}
		}
		if err == nil && lacks == "" {
			return string(body)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s lacks %q: %v\n%s", key, lacks, err, body)
		}
	}
}
