package integration

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/aws/alerttable"
	"tillwatch/shared/receiver"
)

// holdsRepeats raises two incidents, of which one is acknowledged by the link in
// its page: the other is told of again and again, and the one is not. Both end
// with their signals, and nothing more is told.
func (s *stack) holdsRepeats(t *testing.T) {
	t.Helper()
	inbox := s.inbox(t, s.TopicP1)
	alerts := &alerttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	held, free := s.signal(1, 0, alert.P1), s.signal(2, 0, alert.P1)
	first, heard := map[string]receiver.Notice{}, map[string][]alert.Reason{}
	count := func(of alert.Signal, reason alert.Reason) (n int) {
		for _, r := range heard[of.Pipeline] {
			if r == reason {
				n++
			}
		}
		return n
	}
	until := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(patience); !is(); {
			if time.Now().After(deadline) {
				t.Fatalf("%s did not come within %v: people heard %v", what, patience, heard)
			}
			for _, body := range s.poll(t, inbox) {
				n, err := receiver.Parse([]byte(body))
				if err != nil || !strings.HasPrefix(n.Signal.Pipeline, s.dataset) {
					continue
				}
				if n.Reason == alert.FirstNotification {
					first[n.Signal.Pipeline] = n
				}
				heard[n.Signal.Pipeline] = append(heard[n.Signal.Pipeline], n.Reason)
			}
		}
	}
	repeats := func(n int) {
		t.Helper()
		n += count(free, alert.StillFiring)
		until("the repeats", func() bool { return count(free, alert.StillFiring) >= n })
	}

	s.raise(t, held, free)
	until("the pages", func() bool { return len(first) == 2 })
	page := first[held.Pipeline]
	link := ""
	for _, c := range page.Choices {
		if c.Name == "Acknowledge" {
			link = c.URL
		}
	}
	if status, answer := s.open(t, "POST", link, url.Values{"name": {"Ann"}}); status != 200 {
		t.Fatalf("acknowledged by %q: %d, %s", link, status, answer)
	}
	state := func() group.Incident {
		t.Helper()
		g, err := alerts.Group(t.Context(), page.Group)
		if err != nil {
			t.Fatal(err)
		}
		i := g.Incident(page.Incident)
		if i == nil {
			t.Fatalf("the router has forgotten %s", page.Incident)
		}
		return *i
	}
	until("the acknowledgement", func() bool { return state().AckedBy == "Ann" })
	repeats(1) // what was on its way has been told
	before := state().Page
	repeats(3)
	if after := state().Page; after != before {
		t.Errorf("what Ann has was paged %d times more, while the other was 3 times", after-before)
	}
	until("what was told before she had it", func() bool { return count(held, alert.StillFiring) >= before-1 })

	over := []alert.Signal{held, free}
	for i := range over {
		over[i].ID, over[i].Status, over[i].At = over[i].ID+"-over", alert.Resolved, time.Now().UTC()
	}
	s.raise(t, over...)
	until("the ends", func() bool { return count(held, alert.AlertResolved) == 1 && count(free, alert.AlertResolved) == 1 })
	for _, signal := range over {
		until("a time at which nothing is due any more", func() bool {
			g, err := alerts.Group(t.Context(), first[signal.Pipeline].Group)
			if err != nil {
				t.Fatal(err)
			}
			return g.Due().IsZero()
		})
	}
	t.Logf("of what Ann has people heard %v, of the other %v", heard[held.Pipeline], heard[free.Pipeline])
}
