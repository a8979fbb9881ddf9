package group

import (
	"maps"
	"slices"
	"strings"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
)

// weigh works out what the alerts that people may be told of cost by now, and
// when time alone will make that a concern of somebody else.
func (f *flush) weigh() {
	var list []*alert.Stakes
	for _, key := range f.firing {
		s := f.incident.Alerts[key].Of.Stakes
		list = append(list, s)
		if at := impact.Crossing(s); at.After(f.now) {
			f.again = sooner(f.again, at)
		}
	}
	f.stakes = impact.Worst(list, f.now)
}

// concerned are the audiences that the incident has come to concern and that
// have not heard of it.
func (f *flush) concerned() []alert.Audience {
	return slices.DeleteFunc(impact.Audiences(f.stakes), func(a alert.Audience) bool { return slices.Contains(f.incident.Audiences, a) })
}

// tellOfStakes gives n what the incident costs, and who hears of it.
func (f *flush) tellOfStakes(n *Notice) {
	i := f.incident
	switch n.Reason {
	case alert.FirstNotification, alert.FiredAgain, alert.SeverityRaised:
		n.Audiences = impact.Audiences(f.stakes)
	case alert.CostsMore:
		n.Audiences = f.concerned()
		for _, a := range n.Audiences {
			n.ID += "-" + strings.ReplaceAll(string(a), "_", "-")
		}
	case alert.AlertResolved:
		n.Audiences = slices.Clone(i.Audiences)
		var list []*alert.Stakes
		for _, key := range slices.Sorted(maps.Keys(i.Alerts)) {
			list = append(list, i.Alerts[key].Of.Stakes)
		}
		if worst := impact.Worst(list, n.Signal.At); worst != nil {
			n.Signal.Stakes = worst
		}
		return
	}
	n.Signal.Stakes = f.stakes
}

func (i *Incident) tellAudiences(audiences []alert.Audience) {
	for _, a := range audiences {
		if !slices.Contains(i.Audiences, a) {
			i.Audiences = append(i.Audiences, a)
		}
	}
}
