package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tillwatch/shared/alert"
	"tillwatch/shared/receiver"
)

// The parameters that the stack was deployed with, and where it calls: see the
// check that deploys it.
const (
	pagerDutyParameter = "/tillwatch/check/pagerduty"
	webhookParameter   = "/tillwatch/check/webhook"
)

// tools are the receivers' side: PagerDuty and a webhook in one server. The
// first request to each is answered with an error of the server's, the second
// with a wish to be left alone for a while.
type tools struct {
	event *jsonschema.Schema // of PagerDuty

	mu      sync.Mutex
	called  map[string]int
	busy    map[string]busy                // by path
	actions map[string][]string            // of PagerDuty, by the source of the event
	keys    map[string]map[string][]string // of PagerDuty, the actions of each key, by the source
	posted  map[string][]string            // statuses, by pipeline
	refuses string                         // the pipeline of which nothing is taken
	refused map[string]int                 // by path
	faults  []string
}

// busy is a request that was asked to come again after leaveAlone.
type busy struct {
	body []byte
	at   time.Time
}

const (
	hookSecret = "a secret of the test"
	routingKey = "the-routing-key-of-the-test-----" // 32 characters
	leaveAlone = 2 * time.Second
)

func (k *tools) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		k.faults = append(k.faults, err.Error())
	}
	k.called[r.URL.Path]++
	if last := k.busy[r.URL.Path]; bytes.Equal(last.body, body) && time.Since(last.at) < leaveAlone {
		k.faults = append(k.faults, fmt.Sprintf("%s was called again after %v", r.URL.Path, time.Since(last.at)))
	}
	switch k.called[r.URL.Path] {
	case 1:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case 2:
		k.busy[r.URL.Path] = busy{body, time.Now()}
		w.Header().Set("Retry-After", strconv.Itoa(int(leaveAlone.Seconds())))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if k.refuses != "" && bytes.Contains(body, []byte(k.refuses)) {
		k.refused[r.URL.Path]++
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	take := map[string]func(http.Header, []byte) error{"/pagerduty": k.page, "/hook": k.hook}[r.URL.Path]
	if take == nil {
		err = errors.New("nothing is there")
	} else {
		err = take(r.Header, body)
	}
	if err != nil {
		k.faults = append(k.faults, fmt.Sprintf("%s got %s: %v", r.URL.Path, body, err))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// page takes an event as PagerDuty does.
func (k *tools) page(_ http.Header, body []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if err := k.event.Validate(v); err != nil {
		return err
	}
	var e struct {
		RoutingKey string `json:"routing_key"`
		Action     string `json:"event_action"`
		DedupKey   string `json:"dedup_key"`
		Payload    struct{ Source string }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return err
	}
	if e.RoutingKey != routingKey || len(body) > 512<<10 {
		return fmt.Errorf("routing key %q, %d bytes", e.RoutingKey, len(body))
	}
	source := e.Payload.Source
	k.actions[source] = append(k.actions[source], e.Action)
	if k.keys[source] == nil {
		k.keys[source] = map[string][]string{}
	}
	k.keys[source][e.DedupKey] = append(k.keys[source][e.DedupKey], e.Action)
	return nil
}

// hook takes a notice as a webhook does that trusts nobody else.
func (k *tools) hook(header http.Header, body []byte) error {
	if err := receiver.Verify(hookSecret, header, body, time.Now(), time.Minute); err != nil {
		return err
	}
	n, err := receiver.Parse(body)
	k.posted[n.Signal.Pipeline] = append(k.posted[n.Signal.Pipeline], string(n.Signal.Status))
	return err
}

// heard waits until both tools were told of the dataset what is wanted.
func (k *tools) heard(t *testing.T, dataset, action, status string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		k.mu.Lock()
		paged, posted := strings.Join(k.actions[dataset], " "), strings.Join(k.posted[dataset], " ")
		faults := k.faults
		k.mu.Unlock()
		if strings.HasSuffix(paged, action) && strings.HasSuffix(posted, status) {
			return
		}
		if len(faults) > 0 || time.Now().After(deadline) {
			t.Fatalf("PagerDuty heard %q, the webhook %q; want %s and %s; faults %v", paged, posted, action, status, faults)
		}
	}
}

// tools are PagerDuty and a webhook for as long as the test runs, nil if the
// stack calls none.
func (s *stack) tools(t *testing.T) *tools {
	t.Helper()
	address := os.Getenv("TILLWATCH_RECEIVERS")
	if address == "" {
		return nil
	}
	parameters := ssm.NewFromConfig(s.cfg)
	for name, value := range map[string]string{pagerDutyParameter: routingKey, webhookParameter: hookSecret} {
		if _, err := parameters.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: &name, Value: &value, Type: ssmtypes.ParameterTypeSecureString, Overwrite: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
	}
	k := &tools{
		event:  schema(t, "testdata/pagerduty-event.schema.json"),
		called: map[string]int{}, busy: map[string]busy{}, actions: map[string][]string{}, keys: map[string]map[string][]string{},
		posted: map[string][]string{}, refused: map[string]int{},
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: k, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener) // ends with Close
	t.Cleanup(func() { server.Close() })
	return k
}

// schema reads a JSON Schema.
func schema(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// one returns what PagerDuty heard of the dataset's incident, and holds that all
// of it was under one key.
func (k *tools) one(t *testing.T, dataset string) string {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys[dataset]) != 1 {
		t.Errorf("PagerDuty heard of %s under the keys %v, want one", dataset, k.keys[dataset])
	}
	return strings.Join(slices.Compact(slices.Clone(k.actions[dataset])), " ")
}

// setAside returns how many notifications of the dataset lie in the queue of
// what a receiver refused.
func (s *stack) setAside(t *testing.T, receiver, dataset string) (n int) {
	t.Helper()
	queues, err := s.sqs.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String("Tillwatch-")})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range queues.QueueUrls {
		if !strings.Contains(address, "Receiver"+receiver+"DeadLetters") {
			continue
		}
		for _, body := range s.poll(t, address) {
			if strings.Contains(body, dataset) {
				n++
			}
		}
	}
	return n
}

