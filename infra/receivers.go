package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
)

// A receiver is a tool that people are called with.
type receiver struct {
	// id is pagerduty or webhook, parameter the Systems Manager parameter that
	// holds its key, url its address, "" for its own.
	id, parameter, url string
}

// receivers are those that the settings name.
func (s Settings) receivers() []receiver {
	var list []receiver
	if s.PagerDutyParameter != "" {
		list = append(list, receiver{"pagerduty", s.PagerDutyParameter, s.PagerDutyURL})
	}
	if s.WebhookURL != "" {
		list = append(list, receiver{"webhook", s.WebhookParameter, s.WebhookURL})
	}
	return list
}

// tellSeconds is how long telling one batch may take: ten notifications, of
// which one is tried three times.
const tellSeconds = 60

// newReceiver subscribes a queue to the topics of all severities and has
// tell-receiver hand on what comes.
func newReceiver(stack awscdk.Stack, p Props, key awskms.IKey, t topics, a *alarms, r receiver) worker {
	scope := constructs.NewConstruct(stack, jsii.String("Receiver"+camel(r.id)))
	queue, dead := newQueues(scope, tellSeconds)
	for _, s := range severities {
		t.bySeverity[s].AddSubscription(awssnssubscriptions.NewSqsSubscription(queue, &awssnssubscriptions.SqsSubscriptionProps{
			RawMessageDelivery: jsii.Bool(true), DeadLetterQueue: dead,
		}))
	}
	secret := awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ssm"), Resource: jsii.String("parameter"), ResourceName: jsii.String(strings.TrimPrefix(r.parameter, "/")),
	})
	variables := map[string]string{
		"TILLWATCH_RECEIVER":        r.id,
		"TILLWATCH_RECEIVER_SECRET": r.parameter,
		"TILLWATCH_DEAD_LETTERS":    *dead.QueueUrl(),
	}
	if r.url != "" {
		variables["TILLWATCH_RECEIVER_URL"] = r.url
	}
	f := newFunction(scope, functionProps{
		Props:       p,
		key:         key,
		folder:      "tell-receiver",
		called:      "tell-" + r.id,
		description: "Hands notifications on to " + r.id,
		variables:   variables,
		seconds:     tellSeconds,
		megabytes:   256,
		scratch:     512,
		grants: []*awsiam.PolicyStatementProps{
			may("ReadTheKey", []string{"ssm:GetParameter"}, secret),
			may("SetAside", []string{"sqs:SendMessage"}, dead.QueueArn()),
		},
	})
	consume(f, queue, 10, 2)
	a.receiverAlarms(r, f, queueDepth(dead), queueAge(queue))
	return worker{f, queue, dead}
}

// receiverAlarms go straight to the topics: what they speak of is the way to
// people itself.
func (a *alarms) receiverAlarms(r receiver, f awslambda.Function, aside, age awscloudwatch.Metric) {
	a.add(alarm{
		group: "lost", id: r.id, severity: "P1", rule: alert.DLQNotEmpty,
		metric: of(aside, awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "A notification could not be handed to " + r.id + ": somebody was not called.",
		do:   "Read the message in the dead-letter queue and act on it. If it was refused, the key or the address is wrong: see the log of tell-" + r.id + "; then redrive the queue.",
	})
	a.add(alarm{
		group: "router", id: r.id + "-waiting", severity: "P1", rule: alert.QueueAge,
		metric: of(age, awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 300, periods: 1, missing: good,
		what: "A notification for " + r.id + " has been waiting for more than 5 minutes: nobody was called yet.",
		do:   "See whether " + r.id + " is down, and the log of tell-" + r.id + ". What waits is handed on once it answers.",
	})
	a.add(alarm{
		group: "router", id: r.id + "-errors", severity: "P1", rule: alert.FunctionErrors,
		metric: of(f.MetricErrors(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "tell-" + r.id + " ended with an error.",
		do:   "Read its log: a key that cannot be read keeps it from starting.",
	})
}
