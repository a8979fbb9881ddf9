package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A note is a custom notification as the room takes it.
type note struct {
	ID      string
	Content struct {
		Title, Description string
		NextSteps          []string
		Keywords           []string
	}
	Metadata struct {
		ThreadID         string
		Summary          string
		EventType        string
		RelatedResources []string
	}
}

// room is a chat room: an endpoint that subscribes to the chat's topic as
// Amazon Q Developer does, and drops what that would drop.
type room struct {
	topic    string
	schema   *jsonschema.Schema
	mu       sync.Mutex
	arn      string // of the subscription, once it is confirmed
	messages []string
	threads  map[string][]note
	faults   []error
}

// An envelope is what SNS posts to an endpoint.
type envelope struct {
	Type, MessageId, TopicArn, Message, Timestamp string
	Token, SubscribeURL                           string
	Signature, SigningCertURL                     string
	MessageAttributes                             map[string]struct{ Type, Value string }
}

// ServeHTTP takes what SNS posts.
func (r *room) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = r.take(request.Context(), request.Header.Get("x-amz-sns-message-type"), body)
	}
	if err != nil {
		r.mu.Lock()
		r.faults = append(r.faults, fmt.Errorf("%w in %s", err, body))
		r.mu.Unlock()
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (r *room) take(ctx context.Context, kind string, body []byte) error {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return err
	}
	if e.Type != kind || e.TopicArn != r.topic || e.MessageId == "" || e.Signature == "" || e.SigningCertURL == "" {
		return fmt.Errorf("no %s of %s", kind, r.topic)
	}
	if _, err := time.Parse(time.RFC3339, e.Timestamp); err != nil {
		return err
	}
	switch e.Type {
	case "SubscriptionConfirmation":
		return r.confirm(ctx, e)
	case "Notification":
		return r.read(e)
	}
	return errors.New("an unknown type")
}

