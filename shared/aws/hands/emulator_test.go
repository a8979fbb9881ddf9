package hands_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/hands"
	"tillwatch/shared/incident"
)

// connect returns hands whose every client talks to one endpoint.
func connect(cfg aws.Config) *hands.Hands {
	return &hands.Hands{
		S3:  s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		SQS: sqs.NewFromConfig(cfg), Lambda: lambda.NewFromConfig(cfg), Steps: sfn.NewFromConfig(cfg), Glue: glue.NewFromConfig(cfg),
		SSM: ssm.NewFromConfig(cfg), DynamoDB: dynamodb.NewFromConfig(cfg), Kinesis: kinesis.NewFromConfig(cfg),
		CloudFront: cloudfront.NewFromConfig(cfg), ElastiCache: elasticache.NewFromConfig(cfg),
		Machines: "arn:aws:states:us-east-1:000000000000:stateMachine:",
		Wait:     func(context.Context, time.Duration) error { return nil },
	}
}

// live is a try of r in earnest, dry one that only says.
func live(r remedy.Remedy) incident.Try {
	r.Live = true
	return dry(r)
}

func dry(r remedy.Remedy) incident.Try {
	return incident.Try{Remedy: r, ID: "INC-1/0/remedy-0", At: time.Now().UTC()}
}

// does carries a try out and holds what it says against what is wanted of it.
func does(t *testing.T, h *hands.Hands, try incident.Try, before, after string) {
	t.Helper()
	a, err := h.Do(t.Context(), try)
	if err != nil {
		t.Fatalf("%s: %v (before: %s; after: %s)", try.Key(), err, a.Before, a.After)
	}
	if !strings.Contains(a.Before, before) || !strings.Contains(a.After, after) || a.DryRun == try.Live {
		t.Errorf("%s: before %q, after %q, dry run %v; want %q and %q", try.Key(), a.Before, a.After, a.DryRun, before, after)
	}
}

// refuses holds that a try does nothing and says why.
func refuses(t *testing.T, h *hands.Hands, try incident.Try, why string) {
	t.Helper()
	a, err := h.Do(t.Context(), try)
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: got %+v, %v; want an error that says %q", try.Key(), a, err, why)
	}
}

func TestCleanUpDeletesOnlyWhatIsOldAndBelow(t *testing.T) {
	h := connect(awstest.Config(t))
	bucket := awstest.Unique("lake")
	must(t)(h.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}))
	put := func(key string) {
		t.Helper()
		must(t)(h.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("12345")}))
	}
	keys := func() string {
		out, err := h.S3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, o := range out.Contents {
			list = append(list, *o.Key)
		}
		return strings.Join(list, " ")
	}
	for _, key := range []string{"sales/a.csv", "tmp", "tmp/", "tmp/run/1", "tmp/run/2", "tmpfile"} {
		put(key)
	}
	r := remedy.Remedy{Action: remedy.DiskSpaceCleanup, Target: "s3://" + bucket + "/tmp/"}
	refuses(t, h, live(r), "nothing to mend: no object is older than 1 day")
	tomorrow := func(try incident.Try) incident.Try { try.At = time.Now().Add(25 * time.Hour); return try }
	does(t, h, tomorrow(dry(r)), "2 of them older than", "2 objects of 10 bytes deleted")
	if got := keys(); got != "sales/a.csv tmp tmp/ tmp/run/1 tmp/run/2 tmpfile" {
		t.Errorf("a dry run left %s", got)
	}
	does(t, h, tomorrow(live(r)), "2 of them older than", "2 objects of 10 bytes deleted")
	if got := keys(); got != "sales/a.csv tmp tmp/ tmpfile" {
		t.Errorf("left %s", got)
	}
	h.Own = []string{bucket}
	put("tmp/run/3")
	refuses(t, h, tomorrow(live(r)), "a bucket of Tillwatch itself")
}

