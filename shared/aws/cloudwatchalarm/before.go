package cloudwatchalarm

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/aws/fault"
)

// API is the part of the CloudWatch client that is used.
type API interface {
	GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput, options ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
}

// A Metric is the one that an alarm watches. The zero Metric is none.
type Metric struct {
	Namespace, Name string
	Stat            string // as CloudWatch has it, "Maximum"
	Period          time.Duration
	Dimensions      map[string]string
	Tested          time.Time // of the value that set the alarm off
}

// Watched returns the metric of the alarm that went off, as data, which Decode
// takes, says. It is the zero Metric where the alarm watches several, an
// expression, or other alarms.
func Watched(data []byte) Metric {
	c, err := decode(data)
	if err != nil || c.state != "ALARM" || len(c.metrics) != 1 {
		return Metric{}
	}
	s := c.metrics[0]
	m := Metric{Namespace: s.namespace, Name: s.name, Stat: stat(s.stat), Period: time.Duration(s.period) * time.Second, Dimensions: s.dimensions}
	if m.Namespace == "" || m.Name == "" || m.Stat == "" || m.Period <= 0 || s.expression != "" {
		return Metric{}
	}
	m.Tested = c.at.Add(-m.Period)
	if points := c.points(); len(points) > 0 {
		m.Tested = points[len(points)-1].At
	}
	return m
}

// stats are the statistics as SNS writes them.
var stats = map[string]string{"AVERAGE": "Average", "MAXIMUM": "Maximum", "MINIMUM": "Minimum", "SUM": "Sum", "SAMPLECOUNT": "SampleCount", "SAMPLE_COUNT": "SampleCount"}

func stat(name string) string {
	if known, ok := stats[strings.ToUpper(name)]; ok {
		return known
	}
	return name
}

// lookBack is how long ago a value before may be: a file comes once a day, and
// CloudWatch keeps the values of a minute for 15 days.
const lookBack = 14 * 24 * time.Hour

// Before returns what the metric was before it was tested, as a trend.
func (m Metric) Before(ctx context.Context, client API) ([]alert.Point, error) {
	query := types.MetricDataQuery{Id: aws.String("before"), MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: &m.Namespace, MetricName: &m.Name},
		Period: aws.Int32(int32(m.Period / time.Second)), Stat: &m.Stat,
	}}
	for _, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		query.MetricStat.Metric.Dimensions = append(query.MetricStat.Metric.Dimensions, types.Dimension{Name: &name, Value: aws.String(m.Dimensions[name])})
	}
	out, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(m.Tested.Add(-lookBack)), EndTime: &m.Tested, // which is not in it
		MetricDataQueries: []types.MetricDataQuery{query},
		ScanBy:            types.ScanByTimestampDescending, MaxDatapoints: aws.Int32(alert.MaxTrend),
	})
	if err != nil {
		return nil, fault.Wrap("get metric data", err)
	}
	var points []alert.Point
	for _, r := range out.MetricDataResults {
		for i := range min(len(r.Timestamps), len(r.Values)) {
			points = append(points, alert.Point{At: r.Timestamps[i], Value: r.Values[i]})
		}
	}
	return alert.Before(points, m.Tested), nil
}
