package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
	"tillwatch/shared/metric"
)

// severities, the most urgent first; each has a topic.
var severities = []string{"P0", "P1", "P2", "P3"}

// topics are the doors to people: one per severity, one for chat, whose message
// has a form of its own, and one per audience. All of them exist whether or not
// the settings name somebody: the router has no door that may be missing, and
// who comes later subscribes without a deploy. A topic that nobody listens to
// costs nothing.
type topics struct {
	bySeverity map[string]awssns.Topic
	chat       awssns.Topic
	byAudience map[alert.Audience]awssns.Topic
	// responder is for what leads incidents, where nobody of a severity is told.
	responder awssns.Topic
	// undelivered keeps what no subscriber took; nil if nobody subscribes.
	undelivered awssqs.Queue
}

func newTopics(stack awscdk.Stack, p Props, key awskms.IKey) topics {
	scope := constructs.NewConstruct(stack, jsii.String("Topics"))
	t := topics{bySeverity: map[string]awssns.Topic{}, byAudience: map[alert.Audience]awssns.Topic{}}
	if len(p.Emails)+len(p.AudienceEmails) > 0 || p.ChatEndpoint != "" {
		t.undelivered = newDeadLetters(scope, "Undelivered")
		suppress(t.undelivered, "AwsSolutions-SQS3", "It is the dead-letter queue of the topics' subscriptions, where the rule does not look.")
	}
	tell := func(topic awssns.Topic, emails []string) {
		for _, e := range emails {
			topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(&e, &awssnssubscriptions.EmailSubscriptionProps{DeadLetterQueue: t.undelivered}))
		}
	}
	for _, s := range severities {
		t.bySeverity[s] = newTopic(scope, p, s, key)
		takesAlarms(t.bySeverity[s])
		tell(t.bySeverity[s], p.Emails)
	}
	for _, a := range alert.Audiences {
		t.byAudience[a] = newTopic(scope, p, camel(string(a)), key)
		tell(t.byAudience[a], p.AudienceEmails[a])
	}
	t.responder = newTopic(scope, p, "Responder", key)
	t.chat = newTopic(scope, p, "Chat", key)
	takesAlarms(t.chat)
	if p.ChatEndpoint != "" {
		t.chat.AddSubscription(awssnssubscriptions.NewUrlSubscription(&p.ChatEndpoint, &awssnssubscriptions.UrlSubscriptionProps{DeadLetterQueue: t.undelivered}))
	}
	return t
}

func newTopic(scope constructs.Construct, p Props, id string, key awskms.IKey) awssns.Topic {
	return awssns.NewTopic(scope, &id, &awssns.TopicProps{
		TopicName:   p.name("alert-" + id),
		DisplayName: jsii.String("Tillwatch " + p.Environment + " " + id),
		MasterKey:   key,
		EnforceSSL:  jsii.Bool(true),
	})
}

// takesAlarms lets the alarms of this account publish to t.
func takesAlarms(t awssns.Topic) {
	stack := awscdk.Stack_Of(t)
	cloudwatch := awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)
	t.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AlarmsOfThisAccount"),
		Principals: &[]awsiam.IPrincipal{cloudwatch},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{t.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
	}))
}

type alertProps struct {
	Props
	key    awskms.IKey
	store  storage
	topics topics
	alarms *alarms
}

// alerting is the one way to a person: signals on the bus and alarms that change
// their state → queue → route-alert → a topic.
type alerting struct {
	bus      awsevents.EventBus
	function awslambda.Function
	// queue brings signals, timers what the router set itself.
	queue, timers, deadLetters awssqs.Queue
	widgets                    widgets
}

