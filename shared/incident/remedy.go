package incident

import (
	"slices"
	"time"
)

// The actions that a rule may allow before people are called.
const (
	DiskSpaceCleanup      = "disk_space_cleanup"
	ConnectionPoolReset   = "connection_pool_reset"
	CacheInvalidation     = "cache_invalidation"
	PipelineRestart       = "pipeline_restart"
	ScalingTrigger        = "scaling_trigger"
	ConfigurationRollback = "configuration_rollback"
)

// Actions are all actions.
var Actions = []string{DiskSpaceCleanup, ConnectionPoolReset, CacheInvalidation, PipelineRestart, ScalingTrigger, ConfigurationRollback}

// A Remedy is one action that a rule allows on one target.
type Remedy struct {
	Action string
	Target string
	// Live says that it is really done; otherwise it is a dry run, which says
	// what it would do and never counts as having worked.
	Live bool
	// Verify is how long the signal has to clear, 10 minutes if 0.
	Verify time.Duration
	// CoolDown is the time after a try in which the same action is not tried on
	// the same target. It is never less than LooksBack, how far back the
	// detector looks: until then its signal fires on for what is long mended.
	CoolDown, LooksBack time.Duration
	// Attempts is how often it may be tried in one incident, 1 if 0.
	Attempts int
}

func (r Remedy) verify() time.Duration {
	if r.Verify <= 0 {
		return 10 * time.Minute
	}
	return r.Verify
}

func (r Remedy) attempts() int { return max(1, r.Attempts) }

func (r Remedy) coolDown() time.Duration { return max(r.CoolDown, r.LooksBack) }

// Surroundings are the facts outside of an incident that remedies depend on.
type Surroundings struct {
	// Stopped is the kill switch: nothing is tried while it is on.
	Stopped bool
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
	StillCooling Hold = "cooling_down"
	TooManyTries Hold = "too_many_this_hour"
	UnknownActs  Hold = "unknown_action"
	OnlyDryRun   Hold = "dry_run" // it was only said what it would do
)

// Key names the remedy's action and target, the two that are locked together.
func (r Remedy) Key() string { return r.Action + " " + r.Target }

// Held returns what in the surroundings keeps r from being tried at now.
func (r Remedy) Held(around Surroundings, now time.Time) Hold {
	last := around.LastTry[r.Key()]
	switch {
	case !slices.Contains(Actions, r.Action):
		return UnknownActs
	case around.Stopped:
		return Stopped
	case !last.IsZero() && now.Sub(last) < r.coolDown():
		return StillCooling
	case around.ThisHour >= around.perHour():
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
