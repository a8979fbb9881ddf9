package policy

import (
	"time"

	"tillwatch/shared/alert/oncall"
)

// A Roster is who is on call in one schedule in a stretch of time.
type Roster struct {
	Schedule string `json:"schedule"`
	TimeZone string `json:"time_zone"`
	// Channel is what reaches the people, "" for that of the incident's severity.
	Channel string `json:"channel,omitempty"`
	// Shifts are all shifts in order, without holes; a gap is one of nobody.
	Shifts []Shift `json:"shifts"`
	// Gaps are the shifts of nobody once more, Overlaps the times in which two
	// overrides hold.
	Gaps     []Shift   `json:"gaps"`
	Overlaps []Overlap `json:"overlaps"`
}

// A Shift is a time in which the same person is on call, in the schedule's time
// zone.
type Shift struct {
	Person   string    `json:"person"` // their name, "" if nobody is on call
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Override bool      `json:"override,omitempty"`
}

// An Overlap is a time in which two overrides hold: Holds wins.
type Overlap struct {
	Holds    string    `json:"holds"`
	GivesWay string    `json:"gives_way"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
}

// Rosters returns who is on call in each schedule from from until before until,
// in the order of the file.
func (p *Policy) Rosters(from, until time.Time) []Roster {
	list := []Roster{}
	for _, s := range p.Schedules {
		zone := s.Start.Location()
		r := Roster{Schedule: s.Name, TimeZone: zone.String(), Channel: s.Channel, Shifts: []Shift{}, Gaps: []Shift{}, Overlaps: []Overlap{}}
		for _, shift := range s.Shifts(from, until) {
			row := Shift{Person: p.named(shift.Person), From: shift.From.In(zone), Until: shift.Until.In(zone), Override: shift.Override}
			r.Shifts = append(r.Shifts, row)
			if row.Person == "" {
				r.Gaps = append(r.Gaps, row)
			}
		}
		for _, o := range s.Overlaps(from, until) {
			r.Overlaps = append(r.Overlaps, p.overlap(o, zone))
		}
		list = append(list, r)
	}
	return list
}

func (p *Policy) overlap(o oncall.Overlap, zone *time.Location) Overlap {
	return Overlap{Holds: p.named(o.Holds.Person), GivesWay: p.named(o.GivesWay.Person), From: o.From.In(zone), Until: o.Until.In(zone)}
}
