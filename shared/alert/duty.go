package alert

import (
	"fmt"
	"time"
)

// A Duty is one person who is to be called, and why.
type Duty struct {
	// Person is a name, "" if nobody is on call.
	Person string
	// Schedule is the schedule that has the person on call, "" for one who was
	// named.
	Schedule string
	// Until is when the duty ends, in the schedule's time zone; zero for never.
	Until time.Time
}

// String returns "kim (primary until Mon 30 Nov 09:00 Europe/Berlin)".
func (d Duty) String() string {
	name := d.Person
	if name == "" {
		name = "nobody"
	}
	switch {
	case d.Schedule == "":
		return name
	case d.Until.IsZero():
		return fmt.Sprintf("%s (%s)", name, d.Schedule)
	}
	return fmt.Sprintf("%s (%s until %s %s)", name, d.Schedule, d.Until.Format("Mon 2 Jan 15:04"), d.Until.Location())
}
