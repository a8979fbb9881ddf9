package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/spf13/cobra"
)

// A deployment is where a command finds what a stack made: what is named by
// flags or variables, and the rest by the stack's outputs.
type deployment struct {
	app                     *app
	environment, table, bus string
}

// flags adds what names a deployment to c and the commands below it.
func (d *deployment) flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&d.environment, "environment", "", "the deployment's environment, such as prod: its stack says the rest (TILLWATCH_ENVIRONMENT)")
	f.StringVar(&d.table, "table", "", "the deployment's table (TILLWATCH_TABLE)")
	f.StringVar(&d.bus, "bus", "", "the deployment's bus (TILLWATCH_BUS)")
}

// found is a deployment that was looked up.
type found struct {
	settings   aws.Config
	table, bus string
}

// find returns where the deployment is, its bus too if that is needed.
func (d *deployment) find(ctx context.Context, needBus bool) (found, error) {
	f := found{table: cmp.Or(d.table, d.app.getenv("TILLWATCH_TABLE")), bus: cmp.Or(d.bus, d.app.getenv("TILLWATCH_BUS"))}
	environment := cmp.Or(d.environment, d.app.getenv("TILLWATCH_ENVIRONMENT"))
	if d.environment != "" { // what is named by hand beats what lies around
		f.table, f.bus = d.table, d.bus
	}
	complete := func() bool { return f.table != "" && (f.bus != "" || !needBus) }
	if !complete() && environment == "" {
		if f.table == "" {
			return f, errors.New("which deployment is meant? name its environment with --environment, or its table with --table")
		}
		return f, errors.New("where shall people's answers go? name the deployment with --environment, or its bus with --bus")
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return f, fmt.Errorf("read AWS settings: %w", err)
	}
	settings.Region = cmp.Or(settings.Region, "us-east-1")
	f.settings = settings
	if complete() {
		return f, nil
	}
	outputs, err := stackOutputs(ctx, cloudformation.NewFromConfig(settings), "Tillwatch-"+environment)
	if err != nil {
		return f, err
	}
	f.table, f.bus = cmp.Or(f.table, outputs["Table"]), cmp.Or(f.bus, outputs["Bus"])
	if !complete() {
		return f, fmt.Errorf("the stack Tillwatch-%s names no table or no bus: is it deployed whole?", environment)
	}
	return f, nil
}

// stacks is the part of the CloudFormation client that is used.
type stacks interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
}

func stackOutputs(ctx context.Context, client stacks, name string) (map[string]string, error) {
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return nil, fmt.Errorf("read outputs of stack %s: %w", name, err)
	}
	outputs := map[string]string{}
	for _, s := range out.Stacks {
		for _, o := range s.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return outputs, nil
}
