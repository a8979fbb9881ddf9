package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/telemetry"
)

// A cloud is what validate-file needs, on the endpoint that is given: buckets,
// table, bus, and the queues that S3's and our own events come to.
type cloud struct {
	Endpoint, Landing, Results, Table, Bus, Files, Events string
	s3                                                    *s3.Client
	sqs                                                   *sqs.Client
	table                                                 *landingtable.Store
}

const (
	visibility = 4 // seconds until a message comes again
	lease      = 2 * time.Second
)

func configOf(endpoint string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

func (c *cloud) connect() aws.Config {
	cfg := configOf(c.Endpoint)
	c.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	c.sqs = sqs.NewFromConfig(cfg)
	c.table = &landingtable.Store{Client: dynamodb.NewFromConfig(cfg), Table: c.Table}
	return cfg
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	cfg := awstest.Config(t)
	ctx := t.Context()
	name := awstest.Unique("vf")
	c := &cloud{Endpoint: *cfg.BaseEndpoint, Landing: name + "-landing", Results: name + "-results", Table: name, Bus: name}
	c.connect()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []string{c.Landing, c.Results} {
		_, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &b})
		must(err)
	}
	_, err := c.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &c.Landing, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	must(err)
	_, err = c.s3.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &c.Landing, NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}},
	})
	must(err)
	text := func(n string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &n, AttributeType: types.ScalarAttributeTypeS}
	}
	_, err = dynamodb.NewFromConfig(cfg).CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &c.Table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{text("pk"), text("sk")},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
	})
	must(err)
	eb := eventbridge.NewFromConfig(cfg)
	_, err = eb.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: &c.Bus})
	must(err)
	queue := func(suffix, bus, pattern string) string {
		n := name + suffix
		out, err := c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &n, Attributes: map[string]string{"VisibilityTimeout": fmt.Sprint(visibility)}})
		must(err)
		about, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: out.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
		must(err)
		rule := &eventbridge.PutRuleInput{Name: &n, EventPattern: &pattern}
		targets := &eventbridge.PutTargetsInput{Rule: &n, Targets: []ebtypes.Target{{Id: aws.String("q"), Arn: aws.String(about.Attributes["QueueArn"])}}}
		if bus != "" {
			rule.EventBusName, targets.EventBusName = &bus, &bus
		}
		_, err = eb.PutRule(ctx, rule)
		must(err)
		_, err = eb.PutTargets(ctx, targets)
		must(err)
		return *out.QueueUrl
	}
	c.Files = queue("-files", "", `{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"bucket":{"name":["`+c.Landing+`"]}}}`)
	c.Events = queue("-events", c.Bus, `{"source":["tillwatch"]}`)
	raw, err := os.ReadFile("testdata/sales_data.odcs.yaml")
	must(err)
	_, err = c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Results, Key: aws.String("contracts/sales_data.odcs.yaml"), Body: bytes.NewReader(raw)})
	must(err)
	return c
}

func (c *cloud) put(t *testing.T, key, body string) string {
	t.Helper()
	out, err := c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &c.Landing, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

// handler returns validate-file on c, as main builds it.
func (c *cloud) handler(log io.Writer) *handler {
	cfg := c.connect()
	j := newJudger(cfg, configuration{
		environment: "test", table: c.Table, results: c.Results, bus: c.Bus, endpoint: c.Endpoint, lease: lease,
	}, c.s3, nil)
	return &handler{
		judge: j.Judge, metrics: j.Metrics, environment: "test",
		now: time.Now, log: telemetry.NewLogger(log, service, slog.LevelInfo),
	}
}

// serve does what Lambda does: it hands messages to h one at a time and
// deletes those that did not fail, until ctx ends.
func (c *cloud) serve(ctx context.Context, h *handler) error {
	for ctx.Err() == nil {
		out, err := c.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &c.Files, MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"ApproximateReceiveCount"},
		})
		if err != nil {
			return err
		}
		for _, m := range out.Messages {
			msg := lambdaevents.SQSMessage{MessageId: *m.MessageId, Body: *m.Body, Attributes: m.Attributes}
			resp, err := h.handle(ctx, lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{msg}})
			if err != nil {
				return err
			}
			if len(resp.BatchItemFailures) > 0 {
				continue
			}
			if _, err := c.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &c.Files, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return err
			}
		}
	}
	return nil
}

// receive takes events off the bus until want different ones came or time is up.
func (c *cloud) receive(t *testing.T, into map[string]event.Event, want int, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	for len(into) < want && time.Now().Before(deadline) {
		out, err := c.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &c.Events, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			var e struct {
				DetailType string          `json:"detail-type"`
				Detail     json.RawMessage `json:"detail"`
			}
			if err := json.Unmarshal([]byte(*m.Body), &e); err != nil {
				t.Fatal(err)
			}
			parsed, err := event.Parse(e.DetailType, e.Detail)
			if err != nil {
				t.Fatal(err)
			}
			into[parsed.Metadata.EventID] = parsed
			if _, err := c.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &c.Events, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (c *cloud) tag(t *testing.T, key, version string) string {
	t.Helper()
	out, err := c.s3.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &c.Landing, Key: &key, VersionId: &version})
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range out.TagSet {
		if *tag.Key == s3object.TagKey {
			return *tag.Value
		}
	}
	return ""
}

