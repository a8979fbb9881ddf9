package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// newKey makes the key for what may hold personal data: the results, the
// notifications and the logs. It is a key of our own because a topic that is
// encrypted with AWS's key can't be written by CloudWatch and EventBridge. It
// outlives the stack when the data does, or the data could not be read.
func newKey(stack awscdk.Stack, p Props) awskms.Key {
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String("Tillwatch " + p.Environment + ": results, notifications, logs"),
		EnableKeyRotation: jsii.Bool(true),
		PendingWindow:     awscdk.Duration_Days(jsii.Number(7)),
		RemovalPolicy:     p.removal(),
	})
	toNotify := func(sid, service string, conditions *map[string]any) {
		principal := awsiam.NewServicePrincipal(&service, nil)
		key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        &sid,
			Principals: &[]awsiam.IPrincipal{principal},
			Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"),
			Resources:  jsii.Strings("*"), // a key's policy speaks of that key alone
			Conditions: conditions,
		}), nil)
	}
	toNotify("AlarmsNotify", "cloudwatch.amazonaws.com", &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}})
	// Step Functions has its logs delivered.
	toNotify("ToDeliverLogs", "delivery.logs.amazonaws.com", &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}})
	logGroups := func(prefix string) *string {
		return stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("logs"), Resource: jsii.String("log-group"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
			ResourceName: jsii.String(prefix + *p.name("*")),
		})
	}
	logs := awsiam.NewServicePrincipal(jsii.String("logs."+*stack.Region()+".amazonaws.com"), nil)
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("ToLog"),
		Principals: &[]awsiam.IPrincipal{logs},
		Actions:    jsii.Strings("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"),
		Resources:  jsii.Strings("*"),
		Conditions: &map[string]any{"ArnLike": map[string]any{
			"kms:EncryptionContext:aws:logs:arn": []*string{logGroups("/aws/lambda/"), logGroups("/aws/vendedlogs/states/")},
		}},
	}), nil)
	return key
}
