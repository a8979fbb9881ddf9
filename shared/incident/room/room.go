// Package room writes the page of an incident: everything that those who work
// on it need to know, on one page that needs no script and no network.
package room

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"tillwatch/shared/incident"
)

// About is what the page says beside the incident.
type About struct {
	// Now is the time that the page is as of, UTC.
	Now time.Time
	// OnCall are those on call for the incident, as they are to be read.
	OnCall []string
	// Book says who is called next.
	Book incident.Playbook
	// Environment is the deployment that has the incident, for the commands; ""
	// leaves it out.
	Environment string
	// Review is the address of the review, "" if there is none.
	Review string
}

// The bounds of what is shown; what is left out is counted.
const (
	maxAlerts   = 50
	maxFindings = 20
	maxEvents   = 300
	maxText     = 600 // bytes of one text
)

var (
	//go:embed page.html
	source string
	//go:embed page.css
	style string

	page = template.Must(template.New("room").Parse(source))
	// policy allows the page's own style and nothing else.
	policy = fmt.Sprintf("default-src 'none'; style-src '%s'; base-uri 'none'; form-action 'none'", digest(style))
)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// view is what the template shows.
type view struct {
	Policy   string
	Style    template.CSS
	ID       string
	Severity string
	Status   string
	Title    string
	Over     bool
	About    []string // pipeline, environment, team
	Clock    []hand
	Who      []string
	Steps    []string
	Causes   []string
	Impact   []string
	Alerts   []row
	Remedies []entry
	Timeline []entry
	Commands []command
	Review   string
	Now      string

	MoreAlerts, MoreEvents int
}

// A hand is one figure of the timer.
type hand struct {
	Label, Value, Note string
	Late               bool
}

// An entry is a line with a time.
type entry struct {
	At, Text string
	Notes    []string
}

// A command is what a person can do, and how.
type command struct{ Does, Text string }

// HTML returns the page of inc.
func HTML(inc *incident.Incident, a About) ([]byte, error) {
	now := a.Now.UTC()
	v := view{
		Policy: policy, Style: template.CSS(style),
		ID: inc.ID, Severity: string(inc.Severity), Status: string(inc.Status), Title: cut(inc.Title), Over: inc.Status.Over(),
		Clock: timer(inc, now), Who: who(inc, a), Commands: commands(inc, a), Review: a.Review, Now: stamp(now) + " UTC",
	}
	v.about(inc)
	v.alerts(inc, now)
	for _, t := range inc.Attempts {
		v.Remedies = append(v.Remedies, attempt(t))
	}
	for i := len(inc.Timeline) - 1; i >= 0; i-- {
		if len(v.Timeline) == maxEvents {
			v.MoreEvents = i + 1
			break
		}
		v.Timeline = append(v.Timeline, line(inc.Timeline[i]))
	}
	var out bytes.Buffer
	if err := page.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("render the room of %s: %w", inc.ID, err)
	}
	return out.Bytes(), nil
}

// timer says since when it is so, by when somebody must act, and who has it.
func timer(inc *incident.Incident, now time.Time) []hand {
	if inc.Status.Over() {
		lasted := hand{Label: "It lasted", Value: span(inc.ResolvedAt.Sub(inc.StartedAt)), Note: fmt.Sprintf("from %s to %s", moment(inc.StartedAt), moment(inc.ResolvedAt))}
		ended := hand{Label: "It ended", Value: strings.ReplaceAll(string(inc.Resolution), "_", " "), Note: "nobody had taken it on"}
		if inc.AckedBy != "" {
			ended.Note = "taken on by " + cut(inc.AckedBy)
		}
		return []hand{lasted, ended}
	}
	since := hand{Label: "It has been so for", Value: span(now.Sub(inc.StartedAt)), Note: "since " + moment(inc.StartedAt)}
	if inc.AckedAt.IsZero() {
		due := inc.RespondBy()
		act := hand{Label: "Somebody must act by", Value: moment(due), Note: "in " + span(due.Sub(now))}
		if !now.Before(due) {
			act.Note, act.Late = span(now.Sub(due))+" ago", true
		}
		return []hand{since, act, {Label: "Taken on by", Value: "nobody yet", Late: act.Late}}
	}
	return []hand{since, {Label: "Taken on by", Value: cut(inc.AckedBy), Note: fmt.Sprintf("at %s, %s after people were told", moment(inc.AckedAt), span(inc.AckedAt.Sub(told(inc))))}}
}

// told is when people were told first, or when it was noticed.
func told(inc *incident.Incident) time.Time {
	if !inc.NotifiedAt.IsZero() {
		return inc.NotifiedAt
	}
	return inc.DetectedAt
}

// who says who has it, who is on call, and who is called next.
func who(inc *incident.Incident, a About) (list []string) {
	if inc.AckedBy != "" {
		list = append(list, cut(inc.AckedBy)+" has taken it on.")
	}
	for _, name := range a.OnCall {
		list = append(list, "On call: "+cut(name))
	}
	if level, due, ok := inc.NextCall(a.Book); ok {
		list = append(list, fmt.Sprintf("At %s, unless somebody takes it on before: call %s.", moment(due), cut(strings.Join(level.To, " and "))))
	} else if inc.AckedBy == "" {
		list = append(list, "Nobody else is called.")
	}
	return list
}

func commands(inc *incident.Incident, a About) []command {
	with := func(what string) string {
		text := "tillwatch incident " + what
		if a.Environment != "" {
			text += " --environment " + a.Environment
		}
		return text
	}
	if inc.Status.Over() {
		return []command{{"Draft the review, or go on with it:", with("review " + inc.ID + " --output review.md")}}
	}
	list := []command{
		{"Add to the timeline:", with("note " + inc.ID + " 'WHAT YOU FOUND' --by YOUR-NAME")},
		{"End it by hand, if its alerts cannot:", with("resolve " + inc.ID + " --by YOUR-NAME")},
	}
	if inc.AckedAt.IsZero() {
		list = append([]command{{"Take it on, so that nobody else is called:", with("acknowledge " + inc.ID + " --by YOUR-NAME")}}, list...)
	}
	return list
}

func attempt(t incident.Tried) entry {
	e := entry{At: stamp(t.At), Text: fmt.Sprintf("%s on %s: %s", t.Action, cut(t.Target), strings.TrimPrefix(string(t.State), "remedy_"))}
	for _, n := range []struct{ name, text string }{{"before", t.Before}, {"after", t.After}, {"why", strings.ReplaceAll(t.Why, "_", " ")}} {
		if n.text != "" {
			e.Notes = append(e.Notes, n.name+": "+cut(n.text))
		}
	}
	return e
}

func line(e incident.Event) entry {
	text := cut(e.Text)
	if text == "" {
		text = strings.ReplaceAll(string(e.Kind), "_", " ")
	}
	if e.By != incident.System && !strings.Contains(text, e.By) {
		text += " (" + cut(e.By) + ")"
	}
	return entry{At: stamp(e.At), Text: text}
}
