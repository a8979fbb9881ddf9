package integration

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/event"
	"tillwatch/shared/incident"
)

// tellsReceivers raises a signal of which nobody is told, one for the room alone,
// which ends, and one for the room and people, all at once.
func (s *stack) tellsReceivers(t *testing.T) {
	t.Helper()
	nobody, room, both := s.signal(1, 0, alert.P1), s.signal(2, 0, alert.P1), s.signal(3, 0, alert.P1)
	s.raise(t, nobody, room, both)
	s.await(t, "two notifications", func() bool { return len(s.told(t, alert.FirstNotification)) > 1 })
	inc := s.incident(t, room.Pipeline, func(inc *incident.Incident) bool { return inc.Status == incident.StatusOpen })
	if !strings.Contains(story(inc), "Told the rooms") {
		t.Errorf("the responder heard:\n%s", story(inc))
	}
	room.ID, room.Status, room.At = room.ID+"-over", alert.Resolved, time.Now().UTC()
	s.raise(t, room)
	s.await(t, "the end", func() bool { return len(s.told(t, alert.AlertResolved)) > 0 })
	var told []string
	for _, n := range of[alert.Notification](t, s, event.AlertNotified) {
		told = append(told, strings.TrimPrefix(n.Pipeline, s.dataset)+" "+string(n.Reason)+" "+strings.Join(n.Channels, " "))
	}
	slices.Sort(told)
	if got, want := strings.Join(told, ", "), "_02 first_notification responder chat, _02 resolved responder chat, _03 first_notification P1 chat"; got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
}
