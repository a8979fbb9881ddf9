package main

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	for _, kind := range []string{"END_OF_LIFE", "DEPRECATED"} { // the tests don't mind an old Node
		os.Setenv("JSII_SILENCE_WARNING_"+kind+"_NODE_VERSION", "18,19,20,21,22,23")
	}
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// everything is the context that turns on every optional part.
var everything = map[string]any{
	"environment": "test", "email": "someone@example.com,team@example.com", "chat_endpoint": "https://example.com/chat",
	"pagerduty_parameter": "/tillwatch/pagerduty", "webhook_url": "https://example.com/hook", "webhook_parameter": "/tillwatch/webhook",
	"slack_workspace": "T00000000", "slack_channel": "C00000000", "max_bytes": "1000000", "split_bytes": "2000000", "range_bytes": "500000", "max_ratio": "50",
	"traces_endpoint": "https://example.com", "targets": "CompletenessScore=97", "runbooks": "https://example.com/runbooks",
	"remedy_targets": "s3://lake/tmp/,lambda:load-sales,lambda:load-sales:live,ssm:ResetSalesPool,cloudfront:E2EXAMPLE,elasticache:prices," +
		"file,states:nightly,glue:sales-etl,dynamodb:orders,kinesis:clicks,contract:sales_data",
}

// both are the templates of both stacks with everything turned on, made once.
var both = sync.OnceValues(func() (assembly, error) { return synthesize(everything) })

type assembly struct {
	folder     string
	main, more template
}

type template struct {
	Resources map[string]resource
	Outputs   map[string]any
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

// synthesize makes the templates from context values, with functions that are
// a placeholder, so that nothing is built.
func synthesize(values map[string]any) (assembly, error) {
	folder, err := os.MkdirTemp("", "tillwatch-infra")
	if err != nil {
		return assembly{}, err
	}
	binaries := filepath.Join(folder, "functions")
	for _, f := range []string{"validate-file", "validate-range", "route-alert", "tell-receiver", "respond-incident", "evaluate-rules", "take-answer"} {
		if err := os.MkdirAll(filepath.Join(binaries, f), 0o755); err != nil {
			return assembly{}, err
		}
		if err := os.WriteFile(filepath.Join(binaries, f, "bootstrap"), []byte("a function\n"), 0o755); err != nil {
			return assembly{}, err
		}
	}
	values = maps.Clone(values)
	values["binaries"] = binaries
	settings, err := readSettings(func(key string) any { return values[key] })
	if err != nil {
		return assembly{}, err
	}
	flags, err := cdkContext()
	if err != nil {
		return assembly{}, err
	}
	out := filepath.Join(folder, "cdk.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &flags, AnalyticsReporting: jsii.Bool(false)})
	newStacks(app, Props{Settings: settings})
	app.Synth(nil)
	a := assembly{folder: out}
	for pattern, into := range map[string]*template{"*.template.json": &a.main, "assembly-*/*.template.json": &a.more} {
		files, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil {
			return a, err
		}
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				return a, err
			}
			if err := json.Unmarshal(content, into); err != nil {
				return a, err
			}
		}
	}
	return a, nil
}

// cdkContext is the context of cdk.json, which the CDK's command line passes.
func cdkContext() (map[string]any, error) {
	content, err := os.ReadFile(filepath.Join("..", "cdk.json"))
	if err != nil {
		return nil, err
	}
	var file struct{ Context map[string]any }
	return file.Context, json.Unmarshal(content, &file)
}

