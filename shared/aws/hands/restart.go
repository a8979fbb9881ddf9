package hands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
)

// judgeAgain has the newest version of a file judged once more.
func (h *Hands) judgeAgain(ctx context.Context, t try) (before, after string, err error) {
	if t.target.Name == "" {
		return "", "", nothing("the alert names no file")
	}
	before, request, err := h.again(ctx, t.target.Name, t.target.Part, t.At)
	after = "it is judged once more"
	if err != nil || !t.Live {
		return before, after, err
	}
	return before, after, h.send(ctx, request)
}

// again finds what is known of a file, and returns the request to judge its
// newest version once more at a time. The file itself is not touched.
func (h *Hands) again(ctx context.Context, bucket, key string, at time.Time) (before string, r landing.Request, err error) {
	c, err := h.Judged.Newest(ctx, bucket, key)
	switch {
	case err != nil:
		return "", r, err
	case c.Attempt == 0:
		return "", r, nothing("s3://%s/%s was never judged", bucket, key)
	case c.Record == nil:
		return "it is being judged", r, fmt.Errorf("s3://%s/%s: %w", bucket, key, landing.ErrBusy)
	}
	before = fmt.Sprintf("%s %s at %s: %s", c.Record.Decision, c.Record.Verdict, c.Record.At.UTC().Format(time.RFC3339), c.Record.Reason)
	o := c.Record.Object
	o.Trace = ""
	return before, landing.Request{Object: o.Anew(at)}, nil
}

// send puts a request into the queue of files.
func (h *Hands) send(ctx context.Context, r landing.Request) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	_, err = h.SQS.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &h.FilesQueue, MessageBody: aws.String(string(body))})
	return fault.Wrap("have a file judged again", err)
}

// runAgain redrives the newest execution of a state machine, if it failed; where
// that is refused, it starts one with the same input.
func (h *Hands) runAgain(ctx context.Context, t try) (before, after string, err error) {
	machine := h.Machines + t.target.Name
	list, err := h.Steps.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &machine, MaxResults: 1})
	if err != nil {
		return "", "", fault.Wrap("list executions of "+t.target.Name, err)
	}
	if len(list.Executions) == 0 {
		return "", "", nothing("%s was never executed", t.target.Name)
	}
	last := list.Executions[0]
	before = fmt.Sprintf("execution %s %s since %s", aws.ToString(last.Name), last.Status, aws.ToTime(last.StartDate).UTC().Format(time.RFC3339))
	if last.Status != sfntypes.ExecutionStatusFailed && last.Status != sfntypes.ExecutionStatusTimedOut {
		return before, "", nothing("the newest execution is %s", last.Status)
	}
	e, err := h.Steps.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: last.ExecutionArn})
	if err != nil {
		return before, "", fault.Wrap("read execution "+aws.ToString(last.Name), err)
	}
	name := "tillwatch-" + t.token()
	redrivable := e.RedriveStatus == sfntypes.ExecutionRedriveStatusRedrivable
	redriven := "it goes on where it failed"
	if !t.Live {
		if redrivable {
			return before, redriven, nil
		}
		return before, "execution " + name + " with the same input", nil
	}
	if redrivable {
		_, err := h.Steps.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: last.ExecutionArn, ClientToken: aws.String(name)})
		var answer *awshttp.ResponseError
		switch {
		case err == nil:
			return before, redriven, nil
		case !errors.As(err, &answer) || answer.HTTPStatusCode() >= 500:
			// It may have been done: two runs are worse than none.
			return before, "", fault.Wrap("redrive execution "+aws.ToString(last.Name), err)
		}
	}
	_, err = h.Steps.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: e.Input})
	return before, "execution " + name + " with the same input", fault.Wrap("start "+t.target.Name, err)
}

// failed are the states of a run that nobody wanted.
var failed = []gluetypes.JobRunState{gluetypes.JobRunStateFailed, gluetypes.JobRunStateTimeout, gluetypes.JobRunStateError, gluetypes.JobRunStateExpired}

// jobAgain runs a job as in its newest run, if that failed.
func (h *Hands) jobAgain(ctx context.Context, t try) (before, after string, err error) {
	out, err := h.Glue.GetJobRuns(ctx, &glue.GetJobRunsInput{JobName: &t.target.Name, MaxResults: aws.Int32(10)})
	if err != nil {
		return "", "", fault.Wrap("list runs of "+t.target.Name, err)
	}
	if len(out.JobRuns) == 0 {
		return "", "", nothing("%s never ran", t.target.Name)
	}
	last := slices.MaxFunc(out.JobRuns, func(a, b gluetypes.JobRun) int { return aws.ToTime(a.StartedOn).Compare(aws.ToTime(b.StartedOn)) })
	before = fmt.Sprintf("run %s %s since %s", aws.ToString(last.Id), last.JobRunState, aws.ToTime(last.StartedOn).UTC().Format(time.RFC3339))
	if !slices.Contains(failed, last.JobRunState) {
		return before, "", nothing("the newest run is %s", last.JobRunState)
	}
	if !t.Live {
		return before, "a run with the same arguments", nil
	}
	run, err := h.Glue.StartJobRun(ctx, &glue.StartJobRunInput{JobName: &t.target.Name, JobRunId: last.Id, Arguments: last.Arguments})
	if err != nil {
		return before, "", fault.Wrap("run "+t.target.Name, err)
	}
	return before, "run " + aws.ToString(run.JobRunId) + " with the same arguments", nil
}
