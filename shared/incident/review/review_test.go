package review

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
)

var update = flag.Bool("update", false, "rewrite golden files")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// badFile is the incident of a bad file: a remedy failed, the chain was called,
// somebody took it on late, a good file ended it.
func badFile(t *testing.T) *incident.Incident {
	t.Helper()
	s := &alert.Signal{ID: "s1", DedupKey: "sales/2026-11-22", GroupKey: "sales", Rule: alert.FileRejected, Status: alert.Firing,
		Severity: alert.P1, Pipeline: "sales_data", Team: "store data", At: noon.Add(-10 * time.Minute),
		Summary: "sales_data 2026-11-22 failed: 12 of 3,214 values of customer_id are empty",
		Findings: []alert.Finding{
			{Check: "customer_id.required", Message: "12 of 3,214 rows have no customer_id (0.4 %), want none", Where: "rows 7, 12, 40 and 9 more",
				Advice: "Have the producer fill customer_id in these rows and send the file again", Severity: "HIGH"},
			{Check: "<script>alert(1)</script>", Message: "a | in a [name](http://x)", Advice: "Look at `it`", Severity: "LOW"},
		},
		Impact: []string{"Revenue at risk: 1,200.00 EUR"},
		Facts:  []alert.Fact{{Name: "object", Value: "sales/2026-11-22/sales_data.csv"}, {Name: "rows", Value: "3,214"}},
	}
	down := *s
	down.ID, down.DedupKey, down.Pipeline, down.Rule, down.Findings = "s2", "revenue/2026-11-22", "daily_revenue", "nothing_judged", nil
	down.Summary, down.At, down.Impact, down.Facts = "daily_revenue did not run", noon.Add(20*time.Minute), nil, nil
	ev := func(minutes int, k incident.Kind, by, text string, change func(*incident.Event)) incident.Event {
		e := incident.Event{ID: fmt.Sprintf("%d-%s", minutes, k), Incident: "INC-20261122-1", At: noon.Add(time.Duration(minutes) * time.Minute), Kind: k, By: by, Text: text}
		if change != nil {
			change(&e)
		}
		return e
	}
	remedy := func(why string) func(*incident.Event) {
		return func(e *incident.Event) {
			e.Remedy = &incident.Attempt{Action: remedy.PipelineRestart, Target: "sales_data", Why: why}
		}
	}
	inc, err := incident.Fold([]incident.Event{
		ev(0, incident.Opened, incident.System, "Opened: "+s.Summary, func(e *incident.Event) { e.Group, e.Severity, e.Signal = "sales", alert.P1, s }),
		ev(0, incident.Notified, incident.System, "Told P1 and the chat room", nil),
		ev(1, incident.RemedyStarted, incident.System, "Queued the file again", remedy("")),
		ev(11, incident.RemedyFailed, incident.System, "The signal did not clear within 10 minutes", remedy("the file is as it was")),
		ev(11, incident.Escalated, incident.System, "Called the on-call engineer", func(e *incident.Event) { e.To = []string{"on-call"} }),
		ev(20, incident.AlertJoined, incident.System, "daily_revenue did not run", func(e *incident.Event) { e.Signal = &down }),
		ev(71, incident.Escalated, incident.System, "Called the team lead", func(e *incident.Event) { e.Level = 1 }),
		ev(75, incident.Acknowledge, "kim", "Taken on by kim", nil),
		ev(180, incident.Resolve, incident.System, "A good file arrived", nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &inc
}

func draft(t *testing.T, inc *incident.Incident) *Review {
	t.Helper()
	earlier := *inc
	earlier.ID, earlier.Title = "INC-20261101-3", "sales_data 2026-11-01 failed"
	r, err := Draft(inc, About{Now: noon.Add(4 * time.Hour), Similar: []incident.Incident{earlier},
		Link: func(id string) string { return "https://example.com/incidents/" + id }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDraftIsReadAsAStory(t *testing.T) {
	golden(t, "bad-file.md", draft(t, badFile(t)).Markdown())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s", name, got)
	}
}

func TestAnOpenIncidentHasNoReview(t *testing.T) {
	inc := badFile(t)
	inc.Status = incident.StatusOpen
	if _, err := Draft(inc, About{Now: noon}); err == nil || !strings.Contains(err.Error(), "resolve it first") {
		t.Errorf("got %v", err)
	}
}

// TestWithoutEvidenceNothingIsInvented drafts the review of an incident of
// which only its opening and its end are known.
func TestWithoutEvidenceNothingIsInvented(t *testing.T) {
	s := &alert.Signal{DedupKey: "k", Rule: "odd", Pipeline: "p", Summary: "odd things", At: noon}
	inc, err := incident.Fold([]incident.Event{
		{ID: "1", Incident: "INC-1", At: noon, Kind: incident.Opened, By: incident.System, Group: "g", Severity: alert.P0, Signal: s},
		{ID: "2", Incident: "INC-1", At: noon.Add(time.Hour), Kind: incident.Resolve, By: "kim"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Draft(&inc, About{Now: noon.Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Cause != (Cause{}) {
		t.Errorf("cause %+v out of nothing", r.Cause)
	}
	md := r.Markdown()
	if n := strings.Count(md, Todo+"why was that so?"); n != 4 {
		t.Errorf("%d whys left to a person, want 4", n)
	}
	if len(r.Actions) == 0 || !strings.Contains(r.Actions[0].Owner, "TODO") {
		t.Errorf("actions: %+v", r.Actions)
	}
	if want := inc.ResolvedAt.AddDate(0, 0, 7).Format(time.DateOnly); r.Actions[0].Due.Format(time.DateOnly) != want {
		t.Errorf("due %s, want %s, counted from the end of the incident", r.Actions[0].Due, want)
	}
}

// TestARemedyThatWorkedTellsTheCause takes each action in turn.
func TestARemedyThatWorkedTellsTheCause(t *testing.T) {
	for _, action := range remedy.Actions {
		inc := badFile(t)
		inc.Attempts = []incident.Tried{{Attempt: incident.Attempt{Action: action, Target: "x"}, State: incident.RemedyWorked}}
		if c := causeOf(inc); c.Category != remedied[action] || c.Category == "" {
			t.Errorf("%s: %+v", action, c)
		}
		inc.Attempts[0].DryRun = true
		if c := causeOf(inc); c.Category == remedied[action] {
			t.Errorf("%s: a dry run shows nothing, got %+v", action, c)
		}
	}
}

func TestMergeKeepsWhatAPersonWrote(t *testing.T) {
	inc := badFile(t)
	first := draft(t, inc).Markdown()
	edited := strings.Replace(first, "**Technical root cause.** TODO (a person): confirm", "**Technical root cause.** The till's export job lost its lookup.\n\nconfirm", 1)
	edited = "Owner: the store data team\n\n" + edited + "\nNotes of the meeting: none.\n"
	inc.Reopened = 2 // what generated sections say now
	got := draft(t, inc).Merge(edited)
	for _, want := range []string{"lost its lookup", "Owner: the store data team", "Notes of the meeting", "Came back | 2 times", "It came back 2 times"} {
		if !strings.Contains(got, want) {
			t.Errorf("lost %q", want)
		}
	}
	if again := draft(t, inc).Merge(got); again != got {
		t.Error("merging twice changed it")
	}
	if same := draft(t, inc).Merge(draft(t, inc).Markdown()); same != draft(t, inc).Markdown() {
		t.Error("merging over itself changed it")
	}
}

// TestMergeLosesNoEdit changes lines anywhere and regenerates with news.
func TestMergeLosesNoEdit(t *testing.T) {
	inc := badFile(t)
	first := draft(t, inc).Markdown()
	inc.Reopened = 1
	later := draft(t, inc)
	lines := strings.SplitAfter(first, "\n")
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(lines)).Draw(t, "at")
		note := "edit " + rapid.StringMatching(`[a-z]{8}`).Draw(t, "note") + "\n"
		edited := strings.Join(lines[:at], "") + note + strings.Join(lines[at:], "")
		if got := later.Merge(edited); !strings.Contains(got, note) {
			t.Fatalf("inserted before line %d, lost", at)
		}
	})
}

func FuzzMerge(f *testing.F) {
	f.Add("")
	f.Add("<!-- section summary 0123456789abcdef -->\n<!-- end summary -->")
	f.Add("<!-- section summary  -->x<!-- section summary")
	r := &Review{Incident: "INC-1", Sections: []Section{{"summary", "Summary", "text"}, {"impact", "Impact", "none"}}}
	f.Fuzz(func(t *testing.T, earlier string) {
		got := r.Merge(earlier)
		if again := r.Merge(got); again != got {
			t.Errorf("merging twice changed it:\n%q\n%q", got, again)
		}
	})
}

func TestHuman(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", 42 * time.Minute: "42 min", 3 * time.Hour: "3 h",
		185 * time.Minute: "3 h 5 min", 52 * time.Hour: "2 d 4 h", -time.Hour: "-1 h",
	} {
		if got := human(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestPageRunsNothingOfTheSignal(t *testing.T) {
	md := draft(t, badFile(t)).Markdown() + "\n<script>alert(2)</script>\n\n[x](javascript:alert(3))\n"
	page, err := HTML("Review of INC-20261122-1", md)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "javascript:", "<!-- section"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"<h2>Action items</h2>", "<mark>TODO (a person)</mark>", "<td>2026-12-06</td>"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
