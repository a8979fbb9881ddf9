package policy

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"tillwatch/shared/alert"
	"tillwatch/shared/document"
)

//go:embed shipped.yaml
var shipped []byte

// ShippedYAML returns the file that Shipped reads.
func ShippedYAML() []byte { return slices.Clone(shipped) }

// Shipped returns the policy that comes with Tillwatch. It defers nothing
// above P3.
func Shipped() *Policy {
	p, err := Read("shipped.yaml", shipped)
	if err != nil {
		panic("policy: the shipped policy is invalid: " + err.Error())
	}
	return p
}

// Read reads a policy from YAML. The error is document.Errors with every fault
// of the file.
func Read(file string, data []byte) (*Policy, error) {
	root, err := document.Parse(file, data)
	if err != nil {
		return nil, err
	}
	r := &reader{
		p:      &Policy{Defaults: builtin, Incidents: defaultIncidents, rules: map[string][]Rule{}},
		faults: document.Faults{File: file},
	}
	fileShape.CheckNode(root, &r.faults)
	if r.faults.Len() == 0 {
		r.read(root)
		r.lint(root)
	}
	if err := r.faults.Err(); err != nil {
		return nil, err
	}
	return r.p, nil
}

// builtin are the defaults of a file that gives none.
var builtin = Rule{CoolDown: time.Hour, KeepFiringFor: 15 * time.Minute, StormLimit: 100}

var defaultIncidents = Incidents{
	Window: time.Hour, LookBack: 15 * time.Minute, Reopen: 15 * time.Minute, Stale: 4 * time.Hour,
	Storm: Storm{Within: 5 * time.Minute, Spare: alert.P1},
}

type reader struct {
	p      *Policy
	faults document.Faults

	channels  map[string][]string // of the receivers, by name
	continues bool                // a route was noted that does
}

func (r *reader) read(root *document.Node) {
	incidents := root.Get("incidents")
	for key, d := range map[string]*time.Duration{
		"window": &r.p.Incidents.Window, "look_back": &r.p.Incidents.LookBack,
		"reopen": &r.p.Incidents.Reopen, "stale": &r.p.Incidents.Stale,
	} {
		r.duration(incidents.Get(key), d)
	}
	r.readStorm(incidents.Get("storm"))
	r.p.Defaults = r.rule(root.Get("defaults"), builtin)
	for _, n := range root.Get("rules").List() {
		rule := r.rule(n, r.p.Defaults)
		if slices.ContainsFunc(r.p.rules[rule.Name], func(o Rule) bool { return o.Pipeline == rule.Pipeline }) {
			r.faults.Addf(n.Place, "give each rule once, and once more for each pipeline that differs", "rule %s is there twice", rule.Name)
		}
		r.p.rules[rule.Name] = append(r.p.rules[rule.Name], rule)
	}
	for _, list := range r.p.rules {
		slices.SortStableFunc(list, func(a, b Rule) int { return strings.Compare(b.Pipeline, a.Pipeline) })
	}
	r.conditioned()
	r.readIntervals(root)
	r.readRoutes(root)
	r.readInhibits(root.Get("inhibit_rules"))
	r.readMaintenance(root.Get("maintenance"))
	r.readTopology(root.Get("topology"))
	r.readPeople(root)
}

// maxBeginning bounds the incidents that a storm is counted by, and the time.
const (
	maxBeginning = 500
	maxWithin    = time.Hour
)

func (r *reader) readStorm(n *document.Node) {
	if n == nil {
		return
	}
	storm := &r.p.Incidents.Storm
	limit, err := n.Get("limit").Int()
	if err != nil || limit < 1 || limit > maxBeginning {
		r.faults.Addf(n.Get("limit").Place, "write a whole number from 1 to 500", "limit is %s", document.Describe(n.Get("limit")))
	}
	storm.Limit = limit
	r.duration(n.Get("within"), &storm.Within)
	if storm.Within <= 0 || storm.Within > maxWithin {
		r.faults.Addf(n.Place, "write a duration up to 1h", "within is %v", storm.Within)
	}
	if v := n.Get("spare"); v != nil {
		storm.Spare = alert.Severity(v.Text)
	}
}

