// Command respond-incident leads incidents from their opening to their review:
// it keeps their timeline, tries the remedies that the policy allows, calls people
// again when nobody takes one on, and drafts the review of a grave one once it is
// over. Its page, the events on the bus and the figures of incidents are its work
// too. It listens to the topics
// that people are told by, and wakes itself through a queue of its own.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/alerttimer"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/cloudwatchmetric"
	"tillwatch/shared/aws/incidenttable"
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
	table := dynamodb.NewFromConfig(cfg)
	store := &incidenttable.Store{Client: table, Table: c.table, Now: time.Now, Allowed: c.targets,
		Stopped: stopped(ssm.NewFromConfig(cfg), c.killSwitch, log)}
	timer := &alerttimer.Timer{Queue: sqs.NewFromConfig(cfg), Scheduler: scheduler.NewFromConfig(cfg),
		URL: c.timers, ARN: c.timersARN, Role: c.schedulerRole, Prefix: "tillwatch-" + c.environment + "-"}
	objects := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = c.endpoint != "" })
	books := &books{policies: &policystore.Store{Client: objects, Bucket: c.results}, log: log}
	reviewer := &reviewer{objects, c.results, store}
	h := &handler{
		responder: &incident.Responder{
			Store: store, Guard: store, Hands: newHands(cfg, c, objects, table),
			Teller:   &teller{&snstopic.Publisher{Client: sns.NewFromConfig(cfg), Topics: c.topics}, c.page, c.answers.Offer(kms.NewFromConfig(cfg)), c.environment, log},
			Waker:    &waker{timer, time.Now},
			Reviewer: reviewer,
			Publisher: &incident.Publisher{
				Journal:   store,
				Announcer: announcer{&bus.Bus{Client: eventbridge.NewFromConfig(cfg), Name: c.bus}},
				Meter:     meter{&cloudwatchmetric.Publisher{Client: cloudwatch.NewFromConfig(cfg)}, c.environment},
				Scribe:    &scribe{reviewer, books, c.environment},
			},
			Book: books.book,
		},
		now: time.Now,
		log: log,
	}
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
	return nil
}

// configuration is what the deployment says.
type configuration struct {
	environment, table, results, bus string
	timers, timersARN, schedulerRole string
	killSwitch                       string // the parameter
	files, machines, landing         string // what remedies act through: see hands.Hands
	targets                          []remedy.Target
	topics                           map[string]string // by channel
	answers                          kmsmac.Setting    // of links to answers
	endpoint, region                 string            // of an emulator, "" on AWS; of the deployment
}

// page is where a person can open the page of an incident.
func (c configuration) page(id string) string {
	return s3object.Address(c.endpoint, c.region, c.results, incident.PageKey(id))
}

// configure reads the environment. Everything that is missing is in the one
// error.
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
		environment:   need("TILLWATCH_ENVIRONMENT"),
		table:         need("TILLWATCH_TABLE"),
		results:       need("TILLWATCH_RESULTS_BUCKET"),
		bus:           need("TILLWATCH_BUS"),
		timers:        need("TILLWATCH_TIMERS"),
		timersARN:     need("TILLWATCH_TIMERS_ARN"),
		schedulerRole: need("TILLWATCH_SCHEDULER_ROLE"),
		killSwitch:    need("TILLWATCH_KILL_SWITCH"),
		files:         need("TILLWATCH_FILES_QUEUE"),
		machines:      need("TILLWATCH_STATE_MACHINES"),
		landing:       need("TILLWATCH_LANDING_BUCKET"),
		topics:        map[string]string{alert.Chat: need("TILLWATCH_TOPIC_CHAT")},
		endpoint:      cmp.Or(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL")),
		region:        cmp.Or(getenv("AWS_REGION"), "us-east-1"),
	}
	for _, severity := range alert.Severities {
		c.topics[string(severity)] = need("TILLWATCH_TOPIC_" + string(severity))
	}
	var err error
	c.targets, err = readTargets(getenv("TILLWATCH_REMEDY_TARGETS"))
	faults = append(faults, err)
	c.answers, err = kmsmac.ReadSetting(getenv)
	return c, errors.Join(append(faults, err)...)
}
