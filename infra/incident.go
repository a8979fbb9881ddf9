package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
	"tillwatch/shared/metric"
)

// respondSeconds is how long leading on the incidents of one batch may take.
const respondSeconds = 60

// newIncident makes what leads incidents on: the topics of all severities, and
// that of what nobody is paged of → queue → respond-incident → the topics again,
// the bus, and reviews and pages in the results bucket. It wakes itself through
// a queue of its own.
//
// Files are judged again through the queue files.
func newIncident(stack awscdk.Stack, p alertProps, bus awsevents.EventBus, files awssqs.IQueue) worker {
	scope := constructs.NewConstruct(stack, jsii.String("Incident"))
	queue, dead := newQueues(scope, respondSeconds)
	timers := newQueue(scope, "Timers", respondSeconds, dead)
	variables := map[string]string{
		"TILLWATCH_TABLE":          *p.store.table.TableName(),
		"TILLWATCH_RESULTS_BUCKET": *p.store.results.BucketName(),
		"TILLWATCH_BUS":            *bus.EventBusName(),
		"TILLWATCH_TOPIC_CHAT":     *p.topics.chat.TopicArn(),
		"TILLWATCH_TIMERS":         *timers.QueueUrl(),
		"TILLWATCH_TIMERS_ARN":     *timers.QueueArn(),
	}
	all := []*string{p.topics.chat.TopicArn()}
	hear := func(topic awssns.Topic) {
		topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(queue, &awssnssubscriptions.SqsSubscriptionProps{
			RawMessageDelivery: jsii.Bool(true), DeadLetterQueue: dead,
		}))
	}
	hear(p.topics.responder)
	for _, s := range severities {
		topic := p.topics.bySeverity[s]
		hear(topic)
		variables["TILLWATCH_TOPIC_"+s] = *topic.TopicArn()
		all = append(all, topic.TopicArn())
	}
	schedule, later := mayWakeLater(scope, p.Props, timers)
	variables["TILLWATCH_SCHEDULER_ROLE"] = *schedule.RoleArn()
	remedies := newRemedies(scope, remedyProps{p.Props, p.store, files}, variables)
	f := newFunction(scope, functionProps{
		Props:       p.Props,
		key:         p.key,
		folder:      "respond-incident",
		description: "Leads incidents from their opening to their review",
		variables:   variables,
		seconds:     respondSeconds,
		megabytes:   256,
		scratch:     512,
		grants: append(slices.Concat(later, remedies),
			may("KeepIncidents", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, p.store.table.TableArn()),
			may("KeepReviewsAndPages", []string{"s3:GetObject", "s3:PutObject"}, p.store.results.ArnForObjects(jsii.String("reports/incidents/*"))),
			may("ReadPolicy", []string{"s3:GetObject"}, p.store.results.ArnForObjects(jsii.String("alerts/policy.yaml"))),
			may("SeeWhatIsNotThere", []string{"s3:ListBucket"}, p.store.results.BucketArn()),
			may("Tell", []string{"sns:Publish"}, all...),
			may("Publish", []string{"events:PutEvents"}, bus.EventBusArn()),
			mayPublish(metric.Self),
			may("UseTheKey", []string{"kms:Decrypt", "kms:GenerateDataKey"}, p.key.KeyArn()),
		),
	})
	suppress(scope, "AwsSolutions-IAM5",
		"Reviews and pages are of incidents whose ids nobody knows beforehand; they have a folder of their own.", `/^Resource::.*\/reports\/incidents\/\*$/`)
	explainSchedules(scope)
	explainRemedies(scope, p.RemedyTargets)
	consume(f, queue, 10, 2)
	consume(f, timers, 10, 2)

	p.alarms.add(alarm{
		group: "lost", id: "incidents", severity: "P1", rule: alert.DLQNotEmpty,
		metric: of(queueDepth(dead), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "An incident could not be led on in five attempts: nobody is called again if nobody takes it on.",
		do:   "Read the message in the dead-letter queue: it names the incident. See that somebody has it, mend the cause in respond-incident's log, then redrive the queue.",
	})
	p.alarms.add(alarm{
		group: "router", id: "incident-errors", severity: "P1", rule: alert.FunctionErrors,
		metric: of(f.MetricErrors(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "respond-incident ended with an error: nobody may be called again if nobody takes an incident on.",
		do:   "Read its log around the time of the alarm; see yourself who has the open incidents: tillwatch incident list.",
	})
	return worker{f, queue, dead}
}

// mayWakeLater makes the role that one-shot schedules send to a queue with, and
// what a function needs to delay messages of the queue and to make such
// schedules.
func mayWakeLater(scope constructs.Construct, p Props, timers awssqs.Queue) (awsiam.Role, []*awsiam.PolicyStatementProps) {
	stack := awscdk.Stack_Of(scope)
	role := awsiam.NewRole(scope, jsii.String("Schedule"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
		}),
		Description: jsii.String("What the schedules that wake a function may do"),
	})
	timers.GrantSendMessages(role)
	pass := may("LetSchedulesSend", []string{"iam:PassRole"}, role.RoleArn())
	pass.Conditions = &map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "scheduler.amazonaws.com"}}
	return role, []*awsiam.PolicyStatementProps{
		may("WakeItselfSoon", []string{"sqs:SendMessage"}, timers.QueueArn()),
		may("WakeItselfLater", []string{"scheduler:CreateSchedule"}, stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("scheduler"), Resource: jsii.String("schedule"),
			ResourceName: jsii.String("default/tillwatch-" + p.Environment + "-*"),
		})),
		pass,
	}
}

// explainSchedules says why a function with the grants of mayWakeLater has a
// wildcard; to be called once the function is there.
func explainSchedules(scope constructs.Construct) {
	suppress(scope, "AwsSolutions-IAM5",
		"A function makes one-shot schedules for itself, whose names it does not know beforehand; they begin with the deployment's name.",
		`/^Resource::arn:.*:schedule/default/tillwatch-/`)
}
