package rule

import (
	"math"
	"slices"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// An Outcome says what an observation means to a rule.
type Outcome string

// The outcomes. Resolves is what is fine and ends what fired before; only Next
// knows that.
const (
	Fires        Outcome = "fires"
	Fine         Outcome = "fine"
	Resolves     Outcome = "resolves"
	Beats        Outcome = "beats" // a heartbeat
	NotEvaluated Outcome = "not_evaluated"
)

// A Reason says why an outcome was chosen. It ends up in the log.
type Reason string

// The reasons.
const (
	AboveThreshold  Reason = "above_threshold"
	BelowThreshold  Reason = "below_threshold"
	Unexpected      Reason = "nothing_expected" // there is something, and 0 was expected
	WithinThreshold Reason = "within_threshold"
	Heard           Reason = "heard"

	NoValue       Reason = "no_such_value"     // the observation does not have it
	NoExpectation Reason = "no_expected_value" // nor what it is compared with
	NoNumber      Reason = "not_a_number"      // it is NaN or infinite
	OnRetry       Reason = "on_retry"          // the rule has not_on_retry
	Overtaken     Reason = "overtaken"         // something newer was evaluated
	EarlierPeriod Reason = "earlier_period"    // what fired is about a later period
	RuleGone      Reason = "rule_gone"         // no rule of the policy asks for it now
)

// A Verdict is what one rule makes of an observation.
type Verdict struct {
	Rule      string
	Severity  alert.Severity
	Condition policy.Condition
	Outcome   Outcome
	Reason    Reason
	// Measured is the value in the condition's unit, and Threshold what it was
	// held against. They are 0 where there was nothing to measure, and where
	// Reason is Unexpected: 0 divides nothing.
	Measured, Threshold float64
	Crossing            alert.Crossing
	// Text says what was measured and what was wanted, "" where nothing was.
	Text string
	// Runbook is the rule's own, "" for the page of its name.
	Runbook string
}

// Evaluate holds every rule of p that has a condition against o, in the order
// of their names. Of the rules of one name the one for o's pipeline counts,
// else the one for all. A value at its threshold is fine.
//
// Where 0 was expected, any record or cost fires record_count_variance or
// cost_increase_percentage, and none is fine; nothing is divided by it. A rule
// with not_on_retry does not fire on a retry, but is fine on it where the value
// is: what fired in an earlier attempt ends.
func Evaluate(p *policy.Policy, o Observation) []Verdict {
	var names []string
	for _, r := range p.Rules() {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	var all []Verdict
	for _, name := range slices.Compact(names) {
		if r := p.Rule(name, o.Pipeline); r.Condition != "" {
			all = append(all, evaluate(r, o))
		}
	}
	return all
}

func evaluate(r *policy.Rule, o Observation) Verdict {
	v := Verdict{Rule: r.Name, Severity: r.Severity, Threshold: r.Threshold, Crossing: r.Compare, Runbook: r.Runbook}
	if r.Condition == policy.Observed {
		v.Outcome, v.Reason, v.Text = Beats, Heard, "the pipeline was heard of"
		return v
	}
	v.Condition, _ = policy.ConditionOf(r.Condition)
	value, ok := o.Values[r.Condition]
	if !ok {
		v.Outcome, v.Reason = NotEvaluated, NoValue
		return v
	}
	v.Outcome, v.Reason, v.Measured = judge(v, value)
	switch {
	case v.Outcome == NotEvaluated:
		return v
	case v.Outcome == Fires && r.NotOnRetry && o.Retry > 0:
		v.Outcome, v.Reason = NotEvaluated, OnRetry
	}
	v.Text = describe(v, value)
	return v
}

// judge holds a value against the threshold of v.
func judge(v Verdict, value Value) (Outcome, Reason, float64) {
	measured := value.Number
	if compares(v.Condition.Name) {
		switch {
		case value.Base == nil:
			return NotEvaluated, NoExpectation, 0
		case !finite(measured) || !finite(*value.Base):
			return NotEvaluated, NoNumber, 0
		case *value.Base <= 0 && measured > 0:
			return Fires, Unexpected, 0
		case *value.Base <= 0:
			return Fine, WithinThreshold, 0
		}
		measured = (measured - *value.Base) / *value.Base * 100
		if v.Condition.Name == policy.RecordVariance {
			measured = math.Abs(measured)
		}
		// A tiny base makes of a large number one beyond all numbers.
		measured = max(-math.MaxFloat64, min(measured, math.MaxFloat64))
	}
	switch {
	case !finite(measured):
		return NotEvaluated, NoNumber, 0
	case v.Crossing == alert.Above && measured > v.Threshold:
		return Fires, AboveThreshold, measured
	case v.Crossing == alert.Below && measured < v.Threshold:
		return Fires, BelowThreshold, measured
	}
	return Fine, WithinThreshold, measured
}

// compares reports whether a condition is about how far a value is from what
// was expected.
func compares(condition string) bool {
	return condition == policy.RecordVariance || condition == policy.CostIncrease
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// key returns the dedup key of a rule's alerts: the rule, the pipeline and the
// table. The period is not in it, so that the next good run ends what an
// earlier one began.
func key(rule string, o Observation) string {
	parts := []string{rule, o.Pipeline}
	if o.Table != "" {
		parts = append(parts, o.Table)
	}
	return bounded(strings.Join(parts, "/"))
}
