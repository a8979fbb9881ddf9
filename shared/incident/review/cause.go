package review

import (
	"fmt"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
)

// A Cause is the category of the root cause and what it rests on. Category is
// "" where the evidence does not reach that far.
type Cause struct{ Category, Evidence string }

// remedied says what it means that a remedy worked.
var remedied = map[string]string{
	remedy.DiskSpaceCleanup:      "capacity: storage ran full",
	remedy.ConnectionPoolReset:   "resource exhaustion: connections",
	remedy.CacheInvalidation:     "stale data in a cache",
	remedy.PipelineRestart:       "transient failure of a run",
	remedy.ScalingTrigger:        "capacity: too little concurrency or throughput",
	remedy.ConfigurationRollback: "change: a configuration or a version",
}

// ruled says what a rule's firing alone shows.
var ruled = map[string]string{
	alert.FileRejected:        "data: the producer delivered a file that breaks its contract",
	alert.FileWithoutContract: "process: files are delivered that no contract covers",
}

// causeOf takes the category from what is known best: a remedy that worked,
// then the rule that fired first.
func causeOf(inc *incident.Incident) Cause {
	for _, t := range inc.Attempts {
		if c := remedied[t.Action]; c != "" && t.State == incident.RemedyWorked && !t.DryRun {
			return Cause{c, fmt.Sprintf("The signal cleared after %s on %s.", text(t.Action), text(t.Target))}
		}
	}
	if len(inc.Alerts) > 0 {
		if c := ruled[inc.Alerts[0].Signal.Rule]; c != "" {
			return Cause{c, fmt.Sprintf("The first alert was %s.", text(inc.Alerts[0].Signal.Rule))}
		}
	}
	return Cause{}
}

func rootCause(inc *incident.Incident, c Cause) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**Initial symptom.** %s\n\n", sentence(inc.Title))
	b.WriteString("**Five whys**\n\n")
	known := whys(inc)
	for i := range 5 {
		if i < len(known) {
			fmt.Fprintf(&b, "%d. %s\n", i+1, known[i])
		} else {
			fmt.Fprintf(&b, "%d. %swhy was that so?\n", i+1, Todo)
		}
	}
	if c.Category != "" {
		fmt.Fprintf(&b, "\n**Root cause category.** %s (likely). %s\n", c.Category, c.Evidence)
	} else {
		fmt.Fprintf(&b, "\n**Root cause category.** %sthe evidence does not tell.\n", Todo)
	}
	fmt.Fprintf(&b, "\n**Technical root cause.** %sconfirm or correct the whys above, then say what exactly broke.\n", Todo)
	b.WriteString("\n**Process gaps.**\n\n")
	for _, g := range gaps(inc) {
		fmt.Fprintf(&b, "- %s\n", g)
	}
	fmt.Fprintf(&b, "- %swhat let this reach us?\n", Todo)
	return b.String()
}

// whys are the answers that the evidence gives, at most five: why people were
// called, why the rule fired, what was upstream of it.
func whys(inc *incident.Incident) []string {
	if len(inc.Alerts) == 0 {
		return nil
	}
	firstAlert := inc.Alerts[0].Signal
	list := []string{fmt.Sprintf("Why were people told? The rule `%s` fired on %s: %s", text(firstAlert.Rule), text(firstAlert.Pipeline), sentence(firstAlert.Summary))}
	if len(firstAlert.Findings) > 0 {
		f := firstAlert.Findings[0]
		where := ""
		if f.Where != "" {
			where = " (" + text(f.Where) + ")"
		}
		list = append(list, fmt.Sprintf("Why did it fire? %s%s: %s", text(f.Check), where, sentence(f.Message)))
	}
	for _, a := range inc.Alerts[1:] {
		if s := a.Signal; s.Pipeline != firstAlert.Pipeline && s.At.Before(firstAlert.At) {
			list = append(list, fmt.Sprintf("Why was that so? %s had failed before, at %s: %s", text(s.Pipeline), stamp(s.At), sentence(s.Summary)))
			break
		}
	}
	return list
}

