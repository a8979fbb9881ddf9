// Package review drafts the blameless review of an incident: what happened, in
// numbers, why as far as the evidence reaches, and what is to be done by whom
// and until when.
//
// Everything in a draft comes from the incident's timeline and from the facts
// that its signals carried. Where a person has to think, the draft says TODO;
// nothing is invented. A draft is Markdown in sections, each between two
// markers; Merge writes it anew and keeps every section that a person changed.
package review

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/incident"
)

// Todo begins what a person has to fill in.
const Todo = "TODO (a person): "

// A Review is a review as its sections say it.
type Review struct {
	Incident  string
	Severity  alert.Severity
	Sections  []Section
	Cause     Cause
	Actions   []Action
	Generated time.Time // when, UTC
}

// A Section is one part of the review. Body is Markdown.
type Section struct{ ID, Title, Body string }

// About is what a review may use besides the incident.
type About struct {
	// Now is when the draft is made, UTC.
	Now time.Time
	// Similar are earlier incidents of the same pipeline or rule.
	Similar []incident.Incident
	// Link writes the address of an incident's review, "" if it has none; nil
	// links nothing.
	Link func(id string) string
}

// Draft makes the review of inc. An incident that is not over has none.
func Draft(inc *incident.Incident, about About) (*Review, error) {
	if !inc.Status.Over() {
		return nil, fmt.Errorf("review %s: it is %s; resolve it first", inc.ID, inc.Status)
	}
	r := &Review{Incident: inc.ID, Severity: inc.Severity, Generated: about.Now.UTC()}
	r.Cause = causeOf(inc)
	r.Actions = actionsOf(inc)
	r.Sections = []Section{
		{"summary", "Summary", summary(inc)},
		{"impact", "Impact", impact(inc)},
		{"timeline", "Timeline (UTC)", timeline(inc)},
		{"detection", "Detection and response", response(inc)},
		{"root-cause", "Root cause analysis", rootCause(inc, r.Cause)},
		{"contributing-factors", "Contributing factors", factors(inc)},
		{"action-items", "Action items", actionTable(r.Actions)},
		{"lessons", "Lessons learned", lessons(inc)},
		{"prevention", "Prevention measures", prevention(inc)},
		{"similar", "Similar incidents", similar(inc, about)},
	}
	return r, nil
}

func summary(inc *incident.Incident) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", sentence(inc.Title))
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, cell(value))
		}
	}
	row("Incident", inc.ID)
	row("Severity", fmt.Sprintf("%s, to be acted on within %s", inc.Severity, human(inc.Severity.RespondWithin())))
	row("Pipeline", inc.Pipeline)
	row("Status", string(inc.Status))
	row("Ended", resolution(inc))
	row("Lasted", lasted(inc))
	if inc.Reopened > 0 {
		row("Came back", fmt.Sprintf("%d times within the reopening window", inc.Reopened))
	}
	row("Owner", Todo+"who owns this review")
	return b.String()
}

func resolution(inc *incident.Incident) string {
	switch inc.Resolution {
	case incident.ByItself:
		return "its signals cleared before anybody acted"
	case incident.ByRemedy:
		return "an automatic remedy worked"
	case incident.ByPerson:
		return "resolved by " + inc.ResolvedBy
	case incident.SignalsCleared:
		return "its signals cleared after " + inc.AckedBy + " took it on"
	}
	return ""
}

func lasted(inc *incident.Incident) string {
	s := inc.Spans().Resolve
	if s.State != incident.Measured {
		return ""
	}
	return human(s.Length)
}

// impact lists what the signals said of the harm, in their order, once each.
func impact(inc *incident.Incident) string {
	var lines []string
	seen := map[string]bool{}
	add := func(s string) {
		if s != "" && !seen[s] {
			seen[s] = true
			lines = append(lines, "- "+s)
		}
	}
	add(fmt.Sprintf("%s of %s fired.", count(len(inc.Alerts), "alert"), count(len(pipelines(inc)), "pipeline")))
	for _, a := range inc.Alerts {
		for _, s := range a.Signal.Impact {
			add(text(s))
		}
	}
	for _, a := range inc.Alerts {
		if len(a.Signal.Facts) == 0 {
			continue
		}
		var facts []string
		for _, f := range a.Signal.Facts {
			facts = append(facts, text(f.Name)+" "+text(f.Value))
		}
		add(fmt.Sprintf("%s: %s.", text(a.Signal.Rule), strings.Join(facts, ", ")))
	}
	if len(lines) == 1 {
		lines = append(lines, "- "+Todo+"what it cost, in files, rows, minutes, money and customers; the signals say nothing of it.")
	}
	return strings.Join(lines, "\n") + "\n"
}

func pipelines(inc *incident.Incident) []string {
	var list []string
	seen := map[string]bool{}
	for _, a := range inc.Alerts {
		if p := a.Signal.Pipeline; !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list
}

func timeline(inc *incident.Incident) string {
	var b strings.Builder
	b.WriteString("| When | What | Who |\n|---|---|---|\n")
	if inc.StartedAt.Before(inc.DetectedAt) {
		fmt.Fprintf(&b, "| %s | It began, by the data | |\n", stamp(inc.StartedAt))
	}
	for _, e := range inc.Timeline {
		what := text(e.Text)
		if what == "" {
			what = strings.ReplaceAll(string(e.Kind), "_", " ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", stamp(e.At), cell(what), cell(e.By))
	}
	return b.String()
}

func response(inc *incident.Incident) string {
	s := inc.Spans()
	var b strings.Builder
	line := func(name string, s incident.Span, target time.Duration) {
		switch s.State {
		case incident.Measured:
			fmt.Fprintf(&b, "- %s: %s", name, human(s.Length))
			if target > 0 && s.Length > target {
				fmt.Fprintf(&b, ", later than the %s that %s allows", human(target), inc.Severity)
			}
			b.WriteString(".\n")
		case incident.Invalid:
			fmt.Fprintf(&b, "- %s: the times contradict each other (%s); correct them with `tillwatch incident correct`.\n", name, human(s.Length))
		default:
			fmt.Fprintf(&b, "- %s: not known.\n", name)
		}
	}
	line("From the start to the first signal", s.Detect, 0)
	line("From the first message to the acknowledgement", s.Acknowledge, inc.Severity.RespondWithin())
	line("From the start to the end", s.Resolve, 0)
	if inc.Level > 0 {
		fmt.Fprintf(&b, "- Levels of the escalation chain that were called: %d.\n", inc.Level)
	}
	for _, t := range inc.Attempts {
		fmt.Fprintf(&b, "- Remedy `%s` on `%s`: %s.\n", text(t.Action), text(t.Target), outcome(t))
	}
	return b.String()
}

func outcome(t incident.Tried) string {
	why := ""
	if t.Why != "" {
		why = " (" + text(t.Why) + ")"
	}
	switch t.State {
	case incident.RemedyWorked:
		return "it worked, the signal cleared"
	case incident.RemedyFailed:
		return "it did not help" + why
	case incident.RemedyHeld:
		return "not tried" + why
	}
	return "its outcome is not known"
}
