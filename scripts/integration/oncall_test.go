package integration

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/aws/policystore"
	"tillwatch/shared/event"
	"tillwatch/shared/incident"
	"tillwatch/shared/metric"
)

// short calls Kim after 2 seconds, Lee after 4 more and everybody of P0 after
// another 20, of the pipelines that begin with CALLED; of those that begin with
// REPEATED it repeats pages after 4 seconds. Of those that begin with ROUTED it
// tells nobody, the room alone, or people and the room.
const short = `
defaults: {keep_firing_for: 0s} # it is in force for others for a while
people: {kim: {name: Kim}, lee: {name: Lee, channel: P0}}
on_call:
  primary: {time_zone: Europe/Berlin, first_handover: 2026-01-05 09:00, turn: 1d, people: [kim]}
  secondary: {time_zone: America/New_York, first_handover: 2026-01-05 09:00, turn: 1d, people: [lee]}
rules:
  - {name: freshness, keep_firing_for: 0s, cooldown: 0s, runbook: 'https://example.com/freshness'}
route:
  receiver: everybody
  group_by: [environment, pipeline]
  routes:
    - {matchers: ['pipeline=~"REPEATED.*"'], group_interval: 2s, repeat_interval: 4s}
    - {receiver: nobody, matchers: ['pipeline="ROUTED_01"']}
    - {receiver: room, matchers: ['pipeline=~"ROUTED_0[23]"'], continue: true}
    - {receiver: people, matchers: ['pipeline="ROUTED_03"']}
receivers:
  - {name: everybody, channels: [severity, chat]}
  - {name: nobody, channels: []}
  - {name: room, slack_configs: [{channel: '#data'}]}
  - {name: people, pagerduty_configs: [{routing_key: not-read}]}
escalations:
  - {severities: [P1], matchers: ['pipeline=~"CALLED.*"'], levels: [{after: 2s, to: [primary]}, {after: 4s, to: [secondary]}, {after: 20s, to: [P0]}]}
`

// TestUnderAPolicyOfShortTimes shares one policy, and the wait for it.
func TestUnderAPolicyOfShortTimes(t *testing.T) {
	called, repeated, routed := deployed(t), deployed(t), deployed(t)
	called.tools(t) // or what they are told waits for the next test
	called.inForce(t, strings.NewReplacer("CALLED", called.dataset, "REPEATED", repeated.dataset, "ROUTED", routed.dataset).Replace(short))
	t.Run("the next is called until somebody takes it on", func(t *testing.T) {
		t.Parallel()
		called.callsTheNext(t)
	})
	t.Run("an acknowledgement holds repeats", func(t *testing.T) {
		t.Parallel()
		repeated.holdsRepeats(t)
	})
	t.Run("each route tells its receivers", func(t *testing.T) {
		t.Parallel()
		routed.tellsReceivers(t)
	})
}