// gaps are those that the times and the attempts show.
func gaps(inc *incident.Incident) []string {
	var list []string
	s := inc.Spans()
	if a := s.Acknowledge; a.State == incident.Measured && a.Length > inc.Severity.RespondWithin() {
		list = append(list, fmt.Sprintf("It was acknowledged after %s; %s allows %s.", human(a.Length), inc.Severity, human(inc.Severity.RespondWithin())))
	}
	if s.Acknowledge.State == incident.Unknown && inc.Resolution == incident.ByPerson {
		list = append(list, "Nobody acknowledged it before it was resolved.")
	}
	if d := s.Detect; d.State == incident.Measured && d.Length > inc.Severity.RespondWithin() {
		list = append(list, fmt.Sprintf("It was noticed %s after it began.", human(d.Length)))
	}
	if inc.Level > 1 {
		list = append(list, fmt.Sprintf("It took %s of the chain until somebody took it on, or nobody did.", count(inc.Level, "level")))
	}
	return list
}

// factors are what the timeline shows besides the cause.
func factors(inc *incident.Incident) string {
	var list []string
	if p := pipelines(inc); len(p) > 1 {
		list = append(list, fmt.Sprintf("It spread over %s: %s.", count(len(p), "pipeline"), text(strings.Join(p, ", "))))
	}
	if inc.Reopened > 0 {
		list = append(list, fmt.Sprintf("It came back %d times: the first end was none.", inc.Reopened))
	}
	for _, t := range inc.Attempts {
		if t.State == incident.RemedyFailed {
			list = append(list, fmt.Sprintf("The remedy `%s` did not help, which took %s.", text(t.Action), human(t.Closed.Sub(t.At))))
		}
	}
	list = append(list, Todo+"what else made it possible, worse or longer?")
	return "- " + strings.Join(list, "\n- ") + "\n"
}

func lessons(inc *incident.Incident) string {
	var well, badly []string
	s := inc.Spans()
	if a := s.Acknowledge; a.State == incident.Measured {
		line := fmt.Sprintf("It was acknowledged within %s.", human(a.Length))
		if a.Length <= inc.Severity.RespondWithin() {
			well = append(well, line)
		} else {
			badly = append(badly, line)
		}
	}
	for _, t := range inc.Attempts {
		line := fmt.Sprintf("The remedy `%s`: %s.", text(t.Action), outcome(t))
		if t.State == incident.RemedyWorked {
			well = append(well, line)
		} else if t.State == incident.RemedyFailed {
			badly = append(badly, line)
		}
	}
	var b strings.Builder
	part := func(title string, lines []string, todo string) {
		fmt.Fprintf(&b, "**%s**\n\n", title)
		for _, l := range append(lines, Todo+todo) {
			fmt.Fprintf(&b, "- %s\n", l)
		}
		b.WriteString("\n")
	}
	part("What went well", well, "what else?")
	part("What did not go well", badly, "what else?")
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func prevention(inc *incident.Incident) string {
	var list []string
	seen := map[string]bool{}
	for _, a := range inc.Alerts {
		for _, f := range a.Signal.Findings {
			if f.Advice != "" && !seen[f.Advice] && len(list) < 5 {
				seen[f.Advice] = true
				list = append(list, sentence(f.Advice))
			}
		}
	}
	list = append(list, Todo+"what keeps this class of incident from coming back?")
	return "- " + strings.Join(list, "\n- ") + "\n"
}

func similar(inc *incident.Incident, about About) string {
	if len(about.Similar) == 0 {
		return "None known.\n"
	}
	var b strings.Builder
	for i := range about.Similar {
		o := &about.Similar[i]
		name := o.ID
		if about.Link != nil {
			if u := about.Link(o.ID); u != "" {
				name = fmt.Sprintf("[%s](%s)", o.ID, u)
			}
		}
		fmt.Fprintf(&b, "- %s, %s, %s: %s\n", name, stamp(o.DetectedAt), o.Severity, sentence(o.Title))
	}
	return b.String()
}