func newAlert(stack awscdk.Stack, p alertProps) alerting {
	scope := constructs.NewConstruct(stack, jsii.String("Alert"))
	bus := awsevents.NewEventBus(scope, jsii.String("Bus"), &awsevents.EventBusProps{
		EventBusName: jsii.String("tillwatch-" + p.Environment),
		Description:  jsii.String("What Tillwatch notices and decides"),
	})
	queue, dead := newQueues(scope, p.RouteSeconds)
	// Timers have a queue of their own, so that the age of a signal says how long
	// people wait for it.
	timers := newQueue(scope, "Timers", p.RouteSeconds, dead)
	variables := map[string]string{
		"TILLWATCH_TABLE":      *p.store.table.TableName(),
		"TILLWATCH_BUS":        *bus.EventBusName(),
		"TILLWATCH_TOPIC_CHAT": *p.topics.chat.TopicArn(),

		"TILLWATCH_TOPIC_RESPONDER": *p.topics.responder.TopicArn(),
	}
	all := []*string{p.topics.chat.TopicArn(), p.topics.responder.TopicArn()}
	for _, s := range severities {
		variables["TILLWATCH_TOPIC_"+s] = *p.topics.bySeverity[s].TopicArn()
		all = append(all, p.topics.bySeverity[s].TopicArn())
	}
	for _, a := range alert.Audiences {
		variables["TILLWATCH_TOPIC_"+strings.ToUpper(string(a))] = *p.topics.byAudience[a].TopicArn()
		all = append(all, p.topics.byAudience[a].TopicArn())
	}
	schedule, later := mayWakeLater(scope, p.Props, timers)
	variables["TILLWATCH_RESULTS_BUCKET"] = *p.store.results.BucketName()
	variables["TILLWATCH_LANDING_BUCKET"] = *p.store.landing.BucketName()
	variables["TILLWATCH_TIMERS"] = *timers.QueueUrl()
	variables["TILLWATCH_TIMERS_ARN"] = *timers.QueueArn()
	variables["TILLWATCH_SCHEDULER_ROLE"] = *schedule.RoleArn()
	f := newFunction(scope, functionProps{
		Props:       p.Props,
		key:         p.key,
		folder:      "route-alert",
		description: "Decides who is told about a signal, and tells them",
		variables:   variables,
		seconds:     p.RouteSeconds,
		megabytes:   256,
		scratch:     512,
		grants: append(later,
			may("KeepState", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query"}, p.store.table.TableArn()),
			may("ReadPolicy", []string{"s3:GetObject"}, p.store.results.ArnForObjects(jsii.String("alerts/policy.yaml"))),
			may("SeeThatThereIsNoPolicy", []string{"s3:ListBucket"}, p.store.results.BucketArn()),
			may("Tell", []string{"sns:Publish"}, all...),
			may("UseTheKey", []string{"kms:Decrypt", "kms:GenerateDataKey"}, p.key.KeyArn()),
			may("Publish", []string{"events:PutEvents"}, bus.EventBusArn()),
			may("ReadWhatMetricsWereBefore", []string{"cloudwatch:GetMetricData"}, jsii.String("*")),
			mayPublish(metric.Self),
		),
	})
	explainSchedules(scope)
	consume(f, queue, 10, 2)
	consume(f, timers, 10, 2)

	target := func() *[]awsevents.IRuleTarget {
		return &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: dead})}
	}
	awsevents.NewRule(scope, jsii.String("Signals"), &awsevents.RuleProps{
		Description:  jsii.String("Something was noticed or is over: decide who is told"),
		EventBus:     bus,
		EventPattern: &awsevents.EventPattern{Source: jsii.Strings("tillwatch"), DetailType: jsii.Strings("signal.raised.v1", "signal.resolved.v1")},
		Targets:      target(),
	})
	// Alarms on the router itself and on what was lost go straight to a topic.
	var routed []map[string]any
	for _, g := range routedGroups {
		routed = append(routed, map[string]any{"prefix": *p.name(g) + "-"})
	}
	awsevents.NewRule(scope, jsii.String("Alarms"), &awsevents.RuleProps{
		Description: jsii.String("An alarm changed its state: decide who is told"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.cloudwatch"),
			DetailType: jsii.Strings("CloudWatch Alarm State Change"),
			Detail:     &map[string]any{"alarmName": routed},
		},
		Targets: target(),
	})

	a := alerting{bus: bus, function: f, queue: queue, timers: timers, deadLetters: dead}
	a.addAlarms(p)
	a.widgets = alertWidgets(p, f, queue, dead)
	return a
}

func (a alerting) addAlarms(p alertProps) {
	p.alarms.add(alarm{
		group: "router", id: "errors", severity: "P1", rule: alert.FunctionErrors,
		metric: of(a.function.MetricErrors(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "route-alert ended with an error: alerts may come late.",
		do:   "Read its log around the time of the alarm. Its signals go back to the queue; until it works again, watch the operational dashboard yourself.",
	})
	p.alarms.add(alarm{
		group: "router", id: "throttles", severity: "P1", rule: alert.FunctionErrors,
		metric: of(a.function.MetricThrottles(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 3, missing: good,
		what: "The account has no concurrency left for route-alert: alerts come late.",
		do:   "See which function uses the account's concurrency and ask for a higher quota.",
	})
	p.alarms.add(alarm{
		group: "router", id: "waiting", severity: "P1", rule: alert.QueueAge,
		metric: of(queueAge(a.queue), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 300, periods: 1, missing: good,
		what: "A signal has been waiting for more than 5 minutes: nobody has been told yet.",
		do:   "Look at errors and throttles of route-alert, and at the signals in its queue.",
	})
	p.alarms.add(alarm{
		group: "router", id: "timers", severity: "P1", rule: alert.QueueAge,
		// A timer waits for up to 15 minutes as it should.
		metric: of(queueAge(a.timers), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 1200, periods: 1, missing: good,
		what: "A timer of route-alert is overdue by more than 5 minutes: what waits for its group is not told.",
		do:   "Look at errors and throttles of route-alert; P0 and P1 need no timer and are told.",
	})
	p.alarms.add(alarm{
		group: "lost", id: "signals", severity: "P1", rule: alert.DLQNotEmpty,
		metric: of(queueDepth(a.deadLetters), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "A signal could not be routed in five attempts and was set aside: somebody was not told.",
		do:   "Read the message in the dead-letter queue: it is the signal. Act on it, mend the cause in route-alert's log, then redrive the queue.",
	})
	if p.topics.undelivered != nil {
		p.alarms.add(alarm{
			group: "lost", id: "notifications", severity: "P1", rule: alert.DLQNotEmpty,
			metric: of(queueDepth(p.topics.undelivered), awscloudwatch.Stats_MAXIMUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
			what: "A notification was sent and a subscriber did not take it.",
			do:   "Read the message in the queue Undelivered: act on it, then see whether the subscriber's address still exists.",
		})
	}
}
