package cloudwatchalarm

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"tillwatch/shared/alert"
)

// maxSummary is what alert.Signal allows a summary, in characters.
const maxSummary = 120

func (c change) signal() alert.Signal {
	text, facts := read(c.description)
	key := "alarm/" + c.arn
	s := alert.Signal{
		ID:          c.id(),
		DedupKey:    key,
		GroupKey:    key,
		Status:      alert.Firing,
		Severity:    alert.P2,
		Rule:        c.name,
		Pipeline:    c.pipeline(),
		Environment: facts["environment"],
		Team:        facts["team"],
		At:          c.at,
		Findings:    []alert.Finding{},
		NextSteps:   []string{},
		Links:       []alert.Link{},
	}
	if v := alert.Severity(facts["severity"]); slices.Contains(alert.Severities, v) {
		s.Severity = v
	}
	if v := facts["pipeline"]; v != "" {
		s.Pipeline = v
	}
	runbook := facts["runbook"]
	if v := facts["rule"]; v != "" {
		s.Rule = v
	} else if v := strings.TrimSuffix(path.Base(runbook), ".md"); slices.Contains(alert.RuleNames, v) {
		s.Rule = v
	}
	if text == "" {
		text = "The alarm " + c.name + " went off."
	}
	if c.state == "OK" {
		s.Status = alert.Resolved
		s.Summary = short("Over: " + text)
	} else {
		s.Summary = short(text)
		s.Findings = append(s.Findings, alert.Finding{
			Check: c.name, Message: c.measured(), Severity: string(s.Severity),
		})
		if runbook != "" {
			s.NextSteps = append(s.NextSteps, "Open the runbook and do its first five minutes.")
		}
	}
	if runbook != "" {
		s.Links = append(s.Links, alert.Link{Name: "Runbook", URL: runbook})
	}
	if at := console(c.arn, c.name); at != "" {
		s.Links = append(s.Links, alert.Link{Name: "Alarm", URL: at})
	}
	s.Facts = c.facts()
	return s
}

// read splits a description into its words for a person and what its brackets,
// or failing that its words, say to the router.
func read(description string) (text string, facts map[string]string) {
	facts = map[string]string{}
	text = strings.TrimSpace(description)
	if i := strings.LastIndexByte(text, '['); i >= 0 && strings.HasSuffix(text, "]") && strings.Contains(text[i:], "=") {
		for _, word := range strings.Fields(text[i+1 : len(text)-1]) {
			if name, value, ok := strings.Cut(word, "="); ok {
				facts[name] = value
			}
		}
		return strings.TrimSpace(text[:i]), facts
	}
	for _, word := range strings.Fields(text) {
		bare := strings.Trim(word, ".,;:()[]")
		if facts["severity"] == "" && slices.Contains(alert.Severities, alert.Severity(bare)) {
			facts["severity"] = bare
		}
		if facts["runbook"] == "" && strings.HasPrefix(bare, "https://") {
			facts["runbook"] = bare
		}
	}
	return text, facts
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
var datapoint = regexp.MustCompile(`([-+0-9.eE]+) \([^)]*\)`)

// measured says in a sentence what was measured and what was expected.
func (c change) measured() string {
	m := crossed.FindStringSubmatch(c.reason)
	if m == nil || len(c.metrics) == 0 {
		if c.reason == "" {
			return "CloudWatch gave no reason."
		}
		return c.reason
	}
	var values []string
	for _, p := range datapoint.FindAllStringSubmatch(m[1], 5) {
		values = append(values, trimZero(p[1]))
	}
	if len(values) == 0 {
		return c.reason
	}
	return fmt.Sprintf("%s was %s, %s the threshold of %s.",
		c.metrics[0].String(), strings.Join(values, ", "), m[2], trimZero(m[3]))
}

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
