package rule

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

const (
	summaryLimit = 120 // characters
	keyLimit     = 256 // bytes
	metricLimit  = 24  // of a signal's snapshot
)

// signal returns what v says of o as a signal, firing unless it resolves. state
// has taken o.
func (state State) signal(o Observation, v Verdict) alert.Signal {
	s := alert.Signal{
		ID: bounded(o.ID + "-" + v.Rule), DedupKey: key(v.Rule, o), GroupKey: bounded(o.Pipeline), Status: alert.Firing, Severity: v.Severity,
		Rule: v.Rule, Pipeline: o.Pipeline, Environment: o.Environment, Team: o.Team, Labels: maps.Clone(o.Labels), Retry: o.Retry,
		At: o.At.UTC(), Findings: []alert.Finding{}, NextSteps: []string{}, Links: slices.Clone(o.Links), Facts: []alert.Fact{}, Trace: o.Trace,
	}
	if o.Table != "" {
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		s.Labels["table"] = o.Table
	}
	if s.Links == nil {
		s.Links = []alert.Link{}
	}
	if strings.HasPrefix(v.Runbook, "https://") {
		s.Links = append(s.Links, alert.Link{Name: "runbook", URL: v.Runbook})
	}
	s.Summary = clip(strings.TrimSpace(o.Pipeline+" "+o.Period)+": "+v.Text, summaryLimit)
	for _, f := range []alert.Fact{{Name: "period", Value: o.Period}, {Name: "run", Value: o.Run}} {
		if f.Value != "" {
			s.Facts = append(s.Facts, f)
		}
	}
	if o.Retry > 0 {
		s.Facts = append(s.Facts, alert.Fact{Name: "retry", Value: strconv.Itoa(o.Retry)})
	}
	s.Facts = append(s.Facts, o.Facts...)
	if v.Outcome == Resolves {
		s.ID, s.Status = bounded(o.ID+"-resolved-"+v.Rule), alert.Resolved
		return s
	}
	s.Stakes = stakes(o, v, state.Worth)
	if v.Outcome == Fires {
		s.Findings = append(s.Findings, alert.Finding{Check: v.Condition.Name, Message: v.Text, Severity: word(v.Severity)})
		s.NextSteps = append(s.NextSteps, steps[v.Condition.Name]...)
		s.Trend = alert.Before(state.Rules[s.DedupKey].Values, o.At)
		s.Measure, s.Metrics = measure(o, v), snapshot(o)
		if s.Measure.Expected == nil {
			s.Measure.Expected = alert.Usual(s.Trend)
		}
	}
	return s
}

// measure is the number that v looked at. Where that is how far a count or a cost
// is from what was expected, it is the count or the cost itself, as people know
// it, and so is the threshold.
func measure(o Observation, v Verdict) *alert.Measure {
	if !compares(v.Condition.Name) {
		return &alert.Measure{Name: v.Condition.Words, Value: v.Measured, Unit: v.Condition.Unit, Threshold: &v.Threshold, Crossed: v.Crossing}
	}
	value := o.Values[v.Condition.Name]
	m := &alert.Measure{Name: "record count", Value: value.Number, Expected: value.Base}
	if v.Condition.Name == policy.CostIncrease {
		m.Name, m.Unit = "cost", value.Unit
	}
	if v.Reason == Unexpected {
		return m
	}
	share, crossed := v.Threshold, v.Crossing
	if v.Condition.Name == policy.RecordVariance && value.Number < *value.Base {
		share, crossed = -share, alert.Below
	}
	if bound := *value.Base * (1 + share/100); finite(bound) {
		m.Threshold, m.Crossed = &bound, crossed
	}
	return m
}

// snapshot is everything that was measured, by name.
func snapshot(o Observation) []alert.Metric {
	var list []alert.Metric
	for _, name := range slices.Sorted(maps.Keys(o.Values)) {
		value := o.Values[name]
		if !finite(value.Number) || len(list) == metricLimit {
			continue
		}
		c, _ := policy.ConditionOf(name)
		m := alert.Metric{Name: cmp.Or(c.Words, name), Value: value.Number, Unit: c.Unit}
		if compares(name) {
			m.Name, m.Unit = map[string]string{policy.RecordVariance: "records", policy.CostIncrease: "cost"}[name], value.Unit
		}
		list = append(list, m)
	}
	return list
}

// word is a severity as checks have it.
func word(s alert.Severity) string {
	switch s {
	case alert.P0, alert.P1:
		return "HIGH"
	case alert.P2:
		return "MEDIUM"
	}
	return "LOW"
}

// steps are what to do first, by condition; the runbook says more.
var steps = map[string][]string{
	policy.ErrorRate: {
		"Read the run's first error, not its last: most of the others follow from it.",
		"See whether one task fails or all do: one is its input or its code, all is what they share.",
	},
	policy.ExecutionDuration: {
		"Compare with the run before: more records, or the same work more slowly?",
		"If somebody waits for the result, tell them when it comes.",
	},
	policy.DataQualityScore: {"Open the newest report: it names the checks that pulled the score down, their rows and what to change."},
	policy.RecordVariance: {
		"Ask what is missing or too much: a store, an hour, a file that came twice?",
		"Keep what reads the data from using it until that is known.",
	},
	policy.Freshness:    {"Find where the newest rows are: not written at the source, not delivered, or not loaded."},
	policy.CostIncrease: {"Compare the run with the one before: records, duration and the size of what it ran on."},
}

// bounded returns text as a key: one that is too long is cut, and what was cut
// off stays in it as a hash.
func bounded(text string) string {
	if len(text) <= keyLimit {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	tail := "~" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(text[:keyLimit-len(tail)], "") + tail
}

// clip cuts s to n characters, the last of which is then an ellipsis.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}
