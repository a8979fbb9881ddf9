// Package hands carries out remedies on AWS, one file for each action. What an
// action may act on, and what it does there, is written in shared/alert/remedy.
//
// Each first reads what is there, and says so; where nothing is found that it
// could mend, it fails, so that people are called. A dry run stops there and
// says what would be. What AWS takes a token or a condition for gets one, so that
// a try changes nothing twice and nothing that somebody else changed in between.
package hands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/incident"
)

// Hands needs those of its fields that the remedies in use act through. It is
// safe for concurrent use.
type Hands struct {
	S3          *s3.Client
	SQS         *sqs.Client
	Lambda      *lambda.Client
	Steps       *sfn.Client
	Glue        *glue.Client
	SSM         *ssm.Client
	DynamoDB    *dynamodb.Client
	Kinesis     *kinesis.Client
	CloudFront  *cloudfront.Client
	ElastiCache *elasticache.Client

	// Judged knows the files that were judged; FilesQueue is the address of the
	// queue that they come by.
	Judged     *landingtable.Store
	FilesQueue string
	// Results is the bucket of the contracts. It and Own are the deployment's own
	// buckets, in which nothing is ever cleaned up.
	Results string
	Own     []string
	// Machines is what the ARNs of state machines begin with, the colon before the
	// name included.
	Machines string
	// Wait waits for d, or returns ctx's error if that ends first.
	Wait func(ctx context.Context, d time.Duration) error
}

var _ incident.Hands = (*Hands)(nil)

// ErrNothing is wrapped by the error of a remedy that found nothing to mend.
var ErrNothing = errors.New("there is nothing to mend")

// nothing returns an ErrNothing that says why.
func nothing(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNothing}, args...)...)
}

// A try is a remedy with its target.
type try struct {
	incident.Try
	target remedy.Target
}

// token returns what AWS takes to know the try by: the same for the same try.
func (t try) token() string {
	sum := sha256.Sum256([]byte(t.ID + "\x00" + t.Key()))
	return hex.EncodeToString(sum[:16])
}

// An act reads what is there, changes it if the try is live, and returns what
// was and what is, or what would be.
type act func(*Hands, context.Context, try) (before, after string, err error)

// acts has an act for each action and kind of target that go together.
var acts = map[string]map[remedy.Kind]act{
	remedy.DiskSpaceCleanup:      {remedy.Prefix: (*Hands).cleanUp, remedy.Function: (*Hands).recycle},
	remedy.ConnectionPoolReset:   {remedy.Function: (*Hands).recycle, remedy.Document: (*Hands).automate},
	remedy.CacheInvalidation:     {remedy.Function: (*Hands).recycle, remedy.Distribution: (*Hands).invalidate, remedy.Cache: (*Hands).reboot},
	remedy.PipelineRestart:       {remedy.File: (*Hands).judgeAgain, remedy.Machine: (*Hands).runAgain, remedy.Job: (*Hands).jobAgain},
	remedy.ScalingTrigger:        {remedy.Function: (*Hands).reserveMore, remedy.Alias: (*Hands).provisionMore, remedy.Table: (*Hands).growTable, remedy.Stream: (*Hands).growStream},
	remedy.ConfigurationRollback: {remedy.Alias: (*Hands).rollBackAlias, remedy.Contract: (*Hands).rollBackContract},
}

// Do implements incident.Hands.
func (h *Hands) Do(ctx context.Context, of incident.Try) (incident.Attempt, error) {
	a := incident.Attempt{Action: of.Action, Target: of.Target, DryRun: !of.Live}
	target, err := remedy.ParseTarget(of.Target)
	if err != nil {
		return a, err
	}
	do := acts[of.Action][target.Kind]
	if do == nil {
		return a, fmt.Errorf("%w: %s does not act on %s", remedy.ErrTarget, of.Action, target.Kind)
	}
	if target.Kind == remedy.Prefix && (target.Name == h.Results || slices.Contains(h.Own, target.Name)) {
		return a, fmt.Errorf("%w: %s is a bucket of Tillwatch itself", remedy.ErrTarget, target.Name)
	}
	a.Before, a.After, err = do(h, ctx, try{of, target})
	a.Before, a.After = clip(a.Before), clip(a.After)
	return a, err
}

// maxLine bounds what the timeline is told of a target, in bytes.
const maxLine = 600

func clip(s string) string {
	if len(s) <= maxLine {
		return s
	}
	return strings.ToValidUTF8(s[:maxLine], "") + " …"
}
