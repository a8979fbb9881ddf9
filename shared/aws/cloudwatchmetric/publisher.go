// Package cloudwatchmetric publishes measurements with PutMetricData, in
// batches as large as CloudWatch takes.
package cloudwatchmetric

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/landing"
	"tillwatch/shared/metric"
)

// The limits of one request. CloudWatch's own limit is 1 MB before
// compression; a datum's size is reckoned generously.
const (
	maxData  = 1000
	maxBytes = 900_000
)

// API is the part of the CloudWatch client that is used.
type API interface {
	PutMetricData(context.Context, *cloudwatch.PutMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error)
}

// oldest is how old a measurement may be: CloudWatch refuses those of more than
// two weeks, with the whole request that they are in.
const oldest = 14*24*time.Hour - time.Hour

// A Publisher publishes. It is safe for concurrent use.
type Publisher struct {
	Client API
	// Now tells the time, time.Now if nil.
	Now func() time.Time
}

var _ landing.Metrics = (*Publisher)(nil)

// Put implements landing.Metrics: one or more requests for each namespace of the
// catalogue. A measurement that the catalogue refuses fails before anything is
// sent; one that is too old for CloudWatch, as of a file that was judged again
// weeks later, is left out.
func (p *Publisher) Put(ctx context.Context, ms []metric.Measurement) error {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	since := now().Add(-oldest)
	spaces := map[metric.Namespace][]types.MetricDatum{}
	for _, m := range ms {
		if err := m.Validate(); err != nil {
			return err
		}
		if m.At.Before(since) {
			continue
		}
		entry, _ := metric.Lookup(m.Name)
		spaces[entry.Namespace] = append(spaces[entry.Namespace], datum(m, entry))
	}
	for _, space := range slices.Sorted(maps.Keys(spaces)) {
		for _, batch := range batches(spaces[space]) {
			_, err := p.Client.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
				Namespace: aws.String(string(space)), MetricData: batch,
			})
			if err != nil {
				return fault.Wrap(fmt.Sprintf("put %d metrics of %s", len(batch), space), err)
			}
		}
	}
	return nil
}

func datum(m metric.Measurement, entry metric.Metric) types.MetricDatum {
	d := types.MetricDatum{
		MetricName: aws.String(string(m.Name)), Timestamp: aws.Time(m.At.UTC()),
		Value: aws.Float64(m.Value), Unit: types.StandardUnit(entry.Unit),
	}
	for _, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		d.Dimensions = append(d.Dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(m.Dimensions[name])})
	}
	return d
}

// batches cuts data at the limits of one request.
func batches(data []types.MetricDatum) [][]types.MetricDatum {
	var all [][]types.MetricDatum
	from, bytes := 0, 0
	for i, d := range data {
		size := sizeOf(d)
		if i > from && (i-from == maxData || bytes+size > maxBytes) {
			all = append(all, data[from:i])
			from, bytes = i, 0
		}
		bytes += size
	}
	if from < len(data) {
		all = append(all, data[from:])
	}
	return all
}

func sizeOf(d types.MetricDatum) int {
	n := 300 + len(*d.MetricName)
	for _, dim := range d.Dimensions {
		n += 100 + len(*dim.Name) + len(*dim.Value)
	}
	return n
}
