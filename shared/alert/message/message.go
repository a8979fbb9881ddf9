// Package message writes what people and machines read of a signal: an email
// for the person who was woken, a note for the chat room, and JSON.
package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
)

// Compose writes one message for each channel and audience that d names, and
// one for the responder where no severity's people are told. What s says is
// bounded and cleaned first, since parts of it were taken from files that anybody
// may have written.
func Compose(s alert.Signal, d alert.Notice) ([]alert.Message, error) {
	s = Bound(s)
	s.Stakes = impact.At(s.Stakes, asOf(s, d))
	var messages []alert.Message
	for _, channel := range d.Channels {
		if channel == alert.Chat {
			continue
		}
		m, err := forSeverity(s, d, alert.Severity(channel))
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	called := len(messages) > 0
	for _, a := range d.Audiences {
		messages = append(messages, forAudience(s, d, a))
	}
	if !called && d.Reason != alert.Progress && d.Reason != alert.Unacknowledged { // which are the responder's own
		machine, err := Machine(s, d)
		if err != nil {
			return nil, err
		}
		messages = append(messages, alert.Message{
			Channel: alert.Responder, Bodies: map[string]string{"default": string(machine)}, Attributes: attributes(s),
		})
	}
	if !slices.Contains(d.Channels, alert.Chat) {
		return messages, nil
	}
	body, err := Chat(s, d)
	if err != nil {
		return nil, err
	}
	return append(messages, alert.Message{
		Channel:    alert.Chat,
		Bodies:     map[string]string{"default": string(body)},
		Attributes: attributes(s),
	}), nil
}

// forSeverity writes to the people of a severity. That of the signal may be
// another, if a receiver names them whatever it is; of the end, and where the
// next level is called, it is put as theirs.
func forSeverity(s alert.Signal, d alert.Notice, severity alert.Severity) (alert.Message, error) {
	if d.Reason == alert.AlertResolved || d.Reason == alert.Unacknowledged {
		s.Severity = severity
	}
	subject, text := Email(s, d)
	machine, err := Machine(s, d)
	if err != nil {
		return alert.Message{}, err
	}
	return alert.Message{
		Channel: string(severity),
		Subject: subject,
		Bodies: map[string]string{
			"default": subject,
			"email":   text,
			"lambda":  string(machine),
			"https":   string(machine),
			"sqs":     string(machine),
			"sms":     sms(subject, d),
		},
		Attributes: attributes(s),
	}, nil
}

// sms is the text of a short message: the subject, and how to take it on.
func sms(subject string, d alert.Notice) string {
	if len(d.Choices) == 0 {
		return subject
	}
	return subject + "\n" + d.Choices[0].Name + ": " + d.Choices[0].URL
}

// EventType returns the detail type with which s travels on the bus.
func EventType(s alert.Signal) string {
	if s.Status == alert.Resolved {
		return "signal.resolved.v1"
	}
	return "signal.raised.v1"
}

func attributes(s alert.Signal) map[string]string {
	a := map[string]string{
		"severity":    string(s.Severity),
		"event_type":  EventType(s),
		"pipeline":    s.Pipeline,
		"environment": s.Environment,
		"team":        s.Team,
	}
	for name, value := range a {
		if value == "" {
			a[name] = "unknown" // an attribute must not be empty
		}
	}
	return a
}

// maxMachine bounds the JSON of a signal in bytes. It goes three times into a
// message that may have 256 KiB, and its quotes are escaped once more there.
const maxMachine = 32 << 10

// Machine returns the JSON that programs get: version 1, the event type, the
// reason and the signal. It is at most 32 KiB: findings beyond the first ones are
// left out from the end, and counted in omitted, until it fits; then what only
// helps to look further, then everything but what the signal is.
func Machine(s alert.Signal, d alert.Notice) ([]byte, error) {
	members := each(d.Alerts, maxMembers, member)
	for {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		err := e.Encode(struct {
			Version   int              `json:"version"`
			EventType string           `json:"event_type"`
			Reason    alert.Reason     `json:"reason"`
			Incident  string           `json:"incident_id,omitempty"`
			Group     string           `json:"group_key,omitempty"`
			By        string           `json:"by,omitempty"`
			OnCall    []string         `json:"on_call,omitempty"`
			Channels  []string         `json:"channels"`
			Audiences []alert.Audience `json:"audiences,omitempty"`
			Signal    alert.Signal     `json:"signal"`

			Alerts  []alert.Member `json:"alerts,omitempty"`
			Choices []alert.Choice `json:"answers,omitempty"`
		}{1, EventType(s), d.Reason, d.Incident, d.Group, d.By, onCall(s, d), append([]string{}, d.Channels...), d.Audiences, s, members, d.Choices})
		if err != nil {
			return nil, fmt.Errorf("encode signal %s: %w", s.ID, err)
		}
		out := bytes.TrimRight(b.Bytes(), "\n")
		if len(out) <= maxMachine {
			return out, nil
		}
		switch n := len(s.Findings); {
		case n > chatFindings, n > 0 && len(s.Queries)+len(s.Metrics)+len(s.Trend)+len(s.Causes) == 0:
			s.Findings, s.Omitted = s.Findings[:n/2], s.Omitted+n-n/2
		case len(s.Queries)+len(s.Metrics)+len(s.Trend)+len(s.Causes) > 0:
			s.Queries, s.Metrics, s.Trend, s.Causes = nil, nil, nil, nil
		case len(s.Facts)+len(s.Links)+len(s.NextSteps)+len(s.Impact) > 0:
			s.Facts, s.Links, s.NextSteps, s.Impact = nil, nil, nil, nil
		case len(members) > 0:
			members = members[:len(members)/2]
		default:
			return nil, fmt.Errorf("encode signal %s: %d bytes are too many", s.ID, len(out))
		}
	}
}

// maxMembers is how many alerts of its incident the JSON of a signal lists.
const maxMembers = 20

// member bounds what is said of an alert; one whose key is too long to be of use
// is left out.
func member(m alert.Member) alert.Member {
	if len(m.DedupKey) > 1024 {
		return alert.Member{}
	}
	m.Rule, m.Pipeline, m.Summary = cut(line(m.Rule), 200), cut(line(m.Pipeline), 200), cut(line(m.Summary), 240)
	return m
}

// each returns f of the first n of in without those that are empty; never nil,
// so that JSON says [].
func each[T comparable](in []T, n int, f func(T) T) []T {
	var empty T
	out := make([]T, 0, min(n, len(in)))
	for _, v := range in[:min(n, len(in))] {
		if v = f(v); v != empty {
			out = append(out, v)
		}
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
