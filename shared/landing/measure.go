package landing

import (
	"math/big"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/metric"
	"tillwatch/shared/quality"
)

// maxRuleSeries bounds the series that one dataset's rules make.
const maxRuleSeries = 50

var scoreNames = map[string]metric.Name{
	"quality":                     metric.QualityScore,
	string(contract.Completeness): metric.CompletenessScore,
	string(contract.Accuracy):     metric.AccuracyScore,
	string(contract.Timeliness):   metric.TimelinessScore,
	string(contract.Consistency):  metric.ConsistencyScore,
	string(contract.Conformity):   metric.ConformityScore,
	string(contract.Uniqueness):   metric.UniquenessScore,
}

// scores returns the measurements of the report's scores, and of each accuracy
// rule's. All have the object's time of arrival, so that a repetition falls
// onto the first.
func (f file) scores(r *quality.Report) []metric.Measurement {
	var ms []metric.Measurement
	table := map[string]string{metric.PipelineName: f.pipeline(), metric.Table: f.dataset}
	for _, key := range []string{"quality", "completeness", "accuracy", "timeliness", "consistency", "conformity", "uniqueness"} {
		if v, ok := r.Scores[key]; ok {
			ms = append(ms, metric.Measurement{Name: scoreNames[key], Dimensions: table, Value: v, At: f.Arrived})
		}
	}
	rules := 0
	for _, c := range r.Checks {
		if c.Dimension != contract.Accuracy || c.Score == nil || rules == maxRuleSeries {
			continue
		}
		rules++
		ms = append(ms, metric.Measurement{
			Name:       metric.AccuracyScore,
			Dimensions: map[string]string{metric.PipelineName: f.pipeline(), metric.ValidationRule: c.ID},
			Value:      *c.Score, At: f.Arrived,
		})
	}
	return ms
}

// business returns the measurements that the file alone decides; those of its
// day are made when they are published, from all the day's files.
func (f file) business(r *quality.Report) []metric.Measurement {
	source := map[string]string{metric.PipelineName: f.pipeline(), metric.DataSource: f.source()}
	ms := []metric.Measurement{{Name: metric.RecordsProcessed, Dimensions: source, Value: float64(r.Rows), At: f.Arrived}}
	if age, ok := f.freshness(r); ok {
		ms = append(ms, metric.Measurement{Name: metric.DataFreshnessMinutes, Dimensions: source, Value: age.Minutes(), At: f.Arrived})
	}
	return ms
}

// cost returns what judging the file cost so far, divided by its rows.
func (j *Judger) cost(f file, r *quality.Report) []metric.Measurement {
	spent := j.CostPerSecond * j.since(f.now).Seconds()
	if spent <= 0 || r.Rows == 0 {
		return nil
	}
	return []metric.Measurement{{
		Name: metric.ProcessingCostPerRecord, Dimensions: map[string]string{metric.PipelineName: f.pipeline()},
		Value: spent / float64(r.Rows), At: f.Arrived,
	}}
}

// self returns the measurements of our own running for one decided object.
func (j *Judger) self(o Object, v quality.Verdict, r *quality.Report, signals int, now time.Time) []metric.Measurement {
	env := map[string]string{metric.Environment: j.Environment}
	var ms []metric.Measurement
	add := func(n metric.Name, v float64) {
		ms = append(ms, metric.Measurement{Name: n, Dimensions: env, Value: v, At: o.Arrived})
	}
	if v != "" {
		add(metric.FilesJudged, 1)
		add(metric.EndToEndSeconds, max(0, now.Add(j.since(now)).Sub(o.Arrived).Seconds()))
	}
	switch v {
	case quality.VerdictFail:
		add(metric.FilesRejected, 1)
	case quality.VerdictError:
		add(metric.FilesErrored, 1)
	case "":
		add(metric.UnroutedFiles, 1)
	}
	if r != nil {
		add(metric.RowsJudged, float64(r.Rows))
		add(metric.BytesJudged, float64(max(o.Size, 0)))
		add(metric.JudgeDurationMs, float64(r.DurationMS))
	}
	if signals > 0 {
		add(metric.SignalsRaised, float64(signals))
	}
	return ms
}

func (j *Judger) since(t time.Time) time.Duration {
	if j.Since == nil {
		return 0
	}
	return max(0, j.Since(t))
}

// dayMeasurements returns a day's business figures as measurements at the
// arrival of the record's object.
func dayMeasurements(r *Record, t Total) []metric.Measurement {
	source := map[string]string{metric.PipelineName: r.Pipeline, metric.DataSource: r.DataSource}
	var ms []metric.Measurement
	add := func(n metric.Name, v float64) {
		ms = append(ms, metric.Measurement{Name: n, Dimensions: source, Value: v, At: r.Object.Arrived})
	}
	if t.Revenue != nil {
		v, _ := t.Revenue.Float64()
		add(metric.DailyRevenue, v)
	}
	if t.Customers >= 0 {
		add(metric.CustomerCount, t.Customers)
	}
	if t.Transactions >= 0 {
		add(metric.TransactionVolume, t.Transactions)
	}
	if t.Revenue != nil && t.Transactions > 0 {
		v, _ := new(big.Rat).Quo(t.Revenue, new(big.Rat).SetFloat64(t.Transactions)).Float64()
		add(metric.AverageOrderValue, v)
	}
	return ms
}

// publishable leaves out what the catalogue refuses, such as a name of a
// contract that can't be a dimension.
func publishable(ms []metric.Measurement) []metric.Measurement {
	var ok []metric.Measurement
	for _, m := range ms {
		if m.Validate() == nil {
			ok = append(ok, m)
		}
	}
	return ok
}
