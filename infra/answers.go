package main

import (
	"fmt"
	"strconv"

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
)

// answerSeconds is how long one page may take.
const answerSeconds = 10

// A worker is a function with the queue that feeds it.
type worker struct {
	function           awslambda.Function
	queue, deadLetters awssqs.Queue
}

type answerProps struct {
	alertProps
	alerts   alerting
	incident worker
	// pagerduty is nil if there is none.
	pagerduty *worker
}

// newAnswers makes the way in for people: a page behind signed links, which
// puts what they say on the bus, from where route-alert, respond-incident and
// PagerDuty hear of it. Whoever makes links learns the page's address when it is
// there; nothing that the page needs knows of them.
func newAnswers(stack awscdk.Stack, p answerProps) {
	scope := constructs.NewConstruct(stack, jsii.String("Answers"))
	keys := newAnswerKeys(scope, p.Props)
	var arns []*string
	for _, k := range keys {
		arns = append(arns, k.KeyArn())
	}
	timelines := may("ReadTimelines", []string{"dynamodb:Query"}, p.store.table.TableArn())
	timelines.Conditions = &map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": []string{"INC#*"}}}
	f := newFunction(scope, functionProps{
		Props:       p.Props,
		key:         p.key,
		folder:      "take-answer",
		description: "Asks who opens a link in a message whether to act, and puts the answer on the bus",
		variables: map[string]string{
			"TILLWATCH_TABLE": *p.store.table.TableName(), "TILLWATCH_BUS": *p.alerts.bus.EventBusName(),
			"TILLWATCH_ANSWER_KEYS": *awscdk.Fn_Join(jsii.String(","), &arns),
		},
		seconds:   answerSeconds,
		megabytes: 256,
		scratch:   512,
		reserved:  p.AnswerConcurrency,
		grants: []*awsiam.PolicyStatementProps{
			timelines,
			may("Publish", []string{"events:PutEvents"}, p.alerts.bus.EventBusArn()),
			may("VerifyLinks", []string{"kms:VerifyMac"}, arns...),
		},
	})
	// Mail programs and phones have no credentials of AWS: the signature in the
	// link is the permission, and a page without one shows nothing.
	page := f.AddFunctionUrl(&awslambda.FunctionUrlOptions{AuthType: awslambda.FunctionUrlAuthType_NONE})
	output(stack, "AnswerPage", page.Url())

	for _, signer := range []awslambda.Function{p.alerts.function, p.incident.function} {
		signer.AddEnvironment(jsii.String("TILLWATCH_ANSWERS"), page.Url(), nil)
		signer.AddEnvironment(jsii.String("TILLWATCH_ANSWER_KEYS"), keys[0].KeyArn(), nil)
		signer.AddEnvironment(jsii.String("TILLWATCH_ANSWER_HOURS"), jsii.String(strconv.Itoa(p.AnswerHours)), nil)
		signer.AddToRolePolicy(awsiam.NewPolicyStatement(may("SignLinks", []string{"kms:GenerateMac"}, keys[0].KeyArn())))
	}
	hear := func(id, what string, w worker, detail *map[string]any) {
		awsevents.NewRule(scope, &id, &awsevents.RuleProps{
			Description:  jsii.String("A person answered an incident: " + what),
			EventBus:     p.alerts.bus,
			EventPattern: &awsevents.EventPattern{Source: jsii.Strings("tillwatch"), DetailType: jsii.Strings("incident.answered.v1"), Detail: detail},
			Targets:      &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(w.queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: w.deadLetters})},
		})
	}
	hear("ToRouter", "hold repeats, end it or be silent", worker{p.alerts.function, p.alerts.queue, p.alerts.deadLetters}, nil)
	hear("ToResponder", "keep it in the timeline and tell the room", p.incident, nil)
	if p.pagerduty != nil {
		hear("ToPagerDuty", "tell PagerDuty who has it", *p.pagerduty, &map[string]any{"data": map[string]any{"answer": jsii.Strings("acknowledge")}})
	}
	p.alarms.add(alarm{
		group: "router", id: "answer-errors", severity: "P2", rule: alert.FunctionErrors,
		metric: of(f.MetricErrors(nil), awscloudwatch.Stats_SUM(), 5), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "take-answer ended with an error: links in messages may not work.",
		do:   "Read its log around the time of the alarm; until it works again answer from the command line: tillwatch incident acknowledge.",
	})
}

// newAnswerKeys makes the key that links are signed with, and keeps the one
// before it, so that links in messages that are out still open. KMS rotates no
// HMAC keys by itself: deploying with the next answer_key does.
func newAnswerKeys(scope constructs.Construct, p Props) []awskms.Key {
	var keys []awskms.Key
	for n := p.AnswerKey; n >= max(1, p.AnswerKey-1); n-- {
		id := fmt.Sprintf("Key%d", n)
		keys = append(keys, awskms.NewKey(scope, &id, &awskms.KeyProps{
			Description:   jsii.String(fmt.Sprintf("Tillwatch %s: links to answers, key %d", p.Environment, n)),
			KeySpec:       awskms.KeySpec_HMAC_256,
			KeyUsage:      awskms.KeyUsage_GENERATE_VERIFY_MAC,
			PendingWindow: awscdk.Duration_Days(jsii.Number(7)),
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY, // without it links do not open, which is all
		}))
	}
	return keys
}
