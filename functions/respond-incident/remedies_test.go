package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/incident"
	"tillwatch/shared/telemetry"
)

// allowing is a world in which the rule of the notices has remedies, on targets
// that the deployment allows.
func allowing(t *testing.T, remedies string, targets ...string) *world {
	t.Helper()
	w := newWorld()
	p, err := policy.Read("policy.yaml", []byte(strings.Replace(string(policy.ShippedYAML()),
		"{name: file_rejected,", "{name: file_rejected, remedies: ["+remedies+"],", 1)))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
	for _, text := range targets {
		target, err := remedy.ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		w.store.Allowed = append(w.store.Allowed, target)
	}
	return w
}

const recycle = "{action: connection_pool_reset, target: 'lambda:load', live: true, looks_back: 0s, verify: 5m}"

func (w *world) kinds(t *testing.T) (list []incident.Kind) {
	t.Helper()
	for _, e := range w.incident(t).Timeline {
		list = append(list, e.Kind)
	}
	return list
}

// TestARemedyWorks follows a P1 that a remedy ends: everybody who was told of it
// hears so, and nobody else is called.
func TestARemedyWorks(t *testing.T) {
	w := allowing(t, recycle, "lambda:load")
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	if want := []string{"connection_pool_reset lambda:load"}; !slices.Equal(w.did, want) {
		t.Fatalf("did %v, want %v", w.did, want)
	}
	w.deliver(t, 3, notice(t, alert.Resolved, alert.P1, alert.AlertResolved))
	inc := w.incident(t)
	if inc.Resolution != incident.ByRemedy || inc.Attempts[0].Before != "3 connections" || inc.Attempts[0].After != "none" {
		t.Errorf("%s, %+v", inc.Resolution, inc.Attempts)
	}
	last := w.sent[len(w.sent)-1].Bodies["default"]
	if !strings.Contains(last, "connection_pool_reset on lambda:load worked: the signal cleared") {
		t.Errorf("the room is told %s", last)
	}
	for _, channel := range w.channels() {
		if channel != alert.Chat {
			t.Errorf("%s was called", channel)
		}
	}
}

// TestARemedyFails has the first level called at once, with what was tried.
func TestARemedyFails(t *testing.T) {
	w := allowing(t, recycle, "lambda:load")
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	if due := w.wakes[0].Due; !due.Equal(noon.Add(5 * 60e9)) {
		t.Fatalf("looks again at %s, want when the remedy has had its time", due)
	}
	w.deliver(t, 5, `{"wake_incident":"20261122-1"}`)
	if got := w.kinds(t); !slices.Equal(got, []incident.Kind{incident.Opened, incident.RemedyStarted, incident.Noted, incident.Notified, incident.RemedyFailed, incident.Escalated}) {
		t.Errorf("got %v", got)
	}
	var call string
	for _, m := range w.sent {
		if m.Channel == "P1" {
			call = m.Bodies["email"]
		}
	}
	call = strings.Join(strings.Fields(call), " ")
	for _, want := range []string{
		"connection_pool_reset did not help: sales_data 2026-11-22 failed",
		"remedy connection_pool_reset on lambda:load did not help: the signal did not clear in time; before: 3 connections; after: none",
	} {
		if !strings.Contains(call, want) {
			t.Errorf("the call lacks %q:\n%s", want, call)
		}
	}
}

func TestRemediesAreHeld(t *testing.T) {
	for _, c := range []struct {
		rule, remedies string
		targets        []string
		before         func(*world)
		why            incident.Hold
		did            string
	}{
		{"a dry run says what it would do", "{action: connection_pool_reset, target: 'lambda:load'}", []string{"lambda:load"}, nil, incident.OnlyDryRun, "dry run of connection_pool_reset lambda:load"},
		{"what the deployment does not allow", recycle, nil, nil, incident.NotAllowed, ""},
		{"another target is allowed", recycle, []string{"lambda:loader"}, nil, incident.NotAllowed, ""},
		{"the kill switch", recycle, []string{"lambda:load"}, func(w *world) { w.store.Stopped = true }, incident.Stopped, ""},
		{"the kill switch is turned between decision and act", recycle, []string{"lambda:load"},
			func(w *world) { w.meddle = func() { w.store.Stopped = true } }, incident.Stopped, ""},
		{"another responder is faster", recycle, []string{"lambda:load"}, func(w *world) {
			w.meddle = func() {
				_, _ = w.store.Claim(context.Background(), incident.Remedy{Action: remedy.ConnectionPoolReset, Target: "lambda:load"}, w.clock)
			}
		}, incident.StillCooling, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			remedies := c.remedies
			if c.why == incident.StillCooling {
				remedies = strings.Replace(remedies, "verify: 5m", "verify: 5m, cooldown: 10m", 1)
			}
			w := allowing(t, remedies, c.targets...)
			if c.before != nil {
				c.before(w)
			}
			w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
			inc := w.incident(t)
			if len(inc.Attempts) != 1 || inc.Attempts[0].Why != string(c.why) || strings.Join(w.did, "; ") != c.did {
				t.Errorf("got %+v, did %v; want held by %s", inc.Attempts, w.did, c.why)
			}
		})
	}
}