// rule reads a rule whose fields that are absent are those of base.
func (r *reader) rule(n *document.Node, base Rule) Rule {
	rule := base
	rule.Name, rule.Pipeline = n.Get("name").Str(), n.Get("pipeline").Str()
	rule.Condition, rule.Runbook = n.Get("condition").Str(), n.Get("runbook").Str()
	for key, d := range map[string]*time.Duration{
		"cooldown": &rule.CoolDown, "for": &rule.For, "keep_firing_for": &rule.KeepFiringFor, "absent_after": &rule.AbsentAfter,
	} {
		r.duration(n.Get(key), d)
	}
	if v := n.Get("cooldown_minutes"); v != nil {
		minutes, err := v.Int()
		if err != nil || minutes < 0 || minutes > 7*24*60 {
			r.faults.Addf(v.Place, "write a whole number from 0 to 10080", "cooldown_minutes is %s", document.Describe(v))
		}
		rule.CoolDown = time.Duration(minutes) * time.Minute
	}
	if v := n.Get("severity"); v != nil {
		rule.Severity = alert.Severity(v.Text)
	}
	if c, ok := ConditionOf(rule.Condition); ok {
		rule.Compare = c.Bad
	}
	if v := n.Get("compare"); v != nil {
		rule.Compare = alert.Crossing(v.Text)
	}
	if v := n.Get("threshold"); v != nil {
		rule.Threshold, _ = v.Float()
	}
	if v := n.Get("storm_limit"); v != nil {
		limit, err := v.Int()
		if err != nil || limit < 1 || limit > maxStorm {
			r.faults.Addf(v.Place, "write a whole number from 1 to 200", "storm_limit is %s", document.Describe(v))
		}
		rule.StormLimit = limit
	}
	if v := n.Get("not_on_retry"); v != nil {
		rule.NotOnRetry = v.True()
	}
	if v := n.Get("escalate"); v != nil {
		r.duration(v.Get("after"), &rule.EscalateAfter)
		rule.EscalateTo = alert.Severity(v.Get("to").Str())
	}
	r.remedies(n, &rule)
	return rule
}

// maxStorm bounds what one incident holds of one rule.
const maxStorm = 200

// duration reads a duration as Prometheus writes it: 30s, 5m, 1h30m, 1d.
func (r *reader) duration(n *document.Node, d *time.Duration) {
	if n == nil {
		return
	}
	v, err := model.ParseDuration(n.Text)
	if err != nil {
		r.faults.Addf(n.Place, "write a number and a unit: 30s, 5m, 4h, 1d", "%q is no duration", n.Text)
		return
	}
	*d = time.Duration(v)
}

func (r *reader) readMaintenance(n *document.Node) {
	for _, w := range n.List() {
		window := Window{Name: w.Get("name").Str(), Matchers: r.matchers(w, "matchers"), Intervals: texts(w.Get("time_intervals"))}
		for key, at := range map[string]*time.Time{"from": &window.From, "until": &window.Until} {
			v := w.Get(key)
			if v == nil {
				continue
			}
			t, err := time.Parse(time.RFC3339, v.Text)
			if err != nil {
				r.faults.Addf(v.Place, "write it as 2026-11-22T03:00:00Z", "%q is no time", v.Text)
			}
			*at = t.UTC()
		}
		switch {
		case len(window.Intervals) == 0 && w.Get("from") == nil && w.Get("until") == nil:
			r.faults.Addf(w.Place, "give from and until, or time_intervals", "maintenance has no time")
		case len(window.Intervals) == 0 && !window.From.Before(window.Until):
			r.faults.Addf(w.Place, "until must be later than from", "maintenance lasts no time")
		case len(window.Matchers) == 0:
			r.faults.Addf(w.Place, `write matchers: ['pipeline=~".+"'] if everything is meant`, "maintenance without matchers would mute everything")
		}
		r.names(w.Get("time_intervals"))
		r.p.Maintenance = append(r.p.Maintenance, window)
	}
}

func (r *reader) readTopology(n *document.Node) {
	if n == nil {
		return
	}
	upstreams := map[string][]string{}
	for _, e := range n.Entries {
		upstreams[e.Key] = texts(e.Value.Get("upstream"))
		if slices.Contains(upstreams[e.Key], e.Key) {
			r.faults.Addf(e.Place, "name the pipelines that it reads from", "pipeline %s is its own upstream", e.Key)
		}
	}
	r.p.upstreams, r.p.neighbours = upstreams, connect(upstreams)
}

// texts returns the texts of a list.
func texts(n *document.Node) []string {
	var list []string
	for _, v := range n.List() {
		list = append(list, v.Text)
	}
	return list
}
