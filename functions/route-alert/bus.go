package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"tillwatch/shared/event"
	"tillwatch/shared/metric"
)

// putEvents is a bus on EventBridge.
type putEvents struct {
	client *eventbridge.Client
	bus    string
}

func (p *putEvents) Send(ctx context.Context, list []event.Event) error {
	for _, e := range list {
		detail, err := e.Detail()
		if err != nil {
			return err
		}
		out, err := p.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
			EventBusName: aws.String(p.bus), Source: aws.String(event.Source),
			DetailType: aws.String(e.Type), Detail: aws.String(string(detail)),
			Time: aws.Time(e.Metadata.OccurredAt),
		}}})
		if err != nil {
			return fmt.Errorf("put %s: %w", e.Type, err)
		}
		if out.FailedEntryCount > 0 {
			return fmt.Errorf("put %s: %s", e.Type, aws.ToString(out.Entries[0].ErrorMessage))
		}
	}
	return nil
}

// noMetrics drops measurements.
type noMetrics struct{}

func (noMetrics) Put(context.Context, []metric.Measurement) error { return nil }
