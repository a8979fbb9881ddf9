package message

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"tillwatch/shared/alert"
)

// A Note is a custom notification of Amazon Q Developer in chat applications,
// schema 1.0. What is not of this form is dropped there without a word, so it
// is checked before it is sent.
// Source: the Amazon Q Developer in chat applications guide, custom notifications.
type Note struct {
	Version  string       `json:"version"` // "1.0"
	Source   string       `json:"source"`  // "custom"
	ID       string       `json:"id,omitempty"`
	Content  NoteContent  `json:"content"`
	Metadata NoteMetadata `json:"metadata,omitzero"`
}

// NoteContent is what the room sees. Title, Description and NextSteps are in
// the chat's own markup, in which &, < and > are escaped.
type NoteContent struct {
	TextType    string   `json:"textType"` // "client-markdown"
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description"` // required
	NextSteps   []string `json:"nextSteps,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
}

// NoteMetadata says where the note belongs.
type NoteMetadata struct {
	ThreadID            string            `json:"threadId,omitempty"` // equal for all notes of an incident
	Summary             string            `json:"summary,omitempty"`
	EventType           string            `json:"eventType,omitempty"`
	RelatedResources    []string          `json:"relatedResources,omitempty"`
	AdditionalContext   map[string]string `json:"additionalContext,omitempty"`
	EnableCustomActions *bool             `json:"enableCustomActions,omitempty"`
}

// The limits of a note in bytes. The service's own are not published; these are
// well below what the rooms themselves take.
const (
	maxTitle       = 250
	maxDescription = 8000
	maxStep        = 1000
	maxThread      = 512
)

// chatFindings is how many findings a room is shown: it must not scroll.
const chatFindings = 5

// Chat returns the note for the chat room as JSON, checked with CheckNote. The
// thread is the incident, so that all that belongs together stays together.
// s should have gone through Bound.
func Chat(s alert.Signal, d alert.Notice) ([]byte, error) {
	note := Note{
		Version: "1.0",
		Source:  "custom",
		ID:      s.ID,
		Content: NoteContent{
			TextType:    "client-markdown",
			Title:       cutMarkup(mark(s, d)+" "+escape(heading(s, d)), maxTitle),
			Description: cutMarkup(description(s, d), maxDescription),
			Keywords:    present(string(s.Severity), s.Environment, s.Pipeline, s.Rule),
		},
		Metadata: NoteMetadata{
			ThreadID:         cut(cmp.Or(d.Incident, s.GroupKey), maxThread),
			Summary:          s.Summary,
			EventType:        EventType(s),
			RelatedResources: present(s.Pipeline, object(s)),
		},
	}
	for _, step := range s.NextSteps {
		note.Content.NextSteps = append(note.Content.NextSteps, cutMarkup(escape(step), maxStep))
	}
	if len(s.Facts) > 0 {
		note.Metadata.AdditionalContext = map[string]string{}
		for _, f := range s.Facts {
			note.Metadata.AdditionalContext[f.Name] = f.Value
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(note); err != nil {
		return nil, fmt.Errorf("encode chat note: %w", err)
	}
	out := bytes.TrimRight(b.Bytes(), "\n")
	return out, CheckNote(out)
}

// CheckNote returns why the chat would drop data, or nil: the two constants, a
// description, only the fields that there are, and the limits.
func CheckNote(data []byte) error {
	var n Note
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&n); err != nil {
		return fmt.Errorf("check chat note: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("check chat note: something follows the object")
	}
	var faults []string
	require := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	require(utf8.Valid(data), "it is not UTF-8")
	require(n.Version == "1.0", `version is not "1.0"`)
	require(n.Source == "custom", `source is not "custom"`)
	require(n.Content.TextType == "client-markdown", `content.textType is not "client-markdown"`)
	require(strings.TrimSpace(n.Content.Description) != "", "content.description is empty")
	require(len(n.Content.Title) <= maxTitle, "content.title is too long")
	require(len(n.Content.Description) <= maxDescription, "content.description is too long")
	require(len(n.Metadata.ThreadID) <= maxThread, "metadata.threadId is too long")
	for _, step := range n.Content.NextSteps {
		require(step != "" && len(step) <= maxStep, "a step of content.nextSteps is empty or too long")
	}
	if len(faults) > 0 {
		return fmt.Errorf("check chat note: %s", strings.Join(faults, "; "))
	}
	return nil
}

// mark is seen before anything is read.
func mark(s alert.Signal, d alert.Notice) string {
	switch {
	case d.Reason == alert.AlertResolved:
		return "✅"
	case s.Severity == alert.P0 || s.Severity == alert.P1:
		return "🔴"
	case s.Severity == alert.P2:
		return "🟠"
	}
	return "🟡"
}

func heading(s alert.Signal, d alert.Notice) string {
	lead := string(s.Severity)
	switch d.Reason {
	case alert.AlertResolved:
		lead = "Resolved"
	case alert.SeverityRaised:
		lead += fmt.Sprintf(" (was %s)", d.Previous)
	case alert.FiredAgain:
		lead += " again"
	case alert.StillFiring:
		lead += " still"
	case alert.NewAlerts:
		lead += " and more"
	case alert.SomeResolved:
		lead += " in part resolved"
	case alert.RemedyFirst:
		lead += ", a remedy is tried first"
	}
	if s.Environment != "" {
		lead += " " + s.Environment
	}
	return lead + ": " + s.Summary
}

func description(s alert.Signal, d alert.Notice) string {
	var lines []string
	firing := s.Status == alert.Firing
	if text := Measured(s); text != "" && firing {
		lines = append(lines, "*Measured:* "+escape(text))
	}
	if text := Before(s, d.At); text != "" && firing {
		lines = append(lines, "*Before:* "+escape(text))
	}
	for _, cost := range Costs(s) {
		lines = append(lines, "*Impact:* "+escape(cost))
	}
	list := findings(s)
	for i, f := range list {
		if i == chatFindings {
			break
		}
		text := f.Message
		if text == "" {
			text = f.Check
		}
		if f.Where != "" {
			text += " (" + f.Where + ")"
		}
		lines = append(lines, "• "+escape(text))
	}
	if more := len(list) - min(len(list), chatFindings) + s.Omitted; more > 0 {
		lines = append(lines, fmt.Sprintf("• and %d more", more))
	}
	for i, other := range d.Others {
		if i == chatFindings {
			lines = append(lines, fmt.Sprintf("• and %d more alerts", len(d.Others)-i))
			break
		}
		lines = append(lines, "• also "+escape(also(d, other)))
	}
	if d.Folded > 0 {
		lines = append(lines, fmt.Sprintf("• and %d signals of a storm, not listed", d.Folded))
	}
	if len(s.Causes) > 0 && firing {
		lines = append(lines, "*Likely cause:* "+escape(s.Causes[0]))
	}
	lines = append(lines, escape(urgency(s, d)))
	if len(d.Audiences) > 0 {
		lines = append(lines, "Told beside them: "+strings.Join(named(d.Audiences), ", ")+".")
	}
	if label, who := called(s, d); who != "" {
		lines = append(lines, "*"+label+":* "+escape(who))
	}
	var links []string
	for _, l := range s.Links {
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") {
			links = append(links, fmt.Sprintf("<%s|%s>", target(l.URL), escape(strings.ReplaceAll(l.Name, "|", "/"))))
		} else if l.URL != "" {
			links = append(links, escape(l.Name+": "+l.URL))
		}
	}
	for _, o := range d.Choices {
		links = append(links, fmt.Sprintf("<%s|%s>", target(o.URL), escape(o.Name)))
	}
	if len(links) > 0 {
		lines = append(lines, strings.Join(links, " · "))
	}
	if d.By != "" {
		lines = append(lines, escape(line(d.By))+" says that it is over.")
	}
	return strings.Join(lines, "\n")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes s harmless in the chat's markup: without < nobody can be
// mentioned and no link be forged.
func escape(s string) string { return escaper.Replace(s) }

var targeter = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", " ", "%20")

// target returns u as the address part of a link.
func target(u string) string { return targeter.Replace(u) }

// cutMarkup cuts s to n bytes without cutting an escape or a link in two: it
// goes back to the end of the last whole line, or of the last whole word.
func cutMarkup(s string, n int) string {
	if len(s) <= n {
		return s
	}
	c := cut(s, n)
	c = strings.TrimSuffix(c, "...")
	if i := strings.LastIndexAny(c, "\n"); i > n/2 {
		return c[:i] + "\n..."
	}
	if i := strings.LastIndexByte(c, '&'); i > len(c)-6 && i >= 0 {
		c = c[:i]
	}
	return c + "..."
}

// object returns what the signal's facts name as the object, "" if nothing.
func object(s alert.Signal) string {
	for _, f := range s.Facts {
		if f.Name == "object" {
			return f.Value
		}
	}
	return ""
}

// present returns those of values that are not empty.
func present(values ...string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}