// function makes a function and returns its name.
func function(t *testing.T, h *hands.Hands) string {
	t.Helper()
	var code bytes.Buffer
	w := zip.NewWriter(&code)
	f, err := w.Create("index.py")
	if err == nil {
		_, err = f.Write([]byte("def handler(event, context):\n    return 1\n"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	name := awstest.Unique("function")
	must(t)(h.Lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: lambdatypes.RuntimePython312, Handler: aws.String("index.handler"), Publish: true,
		Role: aws.String("arn:aws:iam::000000000000:role/test"), Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"PASSWORD": "s3cret"}},
	}))
	if err := lambda.NewFunctionUpdatedV2Waiter(h.Lambda).Wait(t.Context(), &lambda.GetFunctionInput{FunctionName: &name}, time.Minute); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRecycleKeepsTheVariables(t *testing.T) {
	h := connect(awstest.Config(t))
	name := function(t, h)
	variables := func() map[string]string {
		out, err := h.Lambda.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil {
			t.Fatal(err)
		}
		return out.Environment.Variables
	}
	for _, action := range []string{remedy.ConnectionPoolReset, remedy.CacheInvalidation, remedy.DiskSpaceCleanup} {
		r := remedy.Remedy{Action: action, Target: "lambda:" + name}
		does(t, h, dry(r), "environments since", "new environments")
		if action == remedy.ConnectionPoolReset && len(variables()) != 1 {
			t.Errorf("a dry run left %d variables", len(variables()))
		}
		try := live(r)
		does(t, h, try, "environments since", "new environments")
		if v := variables(); v["PASSWORD"] != "s3cret" || v["TILLWATCH_RECYCLED"] != try.At.Format(time.RFC3339) || len(v) != 2 {
			t.Errorf("%s: %d variables", action, len(v))
		}
		if err := lambda.NewFunctionUpdatedV2Waiter(h.Lambda).Wait(t.Context(), &lambda.GetFunctionInput{FunctionName: &name}, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := h.Do(t.Context(), live(remedy.Remedy{Action: remedy.CacheInvalidation, Target: "lambda:" + name}))
	if strings.Contains(fmt.Sprint(a), "s3cret") {
		t.Errorf("a variable's value is told: %+v", a)
	}
	refuses(t, h, live(remedy.Remedy{Action: remedy.CacheInvalidation, Target: "lambda:no-such-function"}), "ResourceNotFound")
}

func TestFunctionsAndAliasesAreScaledAndRolledBack(t *testing.T) {
	h := connect(awstest.Config(t))
	name := function(t, h)
	scale := remedy.Remedy{Action: remedy.ScalingTrigger, Target: "lambda:" + name, Most: 5}
	refuses(t, h, live(scale), "no reserved concurrency to raise")
	must(t)(h.Lambda.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: aws.Int32(2)}))
	does(t, h, dry(scale), "concurrency 2", "concurrency 4")
	does(t, h, live(scale), "concurrency 2", "concurrency 4")
	does(t, h, live(scale), "concurrency 4", "concurrency 5")
	refuses(t, h, live(scale), "nothing to mend: 5 is the most that is allowed")

	must(t)(h.Lambda.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("1")}))
	back := remedy.Remedy{Action: remedy.ConfigurationRollback, Target: "lambda:" + name + ":live"}
	refuses(t, h, live(back), "there is no version before 1")
	must(t)(h.Lambda.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, Description: aws.String("newer")}))
	if err := lambda.NewFunctionUpdatedV2Waiter(h.Lambda).Wait(t.Context(), &lambda.GetFunctionInput{FunctionName: &name}, time.Minute); err != nil {
		t.Fatal(err)
	}
	v, err := h.Lambda.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &name})
	if err != nil || *v.Version != "2" {
		t.Fatalf("published %v, %v", v, err)
	}
	must(t)(h.Lambda.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("2")}))
	does(t, h, dry(back), "version 2", "version 1")
	does(t, h, live(back), "version 2", "version 1")
	refuses(t, h, live(back), "there is no version before 1")

	provision := remedy.Remedy{Action: remedy.ScalingTrigger, Target: "lambda:" + name + ":live", Most: 3}
	refuses(t, h, live(provision), "ProvisionedConcurrencyConfigNotFound")
	must(t)(h.Lambda.PutProvisionedConcurrencyConfig(t.Context(), &lambda.PutProvisionedConcurrencyConfigInput{
		FunctionName: &name, Qualifier: aws.String("live"), ProvisionedConcurrentExecutions: aws.Int32(2)}))
	does(t, h, live(provision), "provisioned concurrency 2", "provisioned concurrency 3")
}

