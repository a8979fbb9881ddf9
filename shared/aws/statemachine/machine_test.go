package statemachine

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"tillwatch/shared/landing/sections"
)

// client has started executions by name.
type client map[string]types.ExecutionStatus

func (c client) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if _, ok := c["executions:"+*in.Name]; ok {
		return nil, &types.ExecutionAlreadyExists{}
	}
	c["executions:"+*in.Name] = types.ExecutionStatusRunning
	return &sfn.StartExecutionOutput{}, nil
}

func (c client) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	return &sfn.DescribeExecutionOutput{Status: c[*in.ExecutionArn]}, nil
}

func TestStart(t *testing.T) {
	c := client{
		"executions:running": types.ExecutionStatusRunning, "executions:done": types.ExecutionStatusSucceeded,
		"executions:failed": types.ExecutionStatusFailed, "executions:late": types.ExecutionStatusTimedOut,
	}
	m := &Machine{Client: c, ARN: "machine", Executions: "executions:"}
	for _, row := range []struct {
		rule, name string
		want       error
	}{
		{"a new plan is started", "new", nil},
		{"one under way is left alone", "running", nil},
		{"one that is done is left alone", "done", nil},
		{"one that failed needs another name", "failed", sections.ErrEnded},
		{"one that took too long, too", "late", sections.ErrEnded},
	} {
		if err := m.Start(t.Context(), row.name, sections.Plan{}); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
	}
	if c["executions:new"] != types.ExecutionStatusRunning {
		t.Error("the new plan was not started")
	}
}
