package group

import (
	"time"

	"tillwatch/shared/alert"
)

// A Decision is what became of a signal when it came in.
type Decision struct {
	Outcome Outcome
	Reason  Reason
	// Incident and Group are where it belongs; Page is the number of the page
	// that told of that incident last, 0 if none did yet.
	Incident, Group string
	Page            int
	PagedAt         time.Time
	// Also is a signal to be received as well, before what the decision changed is
	// stored; nil for none.
	Also *alert.Signal
}

// An Outcome is what is done with a signal. It ends up in the log.
type Outcome string

// The outcomes. Waiting is a signal that a page to come tells of; nothing else
// is ever told of as a page.
const (
	Waiting     Outcome = "waiting"
	Grouped     Outcome = "grouped"   // part of what people know of already
	Duplicate   Outcome = "duplicate" // handled before
	Outdated    Outcome = "outdated"  // something newer was handled before
	CoolingDown Outcome = "cooling_down"
	Suppressed  Outcome = "suppressed"
	Inhibited   Outcome = "inhibited"
	Resolved    Outcome = "resolved"
	Folded      Outcome = "folded"    // counted in a storm
	Retried     Outcome = "retry"     // the run was a retry
	Heartbeat   Outcome = "heartbeat" // nothing is wrong as long as it comes
)

// A Reason says why an outcome was chosen.
type Reason string

// The reasons, stage by stage.
const (
	SameSignal Reason = "same_signal" // delivered twice
	SameFact   Reason = "same_fact"   // the same status at the same time
	Overtaken  Reason = "overtaken"   // older than what is known
	OnRetry    Reason = "on_retry"
	StormLimit Reason = "storm_limit"
	// ManyIncidents begin: one page tells of this one and others.
	ManyIncidents Reason = "many_incidents"
	Alive         Reason = "alive"

	NeverFired      Reason = "resolved_without_firing"
	HeldForFlapping Reason = "held_for_flapping" // it may fire again at once
	AlertEnded      Reason = "alert_resolved"    // others of the incident fire on
	IncidentEnded   Reason = "incident_resolved"

	// NoReceiver is told: the routes lead to receivers that tell nobody.
	NoReceiver        Reason = "no_receiver"
	MaintenanceWindow Reason = "maintenance_window"
	TimeInterval      Reason = "time_interval"
	Silenced          Reason = "silence" // a person's
	SourceFiring      Reason = "source_firing"

	PendingFor   Reason = "pending_for"
	WorseNow     Reason = "escalated"
	Urgent       Reason = "urgent"     // told at once
	GroupWait    Reason = "group_wait" // told when the wait is over
	FlapHeld     Reason = "flapping"   // its resolve had not been told
	Cooling      Reason = "cooldown"
	StillFires   Reason = "still_firing"
	NewInGroup   Reason = "new_alert_in_group"
	CorrelatedUp Reason = "correlated" // part of an incident up or down the stream
)

// A Notice is what there is to tell of an incident.
type Notice struct {
	alert.Notice
	// ID is the same for every attempt to send it.
	ID string
	// Signal is what the message is about, First the ID of the first signal that
	// is told of.
	Signal alert.Signal
	First  string
	// Topic is the severity among the channels that stands for severity in a
	// receiver, "" for none.
	Topic alert.Severity
	// Firing and Resolved are the dedup keys of the alerts that it tells of, sorted.
	Firing, Resolved []string
}
