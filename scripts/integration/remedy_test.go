package integration

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/incident"
)

// TestRemediesComeBeforePeople breaks a contract by a push, which is rolled back
// so that the file is accepted after all and nobody is paged; and it lets a
// file land that is bad by any contract, which is judged again in vain, so that
// people are called, one of whom sees it to its end.
func TestRemediesComeBeforePeople(t *testing.T) {
	broken, hopeless := deployed(t), deployed(t)
	rules := "rules:\n" +
		"  - {name: file_rejected, pipeline: " + broken.dataset + ", keep_firing_for: 0s, remedy_first: 2m, remedies: [" +
		"{action: configuration_rollback, target: contract, live: true, looks_back: 0s, cooldown: 1h, verify: 2m}]}\n" +
		"  - {name: file_rejected, pipeline: " + hopeless.dataset + ", keep_firing_for: 0s, remedies: [" +
		"{action: disk_space_cleanup, target: 's3://lake/tmp/'}, " +
		"{action: pipeline_restart, target: file, live: true, looks_back: 0s, cooldown: 1h, verify: 15s}]}\n"
	text := strings.Replace(string(policy.ShippedYAML()), "rules:\n", rules, 1)
	broken.push(t, contractOf)
	broken.push(t, strings.Replace(contractOf, "maximum: 500", "maximum: 50", 1))
	hopeless.push(t, contractOf)
	broken.inForce(t, text) // and not within the second of the push

	inbox, room := hopeless.inbox(t, hopeless.TopicP1), hopeless.room(t)
	broken.drop(t, "2026-11-22.csv", good)
	hopeless.drop(t, "2026-11-22.csv", bad)
	inc := await(t, broken, func(inc *incident.Incident) bool {
		return inc.Status == incident.StatusResolved && len(inc.Attempts) > 0 && inc.Attempts[0].State != incident.RemedyStarted
	})
	if inc.Resolution != incident.ByRemedy || inc.Level != 0 || !inc.NotifiedAt.IsZero() {
		t.Errorf("%s, %d levels were called, paged %v; want %s and nobody\n%s", inc.Resolution, inc.Level, inc.NotifiedAt, incident.ByRemedy, story(inc))
	}
	if a := inc.Attempts[0]; a.State != incident.RemedyWorked || !strings.Contains(a.Before, broken.contractKey()) || !strings.Contains(a.After, "is in force again, 1 file judged once more") {
		t.Errorf("the record of the remedy: %+v", a)
	}
	t.Logf("rolled back:\n%s", story(inc))

	inc = await(t, hopeless, func(inc *incident.Incident) bool { return inc.Level > 0 })
	var kinds []incident.Kind
	for _, e := range inc.Timeline {
		kinds = append(kinds, e.Kind)
	}
	for _, k := range []incident.Kind{incident.RemedyHeld, incident.RemedyStarted, incident.Noted, incident.RemedyFailed, incident.Escalated} {
		at := slices.Index(kinds, k)
		if at < 0 {
			t.Fatalf("nothing was %s, or not in that order\n%s", k, story(inc))
		}
		kinds = kinds[at:]
	}
	if held := inc.Attempts[0]; held.Why != string(incident.NotAllowed) {
		t.Errorf("what the deployment does not allow was %+v", held)
	}
	if last := inc.Timeline[len(inc.Timeline)-1]; !strings.Contains(last.Text, "since pipeline_restart on file:s3://"+hopeless.LandingBucket) {
		t.Errorf("people are told %q", last.Text)
	}
	hopeless.followToItsEnd(t, inbox, inc.ID)
	room.followed(t, inc.ID, hopeless.dataset, "pipeline_restart", "did not help", "Taken on by Ann", "It lasted ")
}

// await returns the incident of the dataset once it is as wanted.
func await(t *testing.T, s *stack, is func(*incident.Incident) bool) incident.Incident {
	t.Helper()
	store := &incidenttable.Store{Client: dynamodb.NewFromConfig(s.cfg), Table: s.Table, Now: time.Now}
	var last incident.Incident
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		ids, err := store.Recent(t.Context(), time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			events, err := store.Events(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			inc, err := incident.Fold(events)
			if err != nil || inc.Pipeline != s.dataset {
				continue
			}
			if last = inc; is(&inc) {
				return inc
			}
		}
	}
	t.Fatalf("the incident of %s is not as it should be within %v:\n%s", s.dataset, patience, story(last))
	return last
}

// story is an incident's timeline as a person reads it.
func story(inc incident.Incident) string {
	var b strings.Builder
	for _, e := range inc.Timeline {
		b.WriteString(e.At.Format("15:04:05") + " " + string(e.Kind) + ": " + e.Text + "\n")
	}
	return b.String()
}
