package main

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"tillwatch/shared/alert"
)

// Props are what the stacks are made from.
type Props struct {
	// Settings' Binaries is the folder that holds <function>/bootstrap.
	Settings
	// Env may be nil: then any account and region will do.
	Env *awscdk.Environment
}

// name returns the physical name of a resource: tillwatch-<environment>-<what>.
func (p Props) name(what string) *string {
	return jsii.String("tillwatch-" + p.Environment + "-" + what)
}

// binary returns the folder of a function's binary.
func (p Props) binary(function string) *string {
	return jsii.String(filepath.Join(p.Binaries, function))
}

// removal says what becomes of data when the stack is destroyed.
func (p Props) removal() awscdk.RemovalPolicy {
	if p.Retain {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

// widgets are what a capability shows on the three dashboards, in rows.
type widgets struct {
	executive, operational, diagnostic [][]awscloudwatch.IWidget
}

// newStacks adds both stacks to the app, under the eyes of cdk-nag, which does
// not look into a stage unless it is told to.
func newStacks(app constructs.Construct, p Props) {
	stage := awscdk.NewStage(app, jsii.String("More"), &awscdk.StageProps{Env: p.Env})
	newMore(stage, p)
	awscdk.Aspects_Of(stage).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
	newStack(app, p)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
}

// newStack makes the product: storage, judging, alerting, and what shows them.
func newStack(scope constructs.Construct, p Props) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String("Tillwatch-"+p.Environment), &awscdk.StackProps{
		Env:         p.Env,
		Description: jsii.String("Tillwatch judges every data file that lands and tells who must act."),
		Tags:        &map[string]*string{"application": jsii.String("tillwatch"), "environment": &p.Environment, "owner": &p.Owner},
	})
	key := newKey(stack, p)
	store := newStorage(stack, p, key)
	newTables(stack, p, store.results)
	topics := newTopics(stack, p, key)
	alarms := newAlarms(stack, p, topics)
	alerts := newAlert(stack, alertProps{p, key, store, topics, alarms})
	quality := newQuality(stack, qualityProps{p, key, store, alerts.bus, alarms})
	var pagerduty *worker
	for _, r := range p.receivers() {
		w := newReceiver(stack, p, key, topics, alarms, r)
		if r.id == "pagerduty" {
			pagerduty = &w
		}
	}
	large := newLarge(stack, largeProps{p, key, store, quality.function, alarms})
	newRules(stack, alertProps{p, key, store, topics, alarms}, alerts.bus)
	incidents := newIncident(stack, alertProps{p, key, store, topics, alarms}, alerts.bus, quality.queue)
	newAnswers(stack, answerProps{alertProps{p, key, store, topics, alarms}, alerts, incidents, pagerduty})
	newDashboards(stack, p, alarms, incidentWidgets(p), quality.widgets, alerts.widgets)

	output(stack, "LandingBucket", store.landing.BucketName())
	output(stack, "ResultsBucket", store.results.BucketName())
	output(stack, "Table", store.table.TableName())
	output(stack, "Bus", alerts.bus.EventBusName())
	for _, s := range severities {
		output(stack, "Topic"+s, topics.bySeverity[s].TopicArn())
	}
	output(stack, "TopicChat", topics.chat.TopicArn())
	for _, a := range alert.Audiences {
		output(stack, "Topic"+camel(string(a)), topics.byAudience[a].TopicArn())
	}
	output(stack, "FilesQueue", quality.queue.QueueUrl())
	output(stack, "FilesDeadLetters", quality.deadLetters.QueueUrl())
	output(stack, "SignalsQueue", alerts.queue.QueueUrl())
	output(stack, "SignalsDeadLetters", alerts.deadLetters.QueueUrl())
	output(stack, "ValidateFileFunction", quality.function.FunctionName())
	output(stack, "ValidateRangeFunction", large.function.FunctionName())
	output(stack, "LargeFiles", large.machine.Ref())
	output(stack, "RouteAlertFunction", alerts.function.FunctionName())
	return stack
}

func output(stack awscdk.Stack, name string, value *string) {
	awscdk.NewCfnOutput(stack, &name, &awscdk.CfnOutputProps{Value: value})
}
