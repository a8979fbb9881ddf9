package main

import (
	"strings"
	"testing"

	"tillwatch/shared/alert/policy"
	"tillwatch/shared/metric"
)

// TestANightByReceivers tells of a P1 that becomes a P0 and ends, under receivers
// of different channels: the end goes where the beginning went, and what nobody
// is told of is told to nobody.
func TestANightByReceivers(t *testing.T) {
	for _, c := range []struct {
		rule, channels string
		told           string // the channels, and what is said of the severity there
		sent           string // what is counted as sent
	}{
		{"people and the room", "severity, chat", "P1:P1 chat:P1 P0:P0 chat:P0 P0:P0 P1:P1 chat:P1", "P1 P0 P0 P1"},
		{"the room alone, and the responder in any case", "chat", "responder:P1 chat:P1 responder:P0 chat:P0 responder:P1 chat:P1", "P1 P0"},
		{"people alone", "severity", "P1:P1 P0:P0 P0:P0 P1:P1", "P1 P0 P0 P1"},
		{"those of P3, of whatever severity it is", "P3", "P3:P1 P3:P0 P3:P3", "P3 P3 P3"},
		{"nobody", "", "", ""},
	} {
		w := newWorld()
		p, err := policy.Read("policy.yaml", []byte("defaults: {keep_firing_for: 0s}\nroute: {receiver: r}\nreceivers: [{name: r, channels: ["+c.channels+"]}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		w.router.Engine.Policy = p
		for _, name := range []string{"signal/raised", "signal/raised-worse", "signal/resolved"} {
			if failed := w.deliver(t, name); failed != nil {
				t.Fatal(failed, w.log.String())
			}
		}
		var told, sent []string
		for _, m := range w.sent {
			told = append(told, m.Channel+":"+m.Attributes["severity"])
		}
		for _, m := range w.metrics.All() {
			if m.Name == metric.NotificationsSent {
				sent = append(sent, m.Dimensions[metric.Severity])
			}
		}
		if got := strings.Join(told, " "); got != c.told {
			t.Errorf("%s: told %s, want %s", c.rule, got, c.told)
		}
		if got := strings.Join(sent, " "); got != c.sent {
			t.Errorf("%s: counted %s, want %s", c.rule, got, c.sent)
		}
		if c.channels == "" && strings.Count(w.log.String(), `"reason":"no_receiver"`) != 2 {
			t.Errorf("%s: the log does not say why: %s", c.rule, w.log.String())
		}
		for _, e := range w.bus.All() {
			detail, err := e.Detail()
			if err != nil {
				t.Fatal(err)
			}
			conforms(t, e.Type, detail)
		}
	}
}
