package review

import "tillwatch/shared/incident"

// maxSimilar is how many earlier incidents a review names.
const maxSimilar = 5

// Similar picks the incidents of others, in their order, that are like inc: of
// the same pipeline and with a rule in common; without inc itself.
func Similar(inc *incident.Incident, others []incident.Incident) []incident.Incident {
	rules := map[string]bool{}
	for _, a := range inc.Alerts {
		rules[a.Signal.Pipeline+"\x00"+a.Signal.Rule] = true
	}
	var list []incident.Incident
	for i := range others {
		o := &others[i]
		if o.ID == inc.ID || len(list) == maxSimilar || o.DetectedAt.After(inc.DetectedAt) {
			continue
		}
		for _, a := range o.Alerts {
			if rules[a.Signal.Pipeline+"\x00"+a.Signal.Rule] {
				list = append(list, *o)
				break
			}
		}
	}
	return list
}
