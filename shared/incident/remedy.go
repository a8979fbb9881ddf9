package incident

import (
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert/remedy"
)

// A Remedy is one action that a rule allows on one target.
type Remedy = remedy.Remedy

// Surroundings are the facts outside of an incident that remedies depend on.
type Surroundings struct {
	// Stopped is the kill switch: nothing is tried while it is on.
	Stopped bool
	// Allowed are the targets that the deployment lets remedies act on; nothing
	// else is even looked at.
	Allowed []remedy.Target
	// LastTry is when the action was last tried on the target, by any incident;
	// zero if never.
	LastTry map[string]time.Time // by Remedy.Key
	// ThisHour counts the tries of all remedies in the last hour, of which
	// PerHour are allowed, 6 if 0.
	ThisHour, PerHour int
}

func (s Surroundings) perHour() int {
	if s.PerHour <= 0 {
		return 6
	}
	return s.PerHour
}

// A Hold says why a remedy is not tried.
type Hold string

// The reasons not to try a remedy.
const (
	NotHeld      Hold = ""
	Stopped      Hold = "kill_switch"
	NotAllowed   Hold = "not_allowed" // the deployment gives no right to the target
	StillCooling Hold = "cooling_down"
	TooManyTries Hold = "too_many_this_hour"
	UnknownActs  Hold = "unknown_action" // no such action, or not on such a target
	OnlyDryRun   Hold = "dry_run"        // it was only said what it would do
)

// say are the holds as people read them.
var say = map[Hold]string{
	Stopped:      "remedies are stopped (tillwatch incident remedies start lets them go on)",
	NotAllowed:   "not allowed: the deployment gives no right to it (cdk deploy -c remedy_targets=… does)",
	StillCooling: "it was tried a short while ago and is cooling down",
	TooManyTries: "too many remedies were tried within the hour",
	UnknownActs:  "there is no such action on such a target",
}

// Holds returns what in the surroundings keeps r from being tried at now.
func (s Surroundings) Holds(r Remedy, now time.Time) Hold {
	last := s.LastTry[r.Key()]
	target, err := remedy.ParseTarget(r.Target)
	switch {
	case err != nil, !slices.Contains(remedy.Kinds(r.Action), target.Kind):
		return UnknownActs
	case s.Stopped:
		return Stopped
	case !slices.ContainsFunc(s.Allowed, func(a remedy.Target) bool { return a.Covers(target) }):
		return NotAllowed
	case !last.IsZero() && now.Sub(last) < r.Rest():
		return StillCooling
	case s.ThisHour >= s.perHour():
		return TooManyTries
	}
	return NotHeld
}

// tries counts how often r was started in inc.
func (inc *Incident) tries(r Remedy) int {
	n := 0
	for _, t := range inc.Attempts {
		if t.Action == r.Action && t.Target == r.Target && t.State != RemedyHeld {
			n++
		}
	}
	return n
}

// Aim returns the remedies with the file and the contract of inc in the place
// of those that name none: the file that the alert names that opened it, and
// the contract of its dataset. Where it has none, the remedy stays as it is and
// cannot be carried out.
func (inc *Incident) Aim(list []Remedy) []Remedy {
	list = slices.Clone(list)
	for i := range list {
		switch list[i].Target {
		case string(remedy.File):
			if files := inc.Files(); len(files) > 0 {
				list[i].Target = "file:" + files[0]
			}
		case string(remedy.Contract):
			if inc.Pipeline != "" {
				list[i].Target += ":" + inc.Pipeline
			}
		}
	}
	return list
}

// Files returns the objects that the incident's alerts are about, as s3://
// addresses, those of its first alert first, each once.
func (inc *Incident) Files() (list []string) {
	for i := range inc.Alerts {
		for _, f := range inc.Alerts[i].Signal.Facts {
			if f.Name == "object" && strings.HasPrefix(f.Value, "s3://") && !slices.Contains(list, f.Value) {
				list = append(list, f.Value)
			}
		}
	}
	return list
}
