package hands_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/hands"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/incident"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// judged makes a table that holds a file with a verdict, and a queue.
func judged(t *testing.T, h *hands.Hands) (o landing.Object, verdicts *landingtable.Store) {
	t.Helper()
	client, table := awstest.Table(t, "judged")
	h.Judged = &landingtable.Store{Client: client, Table: table}
	q, err := h.SQS.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(awstest.Unique("files"))})
	if err != nil {
		t.Fatal(err)
	}
	h.FilesQueue = *q.QueueUrl
	return landing.Object{Bucket: "landing", Key: "sales_data/2026-11-22.csv", Version: "v1", ETag: "e", Size: 9, Sequencer: "0A", Arrived: time.Now().UTC()}, h.Judged
}

// finish stores a verdict on o.
func finish(t *testing.T, s *landingtable.Store, o landing.Object, verdict quality.Verdict) {
	t.Helper()
	c, err := s.Claim(t.Context(), o, time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	record := landing.Record{ID: o.ID(), Object: o, Decision: landing.Judged, Reason: "1 of 3 checks failed", At: time.Now().UTC(), Dataset: "sales_data", Verdict: verdict}
	entry := &landing.Entry{ID: o.ID(), Key: o.Bucket + "/" + o.Key, Rank: o.Rank(), Dataset: "sales_data", Run: quality.Run{At: o.Arrived, Verdict: verdict}}
	if err := s.Finish(t.Context(), c, landing.Change{Record: record, Entry: entry}); err != nil {
		t.Fatal(err)
	}
}

// requests takes what is in the queue of files.
func requests(t *testing.T, h *hands.Hands) (list []landing.Object) {
	t.Helper()
	out, err := h.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &h.FilesQueue, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out.Messages {
		var r landing.Request
		if err := json.Unmarshal([]byte(*m.Body), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r.Object)
	}
	return list
}

func TestAFileIsJudgedAgain(t *testing.T) {
	h := connect(awstest.Config(t))
	o, verdicts := judged(t, h)
	r := remedy.Remedy{Action: remedy.PipelineRestart, Target: "file:s3://landing/" + o.Key}
	refuses(t, h, live(r), "was never judged")
	if _, err := verdicts.Claim(t.Context(), o, time.Now().Add(-time.Hour), time.Minute); err != nil {
		t.Fatal(err)
	}
	refuses(t, h, live(r), landing.ErrBusy.Error())
	finish(t, verdicts, o, quality.VerdictFail)
	does(t, h, dry(r), "judged fail at", "judged once more")
	if got := requests(t, h); len(got) > 0 {
		t.Errorf("a dry run asked for %+v", got)
	}
	try := live(r)
	does(t, h, try, "1 of 3 checks failed", "judged once more")
	got := requests(t, h)
	if len(got) != 1 || got[0].Version != "v1" || got[0].Rank() <= o.Rank() || !got[0].Arrived.Equal(o.Arrived) {
		t.Fatalf("asked for %+v", got)
	}
	// It can be claimed although the file is done, once, and finds its own record.
	c, err := verdicts.Claim(t.Context(), got[0], time.Now(), time.Minute)
	if err != nil || c.Record != nil || c.Attempt != 1 {
		t.Errorf("claim %+v, %v", c, err)
	}
	newer := o
	newer.Sequencer = "0B"
	finish(t, verdicts, newer, quality.VerdictPass)
	if _, err := verdicts.Claim(t.Context(), o.Anew(time.Now().Add(time.Hour)), time.Now(), time.Minute); !errors.Is(err, landing.ErrStale) {
		t.Errorf("what a newer file replaced was claimed: %v", err)
	}
	refuses(t, h, live(remedy.Remedy{Action: remedy.PipelineRestart, Target: "file"}), "the alert names no file")
}

// shelf makes a versioned bucket for contracts.
func shelf(t *testing.T, h *hands.Hands) {
	t.Helper()
	h.Results = awstest.Unique("results")
	must(t)(h.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &h.Results}))
	must(t)(h.S3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &h.Results,
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}}))
}

const contractBefore = "apiVersion: v3.0.2\nkind: DataContract\nid: sales\nname: sales\nversion: 1.0.0\nstatus: active\nschema:\n  - name: sales_data\n    properties:\n      - {name: amount, logicalType: number}\n"

func TestAContractIsRolledBackAndItsFilesJudgedAgain(t *testing.T) {
	h := connect(awstest.Config(t))
	o, verdicts := judged(t, h)
	shelf(t, h)
	key := "contracts/sales_data.odcs.yaml"
	push := func(body string) {
		t.Helper()
		must(t)(h.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &h.Results, Key: &key, Body: strings.NewReader(body)}))
	}
	inForce := func() string {
		out, err := h.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &h.Results, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(out.Body); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	r := remedy.Remedy{Action: remedy.ConfigurationRollback, Target: "contract:sales_data"}
	began := func(try incident.Try, at time.Time) incident.Try {
		try.Incident = &incident.Incident{StartedAt: at, Alerts: []incident.Alert{{Signal: alert.Signal{
			Facts: []alert.Fact{{Name: "object", Value: "s3://landing/" + o.Key}}}}}}
		return try
	}
	soon := time.Now().Add(5 * time.Second)

	refuses(t, h, began(live(r), soon), "there is no contract")
	push("no contract at all: [")
	push(contractBefore + "x: 1\n")
	refuses(t, h, began(live(r), soon), "the version before of contracts/sales_data.odcs.yaml can't be read")
	push(contractBefore)
	push(contractBefore + "# now with a fault\n")
	o.Arrived = soon
	finish(t, verdicts, o, quality.VerdictFail)
	other := o
	other.Key = "sales_data/other.csv"
	finish(t, verdicts, other, quality.VerdictFail)
	good := o
	good.Key = "sales_data/good.csv"
	finish(t, verdicts, good, quality.VerdictPass)

	refuses(t, h, began(live(r), time.Now().Add(-time.Minute)), "somebody is at work on it")
	refuses(t, h, began(live(r), time.Now().Add(25*time.Hour)), "it was in force for more than")
	does(t, h, began(dry(r), soon), "pushed at", "2 files judged once more")
	if inForce() == contractBefore || len(requests(t, h)) > 0 {
		t.Error("a dry run changed something")
	}
	does(t, h, began(live(r), soon), "contracts/sales_data.odcs.yaml, version", "is in force again, 2 files judged once more")
	if inForce() != contractBefore {
		t.Errorf("in force is %s", inForce())
	}
	asked := map[string]bool{}
	for _, q := range requests(t, h) {
		asked[q.Key] = true
	}
	if !asked[o.Key] || !asked[other.Key] || len(asked) != 2 {
		t.Errorf("judged again: %v", asked)
	}
	refuses(t, h, began(live(r), soon), "the version before was put back already")
	refuses(t, h, live(remedy.Remedy{Action: remedy.ConfigurationRollback, Target: "contract"}), "the alert names no dataset")
	must(t)(h.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &h.Results, Key: &key}))
	refuses(t, h, began(live(r), soon), "what is gone on purpose is not put back")
}
