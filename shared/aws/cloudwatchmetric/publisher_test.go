package cloudwatchmetric_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"tillwatch/shared/aws/awstest"
	"tillwatch/shared/aws/cloudwatchmetric"
	"tillwatch/shared/landing"
	"tillwatch/shared/metric"
)

type recorder struct {
	requests []*cloudwatch.PutMetricDataInput
	err      error
}

func (r *recorder) PutMetricData(_ context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	r.requests = append(r.requests, in)
	return &cloudwatch.PutMetricDataOutput{}, r.err
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func measurement(n metric.Name, dims ...string) metric.Measurement {
	m := metric.Measurement{Name: n, Dimensions: map[string]string{}, Value: 97.5, At: noon}
	for i := 0; i < len(dims); i += 2 {
		m.Dimensions[dims[i]] = dims[i+1]
	}
	return m
}

func TestBatches(t *testing.T) {
	score := measurement(metric.QualityScore, metric.PipelineName, "sales_data", metric.Table, "sales_data")
	long := measurement(metric.QualityScore, metric.PipelineName, strings.Repeat("a", 1000), metric.Table, "t")
	rows := measurement(metric.RecordsProcessed, metric.PipelineName, "sales_data", metric.DataSource, "landing")
	old := score
	old.At = noon.AddDate(0, 0, -14)
	many := func(m metric.Measurement, n int) []metric.Measurement {
		ms := make([]metric.Measurement, n)
		for i := range ms {
			ms[i] = m
		}
		return ms
	}
	for _, tt := range []struct {
		name string
		ms   []metric.Measurement
		want []int
	}{
		{"nothing makes no request", nil, nil},
		{"namespaces are apart", []metric.Measurement{rows, score, rows}, []int{2, 1}},
		{"what is too old is left out", []metric.Measurement{old, score}, []int{1}},
		{"a thousand fit", many(score, 1000), []int{1000}},
		{"one more does not", many(score, 1001), []int{1000, 1}},
		{"long names fill a request sooner", many(long, 1000), []int{588, 412}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r recorder
			if err := (&cloudwatchmetric.Publisher{Client: &r, Now: func() time.Time { return noon.Add(time.Hour) }}).Put(t.Context(), tt.ms); err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, in := range r.requests {
				got = append(got, len(in.MetricData))
			}
			if len(got) != len(tt.want) {
				t.Fatalf("requests of %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("requests of %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestErrors(t *testing.T) {
	score := measurement(metric.QualityScore, metric.PipelineName, "a", metric.Table, "b")
	for code, retryable := range map[string]bool{"Throttling": true, "InternalServiceFault": true, "InvalidParameterValue": false} {
		r := recorder{err: &smithy.GenericAPIError{Code: code}}
		err := (&cloudwatchmetric.Publisher{Client: &r, Now: func() time.Time { return noon.Add(time.Hour) }}).Put(t.Context(), []metric.Measurement{score})
		if err == nil || landing.Retryable(err) != retryable {
			t.Errorf("%s: %v, retryable %v", code, err, landing.Retryable(err))
		}
	}
	var r recorder
	bad := measurement("NoSuchMetric")
	if err := (&cloudwatchmetric.Publisher{Client: &r, Now: func() time.Time { return noon.Add(time.Hour) }}).Put(t.Context(), []metric.Measurement{score, bad}); err == nil || len(r.requests) > 0 {
		t.Errorf("an unknown metric: %v after %d requests", err, len(r.requests))
	}
}

func TestReadBack(t *testing.T) {
	client := cloudwatch.NewFromConfig(awstest.Config(t))
	m := measurement(metric.QualityScore, metric.PipelineName, awstest.Unique("p"), metric.Table, "sales_data")
	m.At = time.Now().UTC().Add(-time.Minute)
	for range 2 { // a repetition changes no minimum
		if err := (&cloudwatchmetric.Publisher{Client: client}).Put(t.Context(), []metric.Measurement{m}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := client.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String(string(metric.Quality)), MetricName: aws.String(string(m.Name)),
		Dimensions: []types.Dimension{
			{Name: aws.String(metric.PipelineName), Value: aws.String(m.Dimensions[metric.PipelineName])},
			{Name: aws.String(metric.Table), Value: aws.String("sales_data")},
		},
		StartTime: aws.Time(m.At.Add(-time.Hour)), EndTime: aws.Time(m.At.Add(time.Hour)), Period: aws.Int32(3600),
		Statistics: []types.Statistic{types.StatisticMinimum},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Datapoints) == 0 || *out.Datapoints[0].Minimum != 97.5 {
		t.Errorf("read back %+v, want a minimum of 97.5", out.Datapoints)
	}
}
