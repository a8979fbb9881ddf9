package policy

import (
	"strings"
	"testing"

	"tillwatch/shared/alert"
)

// secret stands for every setting of a receiver that must not be repeated.
const secret = "https://hooks.example.com/T0/B0/s3cr3t"

// TestReceiversMeanChannels holds what a receiver comes to, and what is said of it.
func TestReceiversMeanChannels(t *testing.T) {
	for _, c := range []struct{ rule, receivers, want, note string }{
		{"channels are what the file says", "{name: r, channels: [severity, chat]}", "severity chat", "line 3: receiver r tells severity and chat"},
		{"one of them may be a severity's whatever the alert's is", "{name: r, channels: [P1]}", "P1", "tells P1"},
		{"each once", "{name: r, channels: [chat, chat]}", "chat", "tells chat"},
		{"none tells nobody", "{name: r, channels: []}", "", "receiver r tells nobody"},
		{"what calls people goes by severity", "{name: r, pagerduty_configs: [{service_key: '" + secret + "'}]}", "severity", "of pagerduty_configs nothing else is used"},
		{"what writes into rooms goes to them", "{name: r, slack_configs: [{api_url: '" + secret + "'}]}", "chat", "tells chat"},
		{"both do both", "{name: r, msteamsv2_configs: [{webhook_url: '" + secret + "'}], email_configs: [{to: '" + secret + "'}, {to: b}]}", "chat severity", "of msteamsv2_configs, email_configs"},
		{"channels hold against settings", "{name: r, slack_configs: [{api_url: '" + secret + "'}], channels: [severity]}", "severity", "of slack_configs nothing else is used"},
		{"a name alone is everybody, if all are", "{name: r}\n  - {name: other}", "severity chat", "receiver r tells severity and chat"},
		{"and nobody if another has settings", "{name: r}\n  - {name: other, webhook_configs: [{url: '" + secret + "'}]}", "", "receiver r tells nobody"},
		{"or channels", "{name: r}\n  - {name: other, channels: []}", "", "receiver r tells nobody"},
		{"an empty list is no setting", "{name: r, slack_configs: []}", "severity chat", "tells severity and chat"},
		{"labels of a receiver are no setting", "{name: r, labels: {team: a}}", "severity chat", "tells severity and chat"},
		{"no receivers at all are everybody", "", "severity chat", ""},
	} {
		in := "route: {receiver: r}\n"
		if c.receivers != "" {
			in += "receivers:\n  - " + c.receivers + "\n"
		}
		p, err := Read("p.yaml", []byte(in))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if got := strings.Join(p.Routes[0].Channels, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
		notes := strings.Join(p.Notes, "\n")
		if !strings.Contains(notes, c.note) || strings.Contains(notes, secret) {
			t.Errorf("%s: notes %q, want %q", c.rule, notes, c.note)
		}
	}
}

// TestReceiversAreHeldAgainstTheirShape holds each fault, which must not repeat a
// secret.
func TestReceiversAreHeldAgainstTheirShape(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"an unknown kind", "  - {name: r, carrier_pigeons: ['" + secret + "']}", `2:15: nobody knows whom "carrier_pigeons" of a receiver tells; write channels: [severity], or [chat], or both`},
		{"a kind that is misspelt", "  - {name: r, slack_config: ['" + secret + "']}", "did you mean slack_configs?"},
		{"settings that are no list", "  - {name: r, slack_configs: '" + secret + "'}", "slack_configs of a receiver is no list"},
		{"a channel that is not there", "  - {name: r, channels: [P4]}", `"P4" is not a channel`},
		{"a receiver twice", "  - {name: r}\n  - {name: r}", "3:5: receiver r is there twice"},
		{"no name", "  - {slack_configs: []}", `needs the key "name"`},
	} {
		_, err := Read("p.yaml", []byte("receivers:\n"+c.in+"\n"))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.want)
		}
	}
}

// TestAStormIsAlwaysTold keeps the page about many incidents from going where
// nobody is told.
func TestAStormIsAlwaysTold(t *testing.T) {
	p, err := Read("p.yaml", []byte("route: {receiver: none, routes: [{receiver: room, matchers: ['pipeline=sales']}]}\nreceivers: [{name: none, channels: []}, {name: room, channels: [chat]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule string
		s    alert.Signal
		want string
	}{
		{"what tells nobody tells nobody", alert.Signal{Rule: "r"}, ""},
		{"but for a storm", alert.Signal{Rule: alert.IncidentStorm}, "severity chat"},
		{"unless a route takes it", alert.Signal{Rule: alert.IncidentStorm, Pipeline: "sales"}, "chat"},
	} {
		if got := strings.Join(p.Route(&c.s).Channels, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
}
