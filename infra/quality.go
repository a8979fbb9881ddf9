package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
	"tillwatch/shared/metric"
)

type qualityProps struct {
	Props
	key    awskms.IKey
	store  storage
	bus    awsevents.IEventBus
	alarms *alarms
}

// quality judges every file that lands: object created → queue → validate-file.
type quality struct {
	function           awslambda.Function
	queue, deadLetters awssqs.Queue
	widgets            widgets
}

func newQuality(stack awscdk.Stack, p qualityProps) quality {
	scope := constructs.NewConstruct(stack, jsii.String("Quality"))
	queue, dead := newQueues(scope, p.JudgeSeconds)
	variables := map[string]string{
		"TILLWATCH_TABLE":          *p.store.table.TableName(),
		"TILLWATCH_RESULTS_BUCKET": *p.store.results.BucketName(),
		"TILLWATCH_BUS":            *p.bus.EventBusName(),
		"TILLWATCH_STATE_MACHINE":  *p.machineARN(stack),
	}
	optional(variables, "TILLWATCH_SPLIT_BYTES", p.SplitBytes)
	optional(variables, "TILLWATCH_RANGE_BYTES", p.RangeBytes)
	// A claim outlives the attempt that made it, and ends before the next one.
	optional(variables, "TILLWATCH_LEASE_SECONDS", p.JudgeSeconds+5)
	optional(variables, "TILLWATCH_MAX_BYTES", p.MaxBytes)
	optional(variables, "TILLWATCH_MAX_RATIO", p.MaxRatio)
	f := newFunction(scope, functionProps{
		Props:       p.Props,
		key:         p.key,
		folder:      "validate-file",
		description: "Judges a file that landed against its data contract",
		variables:   variables,
		seconds:     p.JudgeSeconds,
		megabytes:   p.JudgeMemory,
		scratch:     1024,
		reserved:    p.ReservedConcurrency,
		grants:      p.grants(stack),
	})
	suppress(scope, "AwsSolutions-IAM5",
		"The rights are for the objects of one bucket, those of results under one prefix each: which objects there will be is not known beforehand.",
		`/^Resource::<Storage(Landing|Results)[0-9A-F]+\.Arn>\//`)
	suppress(scope, "AwsSolutions-IAM5", "An execution of the one state machine has a name that is made from its file.", `/^Resource::arn:.*:execution:/`)
	// One file a call: a file that takes all the time there is, or all the
	// memory, takes none of its neighbours with it.
	consume(f, queue, 1, p.JudgeConcurrency)

	awsevents.NewRule(scope, jsii.String("Landed"), &awsevents.RuleProps{
		Description: jsii.String("A file landed: have it judged"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.s3"),
			DetailType: jsii.Strings("Object Created"),
			Detail:     &map[string]any{"bucket": map[string]any{"name": []*string{p.store.landing.BucketName()}}},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: dead})},
	})

	q := quality{function: f, queue: queue, deadLetters: dead}
	q.addAlarms(p)
	q.widgets = qualityWidgets(p, f, queue, dead)
	return q
}

// grants are what judging takes: read and tag the version that landed, read
// contracts and references, write reports and quarantine, keep state, publish.
func (p qualityProps) grants(stack awscdk.Stack) []*awsiam.PolicyStatementProps {
	landing, results := p.store.landing, p.store.results
	under := func(prefix string) *string { return results.ArnForObjects(jsii.String(prefix + "/*")) }
	list := may("ListConfiguration", []string{"s3:ListBucket"}, results.BucketArn())
	// IfExists: reading a key that does not exist asks for this right too, with
	// no prefix, and is answered "no such key" instead of "access denied".
	list.Conditions = &map[string]any{"StringLikeIfExists": map[string]any{"s3:prefix": []string{"contracts/*", "references/*"}}}
	return []*awsiam.PolicyStatementProps{
		may("ReadAndTagWhatLanded", []string{
			"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging",
			"s3:PutObjectTagging", "s3:PutObjectVersionTagging",
		}, landing.ArnForObjects(jsii.String("*"))),
		may("FindTheVersionThatLanded", []string{"s3:ListBucket", "s3:ListBucketVersions"}, landing.BucketArn()),
		may("ReadConfiguration", []string{"s3:GetObject"}, under("contracts"), under("references")),
		list,
		may("KeepWork", []string{"s3:GetObject", "s3:PutObject"}, under("work")),
		may("HandOverLargeFiles", []string{"states:StartExecution"}, p.machineARN(stack)),
		may("SeeWhetherTheyEnded", []string{"states:DescribeExecution"}, p.executionsARN(stack, ":")),
		may("WriteResults", []string{"s3:PutObject"}, under("reports"), under("quarantine")),
		may("KeepState", []string{
			"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:ConditionCheckItem",
		}, p.store.table.TableArn()),
		may("UseTheKey", []string{"kms:Decrypt", "kms:GenerateDataKey"}, p.key.KeyArn()),
		may("Publish", []string{"events:PutEvents"}, p.bus.EventBusArn()),
		mayPublish(metric.Quality, metric.Business, metric.Self),
	}
}

func (q quality) addAlarms(p qualityProps) {
	a := p.alarms
	for _, d := range p.Datasets {
		for _, m := range metric.Catalogue() {
			if m.Target != nil {
				a.forTarget(d, m)
			}
		}
	}
	a.add(alarm{
		group: "judge", id: "errors", severity: "P2", rule: alert.FunctionErrors,
		metric: of(q.function.MetricErrors(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "validate-file ended with an error: it crashed, ran out of time or of memory.",
		do:   "Read its log around the time of the alarm. The file goes back to the queue and is tried five times; then see the alarm lost-files.",
	})
	a.add(alarm{
		group: "judge", id: "throttles", severity: "P3", rule: alert.FunctionErrors,
		metric: of(q.function.MetricThrottles(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 3, missing: good,
		what: "The account has no concurrency left for validate-file for a quarter of an hour.",
		do:   "Nothing is lost, files wait. See which function uses the account's concurrency, ask for a higher quota, or lower judge_concurrency.",
	})
	a.add(alarm{
		group: "judge", id: "waiting", severity: "P2", rule: alert.QueueAge,
		metric: of(queueAge(q.queue), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 900, periods: 1, missing: good,
		what: "A file has been waiting for its verdict for more than 15 minutes.",
		do:   "Look at errors and throttles of validate-file. If both are quiet, more files land than judge_concurrency lets through: raise it.",
	})
	a.add(alarm{
		group: "judge", id: "silence", severity: "P1", rule: alert.NothingJudged,
		metric: p.self(metric.FilesJudged, awscloudwatch.Stats_SUM(), 60), comparison: lessThan, threshold: 1, periods: p.SilenceHours, missing: bad,
		what: fmt.Sprintf("No file was judged for %d hours.", p.SilenceHours),
		do:   "See whether files landed at all. If they did, follow them: the rule Landed, the queue, validate-file's log. If they did not, ask those who deliver them.",
	})
	a.add(alarm{
		group: "lost", id: "files", severity: "P1", rule: alert.DLQNotEmpty,
		metric: of(queueDepth(q.deadLetters), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "A file could not be judged in five attempts and was set aside.",
		do:   "Read the message in the dead-letter queue and validate-file's log for its object. Mend the cause, then redrive the queue: nothing is lost and nothing is judged twice.",
	})
}
