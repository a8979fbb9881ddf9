package replay

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/document"
)

// A Story is a test of a policy: signals, and what should become of each.
type Story struct {
	Name    string
	Signals []Told
	// Pages is how many pages there should be, -1 where it does not matter.
	Pages int
	Place document.Place
}

// Told is one signal of a story.
type Told struct {
	Line Line
	// Expect is the decision that it should come to, and Reason why; "" where it
	// does not matter.
	Expect, Reason string
	Place          document.Place
}

// stories begin on a Monday at midnight, where they do not say when.
var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// decisions are what a story may expect.
var decisions = []string{Notify, "grouped", "duplicate", "outdated", "cooling_down", "suppressed", "inhibited", "resolved", "folded", "retry", "heartbeat"}

var storyShape = func() *document.Shape {
	text := &document.Shape{Kinds: document.Text}
	scalar := &document.Shape{Kinds: document.Text | document.Number | document.Bool}
	signal := &document.Shape{Name: "a signal", Kinds: document.Map, Need: []string{"at", "rule", "severity"}, Keys: map[string]*document.Shape{
		"at": {Kinds: document.Text}, "rule": text, "reason": text,
		"severity": {Name: "a severity", Kinds: document.Text, Words: []string{"P0", "P1", "P2", "P3"}},
		"status":   {Name: "a status", Kinds: document.Text, Words: []string{"firing", "resolved"}},
		"expect":   {Name: "a decision", Kinds: document.Text, Words: decisions},
		"labels": {Kinds: document.Map, Check: func(n *document.Node, f *document.Faults) {
			for _, e := range n.Entries {
				scalar.CheckNode(e.Value, f)
			}
		}},
	}}
	return &document.Shape{Name: "the tests", Kinds: document.Map, Need: []string{"tests"}, Keys: map[string]*document.Shape{
		"tests": {Kinds: document.List, Min: 1, Item: &document.Shape{Name: "a test", Kinds: document.Map, Need: []string{"name", "signals"},
			Keys: map[string]*document.Shape{"name": text, "start": text, "pages": {Kinds: document.Int},
				"signals": {Kinds: document.List, Min: 1, Item: signal}}}},
	}}
}()

// ReadStories reads the tests of a file. The error is document.Errors with every
// fault of the file.
func ReadStories(file string, data []byte) ([]Story, error) {
	root, err := document.Parse(file, data)
	if err != nil {
		return nil, err
	}
	f := &document.Faults{File: file}
	storyShape.CheckNode(root, f)
	var stories []Story
	if f.Len() == 0 {
		for _, n := range root.Get("tests").List() {
			stories = append(stories, story(n, f))
		}
	}
	return stories, f.Err()
}

func story(n *document.Node, f *document.Faults) Story {
	s := Story{Name: n.Get("name").Str(), Pages: -1, Place: n.Place}
	start := monday
	if v := n.Get("start"); v != nil {
		at, err := time.Parse(time.RFC3339, v.Text)
		if err != nil {
			f.Addf(v.Place, "write it as 2026-11-02T09:00:00Z", "%q is no time", v.Text)
		}
		start = at.UTC()
	}
	if v := n.Get("pages"); v != nil {
		pages, err := v.Int()
		if err != nil || pages < 0 {
			f.Addf(v.Place, "write a whole number from 0", "pages is %s", document.Describe(v))
		}
		s.Pages = pages
	}
	for _, v := range n.Get("signals").List() {
		after, err := model.ParseDuration(v.Get("at").Text)
		if err != nil {
			f.Addf(v.Get("at").Place, "write the time since the start: 0s, 5m, 1h30m", "%q is no duration", v.Get("at").Text)
		}
		t := Told{Expect: v.Get("expect").Str(), Reason: v.Get("reason").Str(), Place: v.Place, Line: Line{
			Time: start.Add(time.Duration(after)), Status: alert.Firing, Rule: v.Get("rule").Str(),
			Severity: alert.Severity(v.Get("severity").Str()), Labels: Labels{},
		}}
		if status := v.Get("status"); status != nil {
			t.Line.Status = alert.Status(status.Text)
		}
		if labels := v.Get("labels"); labels != nil {
			for _, e := range labels.Entries {
				t.Line.Labels[e.Key] = e.Value.Text
			}
		}
		s.Signals = append(s.Signals, t)
	}
	return s
}

// Check plays s under p and adds to f whatever came otherwise than expected.
func (s Story) Check(p *policy.Policy, f *document.Faults) error {
	player := New(p)
	outcomes := make([]Outcome, len(s.Signals))
	player.Decided = func(line int, o Outcome) error {
		outcomes[line] = o
		return nil
	}
	for _, t := range s.Signals {
		if err := player.Play(t.Line); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	r, err := player.Finish()
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	for i, t := range s.Signals {
		o := outcomes[i]
		if t.Expect != "" && t.Expect != o.Decision || t.Reason != "" && t.Reason != o.Reason {
			f.Addf(t.Place, "", "%s: signal %d came to %s (%s), expected %s", s.Name, i+1, o.Decision, o.Reason, expected(t))
		}
	}
	if s.Pages >= 0 && s.Pages != r.Notifications {
		f.Addf(s.Place, "", "%s: %d pages, expected %d", s.Name, r.Notifications, s.Pages)
	}
	return nil
}

func expected(t Told) string {
	parts := slices.DeleteFunc([]string{t.Expect, t.Reason}, func(s string) bool { return s == "" })
	if len(parts) == 2 {
		return parts[0] + " (" + parts[1] + ")"
	}
	return parts[0]
}
