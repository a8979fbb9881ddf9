package alert

import "time"

// A Notice is what people are told of an incident, and why.
type Notice struct {
	Reason Reason
	// Page says that people are woken, or told that they can sleep; else it is an
	// update for the room.
	Page bool
	// Channels are those that are told, each once: severities, whose people are,
	// the worst first, and Chat. If it fires they are those of the receivers; of the end, all that
	// were told; of an update, Chat at most.
	Channels []string
	// Audiences are those who are told beside them, of what it costs: in a page,
	// those whom it concerns by now; of the end, all who were told; in what else
	// the room is told, those whom it has come to concern.
	Audiences []Audience
	// Previous is the severity told of before, where Reason is SeverityRaised.
	Previous Severity
	At       time.Time // when it was decided
	Since    time.Time // when the incident began
	// HeldBack counts the signals held back since the last page, Folded those
	// that a storm limit left out altogether.
	HeldBack, Folded int
	// QuietUntil is when the page may be repeated; zero if it is not.
	QuietUntil time.Time
	// RespondBy is by when somebody must act; zero is as long after At, or Since
	// of a repeat or an update, as the severity says.
	RespondBy time.Time
	// AckedBy is who has taken the incident on, "" if nobody has.
	AckedBy string
	// OnCall are those whose turn it is to act, in the order in which they are
	// called, as a Duty says it; where Reason is Unacknowledged, those who are
	// called now. None if the policy names nobody.
	OnCall []string
	// Incident is its ID, Group the key of the router's group that has it. Others
	// are the summaries of its alerts but that of the signal that the message is
	// about, worst first.
	Incident, Group string
	Others          []string
	// Alerts are those that ended since the last notice and those that fire, each
	// worst first, at most 20.
	Alerts []Member
	// By is who said that it is over, where Reason is AlertResolved; "" if its
	// signals did.
	By string
	// Choices are the answers that people may give, each by a link; nil if none.
	Choices []Choice
}

// A Member is one alert of an incident, as a notice lists it.
type Member struct {
	DedupKey string    `json:"dedup_key"`
	Rule     string    `json:"rule"`
	Pipeline string    `json:"pipeline"`
	Status   Status    `json:"status"`
	Severity Severity  `json:"severity"`
	At       time.Time `json:"at"` // when it began; when it ended, if it is Resolved
	Summary  string    `json:"summary"`
}

// A Choice is an answer that whoever gets a message may give by a link.
type Choice struct {
	Name string `json:"name"` // Acknowledge, Resolve, Silence
	Does string `json:"does"` // what comes of it, in a few words
	URL  string `json:"url"`
}

// A Reason says why people are told. It ends up in the log.
type Reason string

// The reasons to tell people.
const (
	FirstNotification Reason = "first_notification"
	FiredAgain        Reason = "fired_again" // after its end was told
	SeverityRaised    Reason = "escalated"
	StillFiring       Reason = "still_firing" // the repeat interval is over
	AlertResolved     Reason = "resolved"
	NewAlerts         Reason = "new_alerts" // in an incident that people know of
	SomeResolved      Reason = "some_resolved"
	Unacknowledged    Reason = "unacknowledged" // nobody took the incident on in time
	Progress          Reason = "progress"       // something was done about it
	CostsMore         Reason = "costs_more"     // it has come to concern an audience
	NewReceivers      Reason = "new_receivers"  // its routes tell others too by now
	// RemedyFirst tells what tries remedies, and the rooms: nobody is paged until
	// they had their time.
	RemedyFirst Reason = "remedy_first"
)

// A Message is what one channel gets.
type Message struct {
	// Channel is a severity, an audience, Chat or Responder.
	Channel string
	// Subject is at most 99 ASCII characters, without a line break; "" for none.
	Subject string
	// Bodies holds a text for each protocol (email, sqs, lambda, https) and
	// "default" for the others. A message with default alone is sent as it is.
	Bodies map[string]string
	// Attributes are for subscribers to filter by; none is empty.
	Attributes map[string]string
}

// Chat is the channel of the chat rooms, Responder that of what leads incidents
// where no severity's people are told.
const (
	Chat      = "chat"
	Responder = "responder"
)

// A Notification is the fact that people were told, as alert.notified.v1
// carries it.
type Notification struct {
	// ID is the same for every attempt to tell of the same.
	ID         string `json:"id"`
	IncidentID string `json:"incident_id"`
	// SignalID and what follows are those of the signal that it was about.
	SignalID string    `json:"signal_id"`
	DedupKey string    `json:"dedup_key"`
	GroupKey string    `json:"group_key"`
	Rule     string    `json:"rule"`
	Pipeline string    `json:"pipeline"`
	Status   Status    `json:"status"`
	Severity Severity  `json:"severity"`
	Reason   Reason    `json:"reason"`
	Channels []string  `json:"channels"` // those that were reached, in order
	At       time.Time `json:"at"`       // the signal's own time
}
