package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
	"tillwatch/shared/metric"
)

// evaluateSeconds is how long evaluating one batch may take.
const evaluateSeconds = 30

// newRules makes what evaluates the rules of the alert policy: verdicts on
// files and runs of pipelines on the bus → queue → evaluate-rules → signals on
// the bus.
func newRules(stack awscdk.Stack, p alertProps, bus awsevents.EventBus) {
	scope := constructs.NewConstruct(stack, jsii.String("Rules"))
	queue, dead := newQueues(scope, evaluateSeconds)
	f := newFunction(scope, functionProps{
		Props:       p.Props,
		key:         p.key,
		folder:      "evaluate-rules",
		description: "Holds the rules of the alert policy against files and runs",
		variables: map[string]string{
			"TILLWATCH_TABLE":          *p.store.table.TableName(),
			"TILLWATCH_BUS":            *bus.EventBusName(),
			"TILLWATCH_RESULTS_BUCKET": *p.store.results.BucketName(),
		},
		seconds:   evaluateSeconds,
		megabytes: 256,
		scratch:   512,
		grants: []*awsiam.PolicyStatementProps{
			may("KeepState", []string{"dynamodb:GetItem", "dynamodb:PutItem"}, p.store.table.TableArn()),
			may("ReadPolicy", []string{"s3:GetObject"}, p.store.results.ArnForObjects(jsii.String("alerts/policy.yaml"))),
			may("SeeThatThereIsNoPolicy", []string{"s3:ListBucket"}, p.store.results.BucketArn()),
			may("UseTheKey", []string{"kms:Decrypt"}, p.key.KeyArn()),
			may("Publish", []string{"events:PutEvents"}, bus.EventBusArn()),
			mayPublish(metric.Self),
		},
	})
	consume(f, queue, 10, 2)

	target := func() *[]awsevents.IRuleTarget {
		return &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: dead})}
	}
	awsevents.NewRule(scope, jsii.String("Files"), &awsevents.RuleProps{
		Description:  jsii.String("A file was judged: hold the rules against it"),
		EventBus:     bus,
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("tillwatch"), DetailType: jsii.Strings("file.validated.v1", "file.rejected.v1")},
		Targets:      target(),
	})
	awsevents.NewRule(scope, jsii.String("Runs"), &awsevents.RuleProps{
		Description:  jsii.String("A pipeline, whatever its source, reports a run: hold the rules against it"),
		EventBus:     bus,
		EventPattern: &awsevents.EventPattern{DetailType: jsii.Strings("pipeline.run.v1")},
		Targets:      target(),
	})

	p.alarms.add(alarm{
		group: "lost", id: "observations", severity: "P1", rule: alert.DLQNotEmpty,
		metric: of(queueDepth(dead), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "A run or a verdict could not be held against the rules in five attempts: what it would have raised or ended is not told.",
		do:   "Find the message's id in the log of evaluate-rules: it says what is wrong with it. Have the pipeline mend its report, or mend the cause and redrive the queue.",
	})
	p.alarms.add(alarm{
		group: "router", id: "rules-errors", severity: "P1", rule: alert.FunctionErrors,
		metric: of(f.MetricErrors(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "evaluate-rules ended with an error: alerts on runs and on the quality of files may come late.",
		do:   "Read its log around the time of the alarm. What it was given goes back to the queue; rejected files are told of without it.",
	})
	p.alarms.add(alarm{
		group: "router", id: "rules-waiting", severity: "P1", rule: alert.QueueAge,
		metric: of(queueAge(queue), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 300, periods: 1, missing: good,
		what: "A run or a verdict has been waiting for more than 5 minutes for the rules to be held against it.",
		do:   "Look at errors and throttles of evaluate-rules, and at the messages in its queue.",
	})
}
