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
// dataset the best value of the last hour, which is the clean day's, and the
// worst, which is the broken one's.
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
	t.sayf("  %-22s%22s%22s%22s", "clean / broken", datasets[0], datasets[1], datasets[2])
	for _, l := range lines {
		row := fmt.Sprintf("  %-22s", l.name)
		for _, dataset := range datasets {
			row += fmt.Sprintf("%22s", spread(l.name, l.values[dataset]))
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

// spread writes a metric's best and worst value.
func spread(name metric.Name, point *types.Datapoint) string {
	if point == nil {
		return "–"
	}
	best, worst := aws.ToFloat64(point.Maximum), aws.ToFloat64(point.Minimum)
	if name == metric.DataFreshnessMinutes {
		best, worst = worst, best
	}
	if best == worst {
		return short(best)
	}
	return short(best) + " / " + short(worst)
}

func short(v float64) string {
	text := fmt.Sprintf("%.2f", v)
	return strings.TrimSuffix(strings.TrimSuffix(text, "0"), ".0")
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
	p.pause()
	t.heading("The alarms")
	count := map[types.StateValue]int{}
	for _, a := range all {
		count[a.StateValue]++
		if a.StateValue == types.StateValueAlarm {
			first, _, _ := strings.Cut(aws.ToString(a.AlarmDescription), "\n")
			t.sayf("  ALARM  %s\n         %s", aws.ToString(a.AlarmName), first)
		}
	}
	t.sayf("  %d ring, %d are OK, %d have no data yet.", count[types.StateValueAlarm], count[types.StateValueOk], count[types.StateValueInsufficientData])
	return nil
}
