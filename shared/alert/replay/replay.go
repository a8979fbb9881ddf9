// Package replay plays a history of signals through the stages that production
// runs, with a virtual clock, and says what people would have heard: how much
// less than what was raised, how late, and, where the history knows the truth,
// whether every incident was told of and the alerts of one stayed together.
package replay

import (
	"container/heap"
	"fmt"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/policy"
)

// A Line is one signal of a history.
type Line struct {
	// Time is the signal's own. The clock is the latest Time so far: a line that
	// is older than the line before it arrived late.
	Time     time.Time      `json:"time"`
	Status   alert.Status   `json:"status"`
	Rule     string         `json:"rule"`
	Severity alert.Severity `json:"severity"`
	Labels   Labels         `json:"labels"`
	Value    *float64       `json:"value,omitempty"`
	// Stakes decide which audiences would have been told; nil if nothing is known.
	Stakes *alert.Stakes `json:"stakes,omitempty"`
	// Truth names the incident that it belongs to, "" if none or unknown.
	Truth string `json:"truth_incident,omitempty"`
	// ID and DedupKey and GroupKey are those of the signal, if the history has them.
	ID       string `json:"id,omitempty"`
	DedupKey string `json:"dedup_key,omitempty"`
	GroupKey string `json:"group_key,omitempty"`
}

// An Outcome is what became of a line in the end.
type Outcome struct {
	Time     time.Time `json:"time"`
	DedupKey string    `json:"dedup_key"`
	GroupKey string    `json:"group_key"`
	// Decision is notify on exactly one line for each page, its first signal.
	Decision       string     `json:"decision"`
	Reason         string     `json:"reason"`
	IncidentID     string     `json:"incident_id"`
	NotificationID string     `json:"notification_id"`
	NotifiedAt     *time.Time `json:"notified_at"`
}

// Notify is the decision of the first signal of a page.
const Notify = "notify"

// memory is how long a group is kept after it ended.
const memory = 2 * time.Hour

// A Player plays one history. Make one with New.
type Player struct {
	engine group.Engine
	view   view
	clock  time.Time
	timers timers
	report *tally
	lines  int
	// waiting are the lines whose fate the next page of an incident decides.
	waiting map[string][]waiter
	pages   map[string]page
	// Decided is called for a line when it comes, and again if what became of it
	// changed; line counts from 0.
	Decided func(line int, o Outcome) error
	// Told is called for everything that people would have been told.
	Told func(n group.Notice, at time.Time)
}

type waiter struct {
	line    int
	id      string
	outcome Outcome
	truth   string
	at      time.Time // when it arrived
	urgent  bool      // P0 or P1, and not mute
}

type page struct {
	id string
	at time.Time
}

// New returns a player for a policy.
func New(p *policy.Policy) *Player {
	return &Player{
		engine:  group.Engine{Policy: p},
		view:    view{groups: map[string]*group.Group{}, sources: map[string][]group.Source{}, scheduled: map[string]time.Time{}},
		report:  newTally(),
		waiting: map[string][]waiter{}, pages: map[string]page{},
	}
}

