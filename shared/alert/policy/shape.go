package policy

import (
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/document"
)

var (
	text     = &document.Shape{Kinds: document.Text}
	scalar   = &document.Shape{Kinds: document.Text | document.Number | document.Bool}
	names    = &document.Shape{Kinds: document.List, Item: text}
	duration = &document.Shape{Name: "a duration", Kinds: document.Text | document.Int}
	number   = &document.Shape{Kinds: document.Number}
	flag     = &document.Shape{Kinds: document.Bool}
	severity = &document.Shape{Name: "a severity", Kinds: document.Text, Words: []string{"P0", "P1", "P2", "P3"},
		Instead: map[string]string{"critical": "write P0", "high": "write P1", "warning": "write P2", "info": "write P3",
			"HIGH": "write P1", "MEDIUM": "write P2", "LOW": "write P3"}}
	anyMap = &document.Shape{Kinds: document.Map}
	valued = &document.Shape{Kinds: document.Map, Check: func(n *document.Node, f *document.Faults) {
		for _, e := range n.Entries {
			scalar.CheckNode(e.Value, f)
		}
	}}
)

// treatment are the fields that defaults and rules share.
func treatment(more map[string]*document.Shape) map[string]*document.Shape {
	keys := map[string]*document.Shape{
		"cooldown": duration, "cooldown_minutes": {Kinds: document.Int}, "for": duration, "keep_firing_for": duration,
		"storm_limit": {Kinds: document.Int}, "not_on_retry": flag, "severity": severity,
		"escalate": {Name: "escalate", Kinds: document.Map, Need: []string{"after", "to"},
			Keys: map[string]*document.Shape{"after": duration, "to": severity}},
	}
	for k, v := range more {
		keys[k] = v
	}
	return keys
}

var ruleShape = &document.Shape{Name: "a rule", Kinds: document.Map, Need: []string{"name"},
	Keys: treatment(map[string]*document.Shape{
		"name": text, "pipeline": text, "condition": text, "threshold": number, "absent_after": duration, "runbook": text,
		"compare": {Name: "a side", Kinds: document.Text, Words: []string{"above", "below"},
			Instead: map[string]string{">": "write above", "<": "write below"}},
		"description": text, "remedies": {Kinds: document.List, Item: remedyShape}, "remedy_first": duration,
	}),
	Instead: map[string]string{"alert": "write name", "expr": "write condition and threshold", "escalation_rules": "write escalate: {after: 30m, to: P1}"},
}

var remedyShape = &document.Shape{Name: "a remedy", Kinds: document.Map, Need: []string{"action", "target"},
	Keys: map[string]*document.Shape{
		"action": {Name: "an action", Kinds: document.Text, Words: remedy.Actions, Instead: map[string]string{
			"restart": "write pipeline_restart", "rollback": "write configuration_rollback", "scale": "write scaling_trigger"}},
		"target": text, "live": flag, "verify": duration, "cooldown": duration, "looks_back": duration,
		"attempts": {Kinds: document.Int}, "most": {Kinds: document.Int}, "older_than": duration,
	},
	Instead: map[string]string{"dry_run": "write live: true for what is to be done; without it nothing is"},
}

var intervalShape = &document.Shape{Kinds: document.List, Item: &document.Shape{Name: "a time interval", Kinds: document.Map,
	Need: []string{"name", "time_intervals"},
	Keys: map[string]*document.Shape{"name": text, "time_intervals": {Kinds: document.List, Item: &document.Shape{
		Name: "a time interval", Kinds: document.Map,
		Keys: map[string]*document.Shape{"times": {Kinds: document.List}, "weekdays": {Kinds: document.List},
			"days_of_month": {Kinds: document.List}, "months": {Kinds: document.List}, "years": {Kinds: document.List}, "location": text},
	}}},
}}

var fileShape = &document.Shape{Name: "the policy", Kinds: document.Map, Keys: map[string]*document.Shape{
	"defaults": {Name: "defaults", Kinds: document.Map, Keys: treatment(nil)},
	"incidents": {Name: "incidents", Kinds: document.Map, Keys: map[string]*document.Shape{
		"window": duration, "look_back": duration, "reopen": duration, "stale": duration,
		"storm": {Name: "storm", Kinds: document.Map, Need: []string{"limit"}, Keys: map[string]*document.Shape{
			"limit": {Kinds: document.Int}, "within": duration,
			"spare": {Name: "a severity", Kinds: document.Text, Words: []string{"P0", "P1", "P2"}}}}}},
	"rules": {Kinds: document.List, Item: ruleShape},
	"topology": {Name: "topology", Kinds: document.Map, Check: func(n *document.Node, f *document.Faults) {
		pipeline := &document.Shape{Name: "a pipeline", Kinds: document.Map, Keys: map[string]*document.Shape{"upstream": names}}
		for _, e := range n.Entries {
			pipeline.CheckNode(e.Value, f)
		}
	}},
	"maintenance": {Kinds: document.List, Item: &document.Shape{Name: "a maintenance window", Kinds: document.Map,
		Need: []string{"name", "matchers"},
		Keys: map[string]*document.Shape{"name": text, "matchers": names, "from": text, "until": text, "time_intervals": names}}},
	"route": routeShape(), "time_intervals": intervalShape, "mute_time_intervals": intervalShape,
	"inhibit_rules": {Kinds: document.List, Item: &document.Shape{Name: "an inhibit rule", Kinds: document.Map,
		Keys: map[string]*document.Shape{"name": text,
			"source_matchers": names, "target_matchers": names, "equal": names,
			"source_match": valued, "target_match": valued, "source_match_re": valued, "target_match_re": valued}}},
	"receivers": {Kinds: document.List, Item: receiverShape},
	"people":    keyed("people", personShape), "on_call": keyed("on_call", scheduleShape),
	"escalations": {Kinds: document.List, Item: escalationShape},
	"global":      anyMap, "templates": {Kinds: document.List}, "tracing": anyMap,
}}

// routeShape returns the shape of a route, whose children have it too.
func routeShape() *document.Shape {
	s := &document.Shape{Name: "a route", Kinds: document.Map}
	s.Keys = map[string]*document.Shape{
		"receiver": text, "group_by": names, "continue": flag, "matchers": names, "match": valued, "match_re": valued,
		"labels": anyMap, "group_wait": duration, "group_interval": duration, "repeat_interval": duration,
		"mute_time_intervals": names, "active_time_intervals": names,
		"routes": {Kinds: document.List, Item: s},
		"update": {Kinds: document.Text, Words: []string{"page", "thread"}},
		"urgent": {Kinds: document.Text, Words: []string{"wait", "at once"}},
	}
	return s
}