func TestTablesAndStreamsGrow(t *testing.T) {
	h := connect(awstest.Config(t))
	table := awstest.Unique("orders")
	must(t)(h.DynamoDB.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, ProvisionedThroughput: &dynamotypes.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(9)},
		AttributeDefinitions: []dynamotypes.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: dynamotypes.ScalarAttributeTypeS}},
		KeySchema:            []dynamotypes.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: dynamotypes.KeyTypeHash}},
	}))
	r := remedy.Remedy{Action: remedy.ScalingTrigger, Target: "dynamodb:" + table, Most: 10}
	does(t, h, dry(r), "5 read and 9 write units", "10 read and 10 write units")
	does(t, h, live(r), "5 read and 9 write units", "10 read and 10 write units")
	refuses(t, h, live(r), "10 is the most that is allowed")
	_, byRequest := awstest.Table(t, "by-request")
	refuses(t, h, live(remedy.Remedy{Action: remedy.ScalingTrigger, Target: "dynamodb:" + byRequest, Most: 10}), "paid by request")

	stream := awstest.Unique("clicks")
	must(t)(h.Kinesis.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: &stream, ShardCount: aws.Int32(2)}))
	r = remedy.Remedy{Action: remedy.ScalingTrigger, Target: "kinesis:" + stream, Most: 4}
	does(t, h, dry(r), "2 shards", "4 shards")
	does(t, h, live(r), "2 shards", "4 shards")
	refuses(t, h, live(r), "4 is the most that is allowed")
}

func TestAnExecutionThatFailedIsStartedAnew(t *testing.T) {
	h := connect(awstest.Config(t))
	name := awstest.Unique("nightly")
	machine, err := h.Steps.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: &name, RoleArn: aws.String("arn:aws:iam::000000000000:role/test"),
		Definition: aws.String(`{"StartAt":"Choose","States":{
			"Choose":{"Type":"Choice","Choices":[{"Variable":"$.good","BooleanEquals":true,"Next":"Done"}],"Default":"Broken"},
			"Broken":{"Type":"Fail","Error":"E"},"Done":{"Type":"Succeed"}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Machines = strings.TrimSuffix(*machine.StateMachineArn, name)
	r := remedy.Remedy{Action: remedy.PipelineRestart, Target: "states:" + name}
	refuses(t, h, live(r), "was never executed")
	run := func(input string, want string) {
		t.Helper()
		out, err := h.Steps.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Input: &input})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			e, err := h.Steps.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: out.ExecutionArn})
			if err != nil {
				t.Fatal(err)
			}
			if string(e.Status) == want {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("it never became %s", want)
	}
	run(`{"good":true}`, "SUCCEEDED")
	refuses(t, h, live(r), "the newest execution is SUCCEEDED")
	run(`{"good":false,"day":"2026-11-22"}`, "FAILED")
	does(t, h, dry(r), "FAILED since", "")
	// The emulator cannot redrive, and refuses: it is started anew.
	does(t, h, live(r), "FAILED since", "with the same input")
	out, err := h.Steps.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: machine.StateMachineArn})
	if err != nil || len(out.Executions) != 3 {
		t.Fatalf("%d executions, %v; want 3", len(out.Executions), err)
	}
	last, err := h.Steps.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: out.Executions[0].ExecutionArn})
	if err != nil || *last.Input != `{"good":false,"day":"2026-11-22"}` || !strings.HasPrefix(*last.Name, "tillwatch-") {
		t.Errorf("the newest is %s with %s, %v", *last.Name, *last.Input, err)
	}
}

// must fails the test on an error of a call whose answer does not matter.
func must(t *testing.T) func(any, error) {
	t.Helper()
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
