package cloudwatchalarm

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillwatch/shared/alert"
)

// maxSummary is what alert.Signal allows a summary, in characters.
const maxSummary = 120

func (c change) signal() alert.Signal {
	about := read(c.description)
	key := "alarm/" + c.arn
	s := alert.Signal{
		ID:        c.id(),
		DedupKey:  key,
		GroupKey:  key,
		Status:    alert.Firing,
		Severity:  about.severity,
		Rule:      rule(c.name),
		Pipeline:  c.pipeline(),
		Labels:    c.labels(),
		Team:      about.owner,
		At:        c.at,
		Summary:   short(about.what),
		Findings:  []alert.Finding{},
		NextSteps: []string{},
		Links:     []alert.Link{},
		Facts:     c.facts(),
	}
	if s.Summary == "" {
		s.Summary = short("The alarm " + c.name + " went off")
	}
	if c.state == "OK" {
		s.Status = alert.Resolved
	} else {
		s.Findings = append(s.Findings, alert.Finding{
			Check: c.name, Message: c.measured(), Severity: string(s.Severity),
		})
		s.NextSteps = append(s.NextSteps, about.do...)
		s.Measure, s.Trend = c.evidence()
	}
	if about.runbook != "" {
		s.Links = append(s.Links, alert.Link{Name: "Runbook", URL: about.runbook})
	}
	if at := console(c.arn, c.name); at != "" {
		s.Links = append(s.Links, alert.Link{Name: "Alarm", URL: at})
	}
	return s
}

// about is what a description says.
type about struct {
	severity             alert.Severity
	what, runbook, owner string
	do                   []string
}

func read(description string) about {
	a := about{severity: alert.P2}
	for line := range strings.Lines(description) {
		line = strings.TrimSpace(line)
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case slices.Contains(alert.Severities, alert.Severity(name)):
			a.severity = alert.Severity(name)
			a.what += " " + value
		case name == "Do":
			for step := range strings.SplitSeq(strings.TrimSuffix(value, "."), ". ") {
				a.do = append(a.do, step+".")
			}
		case name == "Runbook":
			a.runbook = value
		case name == "Owner":
			a.owner = value
		default:
			a.what += " " + line
		}
	}
	a.what = strings.TrimSpace(a.what)
	return a
}

// rule returns the rule whose runbook speaks of the alarm, or the alarm's own
// name if there is none. Alarms of ours are named tillwatch-<environment>-
// <group>-<id>; the end is looked at first, since an environment may be called
// anything.
func rule(alarm string) string {
	if !strings.HasPrefix(alarm, "tillwatch-") {
		return alarm
	}
	for _, r := range []struct{ end, rule string }{
		{"-errors", alert.FunctionErrors},
		{"-throttles", alert.FunctionErrors},
		{"-waiting", alert.QueueAge},
		{"-silence", alert.NothingJudged},
	} {
		if strings.HasSuffix(alarm, "-judge"+r.end) || strings.HasSuffix(alarm, "-router"+r.end) {
			return r.rule
		}
	}
	switch {
	case strings.HasSuffix(alarm, "-lost-files"), strings.HasSuffix(alarm, "-lost-signals"):
		return alert.DLQNotEmpty
	case strings.Contains(alarm, "-data-"):
		return alert.ScoreBelowTarget
	}
	return alarm
}

// pipeline returns what the alarm's metrics are about, "tillwatch" if they do
// not say.
func (c change) pipeline() string {
	for _, name := range []string{"PipelineName", "Table"} {
		for _, m := range c.metrics {
			if v := m.dimensions[name]; v != "" {
				return v
			}
		}
	}
	return "tillwatch"
}

// crossed matches how CloudWatch says that a threshold was crossed.
var crossed = regexp.MustCompile(`\[([^\]]{1,1000})\] (?:was|were) ((?:not )?[a-z ]{1,60}?) (?:to )?the threshold \(([^)]{1,40})\)`)

// datapoint matches one value with the time at which it was measured.
var datapoint = regexp.MustCompile(`([-+0-9.eE]+) \(([^)]*)\)`)

// measured says in a sentence what was measured and what was expected.
func (c change) measured() string {
	reason := c.reason[:min(len(c.reason), maxReason)]
	m := crossed.FindStringSubmatch(reason)
	var values []string
	if m != nil {
		for _, p := range datapoint.FindAllStringSubmatch(m[1], 5) {
			values = append(values, trimZero(p[1]))
		}
	}
	switch {
	case reason == "":
		return "CloudWatch gave no reason."
	case len(values) == 0 || len(c.metrics) == 0:
		reason = strings.TrimPrefix(reason, "Threshold Crossed: ")
		return alarmARN.ReplaceAllString(reason, "")
	}
	return fmt.Sprintf("%s was %s, %s the threshold of %s.",
		c.metrics[0].String(), strings.Join(values, ", "), m[2], trimZero(m[3]))
}

// points are the values that the reason gives, oldest first; nil if it gives none,
// or one that is none.
func (c change) points() []alert.Point {
	m := crossed.FindStringSubmatch(c.reason[:min(len(c.reason), maxReason)])
	if m == nil {
		return nil
	}
	var points []alert.Point
	for _, p := range datapoint.FindAllStringSubmatch(m[1], maxPoints) {
		v, err := strconv.ParseFloat(p[1], 64)
		at, late := time.Parse("02/01/06 15:04:05", p[2])
		if err != nil || late != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		points = append(points, alert.Point{At: at.UTC(), Value: v})
	}
	return alert.Newest(points, alert.MaxTrend)
}

