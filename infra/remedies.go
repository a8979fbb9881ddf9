package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert/remedy"
)

type remedyProps struct {
	Props
	store storage
	files awssqs.IQueue
}

// newRemedies makes the kill switch of remedies, adds to variables what the
// function that tries them reads, and returns its rights: to the targets of the
// settings, and to no other.
func newRemedies(scope constructs.Construct, p remedyProps, variables map[string]string) []*awsiam.PolicyStatementProps {
	stack := awscdk.Stack_Of(scope)
	killSwitch := awsssm.NewStringParameter(scope, jsii.String("KillSwitch"), &awsssm.StringParameterProps{
		ParameterName: jsii.String("/tillwatch/" + p.Environment + "/remedies"),
		StringValue:   jsii.String("on"),
		Description:   jsii.String("Remedies are tried while this is on: tillwatch incident remedies stop, start, status"),
	})
	var texts []string
	for _, t := range p.RemedyTargets {
		texts = append(texts, t.String())
	}
	if len(texts) > 0 {
		variables["TILLWATCH_REMEDY_TARGETS"] = strings.Join(texts, ",")
	}
	variables["TILLWATCH_KILL_SWITCH"] = *killSwitch.ParameterName()
	variables["TILLWATCH_FILES_QUEUE"] = *p.files.QueueUrl()
	variables["TILLWATCH_LANDING_BUCKET"] = *p.store.landing.BucketName()
	variables["TILLWATCH_STATE_MACHINES"] = *p.arn(stack, "states", "stateMachine", "", awscdk.ArnFormat_COLON_RESOURCE_NAME)

	grants := []*awsiam.PolicyStatementProps{may("SeeWhetherRemediesAreStopped", []string{"ssm:GetParameter"}, killSwitch.ParameterArn())}
	again := false
	for i, t := range p.RemedyTargets {
		list, judges := p.grants(stack, t)
		for j, g := range list {
			g.Sid = jsii.String(fmt.Sprintf("Remedy%dx%d", i+1, j+1))
			grants = append(grants, g)
		}
		again = again || judges
	}
	if again {
		grants = append(grants, may("HaveFilesJudgedAgain", []string{"sqs:SendMessage"}, p.files.QueueArn()))
	}
	return grants
}

// arn is that of a resource of this account.
func (p remedyProps) arn(stack awscdk.Stack, service, resource, name string, format awscdk.ArnFormat) *string {
	return stack.FormatArn(&awscdk.ArnComponents{Service: &service, Resource: &resource, ResourceName: &name, ArnFormat: format})
}

// grants are the rights to all that remedies do with one target; judges says
// that files are judged again.
func (p remedyProps) grants(stack awscdk.Stack, t remedy.Target) (list []*awsiam.PolicyStatementProps, judges bool) {
	on := func(resource *string, actions ...string) { list = append(list, may("", actions, resource)) }
	colon, slash := awscdk.ArnFormat_COLON_RESOURCE_NAME, awscdk.ArnFormat_SLASH_RESOURCE_NAME
	function := p.arn(stack, "lambda", "function", t.Name, colon)
	switch t.Kind {
	case remedy.Prefix:
		bucket := "arn:" + *stack.Partition() + ":s3:::" + t.Name
		on(&bucket, "s3:ListBucket")
		list[0].Conditions = &map[string]any{"StringLike": map[string]any{"s3:prefix": t.Part + "*"}}
		on(jsii.String(bucket+"/"+t.Part+"*"), "s3:DeleteObject")
	case remedy.Function:
		on(function, "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration", "lambda:GetFunctionConcurrency", "lambda:PutFunctionConcurrency")
	case remedy.Alias:
		on(function, "lambda:GetAlias", "lambda:ListVersionsByFunction", "lambda:UpdateAlias")
		on(jsii.String(*function+":"+t.Part), "lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig")
	case remedy.Document:
		on(p.arn(stack, "ssm", "document", t.Name, slash), "ssm:DescribeDocument", "ssm:StartAutomationExecution")
		on(p.arn(stack, "ssm", "automation-definition", t.Name+":*", slash), "ssm:StartAutomationExecution")
		on(p.arn(stack, "ssm", "automation-execution", "*", slash), "ssm:GetAutomationExecution")
	case remedy.Distribution:
		on(jsii.String("arn:"+*stack.Partition()+":cloudfront::"+*stack.Account()+":distribution/"+t.Name), "cloudfront:GetDistribution", "cloudfront:CreateInvalidation")
	case remedy.Cache:
		on(p.arn(stack, "elasticache", "cluster", t.Name, colon), "elasticache:DescribeCacheClusters", "elasticache:RebootCacheCluster")
	case remedy.File:
		judges = true
	case remedy.Machine:
		on(p.arn(stack, "states", "stateMachine", t.Name, colon), "states:ListExecutions", "states:StartExecution")
		on(p.arn(stack, "states", "execution", t.Name+":*", colon), "states:DescribeExecution", "states:RedriveExecution")
	case remedy.Job:
		on(p.arn(stack, "glue", "job", t.Name, slash), "glue:GetJobRuns", "glue:StartJobRun")
	case remedy.Table:
		on(p.arn(stack, "dynamodb", "table", t.Name, slash), "dynamodb:DescribeTable", "dynamodb:UpdateTable")
	case remedy.Stream:
		on(p.arn(stack, "kinesis", "stream", t.Name, slash), "kinesis:DescribeStreamSummary", "kinesis:UpdateShardCount")
	case remedy.Contract:
		dataset := "*"
		if t.Name != "" {
			dataset = t.Name + ".*"
		}
		on(p.store.results.BucketArn(), "s3:ListBucketVersions")
		list[0].Conditions = &map[string]any{"StringLike": map[string]any{"s3:prefix": "contracts/" + dataset}}
		on(p.store.results.ArnForObjects(jsii.String("contracts/"+dataset)), "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
		judges = true
	}
	return list, judges
}

// explainRemedies says why the rights of newRemedies have wildcards; to be
// called once the function is there.
func explainRemedies(scope constructs.Construct, targets []remedy.Target) {
	why := map[remedy.Kind][2]string{
		remedy.Prefix:   {"Objects below a prefix that the deployment names are cleaned up; which there will be is not known beforehand.", `/^Resource::arn:.*:s3:::.*\*$/`},
		remedy.Document: {"Executions of a document that the deployment names have ids that are not known beforehand, as are the document's versions.", `/^Resource::arn:.*:automation-(definition|execution)/`},
		remedy.Machine:  {"Executions of a state machine that the deployment names have names that are not known beforehand.", `/^Resource::arn:.*:execution:.*:\*$/`},
		remedy.Contract: {"A dataset's contract is one object, whose name ends as its format does.", `/^Resource::.*\/contracts\/.*\*$/`},
	}
	seen := map[remedy.Kind]bool{}
	for _, t := range targets {
		if w, ok := why[t.Kind]; ok && !seen[t.Kind] {
			seen[t.Kind] = true
			suppress(scope, "AwsSolutions-IAM5", w[0], w[1])
		}
	}
}
