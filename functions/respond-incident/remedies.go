package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/aws/hands"
	"tillwatch/shared/aws/landingtable"
	"tillwatch/shared/aws/parameter"
	"tillwatch/shared/incident"
)

// newHands returns what carries remedies out.
func newHands(cfg aws.Config, c configuration, objects *s3.Client, table *dynamodb.Client) *hands.Hands {
	return &hands.Hands{
		S3: objects, DynamoDB: table, SQS: sqs.NewFromConfig(cfg), Lambda: lambda.NewFromConfig(cfg), Steps: sfn.NewFromConfig(cfg),
		Glue: glue.NewFromConfig(cfg), SSM: ssm.NewFromConfig(cfg), Kinesis: kinesis.NewFromConfig(cfg),
		CloudFront: cloudfront.NewFromConfig(cfg), ElastiCache: elasticache.NewFromConfig(cfg),
		Judged: &landingtable.Store{Client: table, Table: c.table}, FilesQueue: c.files,
		Results: c.results, Own: []string{c.landing}, Machines: c.machines,
		Wait: wait,
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// switchOn is the value of the kill switch with which remedies are tried.
const switchOn = "on"

// stopped reads the kill switch. Where it can't be read nothing is tried, and
// people are called as if there were no remedies.
func stopped(client parameter.API, name string, log *slog.Logger) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		value, err := parameter.Value(ctx, client, name)
		if err != nil {
			log.ErrorContext(ctx, "kill switch of remedies not read, none is tried", "error", err, "error_code", "kill_switch")
			return true, nil
		}
		return value != switchOn, nil
	}
}

// readTargets reads the targets that the deployment lets remedies act on,
// separated by commas.
func readTargets(list string) ([]remedy.Target, error) {
	var targets []remedy.Target
	for text := range strings.SplitSeq(list, ",") {
		if text == "" {
			continue
		}
		t, err := remedy.ParseTarget(text)
		if err != nil {
			return nil, fmt.Errorf("TILLWATCH_REMEDY_TARGETS: %w", err)
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// remediesOf are the remedies of the rules of inc's alerts, in the order of the
// alerts, each once.
func remediesOf(p *policy.Policy, inc *incident.Incident) (list []incident.Remedy) {
	for _, a := range inc.Alerts {
		for _, r := range p.Rule(a.Signal.Rule, a.Signal.Pipeline).Remedies {
			if !slices.ContainsFunc(list, func(o incident.Remedy) bool { return o.Key() == r.Key() }) {
				list = append(list, r)
			}
		}
	}
	return inc.Aim(list)
}
