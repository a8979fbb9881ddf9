package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/incident"
)

// A page is all that one request is answered with.
type page struct {
	// outcome names it in the log; status is that of HTTP.
	outcome string
	status  int
	// Tone is ask, done or sorry.
	Tone, Title, Lead string
	Points            []string // what comes of it, one line each
	// Hint leads to Command, which does from the command line what the page does
	// not; "" for none.
	Hint, Command string
	About         *about    // nil if nothing is known
	Ask           *question // nil if there is nothing to press
}

// about is what a person has to know of the incident.
type about struct {
	Title, Severity, Pipeline, ID string
	Since, Ago                    string
	Who                           string // who has it, "" for nobody
}

// question is the form.
type question struct {
	form
	Button   string
	Spans    []span // to choose from, none but for a silence
	Matchers []string
}

// A span is a time that a silence may last.
type span struct {
	Value, Text string
	Chosen      bool
	lasts       time.Duration
	whileOpen   bool
}

var spans = []span{
	{Value: "1h", Text: "1 hour", lasts: time.Hour},
	{Value: "4h", Text: "4 hours", lasts: 4 * time.Hour},
	{Value: "24h", Text: "24 hours", lasts: 24 * time.Hour},
	{Value: "fixed", Text: "until it is fixed, 7 days at most", lasts: answer.MaxSilence, whileOpen: true},
}

func spanOf(value string) (span, bool) {
	for _, s := range spans {
		if s.Value == value {
			return s, true
		}
	}
	return span{}, false
}

var (
	//go:embed page.html
	source string
	//go:embed page.css
	style string

	tmpl = template.Must(template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) },
		"limit": func() int { return answer.MaxText },
		"name":  func() int { return answer.MaxName },
	}).Parse(source))
)

// headers go with every page. Nothing of a page may be kept, framed, or told to
// others, and there is nothing in it to run.
var headers = map[string]string{
	"Content-Type":              "text/html; charset=utf-8",
	"Cache-Control":             "no-store",
	"Content-Security-Policy":   "default-src 'none'; style-src 'sha256-" + styleHash() + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	"Referrer-Policy":           "no-referrer",
	"X-Content-Type-Options":    "nosniff",
	"X-Frame-Options":           "DENY",
	"X-Robots-Tag":              "noindex, nofollow",
	"Strict-Transport-Security": "max-age=31536000",
}

func styleHash() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// response renders p; without its body if it is to be left out.
func (p page) response(headOnly bool) events.LambdaFunctionURLResponse {
	r := events.LambdaFunctionURLResponse{StatusCode: p.status, Headers: maps.Clone(headers)}
	if p.status == http.StatusMethodNotAllowed {
		r.Headers["Allow"] = "GET, HEAD, POST"
	}
	if headOnly {
		return r
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, p); err != nil { // a fault of the template, which the tests would find
		r.StatusCode, r.Headers["Content-Type"], r.Body = http.StatusInternalServerError, "text/plain; charset=utf-8", "Something went wrong. Nothing was done."
		return r
	}
	r.Body = b.String()
	return r
}

// with returns p with another status.
func (p page) with(status int) page {
	p.status, p.outcome = status, "asked_again"
	return p
}

// The pages for those whom nothing can be asked.
var (
	broken = page{outcome: "broken", status: http.StatusServiceUnavailable, Tone: "sorry", Title: "That did not work",
		Lead: "It is our fault, and nobody was told anything. Please try again in a minute.", Hint: byHand, Command: acknowledge}
	notAllowed = page{outcome: "method", status: http.StatusMethodNotAllowed, Tone: "sorry", Title: "This page is read, or answered",
		Lead: "Nothing else can be done here, and nothing was done."}
)

const (
	byHand      = "Who has access to the deployment can answer from the command line:"
	acknowledge = "tillwatch incident acknowledge ID"
)

// refused is the page for a link that does not open.
func refused(err error) page {
	p := page{status: http.StatusNotFound, Tone: "sorry", Hint: byHand, Command: acknowledge}
	switch {
	case errors.Is(err, answer.ErrExpired):
		p.outcome, p.status = "expired", http.StatusGone
		p.Title, p.Lead = "This link has expired", "Links in messages are good for a few days. Nothing was done. The newest message about the incident has a fresh one."
	case errors.Is(err, answer.ErrMalformed):
		p.outcome, p.Title = "malformed", "This is no link of ours"
		p.Lead = "Nothing was done. Perhaps a part of it got lost: please copy it whole from the message."
	case errors.Is(err, answer.ErrForged):
		p.outcome, p.status, p.Title = "forged", http.StatusForbidden, "This link is not genuine"
		p.Lead = "It was changed on its way, or made by somebody else. Nothing was done. Please copy it whole from the message."
	default:
		return broken
	}
	return p
}

