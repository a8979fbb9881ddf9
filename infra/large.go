package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert"
)

type largeProps struct {
	Props
	key    awskms.IKey
	store  storage
	judge  awslambda.IFunction // which hands large files over and takes them back
	alarms *alarms
}

// large judges files that are too large for one function: a state machine has
// validate-range do each step of package sections, many at a time.
type large struct {
	function awslambda.Function
	machine  awsstepfunctions.CfnStateMachine
}

// largeFiles is the name of the state machine; rangeSeconds is how long a step may
// take, the most that Lambda allows.
const (
	largeFiles   = "large-files"
	rangeSeconds = 900
)

// machineARN is known before the state machine is made, for the function that it
// calls and that starts it.
func (p Props) machineARN(stack awscdk.Stack) *string { return p.stepsARN(stack, "stateMachine", "") }

// executionsARN is that of all executions, and of those that maps make where of is "/".
func (p Props) executionsARN(stack awscdk.Stack, of string) *string {
	return p.stepsARN(stack, "execution", of+"*")
}

func (p Props) stepsARN(stack awscdk.Stack, resource, rest string) *string {
	name := *p.name(largeFiles)
	if rest != "" {
		name += rest
	}
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("states"), Resource: &resource, ResourceName: &name, ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

func newLarge(stack awscdk.Stack, p largeProps) large {
	scope := constructs.NewConstruct(stack, jsii.String("Large"))
	landing, results := p.store.landing, p.store.results
	f := newFunction(scope, functionProps{
		Props: p.Props, key: p.key, folder: "validate-range",
		description: "Does one step of judging a large file",
		variables:   map[string]string{"TILLWATCH_RESULTS_BUCKET": *results.BucketName()},
		seconds:     rangeSeconds, megabytes: p.RangeMemory, scratch: 1024,
		grants: []*awsiam.PolicyStatementProps{
			may("ReadWhatLanded", []string{"s3:GetObject", "s3:GetObjectVersion"}, landing.ArnForObjects(jsii.String("*"))),
			may("ListWhatLanded", []string{"s3:ListBucket"}, landing.BucketArn()),
			may("ReadReferences", []string{"s3:GetObject"}, results.ArnForObjects(jsii.String("references/*"))),
			may("KeepWork", []string{"s3:GetObject", "s3:PutObject"}, results.ArnForObjects(jsii.String("work/*"))),
			may("UseTheKey", []string{"kms:Decrypt", "kms:GenerateDataKey"}, p.key.KeyArn()),
		},
	})
	logs := awslogs.NewLogGroup(scope, jsii.String("MachineLogs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/vendedlogs/states/" + *p.name(largeFiles)),
		Retention:     awslogs.RetentionDays(retention(p.LogDays)),
		EncryptionKey: p.key,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	role := awsiam.NewRole(scope, jsii.String("MachineRole"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
		Description: jsii.String("What the state machine " + largeFiles + " may do"),
	})
	for _, g := range []*awsiam.PolicyStatementProps{
		may("DoSteps", []string{"lambda:InvokeFunction"}, f.FunctionArn(), p.judge.FunctionArn()),
		may("RunMaps", []string{"states:StartExecution"}, p.machineARN(stack)),
		may("WatchMaps", []string{"states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"}, p.executionsARN(stack, "/"), p.executionsARN(stack, ":")),
		may("Log", []string{
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
		}, jsii.String("*")),
		may("Trace", []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"}, jsii.String("*")),
	} {
		role.AddToPolicy(awsiam.NewPolicyStatement(g))
	}
	suppress(role, "AwsSolutions-IAM5", "Delivering logs and writing traces know no resource but *; executions of the one state machine have names that are not known beforehand.",
		"Resource::*", `/^Resource::arn:.*:execution:/`)
	suppress(scope, "AwsSolutions-IAM5",
		"The rights are for the objects of one bucket, those of results under one prefix each: which objects there will be is not known beforehand.",
		`/^Resource::<Storage(Landing|Results)[0-9A-F]+\.Arn>\//`)
	machine := awsstepfunctions.NewCfnStateMachine(scope, jsii.String("Machine"), &awsstepfunctions.CfnStateMachineProps{
		StateMachineName: p.name(largeFiles),
		StateMachineType: jsii.String("STANDARD"),
		RoleArn:          role.RoleArn(),
		DefinitionString: stack.ToJsonString(definition(f.FunctionArn(), p.judge.FunctionArn(), p.RangeConcurrency), nil),
		LoggingConfiguration: &awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
			Level:                jsii.String("ALL"),
			IncludeExecutionData: jsii.Bool(false),
			Destinations: []any{&awsstepfunctions.CfnStateMachine_LogDestinationProperty{
				CloudWatchLogsLogGroup: &awsstepfunctions.CfnStateMachine_CloudWatchLogsLogGroupProperty{LogGroupArn: logs.LogGroupArn()},
			}},
		},
		TracingConfiguration: &awsstepfunctions.CfnStateMachine_TracingConfigurationProperty{Enabled: jsii.Bool(true)},
	})
	machine.Node().AddDependency(role)
	l := large{function: f, machine: machine}
	l.addAlarms(p)
	return l
}

type object = map[string]any

// definition is the state machine: the steps of package sections, in its flow. A
// step that fails is tried again alone; a file of which one never succeeds is
// given up, which is the verdict error.
func definition(ranges, judge *string, concurrency int) object {
	retry := []object{
		{"ErrorEquals": []string{"Lambda.TooManyRequestsException"}, "IntervalSeconds": 2, "BackoffRate": 2, "MaxDelaySeconds": 60, "MaxAttempts": 30, "JitterStrategy": "FULL"},
		{"ErrorEquals": []string{"States.ALL"}, "IntervalSeconds": 2, "BackoffRate": 2, "MaxDelaySeconds": 60, "MaxAttempts": 4, "JitterStrategy": "FULL"},
	}
	giveUp := []object{{"ErrorEquals": []string{"States.ALL"}, "ResultPath": "$.failure", "Next": "GiveUp"}}
	call := func(function *string, payload any) object {
		return object{
			"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": rangeSeconds + 60, "Retry": retry,
			"Parameters": object{"FunctionName": function, "Payload": payload},
		}
	}
	each := func(step, items, next string) object {
		one := call(ranges, nil)
		one["Parameters"] = object{"FunctionName": ranges, "Payload.$": "$"}
		one["OutputPath"], one["End"] = "$.Payload", true
		return object{
			"Type": "Map", "Label": step, "MaxConcurrency": concurrency, "ItemsPath": items, "Next": next, "Catch": giveUp,
			"ResultSelector": object{"done": true}, "ResultPath": "$." + step,
			"ItemSelector": object{"work.$": "$.work", "step": step, "number.$": "$$.Map.Item.Value"},
			"ItemProcessor": object{
				"ProcessorConfig": object{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
				"StartAt":         "Do", "States": object{"Do": one},
			},
		}
	}
	once := func(step, next string, keep object) object {
		s := call(ranges, object{"work.$": "$.work", "step": step, "number": 0})
		s["ResultSelector"], s["ResultPath"], s["Next"], s["Catch"] = keep, "$."+step, next, giveUp
		return s
	}
	finish := call(judge, object{"work.$": "$.work"})
	finish["End"], finish["Catch"] = true, giveUp
	end := call(judge, object{"work.$": "$.work", "failure.$": "$.failure"})
	end["End"] = true
	return object{
		"Comment": "Judges one large file in sections", "TimeoutSeconds": 24 * 3600, "StartAt": "Scan",
		"States": object{
			"Scan":    each("scan", "$.ranges", "Cut"),
			"Cut":     once("cut", "Observe", object{"sections.$": "$.Payload.sections", "partitions.$": "$.Payload.partitions"}),
			"Observe": each("observe", "$.cut.sections", "Repeat"),
			"Repeat":  each("repeat", "$.cut.partitions", "Merge"),
			"Merge":   once("merge", "Look", object{"looks.$": "$.Payload.looks"}),
			"Look":    each("look", "$.merge.looks", "Finish"),
			"Finish":  finish,
			"GiveUp":  end,
		},
	}
}

func (l large) addAlarms(p largeProps) {
	failed := func(metric string) awscloudwatch.IMetric {
		return of(awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String("AWS/States"), MetricName: &metric,
			DimensionsMap: &map[string]*string{"StateMachineArn": l.machine.Ref()},
		}), awscloudwatch.Stats_SUM(), 5)
	}
	p.alarms.add(alarm{
		group: "lost", id: "large-files", severity: "P1", rule: alert.DLQNotEmpty,
		metric: failed("ExecutionsFailed"), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "A large file has no verdict: neither its report nor the error could be stored.",
		do:   "Open the failed execution of the state machine large-files and validate-file's log. Mend the cause, then redrive the execution: what was done is not done again.",
	})
	p.alarms.add(alarm{
		group: "lost", id: "late-large-files", severity: "P1", rule: alert.DLQNotEmpty,
		metric: failed("ExecutionsTimedOut"), comparison: moreThan, threshold: 0, periods: 1, missing: good,
		what: "A large file has no verdict after a day.",
		do:   "Look at the execution of the state machine large-files: if it was slow, raise range_concurrency and the account's concurrency; then put the file again.",
	})
}
