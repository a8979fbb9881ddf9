// Package integration tests the deployed stack: it drops files where they
// land, and reads what comes of them where people and pipelines would.
//
// It runs when TILLWATCH_ENDPOINT names an endpoint and TILLWATCH_OUTPUTS the
// file of outputs that cdk deploy wrote, and skips otherwise.
package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tillwatch/scripts/emulator"
	"tillwatch/shared/alert"
	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/aws/s3object"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
	"tillwatch/shared/metric"
)

// A stack is the deployed stack with a dataset of the test's own, and a queue
// that all events of ours about it come to.
type stack struct {
	emulator.Outputs
	cfg     aws.Config
	s3      *s3.Client
	sqs     *sqs.Client
	table   *landingtable.Store
	dataset string
	queue   string
	events  map[string]event.Event // by id
}

const contractOf = `apiVersion: v3.1.0
kind: DataContract
id: urn:example:DATASET
name: DATASET
version: 1.0.0
status: active
servers:
  - server: landing
    type: s3
    location: s3://*/DATASET/**
    format: csv
team:
  name: store-data
schema:
  - name: DATASET
    properties:
      - name: transaction_id
        logicalType: string
        required: true
        unique: true
      - name: amount
        logicalType: number
        logicalTypeOptions:
          minimum: 0
          maximum: 500
`

const (
	good = "transaction_id,amount\nt1,9.50\nt2,100\n"
	bad  = "transaction_id,amount\nt1,9.50\nt1,100\nt3,900\n"
)

// patience is how long a file may take from landing to its events. It is more
// than one delivery that came to nothing.
const patience = 150 * time.Second