// callsTheNext lets nobody take a P1 on, until Lee does, who was called second:
// nobody is called third. What people hear, the bus, the figures and the page of
// the incident say so.
func (s *stack) callsTheNext(t *testing.T) {
	t.Helper()
	inbox := s.inbox(t, s.TopicP1, s.TopicP0)
	began := time.Now().UTC()
	late := s.signal(1, 0, alert.P1)
	s.raise(t, late)

	inc := s.incident(t, late.Pipeline, func(inc *incident.Incident) bool { return inc.Level == 2 })
	if page := s.page(t, inc.ID, "everybody of P0"); !strings.Contains(page, "On call: Lee (secondary until") || !strings.Contains(page, "nobody yet") {
		t.Errorf("the page: %s", page)
	}
	store := &incidenttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	if _, err := store.Append(t.Context(), incident.Event{ID: inc.ID + "/lee", Incident: inc.ID, At: time.Now().UTC(), Kind: incident.Acknowledge, By: "lee", Text: "Taken on by lee"}); err != nil {
		t.Fatal(err)
	}
	// The responder hears of it when it would call the third, and does not.
	if page := s.page(t, inc.ID, "Taken on by lee"); !strings.Contains(page, "lee has taken it on.") || strings.Contains(page, "unless somebody") {
		t.Errorf("the page: %s", page)
	}
	over := late
	over.ID, over.Status, over.At = late.ID+"-over", alert.Resolved, time.Now().UTC()
	s.raise(t, over)
	inc = s.incident(t, late.Pipeline, func(inc *incident.Incident) bool { return inc.Status == incident.StatusResolved })
	if inc.Level != 2 {
		t.Errorf("%d levels were called, want 2:\n%s", inc.Level, story(inc))
	}
	s.page(t, inc.ID, "It lasted")

	var heard []string
	for deadline := time.Now().Add(patience); len(heard) < 4 && time.Now().Before(deadline); {
		for _, body := range s.poll(t, inbox) {
			if strings.Contains(body, late.Pipeline) {
				heard = append(heard, body)
			}
		}
	}
	all := strings.Join(heard, "\n")
	for _, want := range []string{"on_call", "Kim (primary until", "Lee (secondary until", "unacknowledged", "America/New_York"} {
		if !strings.Contains(all, want) {
			t.Errorf("what people heard lacks %q: %s", want, all)
		}
	}

	s.await(t, "the end of the incident", func() bool { return len(of[incident.Update](t, s, event.IncidentResolved)) > 0 })
	opened, updated, resolved := of[incident.Update](t, s, event.IncidentOpened), of[incident.Update](t, s, event.IncidentUpdated), of[incident.Update](t, s, event.IncidentResolved)
	if len(opened) != 1 || len(resolved) != 1 || resolved[0].AckedBy != "lee" || resolved[0].Level != 2 {
		t.Errorf("the bus got %+v, then %+v", opened, resolved)
	}
	for _, kind := range []incident.Kind{incident.Notified, incident.Escalated, incident.Acknowledge} {
		if !slices.ContainsFunc(updated, func(u incident.Update) bool { return u.Change.Kind == kind }) {
			t.Errorf("the bus got no update that it was %s: %+v", kind, updated)
		}
	}
	for _, name := range []metric.Name{metric.OpenIncidents, metric.TimeToDetectMinutes, metric.TimeToAcknowledgeMinutes, metric.TimeToResolveMinutes} {
		s.wantFigure(t, name, began)
	}
	t.Logf("called:\n%s", story(inc))
}

// inForce puts a policy into force until the test is over.
func (s *stack) inForce(t *testing.T, text string) {
	t.Helper()
	if _, err := policy.Read("policy.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.ResultsBucket, Key: aws.String(policystore.Key), Body: strings.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.s3.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &s.ResultsBucket, Key: aws.String(policystore.Key)}); err != nil {
			t.Log(err)
		}
	})
	time.Sleep(31 * time.Second) // until the policy is looked at again
}

// incident returns the incident of a pipeline once it is as wanted.
func (s *stack) incident(t *testing.T, pipeline string, is func(*incident.Incident) bool) incident.Incident {
	t.Helper()
	of := *s
	of.dataset = pipeline
	return await(t, &of, is)
}

// page returns the page of an incident once it holds a text.
func (s *stack) page(t *testing.T, id, holds string) string {
	t.Helper()
	return s.document(t, incident.PageKey(id), holds)
}

// wantFigure asks for a figure of P1 since the test began.
func (s *stack) wantFigure(t *testing.T, name metric.Name, since time.Time) {
	t.Helper()
	m, _ := metric.Lookup(name)
	client := cloudwatch.NewFromConfig(s.cfg)
	listed, err := client.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: aws.String(string(m.Namespace)), MetricName: aws.String(string(name)),
		Dimensions: []cwtypes.DimensionFilter{{Name: aws.String(metric.Severity), Value: aws.String("P1")}}})
	if err != nil || len(listed.Metrics) != 1 {
		t.Errorf("metric %s: %v, %v", name, listed, err)
		return
	}
	out, err := client.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
		Namespace: listed.Metrics[0].Namespace, MetricName: listed.Metrics[0].MetricName, Dimensions: listed.Metrics[0].Dimensions,
		StartTime: aws.Time(since.Add(-time.Minute)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(60),
		Statistics: []cwtypes.Statistic{cwtypes.StatisticMaximum},
	})
	if err != nil || len(out.Datapoints) == 0 {
		t.Errorf("metric %s: %d points, %v", name, len(out.Datapoints), err)
	}
}