// TestOnAWS drops files and reads what is left of them everywhere.
func TestOnAWS(t *testing.T) {
	c := newCloud(t)
	var log bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- c.serve(ctx, c.handler(&log)) }()
	key := "sales/dt=2026-11-22/till+1 %41é.csv"
	rejected := c.put(t, key, bad)
	got := map[string]event.Event{}
	c.receive(t, got, 2, 20*time.Second)
	passed := c.put(t, key, good)
	c.receive(t, got, 4, 20*time.Second)
	stop()
	<-served
	count := map[string]int{}
	for _, e := range got {
		count[e.Type]++
	}
	for _, kind := range []string{event.FileValidated, event.FileRejected, event.SignalRaised, event.SignalResolved} {
		if count[kind] != 1 {
			t.Errorf("%d of %s, want 1\n%s", count[kind], kind, log.String())
		}
	}
	if a, b := c.tag(t, key, rejected), c.tag(t, key, passed); a != "fail" || b != "pass" {
		t.Errorf("tags %q and %q, want fail and pass", a, b)
	}
	for _, e := range got {
		if e.Type != event.FileRejected {
			continue
		}
		var n landing.Notice
		if err := json.Unmarshal(e.Data, &n); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{n.Report, n.Page, n.Quarantine} {
			out, err := c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &c.Results, Key: &key})
			if err != nil {
				t.Errorf("document %q: %v", key, err)
				continue
			}
			out.Body.Close()
		}
	}
	history, err := c.table.History(t.Context(), "sales_data", 10)
	if err != nil || len(history) != 2 {
		t.Errorf("%d entries of history, %v; want 2", len(history), err)
	}
}

// workerOf names the variable that makes the test binary a worker that serves
// until it is killed.
const workerOf = "TILLWATCH_TEST_WORKER"

func TestMain(m *testing.M) {
	if raw := os.Getenv(workerOf); raw != "" {
		var c cloud
		if err := json.Unmarshal([]byte(raw), &c); err != nil {
			panic(err)
		}
		if err := c.serve(context.Background(), c.handler(io.Discard)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestKilledAgainAndAgain kills the worker's process at random while 200 files
// land, and wants each file judged exactly once in our state, and every event
// on the bus.
func TestKilledAgainAndAgain(t *testing.T) {
	c := newCloud(t)
	files := 200
	if testing.Short() {
		files = 20
	}
	spec, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), workerOf+"="+string(spec))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	versions := map[string]string{}
	for i := range files {
		key := fmt.Sprintf("sales/dt=2026-11-%02d/part-%03d.csv", 1+i%28, i)
		versions[key] = c.put(t, key, map[bool]string{true: bad, false: good}[i%5 == 0])
	}
	random := rand.New(rand.NewPCG(42, 42))
	got := map[string]event.Event{}
	verdicts := func() int {
		n := 0
		for _, e := range got {
			if e.Type == event.FileValidated || e.Type == event.FileRejected {
				n++
			}
		}
		return n
	}
	workers := []*exec.Cmd{start(), start()}
	defer func() {
		for _, w := range workers {
			_ = w.Process.Kill()
			_ = w.Wait()
		}
	}()
	kills := 0
	for deadline := time.Now().Add(3 * time.Minute); verdicts() < files && time.Now().Before(deadline); {
		c.receive(t, got, len(got)+10, time.Duration(100+random.IntN(900))*time.Millisecond)
		if kills < 25 {
			i := random.IntN(len(workers))
			_ = workers[i].Process.Kill()
			_ = workers[i].Wait()
			workers[i] = start()
			kills++
		}
	}
	c.receive(t, got, len(got)+1000, 3*time.Second)
	t.Logf("%d verdicts after %d kills", verdicts(), kills)
	if verdicts() != files {
		t.Errorf("%d verdicts on the bus, want %d", verdicts(), files)
	}
	entries, err := c.table.History(t.Context(), "sales_data", 10*files)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range entries {
		seen[e.ID]++
	}
	if len(entries) != files || len(seen) != files {
		t.Errorf("%d entries of %d files in history, want %d of %d", len(entries), len(seen), files, files)
	}
	signals := map[string]bool{}
	for _, e := range got {
		if e.Type == event.SignalRaised {
			signals[e.Metadata.CorrelationID] = true
		}
	}
	if want := (files + 4) / 5; len(signals) != want {
		t.Errorf("%d files signalled, want %d", len(signals), want)
	}
	for key, version := range versions {
		want := map[bool]string{true: "fail", false: "pass"}[strings.HasSuffix(key, "0.csv") || strings.HasSuffix(key, "5.csv")]
		if tag := c.tag(t, key, version); tag != want {
			t.Errorf("%s is tagged %q, want %s", key, tag, want)
		}
	}
}
