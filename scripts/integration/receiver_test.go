package integration

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"tillwatch/shared/receiver"
)

// The parameters that the stack was deployed with, and where it calls: see the
// check that deploys it.
const (
	pagerDutyParameter = "/tillwatch/check/pagerduty"
	webhookParameter   = "/tillwatch/check/webhook"
)

// tools are the receivers' side: PagerDuty and a webhook in one server. The
// first request to each is answered with an error.
type tools struct {
	mu      sync.Mutex
	called  map[string]int
	actions map[string][]string // of PagerDuty, by the source of the event
	posted  map[string][]string // statuses, by pipeline
	faults  []string
}

const hookSecret = "a secret of the test"

func (k *tools) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		k.faults = append(k.faults, err.Error())
	}
	if k.called[r.URL.Path]++; k.called[r.URL.Path] == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	switch r.URL.Path {
	case "/pagerduty":
		var e struct {
			Key      string `json:"routing_key"`
			Action   string `json:"event_action"`
			DedupKey string `json:"dedup_key"`
			Payload  struct{ Source, Summary, Severity string }
		}
		if err := json.Unmarshal(body, &e); err != nil || e.Key != "routing-key-of-the-test" || e.DedupKey == "" || e.Payload.Summary == "" {
			k.faults = append(k.faults, "PagerDuty got "+string(body))
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		k.actions[e.Payload.Source] = append(k.actions[e.Payload.Source], e.Action)
	case "/hook":
		if err := receiver.Verify(hookSecret, r.Header, body, time.Now(), time.Minute); err != nil {
			k.faults = append(k.faults, err.Error())
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		n, err := receiver.Parse(body)
		if err != nil {
			k.faults = append(k.faults, err.Error())
		}
		k.posted[n.Signal.Pipeline] = append(k.posted[n.Signal.Pipeline], string(n.Signal.Status))
	default:
		k.faults = append(k.faults, "called at "+r.URL.Path)
	}
	w.WriteHeader(http.StatusAccepted)
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
	for name, value := range map[string]string{pagerDutyParameter: "routing-key-of-the-test", webhookParameter: hookSecret} {
		if _, err := parameters.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: &name, Value: &value, Type: ssmtypes.ParameterTypeSecureString, Overwrite: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
	}
	k := &tools{called: map[string]int{}, actions: map[string][]string{}, posted: map[string][]string{}}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: k, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener) // ends with Close
	t.Cleanup(func() { server.Close() })
	return k
}

// TestReceiversAreTold lets a bad file and then a good one land, and is
// PagerDuty and a webhook that fail once.
func TestReceiversAreTold(t *testing.T) {
	s := deployed(t)
	k := s.tools(t)
	if k == nil {
		t.Skip("TILLWATCH_RECEIVERS is not set: the stack calls no receivers")
	}
	s.push(t, contractOf)
	s.drop(t, "2026-11-22.csv", bad)
	k.heard(t, s.dataset, "trigger", "firing")
	s.drop(t, "2026-11-22.csv", good)
	k.heard(t, s.dataset, "resolve", "resolved")
}