// TestReceiversAreTold lets a bad file and then a good one land, and is
// PagerDuty and a webhook that fail, are busy, and refuse what is told of
// another pipeline: that is sent once and set aside, and keeps nothing else.
func TestReceiversAreTold(t *testing.T) {
	s := deployed(t)
	k := s.tools(t)
	if k == nil {
		t.Skip("TILLWATCH_RECEIVERS is not set: the stack calls no receivers")
	}
	s.push(t, contractOf)
	s.drop(t, "2026-11-22.csv", bad)
	k.heard(t, s.dataset, "trigger", "firing")

	unwanted := s.signal(1, 0, alert.P1)
	unwanted.Pipeline = "unwanted_" + s.dataset
	unwanted.GroupKey, unwanted.DedupKey, unwanted.ID = unwanted.Pipeline, unwanted.Pipeline, unwanted.Pipeline
	k.mu.Lock()
	k.refuses = unwanted.Pipeline
	k.mu.Unlock()
	s.raise(t, unwanted)
	aside := map[string]int{}
	for deadline := time.Now().Add(patience); aside["Pagerduty"] == 0 || aside["Webhook"] == 0; {
		if time.Now().After(deadline) {
			t.Fatalf("what was refused is not set aside: %v", aside)
		}
		for _, receiver := range []string{"Pagerduty", "Webhook"} {
			aside[receiver] += s.setAside(t, receiver, unwanted.Pipeline)
		}
	}

	s.drop(t, "2026-11-22.csv", good)
	k.heard(t, s.dataset, "resolve", "resolved")
	if got := k.one(t, s.dataset); got != "trigger resolve" {
		t.Errorf("PagerDuty heard %q", got)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, path := range []string{"/pagerduty", "/hook"} {
		if k.called[path] < 3 || k.busy[path].body == nil || k.refused[path] != 1 {
			t.Errorf("%s was called %d times, and %d times with what it refuses, want that once", path, k.called[path], k.refused[path])
		}
	}
	t.Logf("called %v, set aside %v", k.called, aside)
}
