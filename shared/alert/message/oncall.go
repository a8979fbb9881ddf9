package message

import (
	"strings"

	"tillwatch/shared/alert"
)

// maxOnCall is how many people a message names, maxName how long a name is, in
// bytes.
const (
	maxOnCall = 5
	maxName   = 200
)

// onCall names those whose turn it is to act, nobody once there is nothing to
// do.
func onCall(s alert.Signal, d alert.Notice) []string {
	if s.Status == alert.Resolved {
		return nil
	}
	return each(d.OnCall, maxOnCall, func(who string) string { return cut(line(who), maxName) })
}

// called says who is to act, in words for a label and its text; "" if nobody is
// named.
func called(s alert.Signal, d alert.Notice) (label, who string) {
	names := onCall(s, d)
	switch {
	case len(names) == 0:
		return "", ""
	case d.Reason == alert.Unacknowledged:
		return "Called now", strings.Join(names, " and ")
	}
	return "On call now", strings.Join(names, ", then ")
}
