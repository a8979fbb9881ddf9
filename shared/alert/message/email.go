package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillwatch/shared/alert"
)

// maxSubject is what SNS takes: less than 100 ASCII characters.
const maxSubject = 99

// maxLines is about a page, of which the first screen says what to act on: the list of what is wrong gets what the rest leaves
// of it, and what does not fit is counted and left to the report.
const maxLines = 72

// minFindingLines is what the list of what is wrong gets in any case.
const minFindingLines = 8

// Email returns the subject and the plain-text body for the person whose phone
// rings. The first screen says what happened and by when to act, what was
// measured and expected, what to do now and how to answer; then come what it
// costs, what is wrong and why that may be, where to look, and last why this was
// sent. No line is longer than mail takes. s should have gone through Bound.
func Email(s alert.Signal, d alert.Notice) (subject, body string) {
	var top, rest page
	lead := s.Summary
	if s.Status == alert.Resolved {
		lead = "Resolved: " + lead
	}
	top.add(wrap("", sentence(lead))...)
	top.add(standing(s, d)...)
	if label, who := called(s, d); who != "" {
		top.add(wrap("", label+": "+who+".")...)
	}
	if s.Status == alert.Firing {
		top.named("Measured", Measured(s))
		top.named("Before", Before(s, d.At))
		top.list("WHAT TO DO NOW", s.NextSteps, true)
		top.choices(d)
		top.list("WHAT IT COSTS", Costs(s), false)
		rest.list("LIKELY CAUSES", s.Causes[:min(len(s.Causes), maxCauses)], false)
	} else {
		top.list("WHAT IS LEFT TO DO", s.NextSteps, true)
		top.list("WHAT IT COST", Costs(s), false)
	}
	rest.list("ALSO IN THIS INCIDENT", others(d), false)
	rest.query(s)
	rest.facts(s)
	rest.links(s)
	rest.add("", "--")
	rest.add(why(s, d)...)
	if d.Incident != "" {
		rest.add("Incident: " + cut(line(d.Incident), maxKey))
	}
	rest.add("Alert: " + cut(line(s.DedupKey), maxKey))
	top.findings(s, max(minFindingLines, maxLines-len(top.lines)-len(rest.lines)-3))
	top.add(rest.lines...)
	return Subject(s, d), top.String()
}

// maxCauses, maxQueryLines and maxKey are what an email has room for.
const (
	maxCauses     = 3
	maxQueryLines = 10
	maxKey        = 500 // bytes
)

// maxLine is what mail takes as a line, in bytes.
// Source: RFC 5322, section 2.1.1.
const maxLine = 998

// Subject returns the subject of an email, or the text of a short message: at
// most 99 ASCII characters on one line.
func Subject(s alert.Signal, d alert.Notice) string {
	lead := string(s.Severity)
	switch d.Reason {
	case alert.AlertResolved:
		lead = "RESOLVED " + lead
	case alert.SeverityRaised:
		lead += fmt.Sprintf(" (was %s)", d.Previous)
	case alert.FiredAgain:
		lead += " AGAIN"
	case alert.StillFiring:
		lead += " STILL"
	case alert.NewAlerts:
		lead += " MORE"
	case alert.SomeResolved:
		lead += " PARTLY RESOLVED"
	}
	if s.Environment != "" {
		lead += " " + s.Environment
	}
	return cut(ascii(lead+": "+s.Summary), maxSubject)
}

// maxOthers is how many other alerts an email lists.
const maxOthers = 8

// others lists the other alerts of the incident.
func others(d alert.Notice) []string {
	var list []string
	for _, o := range d.Others[:min(len(d.Others), maxOthers)] {
		list = append(list, also(d, o))
	}
	if more := len(d.Others) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("and %d more alerts", more))
	}
	if d.Folded > 0 {
		list = append(list, fmt.Sprintf("and %d signals of a storm, which are not listed", d.Folded))
	}
	return list
}

// also writes one of d.Others, and says of one that has ended that it is over.
func also(d alert.Notice, other string) string {
	ended := slices.ContainsFunc(d.Alerts, func(m alert.Member) bool {
		return m.Status == alert.Resolved && other == string(m.Severity)+" "+m.Summary
	})
	if ended {
		return line(other) + " (over)"
	}
	return line(other)
}

