package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sync/errgroup"

	"tillwatch/scripts/demo/contracts"
	"tillwatch/scripts/demo/retail"
	"tillwatch/scripts/emulator"
	"tillwatch/shared/aws/contractstore"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/landing"
	"tillwatch/shared/quality"
)

// A cloud is the deployed system and the clients that talk to it.
type cloud struct {
	emulator.Outputs
	emulator *emulator.Emulator
	s3       *s3.Client
	sqs      *sqs.Client
	sns      *sns.Client
	bus      *eventbridge.Client
	watch    *cloudwatch.Client
	table    *landingtable.Store

	// seen are the sequencers of the objects whose verdict was waited for: the
	// same bytes may land twice.
	seen map[string]bool

	verdicts *inbox[landing.Notice]
	notices  *inbox[notice]
}

func newCloud(e *emulator.Emulator, o emulator.Outputs) *cloud {
	config := e.Config()
	return &cloud{
		Outputs: o, emulator: e, seen: map[string]bool{},
		s3:    s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		sqs:   sqs.NewFromConfig(config),
		sns:   sns.NewFromConfig(config),
		bus:   eventbridge.NewFromConfig(config),
		watch: cloudwatch.NewFromConfig(config),
		table: &landingtable.Store{Client: dynamodb.NewFromConfig(config), Table: o.Table},
	}
}

// pushContracts pushes the contracts with the command line, as a person would.
func (c *cloud) pushContracts(ctx context.Context, t *tale, p *progress) error {
	p.step(emulator.Step{Name: "push the contracts", Detail: "build the command line"})
	folder := filepath.Join(t.folder(), "contracts")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	args := []string{"contract", "push", "--bucket", c.ResultsBucket}
	for _, dataset := range datasets {
		data, err := fs.ReadFile(contracts.Files, contractFile(dataset))
		if err != nil {
			return err
		}
		file := filepath.Join(folder, contractFile(dataset))
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
		args = append(args, file)
	}
	tool := filepath.Join(t.cache(), "tools", "tillwatch")
	build := exec.CommandContext(ctx, "go", "build", "-o", tool, "./scripts/tillwatch")
	build.Dir = t.root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the command line: %w\n%s", err, out)
	}
	push := exec.CommandContext(ctx, tool, args...)
	push.Dir, push.Env = t.root, c.emulator.Environ()
	if out, err := push.CombinedOutput(); err != nil {
		return fmt.Errorf("push contracts: %w\n%s", err, out)
	}
	return nil
}

// putReferences puts the files that every day's files refer to where the
// functions find them.
func (c *cloud) putReferences(ctx context.Context, d *day, p *progress) error {
	p.step(emulator.Step{Name: "put the references"})
	for dataset, data := range d.reference {
		if _, err := c.put(ctx, c.ResultsBucket, contractstore.References+dataset+".csv", data); err != nil {
			return err
		}
	}
	return nil
}

// put stores an object and returns its etag, without quotes.
func (c *cloud) put(ctx context.Context, bucket, key string, data []byte) (string, error) {
	out, err := c.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(data), ContentType: aws.String("text/csv"),
	})
	if err != nil {
		return "", fmt.Errorf("put s3://%s/%s: %w", bucket, key, err)
	}
	return strings.Trim(aws.ToString(out.ETag), `"`), nil
}

// result reads an object of the results bucket.
func (c *cloud) result(ctx context.Context, key string) ([]byte, error) {
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &c.ResultsBucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("get s3://%s/%s: %w", c.ResultsBucket, key, err)
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// landingKey is where a dataset's file of a day lands.
func landingKey(dataset string, date time.Time) string {
	return fmt.Sprintf("%s/dt=%s/%s.csv", dataset, date.Format(time.DateOnly), dataset)
}

// seedHistory judges the weeks before the day in this process and stores what
// the function would have stored of each file, through the same adapter. The
// files themselves are not landed: the function judges by its own clock, for
// which they would be weeks late.
func (c *cloud) seedHistory(ctx context.Context, d *day, p *progress) error {
	step := emulator.Step{Name: "judge and store eight weeks of history", Total: retail.HistoryDays * len(datasets)}
	p.step(step)
	var stored atomic.Int64
	var told sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	_, err := d.history(ctx, func(past pastDay) error {
		group.Go(func() error {
			if err := c.remember(ctx, past); err != nil {
				return err
			}
			told.Lock()
			defer told.Unlock()
			step.Done = int(stored.Add(1))
			p.step(step)
			return nil
		})
		return nil
	})
	if failed := group.Wait(); failed != nil {
		return failed
	}
	return err
}

// remember stores one file's entry in the history.
func (c *cloud) remember(ctx context.Context, past pastDay) error {
	r := past.Report
	date, err := time.Parse(time.DateOnly, past.Period)
	if err != nil {
		return err
	}
	object := landing.Object{
		Bucket: c.LandingBucket, Key: landingKey(past.Dataset, date), Size: past.Bytes,
		Sequencer: fmt.Sprintf("%016X", r.JudgedAt.UnixMilli()), Arrived: r.JudgedAt,
	}
	claim, err := c.table.Claim(ctx, object, r.JudgedAt, time.Minute)
	if err != nil {
		return fmt.Errorf("store history of %s: %w", object.Key, err)
	}
	err = c.table.Finish(ctx, claim, landing.Change{
		Record: landing.Record{
			ID: object.ID(), Object: object, Decision: landing.Judged, Reason: "part of the demo's history", At: r.JudgedAt,
			Dataset: past.Dataset, Period: past.Period, Contract: r.Contract, Verdict: r.Verdict, Scores: r.Scores,
			Rows: r.Rows, BadRows: r.BadRows,
		},
		Entry: &landing.Entry{
			ID: object.ID(), Key: object.Bucket + "/" + object.Key, Rank: object.Rank(), Dataset: past.Dataset, Period: past.Period,
			Run: quality.Run{At: r.JudgedAt, Verdict: r.Verdict, Metrics: r.Metrics, Columns: r.Columns},
		},
	})
	if err != nil {
		return fmt.Errorf("store history of %s: %w", object.Key, err)
	}
	return nil
}
