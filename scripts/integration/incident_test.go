package integration

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/incident"
)

// TestABadFileIsAnIncident lets a bad file land, takes the incident on, lets a
// good one land, and reads the review that was drafted.
func TestABadFileIsAnIncident(t *testing.T) {
	s := deployed(t)
	s.push(t, contractOf)
	s.drop(t, "2026-11-22.csv", bad)
	inc := await(t, s, func(inc *incident.Incident) bool { return inc.Status == incident.StatusOpen })
	if len(inc.Alerts) == 0 || len(inc.Alerts[0].Signal.Findings) == 0 || inc.NotifiedAt.IsZero() {
		t.Errorf("the incident tells too little: %+v", inc)
	}
	store := &incidenttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	if _, err := store.Append(t.Context(), incident.Event{ID: inc.ID + "/test", Incident: inc.ID, At: time.Now().UTC(), Kind: incident.Acknowledge, By: "the test", Text: "Taken on by the test"}); err != nil {
		t.Fatal(err)
	}
	s.drop(t, "2026-11-22.csv", good)
	inc = await(t, s, func(inc *incident.Incident) bool { return inc.Status == incident.StatusResolved })
	if inc.Resolution != incident.SignalsCleared {
		t.Errorf("got %s, want %s", inc.Resolution, incident.SignalsCleared)
	}
	s.document(t, "reports/incidents/"+inc.ID+"/review.md", "its signals cleared after the test took it on")
}