// Play takes the next line of the history.
func (p *Player) Play(l Line) error {
	s, err := signal(l)
	if err != nil {
		return err
	}
	if l.Time.After(p.clock) {
		if err := p.Until(l.Time); err != nil {
			return err
		}
	}
	line := p.lines
	p.lines++
	g, alias, err := p.engine.Find(&s, &p.view, p.clock)
	if err != nil {
		return err
	}
	if alias != nil {
		p.view.groups[alias.Key] = alias
	}
	p.view.groups[g.Key] = g
	d, err := p.engine.Receive(g, &s, &p.view, p.clock)
	if err != nil {
		return err
	}
	o := Outcome{Time: l.Time, DedupKey: s.DedupKey, GroupKey: d.Group, Decision: string(d.Outcome), Reason: string(d.Reason), IncidentID: d.Incident}
	if o.Decision == string(group.Waiting) {
		o.Decision = string(group.Grouped)
	}
	if last, ok := p.pages[d.Incident]; ok {
		o.NotificationID, o.NotifiedAt = last.id, &last.at
	}
	w := waiter{line: line, id: s.ID, outcome: o, truth: l.Truth, at: p.clock,
		urgent: (l.Severity == alert.P0 || l.Severity == alert.P1) && d.Outcome == group.Waiting}
	p.report.signal(l, d, !p.engine.Policy.TellsNobody(&s))
	switch i := g.Incident(d.Incident); {
	case d.Outcome == group.Folded && i != nil && i.First == s.ID:
		p.waiting[d.Incident] = []waiter{w} // the newest stands for all
	case d.Outcome == group.Waiting, i != nil && (i.First == s.ID || i.Again == s.ID) && d.Outcome != group.Duplicate:
		p.waiting[d.Incident] = append(p.waiting[d.Incident], w)
	}
	if err := p.decided(line, o); err != nil {
		return err
	}
	p.view.apply(g) // the opening, before the storm is looked at
	if err := p.also(d, w); err != nil {
		return err
	}
	return p.flush(g, p.clock)
}

// also receives the signal that a decision on the line of w made.
func (p *Player) also(made group.Decision, w waiter) error {
	if made.Also == nil {
		return nil
	}
	g, _, err := p.engine.Find(made.Also, &p.view, p.clock)
	if err != nil {
		return err
	}
	p.view.groups[g.Key] = g
	d, err := p.engine.Receive(g, made.Also, &p.view, p.clock)
	if err != nil {
		return err
	}
	if w.id = made.Also.ID; d.Outcome == group.Waiting {
		p.waiting[d.Incident] = append(p.waiting[d.Incident], w)
	}
	return p.flush(g, p.clock)
}

func (p *Player) decided(line int, o Outcome) error {
	if p.Decided == nil {
		return nil
	}
	return p.Decided(line, o)
}

// signal returns what a line says as a signal.
func signal(l Line) (alert.Signal, error) {
	take := func(names ...string) string {
		for _, name := range names {
			if v := l.Labels[name]; v != "" {
				delete(l.Labels, name)
				return v
			}
		}
		return ""
	}
	s := alert.Signal{
		ID: l.ID, DedupKey: l.DedupKey, GroupKey: l.GroupKey, Status: l.Status, Severity: l.Severity, Rule: l.Rule, At: l.Time.UTC(),
		Pipeline: take("pipeline", "pipeline_name", "pipeline_id"), Environment: take("environment", "env"), Team: take("team"), Labels: l.Labels,
		Summary: l.Rule, Stakes: l.Stakes,
	}
	for _, name := range []string{"retry", "retry_count"} {
		if v := s.Labels[name]; v != "" && v != "0" && v != "false" {
			s.Retry = 1
		}
	}
	if s.DedupKey == "" {
		s.DedupKey = policy.Identity(&s)
	}
	if s.GroupKey == "" {
		s.GroupKey = s.DedupKey
	}
	if s.ID == "" {
		s.ID = fmt.Sprintf("%s/%s/%s/%d", s.DedupKey, s.Status, s.Severity, s.At.UnixNano())
		if l.Value != nil {
			s.ID += fmt.Sprintf("/%g", *l.Value)
		}
	}
	return s, s.Validate()
}