// standing says where it is, whose it is, and how urgent.
func standing(s alert.Signal, d alert.Notice) []string {
	text := string(s.Severity)
	if s.Environment != "" {
		text += " in " + s.Environment
	}
	if s.Team != "" {
		text += ", team " + s.Team
	}
	return wrap("", text+". "+urgency(s, d))
}

// urgency says by when somebody must act and since when it is so, or how long
// it lasted.
func urgency(s alert.Signal, d alert.Notice) string {
	since := clock(d.Since, d.At)
	if s.Status == alert.Resolved {
		return fmt.Sprintf("It lasted %s, from %s to %s.", span(s.At.Sub(d.Since)), since, clock(s.At, d.At))
	}
	if d.Reason == alert.Progress {
		return fmt.Sprintf("It began at %s.", since)
	}
	within := s.Severity.RespondWithin()
	due := d.At.Add(within)
	switch d.Reason {
	case alert.StillFiring, alert.NewAlerts, alert.SomeResolved:
		due = d.Since.Add(within)
	}
	if !d.RespondBy.IsZero() {
		due = d.RespondBy
	}
	acked := cut(line(d.AckedBy), maxName)
	switch {
	case due.Before(d.At) && acked != "":
		return fmt.Sprintf("It has been so since %s; %s has taken it on.", since, acked)
	case due.Before(d.At):
		return fmt.Sprintf("It has been so since %s; somebody should have acted by %s.", since, clock(due, d.At))
	case acked != "":
		return fmt.Sprintf("It began at %s; act by %s. %s has taken it on.", since, clock(due, d.At), acked)
	}
	return fmt.Sprintf("It began at %s; act by %s.", since, clock(due, d.At))
}

// why says for what reason this was sent and what comes next.
func why(s alert.Signal, d alert.Notice) []string {
	var text string
	switch d.Reason {
	case alert.FirstNotification:
		text = "You get this because it is new."
	case alert.FiredAgain:
		text = "You get this because it came back after it had been resolved."
	case alert.SeverityRaised:
		text = fmt.Sprintf("You get this because it became worse: %s before, %s now.", d.Previous, s.Severity)
	case alert.StillFiring:
		text = "You get this again because it is not resolved."
	case alert.NewAlerts:
		text = "You get this because more of the incident was noticed."
	case alert.SomeResolved:
		text = "You get this because a part of the incident is over."
	case alert.Unacknowledged:
		text = "You get this because nobody has taken the incident on yet."
	case alert.NewReceivers:
		text = "You get this because you are told of it from now on."
	case alert.CostsMore:
		text = "You get this because it has come to cost more."
	case alert.Progress:
		text = "You get this because something was done about the incident."
	case alert.AlertResolved:
		text = "You get this because you were told when it began. Nothing more will come."
		if d.By != "" {
			text = fmt.Sprintf("You get this because you were told when it began: %s says that it is over. Nothing more will come, unless it is noticed again.", line(d.By))
		}
	default:
		text = fmt.Sprintf("You get this because of: %s.", d.Reason)
	}
	switch {
	case d.HeldBack == 1:
		text += " One more signal of it was held back since the last message."
	case d.HeldBack > 1:
		text += fmt.Sprintf(" %d more signals of it were held back since the last message.", d.HeldBack)
	}
	switch acked := cut(line(d.AckedBy), maxName); {
	case d.QuietUntil.IsZero():
	case acked != "":
		text += fmt.Sprintf(" No repeat unless it gets worse, since %s has taken it on. If it ends, you will be told.", acked)
	default:
		text += fmt.Sprintf(" No repeat before %s unless it gets worse. If it ends, you will be told.",
			clock(d.QuietUntil, d.At))
	}
	return wrap("", text)
}

// indent is what stands before what is to be copied as it is.
const indent = "    "

// page collects lines.
type page struct{ lines []string }

func (p *page) add(lines ...string) {
	for _, l := range lines {
		p.lines = append(p.lines, strings.TrimRight(l, " "))
	}
}

func (p *page) String() string { return strings.Join(p.lines, "\n") + "\n" }

