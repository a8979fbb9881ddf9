package room

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
)

var update = flag.Bool("update", false, "rewrite golden files")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func after(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// story is an incident of which more and more is known: a bad file, then stale
// figures down the stream, a remedy, a call, a person, and the end.
func story(t *testing.T, events int) *incident.Incident {
	t.Helper()
	expected, threshold, late, customers := 96.5, 98.0, 1.5, int64(1204)
	file := &alert.Signal{ID: "s1", DedupKey: "sales/2026-11-22", GroupKey: "sales", Rule: "file_rejected", Status: alert.Firing, Severity: alert.P1,
		Pipeline: "sales_data", Environment: "prod", Team: "stores", At: after(-6), Summary: "sales_data 2026-11-22 failed its contract: 2 of 15 checks",
		Findings: []alert.Finding{
			{Check: "customer_id.required", Message: "412 of 3,214 rows have no customer_id, at most 1 % may", Where: "rows 12, 40, 41 and 409 more", Advice: "Ask the till's team for the export again"},
			{Check: "amount.range", Message: "3 rows have an amount below 0"}},
		Impact: []string{"Today's revenue lacks the stores of the north."}, NextSteps: []string{"Open the report and see which store the rows are from", "Ask the store to export again", "Put the good file under the same key: it ends the incident"},
		Causes: []string{"An export that was cut off", "A till with an old version"},
		Stakes: &alert.Stakes{RevenueAtRisk: "1820.40", Currency: "EUR", HoursLate: &late, Customers: &customers, Operational: alert.High},
		Links:  []alert.Link{{Name: "Report", URL: "https://example.com/report?key=a%2Fb"}, {Name: "Quarantine", URL: "https://example.com/q"}, {Name: "Runbook", URL: "https://example.com/runbooks/file_rejected.md"}, {Name: "Bad", URL: "javascript:alert(1)"}}}
	score := &alert.Signal{ID: "s2", DedupKey: "completeness/daily_revenue", Rule: "score_below_target", Status: alert.Firing, Severity: alert.P2, Pipeline: "daily_revenue", Environment: "prod",
		At: after(4), Summary: "Completeness of daily_revenue <b>fell</b>", Measure: &alert.Measure{Name: "completeness", Value: 87.204, Unit: "percent", Expected: &expected, Threshold: &threshold, Crossed: alert.Below},
		Trend: []alert.Point{{At: after(-2876), Value: 97.1}, {At: after(-1436), Value: 96.5}}}
	try := &incident.Attempt{Action: remedy.PipelineRestart, Target: "sales-load", Before: "last run failed at 11:52", After: "run 42 was started"}
	line := []incident.Event{
		{ID: "o", At: noon, Kind: incident.Opened, By: incident.System, Text: "Opened: sales_data 2026-11-22 failed its contract", Group: "sales", Severity: alert.P1, Signal: file},
		{ID: "n", At: noon.Add(2 * time.Second), Kind: incident.Notified, By: incident.System, Text: "Told the people of P1", Channel: "P1"},
		{ID: "r", At: noon.Add(3 * time.Second), Kind: incident.RemedyStarted, By: incident.System, Text: "Trying pipeline_restart on sales-load", Remedy: try},
		{ID: "j", At: after(4), Kind: incident.AlertJoined, By: incident.System, Text: "Completeness of daily_revenue fell", Signal: score},
		{ID: "f", At: after(10), Kind: incident.RemedyFailed, By: incident.System, Text: "pipeline_restart on sales-load did not help: the signal did not clear within 10m0s", Remedy: &incident.Attempt{Action: try.Action, Target: try.Target, Why: "the signal did not clear in time"}},
		{ID: "e", At: after(15), Kind: incident.Escalated, By: incident.System, Text: "Nobody had acknowledged: called Kim (primary until Mon 23 Nov 09:00 Europe/Berlin)", Level: 0},
		{ID: "a", At: after(19), Kind: incident.Acknowledge, By: "kim", Text: "Taken on by kim: the till's team exports again"},
		{ID: "w", At: after(41), Kind: incident.AlertEnded, By: incident.System, Text: "Over: completeness of daily_revenue", Signal: score},
		{ID: "x", At: after(54), Kind: incident.Resolve, By: incident.System, Text: "All alerts are over"},
	}
	for i := range line {
		line[i].Incident = "20261122T120000-4f1c"
	}
	inc, err := incident.Fold(line[:events])
	if err != nil {
		t.Fatal(err)
	}
	return &inc
}

var book = incident.Playbook{Chain: []incident.Level{
	{After: 5 * time.Minute, To: []string{"Kim (primary until Mon 23 Nov 09:00 Europe/Berlin)"}},
	{After: 15 * time.Minute, To: []string{"Lee (secondary until Tue 24 Nov 09:00 Europe/Berlin)", "everybody of P0"}},
}}

func TestPages(t *testing.T) {
	duties := []string{"Kim (primary until Mon 23 Nov 09:00 Europe/Berlin)", "Lee (secondary until Tue 24 Nov 09:00 Europe/Berlin)"}
	for _, c := range []struct {
		name   string
		events int
		about  About
	}{
		{"open", 2, About{Now: after(3), OnCall: duties, Book: book, Environment: "prod"}},
		{"late", 6, About{Now: after(75), OnCall: duties, Book: book, Environment: "prod"}},
		{"taken-on", 8, About{Now: after(45), OnCall: duties, Book: book, Environment: "prod"}},
		{"over", 9, About{Now: after(55), Book: book, Review: "review.html"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := HTML(story(t, c.events), c.about)
			if err != nil {
				t.Fatal(err)
			}
			harmless(t, got)
			file := filepath.Join("testdata", c.name+".html")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// harmless holds that a page runs nothing and loads nothing.
func harmless(t *testing.T, got []byte) {
	t.Helper()
	for tokens := html.NewTokenizer(bytes.NewReader(got)); ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			switch tag.Data {
			case "script", "img", "iframe", "link", "form", "b":
				if tag.Data != "b" || len(tag.Attr) > 0 {
					t.Errorf("there is a <%s>", tag.Data)
				}
			}
			for _, a := range tag.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || strings.Contains(a.Val, "javascript:") {
					t.Errorf("<%s> has %s=%q", tag.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// TestWhatIsSaid reads the pages for what matters.
func TestWhatIsSaid(t *testing.T) {
	for _, c := range []struct {
		rule   string
		events int
		now    int
		want   []string
		not    []string
	}{
		{"an open incident says by when, and who is called next", 2, 3,
			[]string{"Somebody must act by<b>22 Nov 13:00<", "nobody yet", "At 22 Nov 12:05, unless somebody takes it on before: call Kim (primary", "tillwatch incident acknowledge 20261122T120000-4f1c --by YOUR-NAME", `http-equiv="refresh"`, "Revenue at risk: 1820.40 EUR, 1.5 hours late"},
			[]string{"Remedies tried", "javascript:alert"}},
		{"one that is late says so", 6, 75, []string{`class="late"`, "15 min ago", "completeness is 87.2 percent, below the threshold of 98, expected 96.5", "&lt;b&gt;fell&lt;/b&gt;"}, nil},
		{"one that a person has calls nobody", 8, 45, []string{"kim has taken it on.", "18 min after people were told", "after: run 42 was started", `<span class="chip">over</span>Completeness`},
			[]string{"unless somebody", "incident acknowledge"}},
		{"one that is over asks for the review", 9, 55, []string{"It lasted<b>60 min</b>", "signals cleared", `<a href="review.html">`, "incident review"},
			[]string{"Who is to act", `http-equiv="refresh"`, "incident resolve"}},
	} {
		page, err := HTML(story(t, c.events), About{Now: after(c.now), Book: book, Review: "review.html"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s: the page lacks %q", c.rule, want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(string(page), not) {
				t.Errorf("%s: the page says %q", c.rule, not)
			}
		}
	}
}

// TestThePageIsBounded renders an incident of ten thousand events.
func TestThePageIsBounded(t *testing.T) {
	line := story(t, 1).Timeline
	for i := range 10_000 {
		s := *line[0].Signal
		s.DedupKey = fmt.Sprint(i)
		line = append(line, incident.Event{ID: fmt.Sprint("j", i), Incident: line[0].Incident, At: after(i), Kind: incident.AlertJoined, By: incident.System, Text: strings.Repeat("ü", 5000), Signal: &s})
	}
	inc, err := incident.Fold(line)
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML(&inc, About{Now: after(10_000)})
	if err != nil || len(page) > 1<<20 {
		t.Errorf("%d bytes, %v", len(page), err)
	}
	for _, want := range []string{"and 9951 more", "and 9701 older"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
