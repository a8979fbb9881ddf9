package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// rights returns what the function that leads incidents may do: each action,
// and the resources of it as text.
func rights(tm template) map[string]string {
	all := map[string]string{}
	for _, id := range tm.of("AWS::IAM::Policy") {
		if !strings.HasPrefix(id, "IncidentRole") {
			continue
		}
		for _, s := range list(tm.at(id, "PolicyDocument", "Statement")) {
			statement := s.(map[string]any)
			for _, a := range list(statement["Action"]) {
				all[a.(string)] += text(statement["Resource"])
			}
		}
	}
	return all
}

// TestRemediesGetNoRightThatIsNotAskedFor compares a deployment that names no
// target with one that names one of each kind.
func TestRemediesGetNoRightThatIsNotAskedFor(t *testing.T) {
	none, err := synthesize(map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	bare, full := rights(none.main), rights(load(t).main)
	want := []string{
		"cloudwatch:PutMetricData", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "events:PutEvents", "iam:PassRole", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateMac",
		"logs:CreateLogStream", "logs:PutLogEvents", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "scheduler:CreateSchedule",
		"sns:Publish", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
		"sqs:ReceiveMessage", "sqs:SendMessage", "ssm:GetParameter", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
	}
	if got := slices.Sorted(maps.Keys(bare)); !slices.Equal(got, want) {
		t.Errorf("without targets it may do\n%v, want\n%v", got, want)
	}
	for action, resource := range map[string]string{"sqs:SendMessage": "QualityQueue", "s3:PutObject": "contracts/", "s3:GetObject": "contracts/"} {
		if strings.Contains(bare[action], resource) {
			t.Errorf("without targets it may %s to %s", action, resource)
		}
		if !strings.Contains(full[action], resource) {
			t.Errorf("with targets it may not %s to %s: %s", action, resource, full[action])
		}
	}
	for action, resource := range map[string]string{
		"s3:DeleteObject": ":s3:::lake/tmp/*", "lambda:UpdateFunctionConfiguration": ":function:load-sales\"", "lambda:PutFunctionConcurrency": ":function:load-sales\"",
		"lambda:UpdateAlias": ":function:load-sales:live", "ssm:StartAutomationExecution": ":document/ResetSalesPool", "cloudfront:CreateInvalidation": ":distribution/E2EXAMPLE",
		"elasticache:RebootCacheCluster": ":cluster:prices", "states:StartExecution": ":stateMachine:nightly", "states:RedriveExecution": ":execution:nightly:*",
		"glue:StartJobRun": ":job/sales-etl", "dynamodb:UpdateTable": ":table/orders", "kinesis:UpdateShardCount": ":stream/clicks",
		"s3:GetObjectVersion": "/contracts/sales_data.*",
	} {
		if !strings.Contains(full[action], resource) {
			t.Errorf("may %s to %s, want %s", action, full[action], resource)
		}
	}
}

func TestTheKillSwitchIsAParameter(t *testing.T) {
	tm := load(t).main
	ids := tm.of("AWS::SSM::Parameter")
	if len(ids) != 1 || tm.at(ids[0], "Name") != "/tillwatch/test/remedies" || tm.at(ids[0], "Value") != "on" {
		t.Errorf("got %v", ids)
	}
}