func load(t *testing.T) assembly {
	t.Helper()
	a, err := both()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// of returns the resources of a type, by logical id in order.
func (tm template) of(kind string) []string {
	var ids []string
	for id, r := range tm.Resources {
		if r.Type == kind {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// at follows a path through the properties of a resource; nil if it ends.
func (tm template) at(id string, path ...string) any {
	var v any = tm.Resources[id].Properties
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// text is a property as JSON, with references in it.
func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestBucketsArePrivateVersionedAndLogged(t *testing.T) {
	tm := load(t).main
	buckets := tm.of("AWS::S3::Bucket")
	if len(buckets) != 3 {
		t.Fatalf("got buckets %v, want three", buckets)
	}
	for _, id := range buckets {
		for _, p := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if tm.at(id, "PublicAccessBlockConfiguration", p) != true {
				t.Errorf("%s: %s is not set", id, p)
			}
		}
		if got := tm.at(id, "VersioningConfiguration", "Status"); got != "Enabled" {
			t.Errorf("%s: got versioning %v, want Enabled", id, got)
		}
		if tm.at(id, "BucketEncryption") == nil {
			t.Errorf("%s: not encrypted", id)
		}
		if tm.at(id, "LifecycleConfiguration") == nil {
			t.Errorf("%s: nothing is ever removed", id)
		}
		if !strings.Contains(id, "AccessLogs") && tm.at(id, "LoggingConfiguration", "DestinationBucketName") == nil {
			t.Errorf("%s: access is not logged", id)
		}
		if !strings.HasPrefix(tm.Resources[id].DeletionPolicy, "Retain") {
			t.Errorf("%s: got deletion policy %s, want Retain", id, tm.Resources[id].DeletionPolicy)
		}
	}
}

func TestLandingTellsEventBridgeWithoutACustomResource(t *testing.T) {
	tm := load(t).main
	told := 0
	for _, id := range tm.of("AWS::S3::Bucket") {
		if tm.at(id, "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled") == true {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d buckets tell EventBridge, want landing alone", told)
	}
	for id, r := range tm.Resources {
		if strings.HasPrefix(r.Type, "Custom::") {
			t.Errorf("%s is a custom resource %s: it needs a function of its own", id, r.Type)
		}
	}
}

func TestEverythingIsEncrypted(t *testing.T) {
	tm := load(t).main
	for kind, property := range map[string]string{
		"AWS::SQS::Queue": "SqsManagedSseEnabled", "AWS::SNS::Topic": "KmsMasterKeyId", "AWS::Logs::LogGroup": "KmsKeyId",
		"AWS::DynamoDB::Table": "SSESpecification", "AWS::S3::Bucket": "BucketEncryption",
	} {
		ids := tm.of(kind)
		if len(ids) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for _, id := range ids {
			if v := tm.at(id, property); v == nil || v == false {
				t.Errorf("%s %s: %s is not set", kind, id, property)
			}
		}
	}
}

func TestOnlyTLS(t *testing.T) {
	tm := load(t).main
	for kind, policy := range map[string][2]string{
		"AWS::S3::Bucket": {"AWS::S3::BucketPolicy", "Bucket"},
		"AWS::SQS::Queue": {"AWS::SQS::QueuePolicy", "Queues"},
		"AWS::SNS::Topic": {"AWS::SNS::TopicPolicy", "Topics"},
	} {
		for _, id := range tm.of(kind) {
			held := slices.ContainsFunc(tm.of(policy[0]), func(p string) bool {
				return strings.Contains(text(tm.at(p, policy[1])), `"`+id+`"`) &&
					strings.Contains(text(tm.at(p, "PolicyDocument")), `"Bool":{"aws:SecureTransport":"false"}`)
			})
			if !held {
				t.Errorf("%s %s can be reached without TLS", kind, id)
			}
		}
	}
}

func TestTableForgetsAndCanBeRestored(t *testing.T) {
	tm := load(t).main
	for _, id := range tm.of("AWS::DynamoDB::Table") {
		if got := tm.at(id, "TimeToLiveSpecification", "Enabled"); got != true {
			t.Errorf("%s: got TTL %v, want true", id, got)
		}
		if got := tm.at(id, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"); got != true {
			t.Errorf("%s: got point-in-time recovery %v, want true", id, got)
		}
		if got := tm.at(id, "BillingMode"); got != "PAY_PER_REQUEST" {
			t.Errorf("%s: got billing %v, want PAY_PER_REQUEST", id, got)
		}
	}
}

func TestNothingAsynchronousIsLost(t *testing.T) {
	tm := load(t).main
	deadLetters := map[string]bool{}
	for _, id := range tm.of("AWS::SQS::Queue") {
		if target := tm.at(id, "RedrivePolicy", "deadLetterTargetArn"); target != nil {
			if got := tm.at(id, "RedrivePolicy", "maxReceiveCount"); got != 5.0 {
				t.Errorf("%s: got %v attempts, want 5", id, got)
			}
			deadLetters[text(target)] = true
		}
	}
	for _, id := range tm.of("AWS::SNS::Subscription") {
		target := tm.at(id, "RedrivePolicy", "deadLetterTargetArn")
		if target == nil {
			t.Errorf("%s has no dead letters", id)
		}
		deadLetters[text(target)] = true
	}
	for _, id := range tm.of("AWS::SQS::Queue") {
		arn := `{"Fn::GetAtt":["` + id + `","Arn"]}`
		if tm.at(id, "RedrivePolicy") == nil && !deadLetters[arn] {
			t.Errorf("%s has no dead letters and is nobody's", id)
		}
		if deadLetters[arn] && !slices.ContainsFunc(tm.of("AWS::CloudWatch::Alarm"), func(a string) bool {
			return strings.Contains(text(tm.at(a, "Dimensions")), id) && tm.at(a, "AlarmActions") != nil
		}) {
			t.Errorf("%s has no alarm that goes straight to a topic", id)
		}
	}
	for _, id := range tm.of("AWS::Events::Rule") {
		for _, target := range tm.at(id, "Targets").([]any) {
			if target.(map[string]any)["DeadLetterConfig"] == nil {
				t.Errorf("%s: a target has no dead letters", id)
			}
		}
	}
	for _, id := range tm.of("AWS::Lambda::EventSourceMapping") {
		if got := text(tm.at(id, "FunctionResponseTypes")); got != `["ReportBatchItemFailures"]` {
			t.Errorf("%s: got response types %s, want ReportBatchItemFailures", id, got)
		}
		if tm.at(id, "ScalingConfig", "MaximumConcurrency") == nil {
			t.Errorf("%s: concurrency has no bound", id)
		}
		queue := tm.at(id, "EventSourceArn", "Fn::GetAtt").([]any)[0].(string)
		function := tm.at(id, "FunctionName", "Ref").(string)
		if hidden, timeout := tm.at(queue, "VisibilityTimeout").(float64), tm.at(function, "Timeout").(float64); hidden < 6*timeout {
			t.Errorf("%s: a message is hidden for %v s, want at least 6 × %v", queue, hidden, timeout)
		}
	}
}
