package incident

import (
	"fmt"

	"tillwatch/shared/alert/answer"
)

// moment is a time as people read it.
const moment = "Mon 2 Jan 15:04 UTC"

// Answered is the line that a person's answer makes in the timeline of its
// incident: of the same answer the same, however often it comes.
func Answered(a answer.Answer) Event {
	e := Event{ID: a.Incident + "/answer/" + a.ID, Incident: a.Incident, At: a.At.UTC(), By: a.By}
	switch a.Kind {
	case answer.Acknowledge:
		e.Kind, e.Text = Acknowledge, "Taken on by "+a.By
	case answer.Mitigate:
		e.Kind, e.Text = Mitigated, "The harm stopped, says "+a.By
	case answer.Resolve:
		e.Kind, e.Text = Resolve, "Resolved by "+a.By
	case answer.Silence:
		e.Kind, e.Text = Noted, fmt.Sprintf("Silenced by %s until %s", a.By, a.Until.UTC().Format(moment))
		if a.WhileOpen {
			e.Text = fmt.Sprintf("Silenced by %s until it is fixed, %s at the latest", a.By, a.Until.UTC().Format(moment))
		}
	default:
		e.Kind, e.Text = Noted, a.Text
		return e
	}
	if a.Text != "" {
		e.Text += ": " + a.Text
	}
	return e
}
