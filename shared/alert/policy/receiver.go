package policy

import (
	"maps"
	"slices"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/document"
)

// BySeverity is what a receiver may name besides Channels: the topic of the
// severity that the alert has.
const BySeverity = "severity"

// everybody is told by a route whose receiver says nothing.
var everybody = []string{BySeverity, alert.Chat}

// byKind says for each kind of Alertmanager's receivers which channel its like
// is subscribed to: what calls a person to the topics of the severities, what
// writes into a room to that of the rooms.
var byKind = map[string]string{
	"email_configs": BySeverity, "incidentio_configs": BySeverity, "jira_configs": BySeverity, "opsgenie_configs": BySeverity,
	"pagerduty_configs": BySeverity, "pushover_configs": BySeverity, "sns_configs": BySeverity, "victorops_configs": BySeverity,
	"webhook_configs": BySeverity,

	"discord_configs": alert.Chat, "mattermost_configs": alert.Chat, "msteams_configs": alert.Chat, "msteamsv2_configs": alert.Chat,
	"rocketchat_configs": alert.Chat, "slack_configs": alert.Chat, "telegram_configs": alert.Chat, "webex_configs": alert.Chat,
	"wechat_configs": alert.Chat,
}

// receiverShape says what a receiver may look like. What is in the settings of a
// kind is not looked at, and repeated in no message: it may be a secret.
var receiverShape = &document.Shape{Name: "a receiver", Kinds: document.Map,
	Check: func(n *document.Node, f *document.Faults) {
		if n.Entry("name") == nil {
			f.Addf(n.Place, "routes name it", "a receiver needs the key \"name\"")
		}
		for _, e := range n.Entries {
			known := receiverKeys[e.Key]
			switch {
			case known != nil:
				known.CheckNode(e.Value, f)
			case byKind[e.Key] == "":
				hint := "write channels: [severity], or [chat], or both, instead of it"
				if near := document.Nearest(e.Key, receiverNames); near != "" {
					hint = "did you mean " + near + "? Else " + hint
				}
				f.Addf(e.Place, hint, "nobody knows whom %q of a receiver tells", e.Key)
			case !e.Value.Is(document.List | document.Null):
				f.Addf(e.Value.Place, "begin each entry with a dash", "%s of a receiver is no list", e.Key)
			}
		}
	},
}

// receiverKeys are the shapes of what a receiver has besides its kinds.
var receiverKeys = map[string]*document.Shape{
	"name": text, "labels": anyMap,
	"channels": {Kinds: document.List, Item: &document.Shape{Name: "a channel", Kinds: document.Text,
		Words: slices.Concat([]string{BySeverity}, Channels)}},
}

var receiverNames = slices.Sorted(maps.Keys(byKind))

// readReceivers reads which channels each receiver stands for, and notes it.
func (r *reader) readReceivers(list []*document.Node) {
	r.channels = map[string][]string{}
	settled := slices.ContainsFunc(list, func(n *document.Node) bool { return len(kindsOf(n)) > 0 || n.Get("channels") != nil })
	for _, n := range list {
		name := n.Get("name").Str()
		if _, twice := r.channels[name]; twice {
			r.faults.Addf(n.Place, "give each receiver a name of its own", "receiver %s is there twice", name)
		}
		var channels []string
		add := func(c string) {
			if !slices.Contains(channels, c) {
				channels = append(channels, c)
			}
		}
		kinds := kindsOf(n)
		switch explicit := n.Get("channels"); {
		case explicit != nil:
			for _, c := range texts(explicit) {
				add(c)
			}
		case !settled:
			channels = everybody
		default:
			for _, kind := range kinds {
				add(byKind[kind])
			}
		}
		r.channels[name] = channels
		note := "tells nobody"
		if len(channels) > 0 {
			note = "tells " + strings.Join(channels, " and ")
		}
		if len(kinds) > 0 {
			note += "; of " + strings.Join(kinds, ", ") + " nothing else is used: addresses and keys belong to the subscribers of the topics"
		}
		r.notef("line %d: receiver %s %s", n.Line, name, note)
	}
}

// kindsOf are the kinds that a receiver has settings of, in their order.
func kindsOf(n *document.Node) (kinds []string) {
	for _, e := range n.Entries {
		if byKind[e.Key] != "" && len(e.Value.List()) > 0 {
			kinds = append(kinds, e.Key)
		}
	}
	return kinds
}
