package policy

import (
	"strings"
	"testing"
	"time"
)

func TestRemediesAreRead(t *testing.T) {
	p, err := Read("p.yaml", []byte(`
rules:
  - name: file_rejected
    keep_firing_for: 0s
    remedy_first: 3m
    remedies:
      - {action: configuration_rollback, target: contract, live: true, looks_back: 0s, cooldown: 1h, verify: 2m}
      - {action: disk_space_cleanup, target: "s3://lake/tmp/", older_than: 2d}
`))
	if err != nil {
		t.Fatal(err)
	}
	rule := p.Rule("file_rejected", "sales_data")
	if rule.RemedyFirst != 3*time.Minute || len(rule.Remedies) != 2 {
		t.Fatalf("got %+v", rule)
	}
	if r := rule.Remedies[0]; !r.Live || r.Rest() != time.Hour || r.Within() != 2*time.Minute || r.Tries() != 1 {
		t.Errorf("got %+v", r)
	}
	if r := rule.Remedies[1]; r.Live || r.Age() != 48*time.Hour || r.Within() != 10*time.Minute {
		t.Errorf("got %+v", r)
	}
	if other := p.Rule("queue_age", ""); len(other.Remedies) > 0 {
		t.Errorf("another rule has %+v", other.Remedies)
	}
}

// TestFaultsOfRemedies holds each fault against its place and what to do.
func TestFaultsOfRemedies(t *testing.T) {
	const live = "live: true, looks_back: 10m, "
	for _, c := range []struct{ rule, remedy, more, want string }{
		{"an unknown action", "action: reboot, target: file", "", `3:25: "reboot" is not an action`},
		{"an action by another name", "action: restart, target: file", "", "write pipeline_restart"},
		{"a target of no form", "action: pipeline_restart, target: everything", "", "3:51"},
		{"a target that is not temporary", "action: disk_space_cleanup, target: 's3://lake/sales/'", "", "is not called temporary"},
		{"an action on what it does not act on", "action: scaling_trigger, target: file, most: 3", "", "write lambda:name or lambda:name:alias or dynamodb:table or kinesis:stream"},
		{"a cool-down shorter than the detector looks back", "action: pipeline_restart, target: file, " + live + "cooldown: 5m", "", "3:96: the cool-down is shorter than the detector looks back"},
		{"live without looks_back", "action: pipeline_restart, target: file, live: true", "", "add looks_back"},
		{"scaling without a bound", "action: scaling_trigger, target: 'kinesis:clicks'", "", "add most"},
		{"a bound of what is not scaled", "action: pipeline_restart, target: file, most: 3", "", "most has no meaning for pipeline_restart"},
		{"an age of what is not deleted", "action: pipeline_restart, target: file, older_than: 2h", "", "older_than has no meaning"},
		{"what may be in use", "action: disk_space_cleanup, target: 's3://lake/tmp/', older_than: 5m", "", "write 1h or more"},
		{"attempts that never come", "action: pipeline_restart, target: file, " + live + "cooldown: 1h, attempts: 2", "", "the second attempt would find the target cooling down"},
		{"no attempt", "action: pipeline_restart, target: file, attempts: 0", "", "at least 1"},
		{"a dry run by another name", "action: pipeline_restart, target: file, dry_run: true", "", "write live: true"},
		{"a wait for nothing", "action: pipeline_restart, target: file", "    remedy_first: 3m\n", "4:19: people would wait for nothing"},
		{"a verification that ends too early", "action: pipeline_restart, target: file, " + live + "verify: 15m", "", "its end counts after 15m:"},
		{"a wait that ends too early", "action: pipeline_restart, target: file, " + live + "verify: 20m", "    remedy_first: 3m\n", "people would be paged even if it helped"},
		{"a long wait", "action: pipeline_restart, target: file, " + live, "    remedy_first: 1h\n", "write 15m or less"},
	} {
		_, err := Read("p.yaml", []byte("rules:\n  - name: queue_age\n    remedies: [{"+c.remedy+"}]\n"+c.more))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.want)
		}
	}
}
