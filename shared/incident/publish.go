package incident

import (
	"context"
	"time"

	"tillwatch/shared/alert"
)

// A Journal remembers what the world was told of incidents, and how they stand.
type Journal interface {
	// Published returns the ids of the incident's events that were published.
	Published(ctx context.Context, incident string) (map[string]bool, error)
	// MarkPublished notes that events of an incident were published; doing it
	// twice does it once.
	MarkPublished(ctx context.Context, incident string, events []string) error
	// Keep stores s, unless one of the same incident that knows more events is
	// there.
	Keep(ctx context.Context, s Standing) error
	// Standings returns those of the incidents opened since a time, in any order.
	Standings(ctx context.Context, since time.Time) ([]Standing, error)
}

// An Announcer puts updates on the bus, in order. It may be given the same
// update twice.
type Announcer interface {
	Announce(ctx context.Context, list []Update) error
}

// A Meter publishes the figures of incidents as they are at a time. It may be
// asked for the same time twice.
type Meter interface {
	Measure(ctx context.Context, list []Standing, at time.Time) error
}

// A Scribe writes the page of an incident, over what was there.
type Scribe interface {
	Write(ctx context.Context, inc *Incident, book Playbook, now time.Time) error
}

// A Publisher tells the world of incidents: it keeps how they stand, writes
// their pages, measures them and puts their events on the bus, all at least
// once. All fields are required.
type Publisher struct {
	Journal   Journal
	Announcer Announcer
	Meter     Meter
	Scribe    Scribe
}

// PageKey is where the page of an incident lies in the results bucket.
func PageKey(incident string) string { return "reports/incidents/" + incident + "/index.html" }

// Window is how far back the figures of incidents reach.
const Window = 30 * 24 * time.Hour

// Publish tells of the events of inc that were not told of before. After an
// error some of it may have been done; it is done again when it is called
// again, with the same ids and times.
func (p *Publisher) Publish(ctx context.Context, inc *Incident, book Playbook, now time.Time) error {
	done, err := p.Journal.Published(ctx, inc.ID)
	if err != nil {
		return err
	}
	news, ids, measured := inc.updates(done)
	if len(news) == 0 {
		return nil
	}
	if err := p.Journal.Keep(ctx, inc.Standing()); err != nil {
		return err
	}
	if err := p.Scribe.Write(ctx, inc, book, now); err != nil {
		return err
	}
	if !measured.IsZero() {
		list, err := p.Journal.Standings(ctx, measured.Add(-Window))
		if err != nil {
			return err
		}
		if err := p.Meter.Measure(ctx, list, measured); err != nil {
			return err
		}
	}
	if err := p.Announcer.Announce(ctx, news); err != nil {
		return err
	}
	return p.Journal.MarkPublished(ctx, inc.ID, ids)
}

// An Update tells how an incident stood after one event of its timeline. It
// travels as the data of incident.opened.v1, incident.updated.v1 and
// incident.resolved.v1. Times are UTC; those that are not there yet are left
// out.
type Update struct {
	ID          string         `json:"incident_id"`
	Group       string         `json:"group_key"`
	Status      Status         `json:"status"`
	Severity    alert.Severity `json:"severity"`
	Title       string         `json:"title"`
	Pipeline    string         `json:"pipeline"`
	Environment string         `json:"environment"`
	StartedAt   time.Time      `json:"started_at"`
	DetectedAt  time.Time      `json:"detected_at"`
	NotifiedAt  time.Time      `json:"notified_at,omitzero"`
	AckedAt     time.Time      `json:"acked_at,omitzero"`
	AckedBy     string         `json:"acked_by,omitempty"`
	MitigatedAt time.Time      `json:"mitigated_at,omitzero"`
	ResolvedAt  time.Time      `json:"resolved_at,omitzero"`
	ResolvedBy  string         `json:"resolved_by,omitempty"`
	Resolution  Resolution     `json:"resolution,omitempty"`
	Reopened    int            `json:"reopened"`
	// Level is how many levels of the escalation were called.
	Level int `json:"level"`
	// Alerts counts its alerts, Firing those that are not over.
	Alerts int    `json:"alerts"`
	Firing int    `json:"firing"`
	Change Change `json:"change"`
}

// A Change is what was done, and by whom.
type Change struct {
	ID   string    `json:"id"` // the event's
	Kind Kind      `json:"kind"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// turns are the kinds of event that change the figures of incidents.
var turns = map[Kind]bool{Opened: true, SeverityRaised: true, Acknowledge: true, Resolve: true, Reopen: true, Corrected: true}

// updates returns an update for each event with an effect that is not in done,
// with their ids, and the time of the last of them that changes figures, zero
// if none does.
func (inc *Incident) updates(done map[string]bool) (list []Update, ids []string, measured time.Time) {
	without := map[string]bool{}
	for _, i := range inc.Ignored {
		without[i.Event] = true
	}
	for i, e := range inc.Timeline {
		if done[e.ID] || without[e.ID] {
			continue
		}
		then, err := Fold(inc.Timeline[:i+1])
		if err != nil {
			continue // a note that is older than the opening
		}
		list, ids = append(list, then.update(e)), append(ids, e.ID)
		if turns[e.Kind] {
			measured = e.At
		}
	}
	return list, ids, measured
}

func (inc *Incident) update(e Event) Update {
	u := Update{
		ID: inc.ID, Group: inc.Group, Status: inc.Status, Severity: inc.Severity, Title: inc.Title, Pipeline: inc.Pipeline,
		StartedAt: inc.StartedAt, DetectedAt: inc.DetectedAt, NotifiedAt: inc.NotifiedAt, AckedAt: inc.AckedAt, AckedBy: inc.AckedBy,
		MitigatedAt: inc.MitigatedAt, ResolvedAt: inc.ResolvedAt, ResolvedBy: inc.ResolvedBy, Resolution: inc.Resolution,
		Reopened: inc.Reopened, Level: inc.Level, Alerts: len(inc.Alerts), Firing: inc.Firing(),
		Change: Change{ID: e.ID, Kind: e.Kind, By: e.By, At: e.At, Text: e.Text},
	}
	if len(inc.Alerts) > 0 {
		u.Environment = inc.Alerts[0].Signal.Environment
	}
	return u
}
