package pipeline

import (
	"maps"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/metric"
	"tillwatch/shared/words"
)

// Observation returns what the rules of a policy are held against. A run that
// has started has been heard of and measured nothing.
func (r Run) Observation() rule.Observation {
	o := rule.Observation{
		ID: r.ID(), Kind: RunReported, Pipeline: r.Pipeline, Table: r.Table, Environment: r.Environment, Team: r.Team,
		Period: r.ExecutionDate, Run: r.RunID, Retry: r.Retry, At: r.At(), Values: map[string]rule.Value{},
		Labels: maps.Clone(r.Labels), Facts: []alert.Fact{{Name: "status", Value: string(r.Status)}}, Trace: r.Traceparent,
	}
	if r.URL != "" {
		o.Links = append(o.Links, alert.Link{Name: "run", URL: r.URL})
	}
	if r.Status == Started {
		return o
	}
	fact := func(name, value string) { o.Facts = append(o.Facts, alert.Fact{Name: name, Value: value}) }
	if !r.StartedAt.IsZero() {
		took := r.EndedAt.Sub(r.StartedAt)
		o.Values[policy.ExecutionDuration] = rule.Value{Number: took.Minutes()}
		fact("duration", words.Duration(took.Round(time.Second)))
	}
	if v, ok := r.errorRate(); ok {
		o.Values[policy.ErrorRate] = v
	}
	if r.Tasks != nil {
		fact("tasks", words.Count(*r.Tasks))
		fact("failed tasks", words.Count(*r.FailedTasks))
	}
	if r.Records != nil {
		v := rule.Value{Number: float64(*r.Records), Unit: "records"}
		o.Values[string(metric.RecordsProcessed)] = rule.Value{Number: v.Number}
		if r.Expected != nil {
			expected := float64(*r.Expected)
			v.Base = &expected
		}
		o.Values[policy.RecordVariance] = v
		fact("records", words.Count(*r.Records))
	}
	if r.Cost != "" {
		v := rule.Value{Unit: r.Currency}
		v.Number, _ = r.Cost.Float64()
		if r.Baseline != "" {
			base, _ := r.Baseline.Float64()
			v.Base = &base
		}
		o.Values[policy.CostIncrease] = v
		fact("cost", r.Cost.String()+" "+r.Currency)
	}
	for _, name := range r.names() {
		o.Values[name] = rule.Value{Number: r.Measurements[name]}
	}
	if r.Freshness != nil {
		o.Values[string(metric.DataFreshnessMinutes)] = rule.Value{Number: *r.Freshness}
	}
	if v, ok := o.Values[string(metric.DataFreshnessMinutes)]; ok {
		o.Values[policy.Freshness] = v
	}
	if v, ok := o.Values[string(metric.QualityScore)]; ok {
		o.Values[policy.DataQualityScore] = v
	}
	return o
}

// errorRate is the share of tasks that failed, and whether it is known. A run
// that counts no tasks is its only one; of no tasks there is no share.
func (r Run) errorRate() (rule.Value, bool) {
	var v rule.Value
	if r.Tasks != nil && *r.Tasks > 0 {
		v.Of = words.Plural(*r.Tasks, "task")
		v.Number = float64(*r.FailedTasks) / float64(*r.Tasks) * 100
	}
	switch {
	case r.ErrorRate != nil:
		v.Number = *r.ErrorRate
	case r.Tasks != nil:
		return v, *r.Tasks > 0
	case r.Status == Cancelled:
		return v, false
	default:
		v.Of = "1 run"
		if r.Status == Failed {
			v.Number = 100
		}
	}
	return v, true
}
