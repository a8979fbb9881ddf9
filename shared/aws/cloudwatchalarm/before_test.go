package cloudwatchalarm

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"

	"tillwatch/shared/alert"
	"tillwatch/shared/aws/awstest"
)

// TestWatched holds what metric each form of an alarm is about.
func TestWatched(t *testing.T) {
	waiting := Metric{Namespace: "AWS/SQS", Name: "ApproximateAgeOfOldestMessage", Stat: "Maximum", Period: 5 * time.Minute,
		Dimensions: map[string]string{"QueueName": "tillwatch-prod-judge"}, Tested: time.Date(2026, 11, 22, 3, 1, 0, 0, time.UTC)}
	for name, want := range map[string]Metric{
		"eventbridge-metric": waiting, "lambda-metric": waiting, "sns-metric": waiting,
		"eventbridge-metric-math": {}, "sns-metric-math": {}, "eventbridge-composite": {}, "sns-composite": {}, // no one metric
		"eventbridge-ok": {}, "eventbridge-insufficient-data": {}, // nothing went off
	} {
		if diff := cmp.Diff(want, Watched(payload(t, name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if m := Watched(payload(t, "eventbridge-missing-data")); m.Name != "FilesJudged" || m.Stat != "Sum" || m.Tested.IsZero() {
		t.Errorf("no data: %+v", m)
	}
	if m := Watched([]byte("{")); m.Name != "" {
		t.Errorf("no alarm: %+v", m)
	}
}

// answers is a CloudWatch that answers so, and keeps what it was asked.
type answers struct {
	points []alert.Point
	err    error
	asked  *cloudwatch.GetMetricDataInput
}

func (a *answers) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	a.asked = in
	var r types.MetricDataResult
	for _, p := range a.points {
		r.Timestamps, r.Values = append(r.Timestamps, p.At), append(r.Values, p.Value)
	}
	return &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{r}}, a.err
}

func TestBefore(t *testing.T) {
	m := Watched(payload(t, "sns-metric"))
	at := func(minutes int, v float64) alert.Point {
		return alert.Point{At: m.Tested.Add(time.Duration(minutes) * time.Minute), Value: v}
	}
	// Newest first, as asked; with what was tested, though it was not asked for.
	a := &answers{points: []alert.Point{at(5, 9), at(0, 1260), at(-5, 3), at(-10, math.NaN()), at(-15, 2)}}
	got, err := m.Before(t.Context(), a)
	if diff := cmp.Diff([]alert.Point{at(-15, 2), at(-5, 3)}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	q := a.asked.MetricDataQueries[0].MetricStat
	if *q.Metric.MetricName != m.Name || *q.Stat != "Maximum" || *q.Period != 300 || len(q.Metric.Dimensions) != 1 || *q.Metric.Dimensions[0].Value != "tillwatch-prod-judge" ||
		!a.asked.EndTime.Equal(m.Tested) || a.asked.ScanBy != types.ScanByTimestampDescending || *a.asked.MaxDatapoints != alert.MaxTrend {
		t.Errorf("asked %+v of %+v", a.asked, q)
	}
	if got, err := m.Before(t.Context(), &answers{}); err != nil || got != nil {
		t.Errorf("of a new metric: %v, %v", got, err)
	}
	if _, err := m.Before(t.Context(), &answers{err: errors.New("throttled")}); err == nil {
		t.Error("no error")
	}
}

// TestReadBack asks the emulator for what was put there.
func TestReadBack(t *testing.T) {
	client := cloudwatch.NewFromConfig(awstest.Config(t))
	m := Metric{Namespace: "Tillwatch/Test", Name: "Waiting", Stat: "Maximum", Period: 5 * time.Minute,
		Dimensions: map[string]string{"Test": awstest.Unique("before")}, Tested: time.Now().UTC().Truncate(5 * time.Minute).Add(-5 * time.Minute)}
	var want []alert.Point
	for i := range 3 {
		p := alert.Point{At: m.Tested.Add(time.Duration(i-2) * m.Period), Value: float64(i)}
		if p.At.Before(m.Tested) {
			want = append(want, p)
		}
		_, err := client.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: &m.Namespace, MetricData: []types.MetricDatum{{
			MetricName: &m.Name, Timestamp: aws.Time(p.At.Add(time.Minute)), Value: &p.Value,
			Dimensions: []types.Dimension{{Name: aws.String("Test"), Value: aws.String(m.Dimensions["Test"])}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := m.Before(t.Context(), client)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
