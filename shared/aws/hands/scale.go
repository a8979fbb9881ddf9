package hands

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"tillwatch/shared/aws/fault"
)

// double returns twice n, but no more than most, and an error if that is no
// more than n.
func double[N int32 | int64](n N, most int) (N, error) {
	more := min(2*int64(n), int64(most))
	if more <= int64(n) {
		return n, nothing("%d is the most that is allowed, %d, or more", n, most)
	}
	return N(more), nil
}

// reserveMore doubles a function's reserved concurrency. A function that has none
// shares the account's, where there is nothing to raise.
func (h *Hands) reserveMore(ctx context.Context, t try) (before, after string, err error) {
	out, err := h.Lambda.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &t.target.Name})
	if err != nil {
		return "", "", fault.Wrap("read concurrency of "+t.target.Name, err)
	}
	if out.ReservedConcurrentExecutions == nil {
		return "no reserved concurrency", "", nothing("%s has no reserved concurrency to raise", t.target.Name)
	}
	now := *out.ReservedConcurrentExecutions
	before = fmt.Sprintf("reserved concurrency %d", now)
	more, err := double(now, t.Most)
	if err != nil {
		return before, "", err
	}
	after = fmt.Sprintf("reserved concurrency %d", more)
	if !t.Live {
		return before, after, nil
	}
	_, err = h.Lambda.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: &t.target.Name, ReservedConcurrentExecutions: &more})
	return before, after, fault.Wrap("reserve concurrency of "+t.target.Name, err)
}

// provisionMore doubles the provisioned concurrency of an alias that has some.
func (h *Hands) provisionMore(ctx context.Context, t try) (before, after string, err error) {
	out, err := h.Lambda.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: &t.target.Name, Qualifier: &t.target.Part})
	if err != nil {
		return "", "", fault.Wrap("read provisioned concurrency of "+t.Target, err)
	}
	now := aws.ToInt32(out.RequestedProvisionedConcurrentExecutions)
	before = fmt.Sprintf("provisioned concurrency %d, %s", now, out.Status)
	more, err := double(now, t.Most)
	if err != nil {
		return before, "", err
	}
	after = fmt.Sprintf("provisioned concurrency %d", more)
	if !t.Live {
		return before, after, nil
	}
	_, err = h.Lambda.PutProvisionedConcurrencyConfig(ctx, &lambda.PutProvisionedConcurrencyConfigInput{
		FunctionName: &t.target.Name, Qualifier: &t.target.Part, ProvisionedConcurrentExecutions: &more,
	})
	return before, after, fault.Wrap("provision concurrency of "+t.Target, err)
}

// growTable doubles the read and the write capacity of a table, not that of its
// indexes. A table that is paid by request has no capacity to raise.
func (h *Hands) growTable(ctx context.Context, t try) (before, after string, err error) {
	out, err := h.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.target.Name})
	if err != nil {
		return "", "", fault.Wrap("read table "+t.target.Name, err)
	}
	d := out.Table
	if d.BillingModeSummary != nil && d.BillingModeSummary.BillingMode == dynamotypes.BillingModePayPerRequest {
		return "paid by request", "", nothing("table %s is paid by request", t.target.Name)
	}
	if d.ProvisionedThroughput == nil || d.TableStatus != dynamotypes.TableStatusActive {
		return "table " + string(d.TableStatus), "", fmt.Errorf("table %s is %s, want ACTIVE", t.target.Name, d.TableStatus)
	}
	read, write := aws.ToInt64(d.ProvisionedThroughput.ReadCapacityUnits), aws.ToInt64(d.ProvisionedThroughput.WriteCapacityUnits)
	units := func(read, write int64) string { return fmt.Sprintf("%d read and %d write units", read, write) }
	before = units(read, write)
	moreRead, err := double(read, t.Most)
	moreWrite, failed := double(write, t.Most)
	if err != nil && failed != nil {
		return before, "", err
	}
	after = units(moreRead, moreWrite)
	if !t.Live {
		return before, after, nil
	}
	_, err = h.DynamoDB.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &t.target.Name,
		ProvisionedThroughput: &dynamotypes.ProvisionedThroughput{ReadCapacityUnits: &moreRead, WriteCapacityUnits: &moreWrite}})
	return before, after, fault.Wrap("grow table "+t.target.Name, err)
}

// growStream doubles the shards of a stream that has a fixed number of them.
func (h *Hands) growStream(ctx context.Context, t try) (before, after string, err error) {
	out, err := h.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &t.target.Name})
	if err != nil {
		return "", "", fault.Wrap("read stream "+t.target.Name, err)
	}
	d := out.StreamDescriptionSummary
	if m := d.StreamModeDetails; m != nil && m.StreamMode == kinesistypes.StreamModeOnDemand {
		return "on demand", "", nothing("stream %s grows by itself", t.target.Name)
	}
	now := aws.ToInt32(d.OpenShardCount)
	before = fmt.Sprintf("%d shards, %s", now, d.StreamStatus)
	if d.StreamStatus != kinesistypes.StreamStatusActive {
		return before, "", fmt.Errorf("stream %s is %s, want ACTIVE", t.target.Name, d.StreamStatus)
	}
	more, err := double(now, t.Most)
	if err != nil {
		return before, "", err
	}
	after = fmt.Sprintf("%d shards", more)
	if !t.Live {
		return before, after, nil
	}
	_, err = h.Kinesis.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: &t.target.Name, TargetShardCount: &more, ScalingType: kinesistypes.ScalingTypeUniformScaling})
	return before, after, fault.Wrap("grow stream "+t.target.Name, err)
}
