// Package group turns signals into decisions, and groups of alerts into
// notifications. It knows no clock and no store: an Engine is asked what a
// signal means to the group that it belongs to (Receive), what there is to
// tell of a group at a time (Flush), and told what was sent (Record).
//
// A stage is one rule of the house, in a file of its own; the first stage that
// decides on a signal wins. In their order: heartbeat.go, dedupe.go, order.go,
// retry.go, storm.go, flap.go (which ends or holds a resolve), suppress.go,
// inhibit.go, pending.go, escalate.go, flood.go, wait.go, cooldown.go, update.go. Before
// them, correlate.go finds the group.
//
// The unit of consistency is the Group: all alerts that share the values of
// the route's labels. It holds the incidents that its alerts made, the newest
// last. A group that fails because of another up or down the stream hands its
// signals Into that one.
package group

import (
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/alert/silence"
)

// A Group is what is known of the alerts that are told of together. The zero
// value but for Key knows nothing.
type Group struct {
	Key string
	// Version counts the writes; 0 if it was never stored.
	Version int64 `json:"-"`
	// Route is the ID of its route.
	Route string `json:",omitempty"`
	// Into is the key of the group whose incident takes this group's alerts, ""
	// if it keeps them; Joined is the ID of that incident.
	Into   string `json:",omitempty"`
	Joined string `json:",omitempty"`
	// Incidents are those not yet forgotten, oldest first, at most maxIncidents.
	Incidents []*Incident `json:",omitempty"`
	// Claim is held while a notification is on its way.
	Claim Claim `json:",omitzero"`
	// Changes are the inhibition sources that changed, Opening an incident that
	// began; they are not yet stored.
	Changes []Change `json:"-"`
	Opening *Opening `json:"-"`
}

// An Incident is one event, from the first alert until all have ended.
type Incident struct {
	ID string
	// Opened is when it was first heard of, Spread when an alert joined it last,
	// Active when something of it was last heard to fire, Ended when all had ended
	// (zero while it is open), Reopened when something of it fired after that.
	Opened, Spread, Active, Ended time.Time
	Reopened                      time.Time `json:",omitzero"`
	// Alerts by dedup key, the ended ones included until it is forgotten; Folded
	// counts the signals beyond the storm limit.
	Alerts map[string]*Alert
	Folded int `json:",omitempty"`
	// Due is when Flush must look at it; zero is never. NotBefore is when new
	// alerts that nobody knows of may be told, NextTick when updates may.
	Due, NotBefore, NextTick time.Time
	// Ticks begin at the first notification.
	FirstTick time.Time
	// First is the ID of the first signal that the next page tells of; Muted says
	// that it was mute when it came.
	First string `json:",omitempty"`
	Muted bool   `json:",omitempty"`
	// Folds is the worst severity that the page about a storm was told of it
	// instead of people, "" if it is told of by itself.
	Folds alert.Severity `json:",omitempty"`
	// Again is the ID of the first signal that a repeated page would tell of.
	Again string `json:",omitempty"`
	// Severity is that of the last page, Page its number, PagedAt its time.
	Severity alert.Severity `json:",omitempty"`
	Page     int            `json:",omitempty"`
	PagedAt  time.Time
	// Reached are the channels that were paged and not yet told of the end; Topic
	// is the severity among them that a receiver by severity was paged through last,
	// "" if none was. Told are the channels that were told, or may have been, and not
	// yet of the end.
	Reached []string       `json:",omitempty"`
	Topic   alert.Severity `json:",omitempty"`
	Told    []string       `json:",omitempty"`
	// Trying is the remedy that is tried before the first page; forgotten when the
	// end is told.
	Trying Trial `json:",omitzero"`
	// Audiences were told, or may have been, and not yet of the end.
	Audiences []alert.Audience `json:",omitempty"`
	// HeldBack counts the signals since the last page that nobody was told of.
	HeldBack int `json:",omitempty"`
	// AckedBy acknowledged it: nothing is repeated. EndedBy said that it is over.
	// "" if nobody did.
	AckedBy string `json:",omitempty"`
	EndedBy string `json:",omitempty"`
	// Lead is what messages are about: the worst signal, the first of several;
	// End the one that ended it.
	Lead, End *alert.Signal `json:",omitempty"`
}

