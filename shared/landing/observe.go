package landing

import (
	"slices"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/rule"
	"tillwatch/shared/metric"
	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

// Observation returns what the rules of a policy are held against: the scores,
// the rows and how many were to be expected, the age of the newest row, how long
// judging took, and what the data is worth. id is that of the event.
func (n Notice) Observation(id, kind string) rule.Observation {
	o := rule.Observation{
		ID: id, Kind: kind, Pipeline: n.Dataset, Table: n.Dataset, Team: n.Team, Period: n.Period, At: n.Object.Arrived.UTC(),
		Values: map[string]rule.Value{}, Stakes: n.Stakes, Trace: n.Object.Trace,
		Facts: []alert.Fact{
			{Name: "object", Value: "s3://" + n.Object.Bucket + "/" + n.Object.Key},
			{Name: "verdict", Value: string(n.Verdict)},
			{Name: "rows", Value: words.Count(n.Rows)},
		},
	}
	for name, score := range n.Scores {
		if m, ok := scoreNames[name]; ok {
			o.Values[string(m)] = rule.Value{Number: score}
		}
	}
	if score, ok := n.Scores["quality"]; ok {
		o.Values[policy.DataQualityScore] = rule.Value{Number: score}
	}
	if n.Report == "" {
		// It could not be read: its rows are not known.
		return o
	}
	rows := float64(n.Rows)
	o.Values[string(metric.RecordsProcessed)] = rule.Value{Number: rows}
	o.Values[policy.RecordVariance] = rule.Value{Number: rows, Base: n.ExpectedRows, Unit: "records"}
	if n.FreshnessMinutes != nil {
		// Its contract has judged it by the age that it promises; only a rule that
		// asks for the metric by its name wants another limit.
		o.Values[string(metric.DataFreshnessMinutes)] = rule.Value{Number: *n.FreshnessMinutes}
	}
	if n.DurationMS > 0 {
		o.Values[policy.ExecutionDuration] = rule.Value{Number: float64(n.DurationMS) / 60_000}
	}
	return o
}

// What the expected number of rows is taken from.
const (
	expectLimit  = 60 // entries of history: eight weeks of daily files
	expectWithin = 28 // the latest accepted files
	expectLeast  = 3  // fewer say nothing
	expectAlike  = 4  // of the same weekday
)

// expectedRows returns how many rows a file that arrived at that time is
// expected to have, nil if there is too little history: the median of the last
// four accepted files of the same weekday, where there are four, since trade
// has its week; else that of the last 28. The file itself is not among them.
func expectedRows(history []quality.Run, arrived time.Time) *float64 {
	var all, alike []float64
	for _, run := range slices.Backward(history) {
		rows, ok := run.Metrics["rowCount"]
		if !ok || !run.Accepted() || !finite(rows) || !run.At.Before(arrived) {
			continue
		}
		if len(all) < expectWithin {
			all = append(all, rows)
		}
		if run.At.UTC().Weekday() == arrived.UTC().Weekday() && len(alike) < expectAlike {
			alike = append(alike, rows)
		}
	}
	from := all
	if len(alike) == expectAlike {
		from = alike
	}
	if len(from) < expectLeast {
		return nil
	}
	slices.Sort(from)
	m := (from[(len(from)-1)/2] + from[len(from)/2]) / 2
	return &m
}
