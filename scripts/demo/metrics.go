package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tillwatch/scripts/emulator"
	"tillwatch/shared/metric"
)

// measurements tells the metrics as CloudWatch gives them back: for each
// dataset the highest and the lowest value of the last hour, one of which is
// the clean day's and the other the broken one's.
func (t *tale) measurements(ctx context.Context, c *cloud, p *progress) error {
	p.step(emulator.Step{Name: "read the metrics back"})
	type line struct {
		name   metric.Name
		values map[string]*types.Datapoint
	}
	var lines []line
	for _, m := range metric.Catalogue() {
		if m.Namespace == metric.Self {
			continue
		}
		l := line{m.Name, map[string]*types.Datapoint{}}
		for _, dataset := range datasets {
			var dimensions []types.Dimension
			for _, name := range m.Sets[0].Dimensions {
				dimensions = append(dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(dataset)})
			}
			out, err := c.watch.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
				Namespace: aws.String(string(m.Namespace)), MetricName: aws.String(string(m.Name)), Dimensions: dimensions,
				StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(7200),
				Statistics: []types.Statistic{types.StatisticMaximum, types.StatisticMinimum, types.StatisticSampleCount},
			})
			if err != nil {
				return fmt.Errorf("read metric %s: %w", m.Name, err)
			}
			for _, point := range out.Datapoints {
				l.values[dataset] = widest(l.values[dataset], &point)
			}
		}
		if len(l.values) > 0 {
			lines = append(lines, l)
		}
	}
	p.pause()
	t.heading("The metrics, as read back from CloudWatch")
	t.sayf("  %-22s%22s%22s%22s", "highest / lowest", datasets[0], datasets[1], datasets[2])
	for _, l := range lines {
		row := fmt.Sprintf("  %-22s", l.name)
		for _, dataset := range datasets {
			row += fmt.Sprintf("%22s", spread(l.values[dataset]))
		}
		t.sayf("%s", row)
	}
	return nil
}

// widest merges two points into one that spans both.
func widest(a, b *types.Datapoint) *types.Datapoint {
	if a == nil {
		return b
	}
	return &types.Datapoint{
		Maximum: aws.Float64(max(aws.ToFloat64(a.Maximum), aws.ToFloat64(b.Maximum))),
		Minimum: aws.Float64(min(aws.ToFloat64(a.Minimum), aws.ToFloat64(b.Minimum))),
	}
}

// spread writes a metric's highest and lowest value, once if they look the same.
func spread(point *types.Datapoint) string {
	if point == nil {
		return "–"
	}
	high, low := short(aws.ToFloat64(point.Maximum)), short(aws.ToFloat64(point.Minimum))
	if high == low {
		return high
	}
	return high + " / " + low
}

func short(v float64) string {
	text := fmt.Sprintf("%.2f", v)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// alarmsWithin is how long the story waits for an alarm to ring.
const alarmsWithin = 45 * time.Second

// alarms tells the states of the alarms, once one of them rings.
func (t *tale) alarms(ctx context.Context, c *cloud, p *progress) error {
	p.step(emulator.Step{Name: "wait for the alarms"})
	var all []types.MetricAlarm
	for deadline := time.Now().Add(alarmsWithin); ; {
		out, err := c.watch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("tillwatch-" + environment + "-")})
		if err != nil {
			return fmt.Errorf("read alarms: %w", err)
		}
		all = out.MetricAlarms
		rings := slices.ContainsFunc(all, func(a types.MetricAlarm) bool { return a.StateValue == types.StateValueAlarm })
		if rings || time.Now().After(deadline) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	var rings, along []string
	count := map[types.StateValue]int{}
	for _, a := range all {
		count[a.StateValue]++
		if a.StateValue != types.StateValueAlarm {
			continue
		}
		name := strings.TrimPrefix(aws.ToString(a.AlarmName), "tillwatch-"+environment+"-")
		value, breaks, err := c.ownSeries(ctx, a)
		if err != nil {
			return err
		}
		if breaks {
			rings = append(rings, fmt.Sprintf("  ALARM  %-42s %s, wanted %s", name, value, wanted(a)))
		} else {
			along = append(along, name)
		}
	}
	p.pause()
	t.heading("The alarms")
	for _, line := range rings {
		t.sayf("%s", line)
	}
	t.sayf("  %d ring, %d ring along, %d are OK, %d have no data.", len(rings), len(along), count[types.StateValueOk], count[types.StateValueInsufficientData])
	if len(along) > 0 {
		t.prose("Those that ring along are of datasets that keep the target themselves: the emulator takes an alarm's metric over " +
			"all datasets together, where AWS keeps them apart.")
	}
	return nil
}

// ownSeries returns the alarm's statistic over the series that it names, and
// whether that breaks its threshold.
func (c *cloud) ownSeries(ctx context.Context, a types.MetricAlarm) (value string, breaks bool, err error) {
	if a.MetricName == nil {
		return "", true, nil // an expression; the emulator leaves those alone
	}
	out, err := c.watch.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: a.Namespace, MetricName: a.MetricName, Dimensions: a.Dimensions, Statistics: []types.Statistic{types.StatisticMaximum, types.StatisticMinimum},
		StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(7200),
	})
	if err != nil {
		return "", false, fmt.Errorf("read metric %s: %w", aws.ToString(a.MetricName), err)
	}
	low := a.ComparisonOperator == types.ComparisonOperatorLessThanThreshold
	for _, point := range out.Datapoints {
		v := aws.ToFloat64(point.Maximum)
		if low {
			v = aws.ToFloat64(point.Minimum)
		}
		if low && v < aws.ToFloat64(a.Threshold) || !low && v > aws.ToFloat64(a.Threshold) {
			return short(v), true, nil
		}
	}
	return "", false, nil
}

// wanted writes what keeps an alarm quiet.
func wanted(a types.MetricAlarm) string {
	sign := "<="
	if a.ComparisonOperator == types.ComparisonOperatorLessThanThreshold {
		sign = ">="
	}
	return sign + " " + short(aws.ToFloat64(a.Threshold))
}
