// Package statemachine starts executions of Step Functions.
package statemachine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing/sections"
)

// API is the part of the Step Functions client that is used.
type API interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// A Machine is one state machine. It is safe for concurrent use.
type Machine struct {
	Client API
	// ARN is the state machine's, Executions what the ARNs of its executions begin
	// with, the colon before the name included.
	ARN, Executions string
}

var _ sections.Machine = (*Machine)(nil)

// Start implements sections.Machine.
func (m *Machine) Start(ctx context.Context, name string, p sections.Plan) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	input := string(body)
	_, err = m.Client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &m.ARN, Name: &name, Input: &input})
	var used *types.ExecutionAlreadyExists
	if !errors.As(err, &used) {
		return fault.Wrap("start execution", err)
	}
	execution := m.Executions + name
	out, err := m.Client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	switch {
	case err != nil:
		return fault.Wrap("look up execution", err)
	case out.Status == types.ExecutionStatusRunning || out.Status == types.ExecutionStatusSucceeded:
		return nil
	}
	return sections.ErrEnded
}