// confirm visits the address by which a subscriber says that it wants the topic.
func (r *room) confirm(ctx context.Context, e envelope) error {
	u, err := url.Parse(e.SubscribeURL)
	if err != nil {
		return err
	}
	if q := u.Query(); q.Get("Action") != "ConfirmSubscription" || q.Get("TopicArn") != r.topic || q.Get("Token") != e.Token || e.Token == "" {
		return fmt.Errorf("confirm at %s", e.SubscribeURL)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.SubscribeURL, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	arn := regexp.MustCompile(`<SubscriptionArn>([^<]+)</SubscriptionArn>`).FindSubmatch(body)
	if answer.StatusCode != http.StatusOK || arn == nil {
		return fmt.Errorf("confirmed: %s, %s", answer.Status, body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arn = string(arn[1])
	return nil
}

// read takes one notification into its thread.
func (r *room) read(e envelope) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(e.Message))
	if err != nil {
		return err
	}
	if err := r.schema.Validate(v); err != nil {
		return err
	}
	var n note
	if err := json.Unmarshal([]byte(e.Message), &n); err != nil {
		return err
	}
	for _, text := range slices.Concat([]string{n.Content.Title, n.Content.Description}, n.Content.NextSteps) {
		if _, err := shown(text); err != nil {
			return err
		}
	}
	for _, name := range []string{"severity", "event_type", "pipeline", "environment", "team"} {
		if a := e.MessageAttributes[name]; a.Type != "String" || a.Value == "" {
			return fmt.Errorf("attribute %s is %+v", name, a)
		}
	}
	if n.Metadata.EventType != e.MessageAttributes["event_type"].Value {
		return fmt.Errorf("of type %s, by its attribute %s", n.Metadata.EventType, e.MessageAttributes["event_type"].Value)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.messages, e.MessageId) {
		r.messages = append(r.messages, e.MessageId)
		r.threads[n.Metadata.ThreadID] = append(r.threads[n.Metadata.ThreadID], n)
	}
	return nil
}

// link is what may stand between < and > in Slack's markup, as far as it is used:
// an address and what is shown for it. Anything else could call people.
var link = regexp.MustCompile(`<(https?://[^|<>\s]+)\|([^<>|]+)>`)

// unescaper undoes the only escapes there are.
var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// shown is text as Slack shows it: bold text plain, of a link its name.
func shown(text string) (string, error) {
	plain := link.ReplaceAllString(text, "$2")
	if strings.ContainsAny(plain, "<>") {
		return "", fmt.Errorf("markup that is no link in %q", text)
	}
	if rest := regexp.MustCompile(`&(lt|gt|amp);`).ReplaceAllString(plain, ""); strings.Contains(rest, "&") {
		return "", fmt.Errorf("an & that is not escaped in %q", text)
	}
	plain = regexp.MustCompile(`(?m)^( *)\*([^*\n]+)\*`).ReplaceAllString(plain, "$1$2")
	return unescaper.Replace(plain), nil
}

// String is n as a person in the room reads it.
func (n note) String() string {
	lines := []string{n.Content.Title}
	for l := range strings.SplitSeq(n.Content.Description, "\n") {
		lines = append(lines, "  "+l)
	}
	for i, step := range n.Content.NextSteps {
		if i == 0 {
			lines = append(lines, "  Next steps")
		}
		lines = append(lines, "  - "+step)
	}
	text, err := shown(strings.Join(lines, "\n"))
	if err != nil {
		return err.Error()
	}
	return text + "\n  " + strings.Join(n.Content.Keywords, " · ") + " | " + strings.Join(n.Metadata.RelatedResources, ", ")
}

// room subscribes a room to the chat's topic and waits until it is confirmed.
func (s *stack) room(t *testing.T) *room {
	t.Helper()
	r := &room{topic: s.TopicChat, schema: schema(t, "testdata/custom-notification.schema.json"), threads: map[string][]note{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	topics := sns.NewFromConfig(s.cfg)
	if _, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &s.TopicChat, Protocol: aws.String("http"), Endpoint: aws.String(server.URL + "/room")}); err != nil {
		t.Fatal(err)
	}
	r.until(t, "the subscription's confirmation", func() bool { return r.arn != "" })
	t.Cleanup(func() {
		if _, err := topics.Unsubscribe(context.Background(), &sns.UnsubscribeInput{SubscriptionArn: &r.arn}); err != nil {
			t.Log(err)
		}
	})
	return r
}

// until waits for something in the room, which is held meanwhile.
func (r *room) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		r.mu.Lock()
		ok, err := is(), errors.Join(r.faults...)
		r.mu.Unlock()
		if err != nil {
			t.Fatalf("the room dropped what it got: %v", err)
		}
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come within %v", what, patience)
		}
	}
}

// followed holds that the room read one incident of the dataset in one thread,
// from its beginning by way of what people did to its end, and logs it as it is
// read there.
func (r *room) followed(t *testing.T, incident, dataset string, did ...string) {
	t.Helper()
	var thread []note
	r.until(t, "the end in the room", func() bool {
		thread = slices.Clone(r.threads[incident])
		return slices.ContainsFunc(thread, func(n note) bool { return strings.HasPrefix(n.Content.Title, "✅ Resolved check: ") })
	})
	var all []string
	for _, n := range thread {
		all = append(all, n.String())
		if len(n.Metadata.RelatedResources) == 0 || n.Metadata.RelatedResources[0] != dataset {
			t.Errorf("%q is related to %q, want %s", n.Content.Title, n.Metadata.RelatedResources, dataset)
		}
	}
	text := strings.Join(all, "\n")
	t.Logf("what the room read:\n%s", text)
	first := thread[0]
	if !strings.HasPrefix(first.Content.Title, "🔴 P1 check: ") || len(first.Content.NextSteps) == 0 || first.Metadata.EventType != "signal.raised.v1" {
		t.Errorf("the thread begins with %s", first)
	}
	for _, what := range did {
		if !strings.Contains(text, what) {
			t.Errorf("the room did not read that %q", what)
		}
	}
	for other, notes := range r.threads {
		if other != incident && slices.ContainsFunc(notes, func(n note) bool { return slices.Contains(n.Metadata.RelatedResources, dataset) }) {
			t.Errorf("the incident %s has another thread, %s", incident, other)
		}
	}
}