// evidence returns the newest value against the threshold, and the values before
// it, oldest first; nothing if the reason gives no numbers.
func (c change) evidence() (*alert.Measure, []alert.Point) {
	m, points := crossed.FindStringSubmatch(c.reason[:min(len(c.reason), maxReason)]), c.points()
	if len(points) == 0 || len(c.metrics) == 0 {
		return nil, nil
	}
	threshold, err := strconv.ParseFloat(m[3], 64)
	if err != nil || math.IsNaN(threshold) || math.IsInf(threshold, 0) {
		return nil, nil
	}
	newest := points[len(points)-1]
	measure := &alert.Measure{Name: c.metrics[0].String(), Value: newest.Value, Threshold: &threshold}
	if p, ok := plainly[c.metrics[0].name]; ok && c.metrics[0].expression == "" {
		measure.Name, measure.Unit = p.name, p.unit
	}
	switch {
	case strings.HasPrefix(m[2], "greater"):
		measure.Crossed = alert.Above
	case strings.HasPrefix(m[2], "less"):
		measure.Crossed = alert.Below
	}
	return measure, points[:len(points)-1]
}

// plainly says metrics of AWS, by their names, as people do.
var plainly = map[string]struct{ name, unit string }{
	"ApproximateAgeOfOldestMessage":      {"age of the oldest message", "seconds"},
	"ApproximateNumberOfMessagesVisible": {"messages that wait", ""},
	"Errors":                             {"errors", ""},
	"Throttles":                          {"calls that were turned away", ""},
	"Duration":                           {"duration", "milliseconds"},
	"ConcurrentExecutions":               {"calls at the same time", ""},
}

// maxPoints is how many values of a reason are looked at: CloudWatch writes no
// more than five.
const maxPoints = 5

// labels are the names that the alarm's metrics are told apart by.
func (c change) labels() map[string]string {
	var labels map[string]string
	add := func(name, value string) {
		if labels == nil {
			labels = map[string]string{}
		}
		if name != "" && value != "" && labels[name] == "" && len(labels) < maxLabels {
			labels[name] = value
		}
	}
	for _, m := range c.metrics {
		add("MetricName", m.name)
		for _, name := range slices.Sorted(maps.Keys(m.dimensions)) {
			add(name, m.dimensions[name])
		}
	}
	return labels
}

// maxLabels bounds the labels of a signal: the router keeps no more.
const maxLabels = 16

// maxReason is how much of a reason is looked at, in bytes: CloudWatch's own
// bound is 1,023 characters.
const maxReason = 4096

// alarmARN matches what stands before an alarm's name in its ARN.
var alarmARN = regexp.MustCompile(`arn:[a-z-]*:cloudwatch:[a-z0-9-]*:[0-9]*:alarm:`)

func trimZero(s string) string { return strings.TrimSuffix(s, ".0") }

// String names the series: "Errors (Sum of 5 minutes)".
func (s series) String() string {
	switch {
	case s.label != "" && s.expression != "":
		return s.label
	case s.expression != "":
		return s.expression
	case s.stat == "" || s.period == 0:
		return s.name
	case s.period%60 == 0 && s.period != 60:
		return fmt.Sprintf("%s (%s of %d minutes)", s.name, strings.ToLower(s.stat), s.period/60)
	case s.period == 60:
		return fmt.Sprintf("%s (%s of a minute)", s.name, strings.ToLower(s.stat))
	}
	return fmt.Sprintf("%s (%s of %d seconds)", s.name, strings.ToLower(s.stat), s.period)
}

func (c change) facts() []alert.Fact {
	facts := []alert.Fact{{Name: "Alarm", Value: c.name}}
	for _, m := range c.metrics {
		switch {
		case m.name != "":
			var of []string
			for _, k := range slices.Sorted(maps.Keys(m.dimensions)) {
				of = append(of, k+"="+m.dimensions[k])
			}
			facts = append(facts, alert.Fact{Name: "Metric", Value: strings.TrimSpace(m.namespace + " " + m.name + " " + strings.Join(of, " "))})
		case m.expression != "":
			facts = append(facts, alert.Fact{Name: "Expression", Value: m.expression})
		}
	}
	if c.rule != "" {
		facts = append(facts, alert.Fact{Name: "Alarm rule", Value: c.rule})
	}
	return facts
}

// console returns the alarm's page, "" if arn names no region.
func console(arn, name string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[1] != "aws" || !regionName.MatchString(parts[3]) {
		return ""
	}
	return fmt.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/home?region=%[1]s#alarmsV2:alarm/%s",
		parts[3], url.PathEscape(name))
}

var regionName = regexp.MustCompile(`^[a-z0-9-]{1,30}$`)

// short returns the first sentence of s, of at most maxSummary characters.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if first, _, ok := strings.Cut(s, ". "); ok {
		s = first
	}
	s = strings.TrimSuffix(s, ".")
	if utf8.RuneCountInString(s) > maxSummary {
		s = string([]rune(s)[:maxSummary-3]) + "..."
	}
	return s
}
