// Command route-alert is the one door to people: it takes the signals of the
// bus and CloudWatch's alarm state changes from its queue, decides who is told
// and why, and publishes to one topic per severity and one for the chat rooms.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/router"
	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/aws/alerttable"
	"tillwatch/shared/aws/alerttimer"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/cloudwatchmetric"
	"tillwatch/shared/aws/fault"
	"tillwatch/shared/aws/kmsmac"
	"tillwatch/shared/aws/policystore"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/aws/snstopic"
	"tillwatch/shared/incident"
	"tillwatch/shared/telemetry"
)

func main() { telemetry.Main(service, run) }

// run reads the configuration, builds what the handler needs, and serves.
func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	c, err := configure(getenv)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load aws configuration: %w", err)
	}
	traces, err := telemetry.StartTraces(ctx, service, c.environment, c.collector)
	if err != nil {
		return err
	}
	offer := c.answers.Offer(kms.NewFromConfig(cfg))
	policies := &policystore.Store{Client: s3.NewFromConfig(cfg), Bucket: c.results}
	base := router.Router{
		Store: &alerttable.Store{Client: dynamodb.NewFromConfig(cfg), Table: c.table, Now: time.Now},
		Timer: &alerttimer.Timer{Queue: sqs.NewFromConfig(cfg), Scheduler: scheduler.NewFromConfig(cfg),
			URL: c.timers, ARN: c.timersARN, Role: c.schedulerRole, Prefix: "tillwatch-" + c.environment + "-"},
		Publisher: &snstopic.Publisher{Client: sns.NewFromConfig(cfg), Topics: c.topics},
		Announcer: announcer{&bus.Bus{Client: eventbridge.NewFromConfig(cfg), Name: c.bus}},
		Name:      rand.Text,
	}
	watch := cloudwatch.NewFromConfig(cfg)
	g := guide{c.runbooks, runbook.Deployment{Landing: c.landing, Results: c.results}}
	h := &handler{
		door: func(ctx context.Context, now time.Time) (door, error) {
			p, err := policies.Policy(ctx, now)
			r := base
			r.Engine, r.Compose = group.Engine{Policy: p}, composeUnder(p, g, c.page, offer, log)
			return &r, err
		},
		metrics:     &cloudwatchmetric.Publisher{Client: watch},
		series:      watch,
		environment: c.environment,
		traces:      traces,
		now:         time.Now,
		log:         log,
	}
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
	return nil
}

// composeUnder writes messages that g completes, of which a page names who is on
// call by the policy, that lead to the incident's page, and that offer people to
// answer. A link to an answer that cannot be made keeps no message from being sent.
func composeUnder(p *policy.Policy, g guide, page func(incident string) string, offer *answer.Offer, log *slog.Logger) func(context.Context, alert.Signal, alert.Notice) ([]alert.Message, error) {
	return func(ctx context.Context, s alert.Signal, d alert.Notice) ([]alert.Message, error) {
		s = g.complete(s, p.Rule(s.Rule, s.Pipeline).Runbook)
		var err error
		if d.Choices, err = offer.Links(ctx, d); err != nil {
			log.WarnContext(ctx, "links to answers not made", "error", err, "incident_id", d.Incident, "error_code", cmp.Or(fault.Code(err), "internal"))
		}
		if !d.Page {
			return message.Compose(s, d)
		}
		if d.Incident != "" && s.Status == alert.Firing {
			s.Links = append([]alert.Link{{Name: alert.IncidentLink, URL: page(d.Incident)}}, s.Links...)
		}
		for _, duty := range p.OnCall(d.At, s.Severity, s) {
			d.OnCall = append(d.OnCall, duty.String())
		}
		return message.Compose(s, d)
	}
}

// configuration is what the deployment says.
type configuration struct {
	environment, table, bus string
	results                 string            // the bucket that holds the policy
	landing                 string            // the bucket that files land in
	timers, timersARN       string            // the router's own queue, which timers go through
	schedulerRole           string            // what schedules send with
	runbooks                string            // base address of the runbooks, "" if there is none
	collector               string            // base address of an OTLP collector, "" traces nothing
	endpoint, region        string            // of an emulator, "" on AWS; of the deployment
	topics                  map[string]string // by channel
	answers                 kmsmac.Setting    // of links to answers
}

// page is where a person can open the page of an incident.
func (c configuration) page(id string) string {
	return s3object.Address(c.endpoint, c.region, c.results, incident.PageKey(id))
}

// configure reads the environment. Everything that is missing or wrong is in
// the one error.
func configure(getenv func(string) string) (configuration, error) {
	var faults []error
	need := func(name string) string {
		v := getenv(name)
		if v == "" {
			faults = append(faults, fmt.Errorf("%s is not set", name))
		}
		return v
	}
	c := configuration{
		environment: need("TILLWATCH_ENVIRONMENT"),
		table:       need("TILLWATCH_TABLE"),
		bus:         need("TILLWATCH_BUS"),
		results:     need("TILLWATCH_RESULTS_BUCKET"),
		landing:     need("TILLWATCH_LANDING_BUCKET"),
		timers:      need("TILLWATCH_TIMERS"),
		timersARN:   need("TILLWATCH_TIMERS_ARN"),

		schedulerRole: need("TILLWATCH_SCHEDULER_ROLE"),

		endpoint:  cmp.Or(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL")),
		region:    cmp.Or(getenv("AWS_REGION"), "us-east-1"),
		runbooks:  getenv("TILLWATCH_RUNBOOKS"),
		collector: getenv("OTEL_EXPORTER_OTLP_ENDPOINT"),
		topics: map[string]string{
			alert.Chat: need("TILLWATCH_TOPIC_CHAT"), alert.Responder: need("TILLWATCH_TOPIC_RESPONDER"),
		},
	}
	var err error
	if c.answers, err = kmsmac.ReadSetting(getenv); err != nil {
		faults = append(faults, err)
	}
	for _, severity := range alert.Severities {
		c.topics[string(severity)] = need("TILLWATCH_TOPIC_" + string(severity))
	}
	for _, a := range alert.Audiences {
		c.topics[string(a)] = need("TILLWATCH_TOPIC_" + strings.ToUpper(string(a)))
	}
	return c, errors.Join(faults...)
}
