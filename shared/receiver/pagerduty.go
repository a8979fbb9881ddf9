package receiver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/impact"
)

// PagerDutyURL is where PagerDuty takes Events v2; accounts in Europe have
// https://events.eu.pagerduty.com/v2/enqueue.
const PagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// PagerDuty is a Sender to one PagerDuty integration.
type PagerDuty struct {
	Client     *Client
	URL        string // PagerDutyURL if ""
	RoutingKey Secret // the integration key, 32 characters
}

var (
	_ Sender       = (*PagerDuty)(nil)
	_ Acknowledger = (*PagerDuty)(nil)
)

// The bounds of an event. Source: PagerDuty's Events API v2.
const (
	maxSummary  = 1024    // characters
	maxDedupKey = 255     // characters
	maxEvent    = 512_000 // bytes
)

// event is a request of Events v2.
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	DedupKey   string   `json:"dedup_key"`
	Client     string   `json:"client,omitempty"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string  `json:"summary"`
	Severity  string  `json:"severity"`
	Source    string  `json:"source"`
	Timestamp string  `json:"timestamp,omitempty"`
	Component string  `json:"component,omitempty"`
	Group     string  `json:"group,omitempty"`
	Class     string  `json:"class,omitempty"`
	Details   ordered `json:"custom_details,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// Send enqueues the notice as a trigger or a resolve. The key is the
// incident's, so that its alerts are one incident there, whatever severity they
// have and whichever of them is told of.
func (p *PagerDuty) Send(ctx context.Context, n Notice) error {
	body, err := p.encode(n)
	if err != nil {
		return err
	}
	return p.post(ctx, body, n.Signal.ID)
}

func (p *PagerDuty) post(ctx context.Context, body []byte, of string) error {
	if err := p.Client.post(ctx, orElse(p.URL, PagerDutyURL), body, nil); err != nil {
		return fmt.Errorf("tell PagerDuty of %s: %w", of, err)
	}
	return nil
}

// Acknowledge says to PagerDuty who has taken the incident on, so that it calls
// nobody else. Where nothing is open under the incident's key it does nothing.
func (p *PagerDuty) Acknowledge(ctx context.Context, a answer.Answer) error {
	e := event{RoutingKey: string(p.RoutingKey), Action: "acknowledge", DedupKey: dedupKey(a.Incident), Client: "Tillwatch"}
	e.Payload = &payload{
		Summary: shorten("Acknowledged by "+a.By+": "+a.Title, maxSummary), Severity: pagerDutySeverity(a.Severity), Source: orElse(a.Pipeline, "tillwatch"),
		Timestamp: a.At.UTC().Format(time.RFC3339), Component: a.Pipeline, Details: ordered{{"acknowledged_by", a.By}},
	}
	if a.Text != "" {
		e.Payload.Details.add("note", a.Text)
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode answer %s: %w", a.ID, err)
	}
	return p.post(ctx, body, a.Incident)
}

func (p *PagerDuty) encode(n Notice) ([]byte, error) {
	s := n.Signal
	e := event{RoutingKey: string(p.RoutingKey), Action: "trigger", DedupKey: dedupKey(orElse(n.Incident, s.GroupKey)), Client: "Tillwatch"}
	if s.Status == alert.Resolved {
		e.Action = "resolve"
	}
	e.Payload = &payload{
		Summary: shorten(s.Summary, maxSummary), Severity: pagerDutySeverity(s.Severity), Source: orElse(s.Pipeline, "tillwatch"),
		Timestamp: s.At.UTC().Format(time.RFC3339), Component: s.Pipeline, Group: s.Team, Class: s.Rule, Details: details(n),
	}
	for _, l := range s.Links {
		e.Links = append(e.Links, link{Href: l.URL, Text: l.Name})
	}
	for _, c := range n.Choices {
		e.Links = append(e.Links, link{Href: c.URL, Text: c.Name + ": " + c.Does})
	}
	body, err := json.Marshal(e)
	if err == nil && len(body) > maxEvent {
		e.Payload.Details = ordered{{"omitted", fmt.Sprintf("the details have %d bytes, too many; see the report", len(body))}}
		body, err = json.Marshal(e)
	}
	if err != nil {
		return nil, fmt.Errorf("encode signal %s: %w", s.ID, err)
	}
	return body, nil
}

// ordered is an object whose fields stand in their order: that in which they are
// read. The first of several of a name counts.
type ordered []struct {
	name  string
	value any
}

func (o *ordered) add(name string, value any) {
	*o = append(*o, struct {
		name  string
		value any
	}{name, value})
}

// MarshalJSON writes the object.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	taken := map[string]bool{}
	for _, f := range o {
		if taken[f.name] {
			continue
		}
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		if len(taken) > 0 {
			b.WriteByte(',')
		}
		taken[f.name] = true
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	return []byte("{" + b.String() + "}"), nil
}

// details are shown under the incident, by name: what was measured and what it
// costs first, then what is wrong and what to do.
func details(n Notice) ordered {
	s := n.Signal
	var d ordered
	if len(n.OnCall) > 0 {
		d.add("on_call", n.OnCall)
	}
	if n.By != "" {
		d.add("resolved_by", n.By)
	}
	if s.Measure != nil {
		d.add("measured", s.Measure)
	}
	if len(s.Trend) > 0 {
		d.add("trend", s.Trend)
	}
	if costs := append(impact.Say(s.Stakes, s.Status == alert.Resolved), s.Impact...); len(costs) > 0 {
		d.add("impact", costs)
	}
	if len(s.Findings) > 0 {
		d.add("findings", s.Findings)
	}
	if s.Omitted > 0 {
		d.add("findings_left_out", s.Omitted)
	}
	if len(s.Causes) > 0 {
		d.add("likely_causes", s.Causes)
	}
	if len(s.NextSteps) > 0 {
		d.add("next_steps", s.NextSteps)
	}
	if len(s.Queries) > 0 {
		d.add("queries", s.Queries)
	}
	if len(s.Metrics) > 0 {
		d.add("metrics", s.Metrics)
	}
	d.add("reason", string(n.Reason))
	d.add("priority", string(s.Severity))
	d.add("environment", s.Environment)
	d.add("rule", s.Rule)
	for _, f := range s.Facts {
		d.add(f.Name, f.Value)
	}
	return d
}

// pagerDutySeverity is what PagerDuty calls a severity.
func pagerDutySeverity(s alert.Severity) string {
	switch s {
	case alert.P0:
		return "critical"
	case alert.P1:
		return "error"
	case alert.P2:
		return "warning"
	}
	return "info"
}

// dedupKey is key, or a print of one that is too long.
func dedupKey(key string) string {
	if utf8.RuneCountInString(key) <= maxDedupKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// shorten cuts s to at most n characters.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