// An Alert is one fact of an incident: the signals that share a dedup key.
type Alert struct {
	// Of is its newest signal, without what only messages need.
	Of alert.Signal
	// Firing says that it counts as firing; a resolve that is held has Hold, the
	// time at which it counts as ended.
	Firing   bool
	Hold     time.Time
	Severity alert.Severity
	// Since began it; FiringAt and ResolvedAt are the newest times of its
	// signals; Heard is when the newest came.
	Since, FiringAt, ResolvedAt, Heard time.Time
	// Gap is the longest time between two of its signals while it fired.
	Gap time.Duration `json:",omitempty"`
	// Told says that people know that it fires.
	Told bool
	// Muted is why nobody is told of it, "" if nothing mutes it.
	Muted Outcome `json:",omitempty"`
	// Source says that it is known to mute others.
	Source bool `json:",omitempty"`
	// Beat is when a heartbeat was last heard; zero if it is none. Gaps are how many
	// minutes went by before those that were heard, at most alert.MaxTrend.
	Beat time.Time
	Gaps []alert.Point `json:",omitempty"`
	// Seen are hashes of the newest signals' IDs, at most maxSeen.
	Seen []uint64 `json:",omitempty"`
}

const (
	maxIncidents = 8
	maxAlerts    = 400 // of an incident, ended ones included
	maxSeen      = 8
)

// An Engine decides by a policy. It is safe for concurrent use on different
// groups.
type Engine struct {
	Policy *policy.Policy
}

// A View is what a decision needs from elsewhere.
type View interface {
	// Group returns the group with that key, a new one if there is none. The
	// Engine changes what it gets.
	Group(key string) (*Group, error)
	// Began returns how many incidents began after since, as far as their openings
	// were stored.
	Began(since time.Time) (int, error)
	// Sources returns the alerts that fire as sources under an inhibition key.
	Sources(key string) ([]Source, error)
	// Silences returns those that hold, in any order; others may be among them.
	Silences() ([]silence.Silence, error)
}

// seen reports whether a signal was handled before.
func (a *Alert) seen(id uint64) bool { return slices.Contains(a.Seen, id) }

func (a *Alert) remember(id uint64) {
	if len(a.Seen) >= maxSeen {
		a.Seen = append(a.Seen[:0], a.Seen[1:]...)
	}
	a.Seen = append(a.Seen, id)
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// last returns the newest incident, nil if there is none.
func (g *Group) last() *Incident {
	if len(g.Incidents) == 0 {
		return nil
	}
	return g.Incidents[len(g.Incidents)-1]
}

// Incident returns the incident with that ID, nil if it is forgotten.
func (g *Group) Incident(id string) *Incident {
	for _, i := range g.Incidents {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// Due returns when Flush must look at g, zero if never.
func (g *Group) Due() time.Time {
	var due time.Time
	for _, i := range g.Incidents {
		due = sooner(due, i.Due)
	}
	return due
}

// open begins an incident of g at now. Those that ended within memory stay, so
// that what comes late of them is known to be late.
func (g *Group) open(memory time.Duration, now time.Time) *Incident {
	g.Incidents = slices.DeleteFunc(g.Incidents, func(i *Incident) bool { return i.forgotten(memory, now) })
	if len(g.Incidents) >= maxIncidents {
		g.Incidents = slices.Delete(g.Incidents, 0, 1)
	}
	id := now.UTC().Format("20060102T150405.000") + "-" + strconv.FormatUint(hash(g.Key)&0xffffffff, 16)
	i := &Incident{ID: id, Opened: now, Alerts: map[string]*Alert{}}
	g.Incidents = append(g.Incidents, i)
	return i
}

// known reports whether people know that i goes on.
func (i *Incident) known() bool { return len(i.Reached) > 0 }

// unknown has people told anew that i goes on.
func (i *Incident) unknown() { i.Reached, i.Topic = nil, "" }

// over reports whether nothing of i fires, everybody who must know does, and no
// time is waited for.
func (i *Incident) over() bool { return len(i.Told) == 0 && i.Due.IsZero() && !i.firing() }

// Forgotten reports whether nothing of g is worth keeping at now: all was over
// for longer than memory.
func (g *Group) Forgotten(memory time.Duration, now time.Time) bool {
	for _, i := range g.Incidents {
		if !i.forgotten(memory, now) {
			return false
		}
	}
	return true
}

func (i *Incident) forgotten(memory time.Duration, now time.Time) bool {
	return i.over() && now.Sub(later(later(i.Opened, i.Active), i.Ended)) > memory
}

// first makes id the first signal of the next page, unless there is one. What
// is mute gives way to what is not.
func (i *Incident) first(id string, muted bool) {
	if i.First == "" || i.Muted && !muted {
		i.First, i.Muted = id, muted
	}
}

// firing reports whether anything of i counts as firing.
func (i *Incident) firing() bool {
	for _, a := range i.Alerts {
		if a.Firing {
			return true
		}
	}
	return false
}

// due asks Flush to look at i at t or before.
func (i *Incident) due(t time.Time) { i.Due = sooner(i.Due, t) }

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
