package message

import (
	"strings"
	"testing"

	"tillwatch/shared/alert"
)

// TestWhoIsOnCallIsNamed reads each channel for those who are to act.
func TestWhoIsOnCallIsNamed(t *testing.T) {
	people := []string{"Kim (primary until Mon 30 Nov 09:00 Europe/Berlin)", "Lee <lead>"}
	for _, c := range []struct {
		rule              string
		status            alert.Status
		reason            alert.Reason
		email, chat, json string // each "" for not a word
	}{
		{"of a new incident", alert.Firing, alert.FirstNotification,
			"On call now: Kim (primary until Mon 30 Nov 09:00 Europe/Berlin), then Lee <lead>.",
			`*On call now:* Kim (primary until Mon 30 Nov 09:00 Europe/Berlin), then Lee &lt;lead&gt;`,
			`"on_call":["Kim (primary until Mon 30 Nov 09:00 Europe/Berlin)","Lee <lead>"]`},
		{"who is called, nobody having acknowledged", alert.Firing, alert.Unacknowledged,
			"Called now: Kim (primary until Mon 30 Nov 09:00 Europe/Berlin) and Lee <lead>.", "*Called now:* Kim", `"on_call":["Kim`},
		{"nobody of what is over", alert.Resolved, alert.AlertResolved, "", "", ""},
	} {
		s := load(t, "rejected")
		s.Status = c.status
		list, err := Compose(s, alert.Notice{Reason: c.reason, Channels: []string{"P1", alert.Chat}, At: now, Since: now, OnCall: people})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			check(t, m)
		}
		for name, text := range map[string][2]string{
			"email": {strings.Join(strings.Fields(list[0].Bodies["email"]), " "), c.email},
			"chat":  {list[1].Bodies["default"], c.chat},
			"json":  {list[0].Bodies["sqs"], c.json},
		} {
			if text[1] == "" && strings.Contains(text[0], "Kim") || !strings.Contains(text[0], text[1]) {
				t.Errorf("%s: the %s says\n%s\nwant %q", c.rule, name, text[0], text[1])
			}
		}
	}
}