// unknown is the page for a link to an incident of which nothing is known.
func unknown(err error) page {
	if errors.Is(err, incident.ErrNoEvents) || errors.Is(err, incident.ErrNotOpened) {
		return page{outcome: "unknown", status: http.StatusNotFound, Tone: "sorry", Title: "Nothing is known of this incident",
			Lead: "If its message has just come, please try again in a minute. Nothing was done.", Hint: byHand, Command: acknowledge}
	}
	return broken
}

// settled is the page for an answer that would change nothing; ok tells.
func settled(kind answer.Kind, inc *incident.Incident, now time.Time) (p page, ok bool) {
	p = page{outcome: "settled", status: http.StatusOK, Tone: "done", About: describe(inc, now)}
	switch {
	case inc.Status.Over():
		p.Title = "It is over"
		p.Lead = "It ended " + moment(inc.ResolvedAt) + " (" + ago(inc.ResolvedAt, now) + "): its signals cleared."
		if inc.Resolution == incident.ByPerson {
			p.Lead = inc.ResolvedBy + " ended it " + moment(inc.ResolvedAt) + " (" + ago(inc.ResolvedAt, now) + ")."
		}
	case kind == answer.Acknowledge && !inc.AckedAt.IsZero():
		p.Title = inc.AckedBy + " has it"
		p.Lead = "It was taken on " + moment(inc.AckedAt) + " (" + ago(inc.AckedAt, now) + "). Nothing is left for you to press."
	default:
		return page{}, false
	}
	return p, true
}

// ask is the page that asks before anything is done.
func ask(kind answer.Kind, inc *incident.Incident, f form, now time.Time) page {
	p := page{outcome: "asked", status: http.StatusOK, Tone: "ask", About: describe(inc, now), Ask: &question{form: f}}
	switch kind {
	case answer.Acknowledge:
		p.Title, p.Ask.Button = "Do you take it on?", "Yes, I take it on"
		p.Points = []string{"Everybody in the room reads that you have it.", "It is not repeated, unless it gets worse.", "Nobody else is called."}
	case answer.Resolve:
		p.Title, p.Ask.Button = "Is it over?", "Yes, it is over"
		p.Points = []string{"Everybody who was told is told that it is over, and that you say so.", "If it is noticed again, it comes back."}
	case answer.Mitigate:
		p.Title, p.Ask.Button = "Has the harm stopped?", "Yes, the harm has stopped"
		p.Points = []string{"It stands in the timeline, and the room reads it.", "The incident stays open until its cause is gone."}
	case answer.Silence:
		p.Title, p.Ask.Button = "For how long should it be silent?", "Silence it"
		p.Points = []string{"Nobody is told of alerts that match.", "Its end is told all the same.", "What still fires when the silence ends is told then."}
		p.Ask.Matchers = matchers(inc)
		for _, s := range spans {
			s.Chosen = s.Value == f.For || f.For == "" && s.Value == "4h"
			p.Ask.Spans = append(p.Ask.Spans, s)
		}
	default:
		p.Title, p.Ask.Button = "Add to its timeline", "Add it"
		p.Points = []string{"It stands in the timeline, and the room reads it."}
	}
	return p
}

// done is the page that says what was done.
func done(a answer.Answer, inc *incident.Incident, now time.Time) page {
	p := page{outcome: "taken", status: http.StatusOK, Tone: "done", About: describe(inc, now)}
	switch a.Kind {
	case answer.Acknowledge:
		p.Title, p.About.Who = "You have it", a.By
		p.Lead = "Thank you, " + a.By + ". The room reads so within seconds, it is not repeated, and nobody else is called."
	case answer.Resolve:
		p.Title = "It is over"
		p.Lead = "Thank you, " + a.By + ". Everybody who was told hears within seconds that you say so."
	case answer.Silence:
		p.Title = "It is silent"
		p.Lead = "Until " + moment(a.Until) + "."
		if a.WhileOpen {
			p.Lead = "Until it is fixed, " + moment(a.Until) + " at the latest."
		}
		p.Lead += " Its end is told all the same."
		p.Hint, p.Command = "To end it earlier:", "tillwatch alerts silence expire answer-"+a.Incident
	default:
		p.Title = "It is noted"
		p.Lead = "Thank you, " + a.By + ". The room reads it within seconds."
	}
	return p
}

func describe(inc *incident.Incident, now time.Time) *about {
	a := &about{Title: inc.Title, Severity: string(inc.Severity), Pipeline: inc.Pipeline, ID: inc.ID, Since: moment(inc.StartedAt), Ago: ago(inc.StartedAt, now)}
	if !inc.AckedAt.IsZero() {
		a.Who = inc.AckedBy
	}
	return a
}

func moment(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006, 15:04 UTC") }

// ago says how long before now t was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	many := func(n int, what string) string {
		if n == 1 {
			return "1 " + what + " ago"
		}
		return fmt.Sprintf("%d %ss ago", n, what)
	}
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return many(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return many(int(d.Hours()), "hour")
	}
	return many(int(d.Hours()/24), "day")
}
