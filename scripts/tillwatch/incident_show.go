package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/alert/message"
	"tillwatch/shared/incident"
	"tillwatch/shared/quality/report"
)

// json writes v indented.
func (a *app) json(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (a *app) printer() *printer {
	return &printer{out: bufio.NewWriter(a.out), width: max(a.width(), 60), colored: a.colored()}
}

// incidentList writes a line for each incident.
func (a *app) incidentList(list []incident.Incident, all bool, now time.Time) error {
	p := a.printer()
	if len(list) == 0 {
		text := "No incident is open."
		if all {
			text = "There was no incident."
		}
		p.line("", "", text, false)
	} else {
		p.out.WriteString(p.strong(fmt.Sprintf("%-20s  %-3s  %-13s  %-9s  %s", "incident", "", "status", "age", "what")) + "\n")
	}
	for i := range list {
		inc := &list[i]
		end := inc.ResolvedAt
		if !inc.Status.Over() {
			end = now
		}
		lead := fmt.Sprintf("%s  %-3s  %-13s  %-9s  ", runewidth.FillRight(report.Printable(inc.ID), 20), inc.Severity, inc.Status, brief(end.Sub(inc.StartedAt)))
		what := inc.Title
		if inc.AckedBy != "" {
			what += " (" + inc.AckedBy + ")"
		}
		p.line("", lead, what, false)
	}
	return p.out.Flush()
}

// maxContext is of how many alerts the sheet says what was measured and what they
// cost.
const maxContext = 3

// incidentSheet writes an incident for a person as it is at now.
func (a *app) incidentSheet(inc *incident.Incident, now time.Time) error {
	p := a.printer()
	p.line("", "", fmt.Sprintf("%s  %s  %s", inc.ID, inc.Severity, inc.Status), true)
	p.line("", "", inc.Title, false)
	p.out.WriteString("\n")
	p.field("pipeline", inc.Pipeline)
	p.field("alerts", fmt.Sprintf("%d, %d firing", len(inc.Alerts), inc.Firing()))
	for i, n := 0, 0; i < len(inc.Alerts) && n < maxContext; i++ {
		s := inc.Alerts[i].Signal
		s.Status, s.Stakes = alert.Firing, impact.At(s.Stakes, now)
		if inc.Status.Over() {
			s.Status, s.Stakes = alert.Resolved, impact.At(s.Stakes, inc.ResolvedAt)
		}
		measured, costs := message.Measured(s), message.Costs(s)
		if measured != "" || len(costs) > 0 {
			n++
		}
		p.field("measured", measured)
		p.field("before", message.Before(s, now))
		for _, cost := range costs {
			p.field("costs", cost)
		}
	}
	if inc.AckedBy != "" {
		p.field("taken on", fmt.Sprintf("by %s at %s", inc.AckedBy, stamp(inc.AckedAt)))
	}
	if inc.Status.Over() {
		p.field("ended", fmt.Sprintf("%s, %s", stamp(inc.ResolvedAt), strings.ReplaceAll(string(inc.Resolution), "_", " ")))
	}
	for _, t := range inc.Attempts {
		p.field("remedy", fmt.Sprintf("%s on %s: %s", t.Action, t.Target, strings.TrimPrefix(string(t.State), "remedy_")))
	}
	p.out.WriteString("\n" + p.strong("Timeline") + "\n")
	for _, e := range inc.Timeline {
		text := e.Text
		if text == "" {
			text = strings.ReplaceAll(string(e.Kind), "_", " ")
		}
		if e.By != incident.System && !strings.Contains(text, e.By) {
			text += " (" + e.By + ")"
		}
		p.line("  ", stamp(e.At)+"  ", text, false)
	}
	if len(inc.Ignored) > 0 {
		p.out.WriteString("\n" + p.strong("Without effect") + "\n")
		for _, i := range inc.Ignored {
			p.line("  ", "- ", i.Event+": "+i.Why, false)
		}
	}
	return p.out.Flush()
}

// incidentStats writes the spreads as a table.
func (a *app) incidentStats(list []incident.Incident) error {
	p := a.printer()
	s := incident.Measure(list)
	p.out.WriteString(p.strong(fmt.Sprintf("%-22s  %-9s %-9s %-9s %-9s %-9s  %s", "", "median", "p90", "mean", "least", "most", "measured")) + "\n")
	row := func(name string, s incident.Spread) {
		count := fmt.Sprintf("%d of %d", s.Measured, s.Of)
		for _, rest := range []struct {
			n    int
			what string
		}{{s.Pending, "pending"}, {s.Unknown, "unknown"}, {s.Invalid, "invalid"}} {
			if rest.n > 0 {
				count += fmt.Sprintf(", %d %s", rest.n, rest.what)
			}
		}
		cells := []string{"-", "-", "-", "-", "-"}
		if s.Measured > 0 {
			cells = []string{brief(s.Median), brief(s.P90), brief(s.Mean), brief(s.Min), brief(s.Max)}
		}
		fmt.Fprintf(p.out, "%-22s  %-9s %-9s %-9s %-9s %-9s  %s\n", name, cells[0], cells[1], cells[2], cells[3], cells[4], count)
	}
	row("MTTD, to notice", s.Detect)
	row("MTTA, to acknowledge", s.Acknowledge)
	row("MTTR, to end", s.Resolve)
	row("MTTR from detection", s.Repair)
	for _, r := range []incident.Resolution{incident.ByItself, incident.ByRemedy, incident.SignalsCleared, incident.ByPerson} {
		if spread, ok := s.ByEnd[r]; ok {
			row("  "+strings.ReplaceAll(string(r), "_", " "), spread)
		}
	}
	return p.out.Flush()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// brief writes a length of time in at most nine characters: 42m, 3h5m, 2d4h.
func brief(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}
