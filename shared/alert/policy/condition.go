package policy

import (
	"maps"
	"math"
	"slices"

	"tillwatch/shared/alert"
	"tillwatch/shared/document"
	"tillwatch/shared/metric"
)

// A Condition is a quantity that a rule holds against a threshold.
type Condition struct {
	Name string
	// Words are what people call it: "error rate".
	Words string
	// Unit is that of the measured value and of the threshold: percent, minutes,
	// a unit of the catalogue, "" for a bare number.
	Unit string
	// Bad is the side of the threshold that is bad, "" if the rule must say it.
	Bad alert.Crossing
	// Most is the largest value there is, +Inf if there is no bound. The smallest
	// is 0.
	Most float64
}

// The conditions that have a name of their own.
const (
	ErrorRate         = "error_rate_percentage"
	ExecutionDuration = "execution_duration_minutes"
	DataQualityScore  = "data_quality_score"
	RecordVariance    = "record_count_variance"
	Freshness         = "freshness_minutes"
	CostIncrease      = "cost_increase_percentage"
)

// Observed is the condition of a heartbeat: every observation of the pipeline
// beats it, and it fires when none came for absent_after.
const Observed = "observed"

var conditions = []Condition{
	{ErrorRate, "error rate", "percent", alert.Above, 100},
	{ExecutionDuration, "execution time", "minutes", alert.Above, math.Inf(1)},
	{DataQualityScore, "quality score", "score", alert.Below, 100},
	{RecordVariance, "difference from the expected records", "percent", alert.Above, math.Inf(1)},
	{Freshness, "age of the newest row", "minutes", alert.Above, math.Inf(1)},
	{CostIncrease, "increase of the cost", "percent", alert.Above, math.Inf(1)},
}

// ConditionOf returns the condition of that name: one of those above, or a
// metric of the catalogue that belongs to pipelines and their data. The metrics
// of Tillwatch's own running are in no observation: alarms watch them. Observed
// is none: it is held against no threshold.
func ConditionOf(name string) (Condition, bool) {
	for _, c := range conditions {
		if c.Name == name {
			return c, true
		}
	}
	m, ok := metric.Lookup(metric.Name(name))
	if !ok || m.Namespace == metric.Self {
		return Condition{}, false
	}
	c := Condition{Name: name, Words: name, Most: math.Inf(1)}
	switch m.Unit {
	case metric.Percent:
		c.Unit, c.Most = "percent", 100
	case metric.None, metric.Count:
	default:
		c.Unit = string(m.Unit)
	}
	switch {
	case m.Target != nil && m.Target.Comparison == metric.AtMost:
		c.Bad = alert.Above
	case m.Target != nil, m.Statistic == metric.Minimum:
		// What a bad file lowers shows its minimum.
		c.Bad = alert.Below
	}
	return c, true
}

// conditionNames are all that a rule may name.
func conditionNames() []string {
	var list []string
	for _, c := range conditions {
		list = append(list, c.Name)
	}
	list = append(list, Observed)
	for _, m := range metric.Catalogue() {
		if m.Namespace != metric.Self {
			list = append(list, string(m.Name))
		}
	}
	return list
}

// lintCondition reports conditions that could never fire, or never not.
func (r *reader) lintCondition(n *document.Node) {
	name, v := n.Get("name").Str(), n.Get("condition")
	if v == nil {
		for _, key := range []string{"threshold", "compare"} {
			if e := n.Entry(key); e != nil {
				r.faults.Addf(e.Place, "add condition, or remove "+key, "rule %s has %s and no condition", name, key)
			}
		}
		return
	}
	if v.Text == Observed {
		for _, key := range []string{"threshold", "compare"} {
			if e := n.Entry(key); e != nil {
				r.faults.Addf(e.Place, "remove "+key, "the condition observed is held against no %s", key)
			}
		}
		r.need(n, "absent_after", "severity")
		return
	}
	c, ok := ConditionOf(v.Text)
	if !ok {
		advice := document.Among(v.Text, conditionNames())
		if _, self := metric.Lookup(metric.Name(v.Text)); self {
			advice = "name a metric of pipelines or their data; alarms watch Tillwatch's own running"
		}
		r.faults.Addf(v.Place, advice, "no observation has %q: the rule would never fire", v.Text)
		return
	}
	r.need(n, "threshold", "severity")
	if e := n.Entry("absent_after"); e != nil {
		r.faults.Addf(e.Place, "give the heartbeat a rule of its own, with condition: observed",
			"rule %s has absent_after and the condition %s: what it raises would be taken for a heartbeat", name, c.Name)
	}
	bad := c.Bad
	if e := n.Get("compare"); e != nil {
		if bad != "" && e.Text != string(bad) {
			r.faults.Addf(e.Place, "write compare: "+string(bad)+", or leave it out", "%s is bad %s its threshold, and not %s", c.Words, bad, e.Text)
		}
		bad = alert.Crossing(e.Text)
	}
	if bad == "" {
		r.faults.Addf(n.Place, "add compare: above, or compare: below", "nobody knows on which side %s is bad", c.Name)
	}
	if t := n.Get("threshold"); t != nil {
		limit, _ := t.Float()
		switch {
		case limit < 0 || math.IsNaN(limit) || math.IsInf(limit, 0):
			r.faults.Addf(t.Place, "write a number from 0", "the threshold is %s", document.Describe(t))
		case bad == alert.Above && limit >= c.Most, bad == alert.Below && limit == 0:
			r.faults.Addf(t.Place, "", "%s is never %s %s: the rule would never fire", c.Words, bad, t.Text)
		case bad == alert.Below && limit > c.Most:
			r.faults.Addf(t.Place, "", "%s is always below %s: the rule would always fire", c.Words, t.Text)
		}
	}
}

// need reports keys that a rule with a condition lacks.
func (r *reader) need(n *document.Node, keys ...string) {
	for _, key := range keys {
		if n.Get(key) == nil {
			r.faults.Addf(n.Place, "add "+key, "rule %s has a condition and no %s", n.Get("name").Str(), key)
		}
	}
}

// conditioned notes rules that look as if they had the condition of the rule
// for all pipelines, and have none.
func (r *reader) conditioned() {
	for _, name := range slices.Sorted(maps.Keys(r.p.rules)) {
		list := r.p.rules[name]
		if !slices.ContainsFunc(list, func(o Rule) bool { return o.Pipeline == "" && o.Condition != "" }) {
			continue
		}
		for _, rule := range list {
			if rule.Condition == "" {
				r.notef("rule %s for pipeline %s has no condition of its own: nothing is evaluated for that pipeline", name, rule.Pipeline)
			}
		}
	}
}
