// Package receiver hands notifications to the tools that people are called
// with: PagerDuty by Events v2, and anything else by a signed webhook.
//
// A Notice is the JSON that the topics carry for programs. Both receivers know
// an incident by its id, or by its group_key where it has none, so that whatever
// is sent twice is one incident there; neither holds anything that changes, such
// as the severity.
//
// What a receiver refuses (any 4xx but 408 and 429) is ErrRefused and must not
// be sent again; everything else may be.
package receiver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
)

// A Notice is one notification as programs get it.
type Notice struct {
	Version   int          `json:"version"`
	EventType string       `json:"event_type"`
	Reason    alert.Reason `json:"reason"`
	// Incident is the id of the incident, "" where none is known.
	Incident string `json:"incident_id,omitempty"`
	// Group is the key of the router's group that has the incident; By is who said
	// that it is over, "" if its signals did.
	Group string `json:"group_key,omitempty"`
	By    string `json:"by,omitempty"`
	// OnCall are those whose turn it is to act, in the order in which they are
	// called, each with the schedule and until when.
	OnCall []string `json:"on_call,omitempty"`
	// Channels are those that are told: severities and "chat". Nil is unknown.
	Channels []string `json:"channels"`
	// Audiences are those who are told beside them.
	Audiences []alert.Audience `json:"audiences,omitempty"`
	Signal    alert.Signal     `json:"signal"`
	// Alerts are those that fire, or ended since the last notice: see alert.Notice.
	Alerts []alert.Member `json:"alerts,omitempty"`
	// Choices are the answers that may be given by a link.
	Choices []alert.Choice `json:"answers,omitempty"`
}

// Version is the version of Notice that is understood.
const Version = 1

// ErrMalformed is wrapped by the error of a text that is no Notice.
var ErrMalformed = errors.New("no notification")

// Parse reads a Notice; its signal is valid.
func Parse(body []byte) (Notice, error) {
	var n Notice
	if err := json.Unmarshal(body, &n); err != nil {
		return n, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if n.Version != Version {
		return n, fmt.Errorf("%w: version %d, want %d", ErrMalformed, n.Version, Version)
	}
	if err := n.Signal.Validate(); err != nil {
		return n, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return n, nil
}

// A Sender hands one notice on.
type Sender interface {
	Send(ctx context.Context, n Notice) error
}

// An Acknowledger is a Sender whose tool wants to know who has taken an incident
// on.
type Acknowledger interface {
	Acknowledge(ctx context.Context, a answer.Answer) error
}

// A Secret is a key or a password. It is never logged.
type Secret string

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText hides the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// String hides the secret.
func (Secret) String() string { return "***" }

// GoString hides the secret.
func (Secret) GoString() string { return "***" }

// ErrRefused is wrapped by the error of a request that must not be sent again.
var ErrRefused = errors.New("refused")

// A Client posts JSON and tries again where that may help.
type Client struct {
	// HTTP is used for requests; it should have a timeout. Redirects are not
	// followed: a signed body is for one address.
	HTTP *http.Client
	// Wait waits between tries; it returns ctx's error if that ends first.
	Wait func(ctx context.Context, d time.Duration) error
	// Tries is how often one request is tried, 3 if 0.
	Tries int
}

// The waits between tries: 500 ms, doubled each time, at most maxWait also if
// the receiver asks for more. The queue behind has longer breath.
const (
	firstWait = 500 * time.Millisecond
	maxWait   = 5 * time.Second
	// maxAnswer bounds how much of an answer is read.
	maxAnswer = 8 << 10
)

// post sends body to url and returns nil if it was accepted.
func (c *Client) post(ctx context.Context, url string, body []byte, header http.Header) error {
	tries := c.Tries
	if tries <= 0 {
		tries = 3
	}
	wait := firstWait
	for try := 1; ; try++ {
		asked, err := c.once(ctx, url, body, header)
		if err == nil || errors.Is(err, ErrRefused) || try == tries {
			return err
		}
		if err := c.Wait(ctx, min(max(wait, asked), maxWait)); err != nil {
			return err
		}
		wait *= 2
	}
}

// once sends body once; asked is how long the receiver wants to be left alone.
func (c *Client) once(ctx context.Context, url string, body []byte, header http.Header) (asked time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/json")
	client := *c.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("post: %w", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // only to say what was wrong
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return 0, nil
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return time.Duration(max(0, seconds)) * time.Second, fmt.Errorf("post: %s", answer.Status)
	default:
		return 0, fmt.Errorf("post: %w: %s: %.300q", ErrRefused, answer.Status, text)
	}
}
