package incidenttable_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/incident"
	"tillwatch/shared/storetest"
)

func TestIncidents(t *testing.T) {
	storetest.Incidents(t, func(t *testing.T, allowed ...remedy.Target) storetest.IncidentStore {
		client, table := awstest.Table(t, "incidents")
		return &incidenttable.Store{Client: client, Table: table, Now: time.Now, Allowed: allowed}
	})
}

func TestKillSwitch(t *testing.T) {
	client, table := awstest.Table(t, "incidents")
	s := &incidenttable.Store{Client: client, Table: table, Now: time.Now, Stopped: func(context.Context) (bool, error) { return true, nil }}
	r := incident.Remedy{Action: remedy.CacheInvalidation, Target: "lambda:prices", Live: true}
	if h, err := s.Claim(t.Context(), r, time.Now()); err != nil || h != incident.Stopped {
		t.Errorf("got %q, %v; want %q", h, err, incident.Stopped)
	}
	s.Stopped = func(context.Context) (bool, error) { return false, errors.New("no parameter") }
	if _, err := s.Claim(t.Context(), r, time.Now()); err == nil {
		t.Error("a kill switch that cannot be read lets remedies through")
	}
}