// advance lets the timers fire that are due before t or at t.
func (p *Player) advance(t time.Time) error {
	for len(p.timers) > 0 && !p.timers[0].at.After(t) {
		next := heap.Pop(&p.timers).(timer)
		if !p.view.scheduled[next.key].Equal(next.at) {
			continue // a later decision has moved it
		}
		delete(p.view.scheduled, next.key)
		if g := p.view.groups[next.key]; g != nil {
			if err := p.flush(g, next.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush sends what there is to tell of g at now, and sets its timer.
func (p *Player) flush(g *group.Group, now time.Time) error {
	for due := g.Due(); !due.IsZero() && !due.After(now); due = g.Due() {
		n, ok, err := p.engine.Flush(g, &p.view, now)
		if err != nil {
			return err
		}
		p.view.apply(g)
		if !ok {
			break
		}
		if err := p.tell(n, now); err != nil {
			return err
		}
		if err := p.engine.Record(g, n, &p.view, now); err != nil {
			return err
		}
		p.view.apply(g)
	}
	p.view.apply(g)
	if err := p.close(g); err != nil {
		return err
	}
	due := g.Due()
	if due.IsZero() {
		if g.Forgotten(memory, now) && !p.leads(g) {
			delete(p.view.groups, g.Key)
			delete(p.view.scheduled, g.Key)
			for _, i := range g.Incidents {
				delete(p.pages, i.ID)
				delete(p.waiting, i.ID)
			}
			return nil
		}
		due = now.Add(memory + time.Minute)
	}
	if !p.view.scheduled[g.Key].Equal(due) {
		p.view.scheduled[g.Key] = due
		heap.Push(&p.timers, timer{due, g.Key})
	}
	return nil
}

// leads reports whether g's signals still go into another group's incident.
func (p *Player) leads(g *group.Group) bool {
	into := p.view.groups[g.Into]
	return into != nil && into.Incident(g.Joined) != nil
}

// tell notes a notice as sent at now, and decides the lines that waited for it.
func (p *Player) tell(n group.Notice, now time.Time) error {
	p.report.notice(n)
	if p.Told != nil {
		p.Told(n, now)
	}
	if !n.Page || n.Reason == alert.AlertResolved {
		return nil
	}
	told := page{n.ID, now}
	p.pages[n.Incident] = told
	waiting := p.waiting[n.Incident]
	delete(p.waiting, n.Incident)
	first := -1
	for i, w := range waiting {
		if w.id == n.First && first < 0 {
			first = i
		}
	}
	for i, w := range waiting {
		o := w.outcome
		o.NotificationID, o.NotifiedAt = told.id, &told.at
		if i == first {
			o.Decision, o.Reason = Notify, string(n.Reason)
			p.report.first(w, n.Reason, now)
		} else if o.NotificationID == w.outcome.NotificationID {
			continue
		}
		if err := p.decided(w.line, o); err != nil {
			return err
		}
	}
	return nil
}

// close decides the lines that waited for a page that will never be.
func (p *Player) close(g *group.Group) error {
	for _, i := range g.Incidents {
		waiting := p.waiting[i.ID]
		if len(waiting) == 0 || i.Ended.IsZero() {
			continue
		}
		delete(p.waiting, i.ID)
		for _, w := range waiting {
			if w.outcome.Decision != string(group.Grouped) || w.outcome.NotificationID != "" {
				continue
			}
			w.outcome.Decision, w.outcome.Reason = string(group.Resolved), "resolved_before_told"
			if err := p.decided(w.line, w.outcome); err != nil {
				return err
			}
		}
	}
	return nil
}

// Finish lets everything that waits for the end of a group's wait be told, and
// returns the report.
func (p *Player) Finish() (Report, error) {
	wait := time.Duration(0)
	for _, r := range p.engine.Policy.Routes {
		wait = max(wait, r.Wait)
	}
	if err := p.Until(p.clock.Add(wait)); err != nil {
		return Report{}, err
	}
	return p.report.report(), nil
}

// Until lets time pass until t, which must not be before the clock.
func (p *Player) Until(t time.Time) error {
	if err := p.advance(t); err != nil {
		return err
	}
	p.clock = t
	return nil
}

// A timer says when a group must be looked at.
type timer struct {
	at  time.Time
	key string
}

type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	if !t[i].at.Equal(t[j].at) {
		return t[i].at.Before(t[j].at)
	}
	return t[i].key < t[j].key
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}