func TestARemedyThatCannotBeCarriedOutCallsAtOnce(t *testing.T) {
	w := allowing(t, recycle, "lambda:load")
	w.refuses = errors.New("function load is being changed just now")
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	inc := w.incident(t)
	if inc.Level != 1 || inc.Attempts[0].State != incident.RemedyFailed || inc.Attempts[0].Before != "3 connections" {
		t.Errorf("level %d, %+v", inc.Level, inc.Attempts)
	}
}

// setting is a parameter's value, or why it can't be read.
type setting struct {
	value string
	err   error
}

func (a setting) GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	return &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{Value: aws.String(a.value)}}, a.err
}

func TestTheKillSwitchStopsUnlessItIsOn(t *testing.T) {
	for _, c := range []struct {
		setting setting
		want    bool
	}{
		{setting{"on", nil}, false}, {setting{"off", nil}, true}, {setting{"On", nil}, true}, {setting{"", nil}, true},
		{setting{"on", &ssmtypes.ParameterNotFound{}}, true}, {setting{"on", errors.New("throttled")}, true},
	} {
		var log bytes.Buffer
		got, err := stopped(c.setting, "/tillwatch/test/remedies", telemetry.NewLogger(&log, service, slog.LevelInfo))(t.Context())
		if got != c.want || err != nil {
			t.Errorf("%+v: stopped %v, %v", c.setting, got, err)
		}
		if (c.setting.err != nil || c.setting.value == "") != strings.Contains(log.String(), "kill_switch") {
			t.Errorf("%+v: the log says %s", c.setting, log.String())
		}
	}
}

func TestTargetsAreRead(t *testing.T) {
	got, err := readTargets("lambda:load,s3://lake/tmp/")
	if err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := readTargets(""); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := readTargets("lambda:load,everything"); !errors.Is(err, remedy.ErrTarget) {
		t.Errorf("got %v", err)
	}
}

// TestARemedyComesFirst follows an incident that nobody is paged of: the router
// says that it begins and, after the remedy, that it ends.
func TestARemedyComesFirst(t *testing.T) {
	w := allowing(t, recycle, "lambda:load")
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.RemedyFirst))
	if len(w.did) != 1 {
		t.Fatalf("did %v", w.did)
	}
	w.deliver(t, 2, notice(t, alert.Resolved, alert.P1, alert.AlertResolved))
	if inc := w.incident(t); inc.Resolution != incident.ByRemedy || !inc.NotifiedAt.IsZero() {
		t.Errorf("%s, told at %s", inc.Resolution, inc.NotifiedAt)
	}
	// Where it does not help in time, the page follows, and is the same incident.
	w = allowing(t, recycle, "lambda:load")
	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.RemedyFirst))
	w.deliver(t, 3, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	if inc := w.incident(t); inc.NotifiedAt.IsZero() || inc.Status != incident.StatusRemediating || len(inc.Ignored) > 0 || len(w.did) != 1 {
		t.Errorf("%s, told at %s, did %v, ignored %v", inc.Status, inc.NotifiedAt, w.did, inc.Ignored)
	}
}

// TestWhatIsGraverHasItsRemedies opens an incident by an alert that has no
// remedies, and has it become worse by one that has.
func TestWhatIsGraverHasItsRemedies(t *testing.T) {
	w := allowing(t, recycle, "lambda:load")
	w.deliver(t, 0, strings.Replace(strings.Replace(notice(t, alert.Firing, alert.P2, alert.FirstNotification),
		`"rule":"file_rejected"`, `"rule":"low_quality"`, 1), "sales/2026-11-22", "quality/2026-11-22", 1))
	if len(w.did) > 0 {
		t.Fatalf("did %v", w.did)
	}
	w.deliver(t, 1, notice(t, alert.Firing, alert.P1, alert.SeverityRaised))
	if inc := w.incident(t); len(w.did) != 1 || len(inc.Alerts) != 2 || inc.Severity != alert.P1 {
		t.Errorf("did %v, %d alerts, %s", w.did, len(inc.Alerts), inc.Severity)
	}
}
