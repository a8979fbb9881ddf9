package main

import (
	"cmp"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/metric"
)

// functionProps describe one function of functions/.
type functionProps struct {
	Props
	key awskms.IKey
	// folder is its folder in functions/; called is part of its name, folder if "".
	folder, called, description string
	variables                   map[string]string
	seconds, megabytes          int
	// scratch is its temporary storage in MB, 512 or more.
	scratch int
	// reserved takes concurrency from the account's pool; 0 takes none.
	reserved int
	grants   []*awsiam.PolicyStatementProps
}

// newFunction makes a function with a role that may do what its grants say and
// no more, a log group that forgets, and traces.
func newFunction(scope constructs.Construct, p functionProps) awslambda.Function {
	name := p.name(cmp.Or(p.called, p.folder))
	logs := awslogs.NewLogGroup(scope, jsii.String("Logs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/lambda/" + *name),
		Retention:     awslogs.RetentionDays(retention(p.LogDays)),
		EncryptionKey: p.key,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description: jsii.String("What " + *name + " may do"),
	})
	logs.GrantWrite(role)
	for _, g := range p.grants {
		role.AddToPolicy(awsiam.NewPolicyStatement(g))
	}
	variables := map[string]*string{"TILLWATCH_ENVIRONMENT": &p.Environment}
	for k, v := range p.variables {
		variables[k] = &v
	}
	if p.TracesEndpoint != "" {
		variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = &p.TracesEndpoint
	}
	if p.Runbooks != "" {
		variables["TILLWATCH_RUNBOOKS"] = &p.Runbooks
	}
	architecture := awslambda.Architecture_ARM_64()
	if p.Architecture == "x86_64" {
		architecture = awslambda.Architecture_X86_64()
	}
	props := &awslambda.FunctionProps{
		FunctionName:         name,
		Description:          &p.description,
		Code:                 awslambda.Code_FromAsset(p.binary(p.folder), nil),
		Handler:              jsii.String("bootstrap"),
		Runtime:              awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:         architecture,
		MemorySize:           jsii.Number(p.megabytes),
		EphemeralStorageSize: awscdk.Size_Mebibytes(jsii.Number(p.scratch)),
		Timeout:              awscdk.Duration_Seconds(jsii.Number(p.seconds)),
		Environment:          &variables,
		Role:                 role,
		LogGroup:             logs,
		Tracing:              awslambda.Tracing_ACTIVE,
	}
	if p.reserved > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(p.reserved)
	}
	f := awslambda.NewFunction(scope, jsii.String("Function"), props)
	suppress(role, "AwsSolutions-IAM5",
		"X-Ray's two actions for writing traces and PutMetricData know no resource but *; the last is bound to our namespaces by a condition.", "Resource::*")
	return f
}

// retention is the name that the CDK has for a number of days.
func retention(days int) string {
	names := map[int]string{
		1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 60: "TWO_MONTHS",
		90: "THREE_MONTHS", 120: "FOUR_MONTHS", 150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS",
		545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS", 1096: "THREE_YEARS", 1827: "FIVE_YEARS", 2192: "SIX_YEARS", 2557: "SEVEN_YEARS",
		2922: "EIGHT_YEARS", 3288: "NINE_YEARS", 3653: "TEN_YEARS",
	}
	return names[days]
}

// newQueues makes the queue that feeds a function and the one that keeps what
// the function could not do in five attempts. A message is hidden six times as
// long as an attempt may take, as Lambda asks for.
func newQueues(scope constructs.Construct, seconds int) (queue, deadLetters awssqs.Queue) {
	deadLetters = newDeadLetters(scope, "DeadLetters")
	return newQueue(scope, "Queue", seconds, deadLetters), deadLetters
}

// newQueue makes a queue that feeds a function and sets aside in deadLetters
// what the function could not do.
func newQueue(scope constructs.Construct, id string, seconds int, deadLetters awssqs.IQueue) awssqs.Queue {
	return awssqs.NewQueue(scope, &id, &awssqs.QueueProps{
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(4)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * seconds)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(5)},
	})
}

// newDeadLetters makes a queue that keeps what nobody could take for two weeks.
func newDeadLetters(scope constructs.Construct, id string) awssqs.Queue {
	return awssqs.NewQueue(scope, &id, &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
}

// consume lets the function take messages off the queue, batch at a time in
// at most concurrency calls at once, and hand back those it could not do.
func consume(f awslambda.Function, queue awssqs.IQueue, batch, concurrency int) {
	f.AddEventSource(awslambdaeventsources.NewSqsEventSource(queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(batch),
		MaxConcurrency:          jsii.Number(concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	}))
}

// may is a statement of a role.
func may(sid string, actions []string, resources ...*string) *awsiam.PolicyStatementProps {
	return &awsiam.PolicyStatementProps{Sid: &sid, Actions: jsii.Strings(actions...), Resources: &resources}
}

// mayPublish lets a function put metrics into these namespaces alone.
// PutMetricData has no resources; the condition on the namespace is its bound.
func mayPublish(namespaces ...metric.Namespace) *awsiam.PolicyStatementProps {
	s := may("PublishMetrics", []string{"cloudwatch:PutMetricData"}, jsii.String("*"))
	s.Conditions = &map[string]any{"StringEquals": map[string]any{"cloudwatch:namespace": namespaces}}
	return s
}

// optional sets a variable to a number unless it is 0.
func optional(variables map[string]string, name string, n int) {
	if n != 0 {
		variables[name] = strconv.Itoa(n)
	}
}
