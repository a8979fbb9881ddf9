package integration

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/incident"
)

// TestABadFileIsAnIncident lets a bad file land, takes the incident on, lets a
// good one land, and reads the review that was drafted.
func TestABadFileIsAnIncident(t *testing.T) {
	s := deployed(t)
	store := &incidenttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	since := time.Now().Add(-time.Minute)
	find := func(status incident.Status) incident.Incident {
		t.Helper()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
			ids, err := store.Recent(t.Context(), since)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				events, err := store.Events(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				if inc, err := incident.Fold(events); err == nil && inc.Pipeline == s.dataset && inc.Status == status {
					return inc
				}
			}
		}
		t.Fatalf("no incident of %s became %s within %v", s.dataset, status, patience)
		return incident.Incident{}
	}

	s.push(t, contractOf)
	s.drop(t, "2026-11-22.csv", bad)
	inc := find(incident.StatusOpen)
	if len(inc.Alerts) == 0 || len(inc.Alerts[0].Signal.Findings) == 0 || inc.NotifiedAt.IsZero() {
		t.Errorf("the incident tells too little: %+v", inc)
	}
	if _, err := store.Append(t.Context(), incident.Event{ID: inc.ID + "/test", Incident: inc.ID, At: time.Now().UTC(), Kind: incident.Acknowledge, By: "the test", Text: "Taken on by the test"}); err != nil {
		t.Fatal(err)
	}
	s.drop(t, "2026-11-22.csv", good)
	inc = find(incident.StatusResolved)
	if inc.Resolution != incident.SignalsCleared {
		t.Errorf("got %s, want %s", inc.Resolution, incident.SignalsCleared)
	}
	key := "reports/incidents/" + inc.ID + "/review.md"
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		out, err := s.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.ResultsBucket, Key: &key})
		if err == nil {
			body, err := io.ReadAll(out.Body)
			out.Body.Close()
			if err != nil || !strings.Contains(string(body), "its signals cleared after the test took it on") {
				t.Errorf("the review: %s, %v", body, err)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no review of %s: %v", inc.ID, err)
		}
	}
}
