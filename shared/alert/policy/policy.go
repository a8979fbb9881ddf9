// Package policy says how signals become notifications: which rule has which
// cool-down, which signals belong together, how long a group waits, who mutes
// whom, and which pipelines feed which.
//
// A Policy is read from one YAML file. Its rules are ours; its routes, time
// intervals and inhibit rules are those of Alertmanager's configuration, so
// that a team can bring its file. Its receivers stand for channels of the
// deployment, to which people subscribe. Read finds every fault with its line and
// column; Shipped is the policy that holds where nothing else was pushed.
package policy

import (
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/alertmanager/timeinterval"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
)

// A Policy is safe for concurrent use; nothing changes it once it was read.
type Policy struct {
	// Defaults holds for a rule that is not in the file, and for each field that
	// a rule leaves out.
	Defaults Rule
	// Incidents says what counts as one incident.
	Incidents Incidents
	// Routes are all routes, depth first; the first is the root.
	Routes []*Route
	// Inhibits are the inhibit rules in the order of the file.
	Inhibits []Inhibit
	// Maintenance are the windows in which matching alerts are not told of.
	Maintenance []Window
	// People are those who can be called, by key; Schedules say who of them is on
	// call, and Escalations who is called when. Of the escalations the first that
	// is for an incident counts.
	People      map[string]Person
	Schedules   []Schedule
	Escalations []Escalation
	// Notes are what the file says and this router does not run, one a line.
	Notes []string

	rules      map[string][]Rule // by name, those for a pipeline first
	intervals  map[string][]timeinterval.TimeInterval
	upstreams  map[string][]string
	neighbours map[string][]string // by connect
	storm      []*Route            // of a storm that no route tells of
}

// A Rule says how the alerts of one name are treated.
type Rule struct {
	Name string
	// Pipeline restricts the rule to one pipeline; "" is all.
	Pipeline string
	// Condition says what the rule looks at in an observation, Compare and
	// Threshold when it fires: on that side of it, and never at it. Package rule
	// evaluates them. Condition is "" for a rule whose signals others raise.
	Condition string
	Compare   alert.Crossing
	Threshold float64
	// Severity is that of a signal that the rule itself raises.
	Severity alert.Severity
	// CoolDown is the shortest time between two pages of the same incident, but
	// for a worse severity and for what fires after people heard of its end.
	CoolDown time.Duration
	// For is how long an alert must fire before it counts; 0 counts at once.
	For time.Duration
	// KeepFiringFor is how long an alert must be silent after a resolve before
	// its end counts; 0 counts at once.
	KeepFiringFor time.Duration
	// StormLimit is how many alerts of this rule an incident holds; the others
	// are counted.
	StormLimit int
	// AbsentAfter makes the rule a heartbeat: it fires when nothing was heard
	// for so long. 0 is no heartbeat.
	AbsentAfter time.Duration
	// NotOnRetry drops the rule's signals of a run that is a retry.
	NotOnRetry bool
	// EscalateAfter raises an alert to EscalateTo once it has fired so long; 0
	// never.
	EscalateAfter time.Duration
	EscalateTo    alert.Severity
	// Runbook is the name of a page or an https address, "" for the page with
	// the name of the rule.
	Runbook string
	// Remedies are tried in this order before people are called on.
	Remedies []remedy.Remedy
	// RemedyFirst holds the first page back for so long while a remedy is tried,
	// at most, unless something else fires that is as grave and does not wait; P0
	// is paged at once whatever it says. 0 pages at once.
	RemedyFirst time.Duration
}

// Incidents says what counts as one incident.
type Incidents struct {
	// Window is how long after the last sign of an incident a new alert of the
	// same group still belongs to it.
	Window time.Duration
	// LookBack is how long after an alert joined an incident the new alerts of
	// pipelines up and down the stream join it too.
	LookBack time.Duration
	// Reopen is how long after its end an incident is opened again by an alert
	// of its group.
	Reopen time.Duration
	// Stale is how long an alert that is neither repeated nor resolved belongs
	// to its incident when it fires anew. Both are shorter for alerts that are
	// repeated: ten times their longest silence, but at least twice Reopen.
	Stale time.Duration
	// Storm says when incidents are told of together.
	Storm Storm
}

// A Storm is more than Limit incidents that begin within a time: the further
// ones are told of in one page, but for those of severity Spare or worse. A
// Limit of 0 tells of each.
type Storm struct {
	Limit  int
	Within time.Duration
	Spare  alert.Severity
}

// Folds reports whether incidents of a severity are told of together.
func (s Storm) Folds(severity alert.Severity) bool { return s.Spare.Worse(severity) }

// A Route says how the alerts that reach it are grouped and told of.
type Route struct {
	// ID is the place in the tree: "0" is the root, "0.2" its third child.
	ID       string
	Receiver string
	// Channels are those that Receiver stands for, each once: BySeverity and of
	// the package's Channels. Empty tells nobody.
	Channels []string
	Matchers labels.Matchers
	// Continue lets an alert that matches go on to the routes beside this one.
	Continue bool
	// GroupBy are the labels whose values make a group, sorted; ByAll is '...'.
	GroupBy []string
	ByAll   bool
	// Wait, Interval and Repeat are Alertmanager's group_wait, group_interval and
	// repeat_interval.
	Wait, Interval, Repeat time.Duration
	// Mute and Active name time intervals: told of outside of the former, and
	// inside of the latter if there are any.
	Mute, Active []string
	// PageUpdates makes a page of new alerts, and of the end of some, in a group
	// that people know of already; else they are an update.
	PageUpdates bool
	// WaitAlways makes P0 and P1 wait for Wait too, as Alertmanager does.
	WaitAlways bool
	Routes     []*Route
}

// An Inhibit mutes the alerts that Target matches while one that Source
// matches fires and the labels Equal have the same values in both.
type Inhibit struct {
	Source, Target labels.Matchers
	Equal          []string
}

// A Window is a time in which alerts that match are not told of: from From to
// before Until, or within a named time interval.
type Window struct {
	Name        string
	Matchers    labels.Matchers
	From, Until time.Time
	Intervals   []string
}

// Rule returns the rule for a signal's name and pipeline: that of the pipeline,
// else that for all, else the defaults.
func (p *Policy) Rule(name, pipeline string) *Rule {
	list := p.rules[name]
	for i := range list {
		if list[i].Pipeline == "" || list[i].Pipeline == pipeline {
			return &list[i]
		}
	}
	return &p.Defaults
}

// Rules returns all rules of the file, in no order.
func (p *Policy) Rules() []Rule {
	var all []Rule
	for _, list := range p.rules {
		all = append(all, list...)
	}
	return all
}

// Neighbours returns the parts directly up and down the stream of part, a
// pipeline or a dataset, those upstream first.
func (p *Policy) Neighbours(part string) []string { return p.neighbours[part] }

// Matches reports whether all of m hold for s; an absent label is "".
func Matches(m labels.Matchers, s *alert.Signal) bool {
	for _, one := range m {
		if !one.Matches(s.Label(one.Name)) {
			return false
		}
	}
	return true
}

// Upstreams returns for each pipeline of the topology those directly upstream.
func (p *Policy) Upstreams() map[string][]string { return p.upstreams }