func deployed(t *testing.T) *stack {
	t.Helper()
	cfg := awstest.Config(t)
	file := os.Getenv("TILLWATCH_OUTPUTS")
	if file == "" {
		t.Skip("TILLWATCH_OUTPUTS is not set: no stack is tested")
	}
	out, err := emulator.ReadOutputs(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{
		Outputs: out, cfg: cfg, dataset: strings.ReplaceAll(awstest.Unique("d"), "-", "_"), events: map[string]event.Event{},
		s3:    s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		sqs:   sqs.NewFromConfig(cfg),
		table: &landingtable.Store{Client: dynamodb.NewFromConfig(cfg), Table: out.Table},
	}
	var arn string
	s.queue, arn = s.newQueue(t, s.dataset)
	eb := eventbridge.NewFromConfig(cfg)
	if _, err := eb.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: &s.dataset, EventBusName: &s.Bus, EventPattern: aws.String(`{"source":["tillwatch"]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := eb.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: &s.dataset, EventBusName: &s.Bus, Targets: []ebtypes.Target{{Id: aws.String("q"), Arn: &arn}},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		_, err1 := eb.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &s.dataset, EventBusName: &s.Bus, Ids: []string{"q"}})
		_, err2 := eb.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &s.dataset, EventBusName: &s.Bus})
		_, err3 := s.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.ResultsBucket, Key: aws.String(s.contractKey())})
		for _, err := range []error{err1, err2, err3} {
			if err != nil {
				t.Log(err)
			}
		}
	})
	return s
}

func (s *stack) newQueue(t *testing.T, name string) (address, arn string) {
	t.Helper()
	q, err := s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.sqs.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: q.QueueUrl}); err != nil {
			t.Log(err)
		}
	})
	about, err := s.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: q.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *q.QueueUrl, about.Attributes["QueueArn"]
}

// subscribe makes a queue that gets what a topic tells, and returns its address.
func (s *stack) subscribe(t *testing.T, topic string) string {
	t.Helper()
	inbox, arn := s.newQueue(t, s.dataset+"_inbox")
	topics := sns.NewFromConfig(s.cfg)
	subscribed, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := topics.Unsubscribe(context.Background(), &sns.UnsubscribeInput{SubscriptionArn: subscribed.SubscriptionArn}); err != nil {
			t.Log(err)
		}
	})
	return inbox
}

func (s *stack) contractKey() string { return "contracts/" + s.dataset + ".odcs.yaml" }

func (s *stack) push(t *testing.T, contract string) {
	t.Helper()
	body := strings.NewReader(strings.ReplaceAll(contract, "DATASET", s.dataset))
	if _, err := s.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.ResultsBucket, Key: aws.String(s.contractKey()), Body: body}); err != nil {
		t.Fatal(err)
	}
}

// drop puts a file where the dataset's files land, and returns its version.
func (s *stack) drop(t *testing.T, name, body string) (key, version string) {
	t.Helper()
	key = s.dataset + "/" + name
	out, err := s.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.LandingBucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return key, aws.ToString(out.VersionId)
}

// poll takes the messages of a queue, once.
func (s *stack) poll(t *testing.T, queue string) []string {
	t.Helper()
	out, err := s.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
		if _, err := s.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	return bodies
}

// await takes events off the bus until enough returns true.
func (s *stack) await(t *testing.T, what string, enough func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !enough(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come within %v; %d events came", what, patience, len(s.events))
		}
		for _, body := range s.poll(t, s.queue) {
			var e struct {
				DetailType string          `json:"detail-type"`
				Detail     json.RawMessage `json:"detail"`
			}
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				t.Fatal(err)
			}
			parsed, err := event.Parse(e.DetailType, e.Detail)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(parsed.Data), s.dataset) { // other tests use the bus too
				s.events[parsed.Metadata.EventID] = parsed
			}
		}
	}
}

// of returns the data of the events of one type, in order of their ids.
func of[T any](t *testing.T, s *stack, kind string) []T {
	t.Helper()
	var all []T
	for _, e := range s.events {
		if e.Type != kind {
			continue
		}
		var v T
		if err := json.Unmarshal(e.Data, &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// signals returns the signals of one type and rule.
func (s *stack) signals(t *testing.T, kind, rule string) []alert.Signal {
	t.Helper()
	return slices.DeleteFunc(of[alert.Signal](t, s, kind), func(v alert.Signal) bool { return v.Rule != rule })
}

// pages counts the notifications that woke somebody.
func (s *stack) pages(t *testing.T) int {
	t.Helper()
	n := 0
	for _, told := range of[alert.Notification](t, s, event.AlertNotified) {
		// An update is for the room, the responder and maybe an audience.
		if slices.ContainsFunc(told.Channels, func(c string) bool { return slices.Contains(alert.Severities, alert.Severity(c)) }) {
			n++
		}
	}
	return n
}

func (s *stack) tag(t *testing.T, key, version string) string {
	t.Helper()
	out, err := s.s3.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &s.LandingBucket, Key: &key, VersionId: &version})
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

// TestABadFileReachesAPersonAndAGoodOneEndsIt follows one file from the bucket
// to the topic that the on-call engineer subscribes to, and its correction.
func TestABadFileReachesAPersonAndAGoodOneEndsIt(t *testing.T) {
	s := deployed(t)
	inbox := s.subscribe(t, s.TopicP1)
	s.push(t, contractOf)
	const name = "dt=2026-11-22/sales + 100%25 %41é.csv"
	key, rejected := s.drop(t, name, bad)
	// The verdict raises one signal, and the rule on quality another.
	s.await(t, "the rejection", func() bool {
		return len(of[landing.Notice](t, s, event.FileRejected)) == 1 && len(of[alert.Signal](t, s, event.SignalRaised)) == 2
	})
	n := of[landing.Notice](t, s, event.FileRejected)[0]
	if n.Object.Key != key || n.Rows != 3 || n.BadRows != 2 || n.Failed != 2 || n.Object.Version != rejected {
		t.Errorf("notice %+v", n)
	}
	if tag := s.tag(t, key, rejected); tag != "fail" {
		t.Errorf("tag %q, want fail", tag)
	}
	for _, document := range []string{n.Report, n.Page, n.Quarantine} {
		out, err := s.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.ResultsBucket, Key: &document})
		if err != nil {
			t.Errorf("document %q: %v", document, err)
			continue
		}
		out.Body.Close()
	}
	var told string
	for deadline := time.Now().Add(patience); told == "" && time.Now().Before(deadline); {
		for _, body := range s.poll(t, inbox) {
			if strings.Contains(body, s.dataset) {
				told = body
			}
		}
	}
	if !strings.Contains(told, "rejected") {
		t.Errorf("the person was told %.300q, want the rejection", told)
	}

	_, passed := s.drop(t, name, good)
	s.await(t, "the end", func() bool {
		return len(of[landing.Notice](t, s, event.FileValidated)) == 1 && len(s.told(t, alert.AlertResolved)) == 1
	})
	for rule, severity := range map[string]alert.Severity{alert.FileRejected: alert.P1, alert.LowQuality: alert.P2} {
		raised, resolved := s.signals(t, event.SignalRaised, rule), s.signals(t, event.SignalResolved, rule)
		if len(raised) != 1 || len(resolved) != 1 || raised[0].DedupKey != resolved[0].DedupKey || raised[0].Severity != severity {
			t.Errorf("%s: raised %+v, resolved %+v", rule, raised, resolved)
		}
	}
	if pages := s.pages(t); pages != 2 {
		t.Errorf("%d pages of one bad file, want one of it and one of its end", pages)
	}
	if a, b := s.tag(t, key, rejected), s.tag(t, key, passed); a != "fail" || b != "pass" {
		t.Errorf("tags %q and %q, want fail and pass", a, b)
	}
	if history, err := s.table.History(t.Context(), s.dataset, 10); err != nil || len(history) != 2 {
		t.Errorf("%d entries of history, %v; want 2", len(history), err)
	}
	s.wantMetric(t, metric.QualityScore, metric.Table, s.dataset)
	s.wantMetric(t, metric.RecordsProcessed, metric.DataSource, "landing")
}

func (s *stack) wantMetric(t *testing.T, name metric.Name, dimension, value string) {
	t.Helper()
	m, _ := metric.Lookup(name)
	out, err := cloudwatch.NewFromConfig(s.cfg).GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String(string(m.Namespace)), MetricName: aws.String(string(name)),
		Dimensions: []cwtypes.Dimension{
			{Name: aws.String(metric.PipelineName), Value: &s.dataset}, {Name: &dimension, Value: &value},
		},
		StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Hour)), Period: aws.Int32(3600),
		Statistics: []cwtypes.Statistic{cwtypes.StatisticMaximum},
	})
	if err != nil || len(out.Datapoints) == 0 {
		t.Errorf("metric %s of %s: %d points, %v", name, s.dataset, len(out.Datapoints), err)
	}
}

// TestBrokenContractAndUnknownPrefix proves that what nobody can judge is told.
func TestBrokenContractAndUnknownPrefix(t *testing.T) {
	s := deployed(t)
	s.drop(t, "a.csv", good)
	s.drop(t, "b.csv", good)
	s.await(t, "the signal of files without a contract", func() bool { return len(of[alert.Signal](t, s, event.SignalRaised)) > 0 })
	if sig := of[alert.Signal](t, s, event.SignalRaised)[0]; sig.Rule != alert.FileWithoutContract || sig.Severity != alert.P3 {
		t.Errorf("signal %s %s, want a P3 of a file without contract", sig.Severity, sig.Rule)
	}
	s.push(t, strings.Replace(contractOf, "properties:", "colums:", 1))
	s.drop(t, "c.csv", good)
	s.await(t, "the signal of the broken contract", func() bool { return len(of[landing.Notice](t, s, event.FileRejected)) > 0 })
	var broken *alert.Signal
	for _, sig := range of[alert.Signal](t, s, event.SignalRaised) {
		if sig.Rule == alert.FileUnjudged {
			broken = &sig
		}
	}
	if broken == nil || broken.Severity != alert.P1 || !strings.Contains(broken.Findings[0].Message, "colums") {
		t.Errorf("signal %+v, want a P1 that names the error", broken)
	}
	s.push(t, contractOf)
	s.drop(t, "c.csv", good)
	s.await(t, "its end", func() bool { return len(of[alert.Signal](t, s, event.SignalResolved)) == 1 })
	withoutContract := 0
	for _, sig := range of[alert.Signal](t, s, event.SignalRaised) {
		if sig.Rule == alert.FileWithoutContract {
			withoutContract++
		}
	}
	if withoutContract != 1 {
		t.Errorf("%d signals of files without a contract, want 1 for the prefix and day", withoutContract)
	}
}

// TestBurstWhileTheFunctionIsKilled lets 200 files land at once and kills the
// function's processes, where they are processes of this machine.
func TestBurstWhileTheFunctionIsKilled(t *testing.T) {
	s := deployed(t)
	if testing.Short() {
		t.Skip("a burst takes minutes")
	}
	s.push(t, contractOf)
	const files = 200
	versions := map[string]string{}
	for i := range files {
		key, version := s.drop(t, fmt.Sprintf("dt=2026-11-%02d/part-%03d.csv", 1+i%28, i), map[bool]string{true: bad, false: good}[i%10 == 0])
		versions[key] = version
	}
	killed := 0
	verdicts := func() int {
		return len(of[landing.Notice](t, s, event.FileValidated)) + len(of[landing.Notice](t, s, event.FileRejected))
	}
	began := time.Now()
	s.await(t, "200 verdicts", func() bool {
		if killed < 10 && time.Since(began) < time.Minute {
			killed += killFunction(s.ValidateFileFunction, os.Getenv("TILLWATCH_ENDPOINT"))
		}
		return verdicts() == files
	})
	t.Logf("200 verdicts after %v and %d killed processes", time.Since(began).Round(time.Second), killed)
	entries, err := s.table.History(t.Context(), s.dataset, 2*files)
	if err != nil || len(entries) != files {
		t.Errorf("%d entries of history, %v; want %d", len(entries), err, files)
	}
	for key, version := range versions {
		want := map[bool]string{true: "fail", false: "pass"}[strings.HasSuffix(key, "0.csv")]
		if tag := s.tag(t, key, version); tag != want {
			t.Errorf("%s is tagged %q, want %s", key, tag, want)
		}
	}
}