// findings lists what is wrong in about the given number of lines.
func (p *page) findings(s alert.Signal, budget int) {
	list := findings(s)
	if len(list) == 0 && s.Omitted == 0 {
		return
	}
	title := "WHAT IS WRONG"
	if s.Status == alert.Resolved {
		title = "WHAT WAS FOUND"
	}
	p.add("", title)
	used, shown := 0, 0
	for _, f := range list {
		lines := finding(shown+1, f)
		if shown > 0 && used+len(lines) > budget {
			break
		}
		p.add(lines...)
		used += len(lines)
		shown++
	}
	if more := len(list) - shown + s.Omitted; more > 0 {
		p.add(fmt.Sprintf("    and %d more: see the report.", more))
	}
}

// sentence returns s with a full stop, unless it ends with a mark of its own.
func sentence(s string) string {
	if r, _ := utf8.DecodeLastRuneInString(s); unicode.IsLetter(r) || unicode.IsNumber(r) || r == ')' || r == '%' {
		return s + "."
	}
	return s
}

func finding(n int, f alert.Finding) []string {
	text := f.Message
	if text == "" {
		text = f.Check
	}
	if f.Where != "" {
		text += " (" + f.Where + ")"
	}
	lines := wrap(fmt.Sprintf("%2d. ", n), text)
	if f.Advice != "" {
		lines = append(lines, wrap("    -> ", f.Advice)...)
	}
	return lines
}

// unquoter takes from text the mark of what is typed, which a runbook's pages and
// chat rooms show as such and a mail does not.
var unquoter = strings.NewReplacer("`", "")

// list adds items under a title, unless there are none.
func (p *page) list(title string, items []string, numbered bool) {
	if len(items) == 0 {
		return
	}
	p.add("", title)
	for i, item := range items {
		lead := "  - "
		if numbered {
			lead = fmt.Sprintf("%2d. ", i+1)
		}
		p.add(wrap(lead, unquoter.Replace(item))...)
	}
}

// named adds a line that begins with a name, unless there is nothing to say.
func (p *page) named(name, text string) {
	if text != "" {
		p.add(wrap(name+": ", text)...)
	}
}

// query shows one query as it is run, its lines unbroken.
func (p *page) query(s alert.Signal) {
	q, ok := ready(s, maxQueryLines, maxLine-len(indent))
	if !ok || s.Status != alert.Firing {
		return
	}
	p.add("", "TO FIND OUT MORE")
	p.add(wrap(indent, q.Name+" ("+place(q)+"):")...)
	p.add("")
	for l := range strings.SplitSeq(q.Text, "\n") {
		p.add(indent + l)
	}
}

func (p *page) facts(s alert.Signal) {
	facts := slices.DeleteFunc(slices.Clone(s.Facts), func(f alert.Fact) bool { return f.Value == "" })
	if text := metrics(s); text != "" {
		facts = append(facts, alert.Fact{Name: "measured", Value: text})
	}
	if len(facts) == 0 {
		return
	}
	p.add("", "DETAILS")
	wide := 0
	for _, f := range facts {
		wide = max(wide, utf8.RuneCountInString(f.Name))
	}
	wide = min(wide, 24)
	for _, f := range facts {
		p.add(wrap(fmt.Sprintf("    %-*s  ", wide, f.Name), f.Value)...)
	}
}

// choices puts each answer's address on a line of its own under what it does.
func (p *page) choices(d alert.Notice) {
	if len(d.Choices) == 0 {
		return
	}
	p.add("", "ANSWER (each link asks before it acts)")
	for _, c := range d.Choices {
		p.add(wrap("  - ", c.Name+": "+c.Does+".")...)
		p.add(indent + c.URL)
	}
}

// links puts each address at the end of a line, so that mail programs see where
// it ends. Cut in two it could not be followed, so one that no line has room for
// is left out, and said to be.
func (p *page) links(s alert.Signal) {
	if len(s.Links) == 0 {
		return
	}
	p.add("", "WHERE TO LOOK")
	for _, l := range s.Links {
		if l.URL == "" {
			continue
		}
		if text := indent + l.Name + ": " + target(l.URL); len(text) <= maxLine {
			p.add(text)
		} else {
			p.add(wrap(indent, l.Name+": its address is too long for an email.")...)
		}
	}
}
