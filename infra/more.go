package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newMore makes what nothing on the main path depends on. It names resources
// of the main stack instead of referring to them, so that either can be
// deployed, changed and removed without the other; the main one comes first.
func newMore(scope constructs.Construct, p Props) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String("Tillwatch-"+p.Environment+"-More"), &awscdk.StackProps{
		Env:         p.Env,
		StackName:   jsii.String("Tillwatch-" + p.Environment + "-More"),
		Description: jsii.String("Tillwatch: the alarm over all alarms, saved log queries, chat."),
	})
	topic := func(id string) awssns.ITopic {
		return awssns.Topic_FromTopicArn(stack, jsii.String("Topic"+id), stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("sns"), Resource: p.name("alert-" + id),
		}))
	}

	broken := []string{"lost-files", "lost-signals", "judge-silence", "router-errors", "router-waiting"}
	var any []awscloudwatch.IAlarmRule
	for _, id := range broken {
		any = append(any, awscloudwatch.AlarmRule_FromAlarm(
			awscloudwatch.Alarm_FromAlarmName(stack, jsii.String(camel(id)), p.name(id)), awscloudwatch.AlarmState_ALARM))
	}
	trust := awscloudwatch.NewCompositeAlarm(stack, jsii.String("Trust"), &awscloudwatch.CompositeAlarmProps{
		CompositeAlarmName: p.name("trust"),
		AlarmDescription: jsii.String("P0: The data cannot be trusted: files are not judged, or nobody is told about them.\n" +
			"Do: Stop what reads the data until the alarms behind this one are green; each says what to do.\n" +
			"Runbook: dashboard " + *p.name("diagnostic") + "\nOwner: " + p.Owner),
		AlarmRule: awscloudwatch.AlarmRule_AnyOf(any...),
	})
	tell := awscloudwatchactions.NewSnsAction(topic("P0"))
	trust.AddAlarmAction(tell)
	trust.AddOkAction(tell)

	judge := awslogs.LogGroup_FromLogGroupName(stack, jsii.String("JudgeLogs"), jsii.String("/aws/lambda/"+*p.name("validate-file")))
	route := awslogs.LogGroup_FromLogGroupName(stack, jsii.String("RouteLogs"), jsii.String("/aws/lambda/"+*p.name("route-alert")))
	query := func(id, name string, groups []awslogs.ILogGroup, q awslogs.QueryStringProps) {
		refs := make([]interfacesawslogs.ILogGroupRef, len(groups))
		for i, g := range groups {
			refs[i] = g
		}
		awslogs.NewQueryDefinition(stack, &id, &awslogs.QueryDefinitionProps{
			QueryDefinitionName: jsii.String("Tillwatch/" + p.Environment + "/" + name), QueryString: awslogs.NewQueryString(&q), LogGroups: &refs,
		})
	}
	query("Problems", "warnings and errors", []awslogs.ILogGroup{judge, route}, awslogs.QueryStringProps{
		Fields:           jsii.Strings("@timestamp", "service", "level", "message", "error_code", "pipeline_id", "retry_count"),
		FilterStatements: jsii.Strings(`level in ["WARN", "ERROR"]`), Sort: jsii.String("@timestamp desc"), Limit: jsii.Number(200),
	})
	query("Slowest", "slowest files", []awslogs.ILogGroup{judge}, awslogs.QueryStringProps{
		Fields:           jsii.Strings("@timestamp", "pipeline_id", "context.key", "context.rows", "context.duration_ms"),
		FilterStatements: jsii.Strings("ispresent(context.duration_ms)"), Sort: jsii.String("context.duration_ms desc"), Limit: jsii.Number(50),
	})
	query("Decisions", "who was told, and why not", []awslogs.ILogGroup{route}, awslogs.QueryStringProps{
		Fields:           jsii.Strings("@timestamp", "pipeline_id", "context.notified", "context.reason", "context.severity"),
		FilterStatements: jsii.Strings("ispresent(context.reason)"), Sort: jsii.String("@timestamp desc"), Limit: jsii.Number(200),
	})

	if p.SlackChannel != "" {
		// Amazon Q Developer shows what the topic gets and, as a guard, may read
		// CloudWatch and no more, whatever is asked of it in the channel.
		guard := awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("CloudWatchReadOnlyAccess"))
		awschatbot.NewSlackChannelConfiguration(stack, jsii.String("Slack"), &awschatbot.SlackChannelConfigurationProps{
			SlackChannelConfigurationName: p.name("slack"),
			SlackWorkspaceId:              &p.SlackWorkspace,
			SlackChannelId:                &p.SlackChannel,
			NotificationTopics:            &[]awssns.ITopic{topic("Chat")},
			GuardrailPolicies:             &[]awsiam.IManagedPolicy{guard},
		})
	}
	return stack
}
