package group

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"tillwatch/shared/alert"
)

// FloodKey is the key of the group that tells of a storm of incidents: each of
// its alerts is an incident that is told of there instead of by itself.
const FloodKey = "storm"

// An Opening says that an incident began that somebody is to be told of.
type Opening struct {
	Incident string
	At       time.Time
}

// flood folds an incident that begins while more begin than anybody can read:
// one page tells of all that follow. It is known all the same, and told of by
// itself if it still fires when fewer begin, or as soon as it is too severe to
// wait for that.
func flood(c *call) (Outcome, Reason, error) {
	i, storm := c.incident, &c.engine.Policy.Incidents.Storm
	if storm.Limit == 0 || i.known() || c.group.Key == FloodKey || i.Folds == "" && !i.NotBefore.IsZero() {
		return "", "", nil
	}
	severity := c.alert.Severity
	folds := storm.Folds(severity)
	if i.Folds == "" {
		began, err := c.view.Began(c.now.Add(-storm.Within))
		if err != nil {
			return "", "", err
		}
		c.group.Opening = &Opening{i.ID, c.now}
		folds = folds && began >= storm.Limit
	}
	if !folds {
		i.Folds = ""
		return "", "", nil
	}
	if i.Folds == "" || severity.Worse(i.Folds) {
		i.Folds = severity
		c.also = summary(c.signal, i)
	}
	i.First, i.Muted = c.signal.ID, true
	i.due(c.now.Add(storm.Within))
	return Folded, ManyIncidents, nil
}

// flooded reports whether still so many incidents begin that those that fold go
// on doing so.
func (e Engine) flooded(v View, now time.Time) (bool, error) {
	storm := &e.Policy.Incidents.Storm
	if storm.Limit == 0 {
		return false, nil
	}
	began, err := v.Began(now.Add(-storm.Within))
	return began > storm.Limit, err
}

// summary returns what the group of a storm hears of an incident, because of s.
func summary(s *alert.Signal, i *Incident) *alert.Signal {
	text := s.Summary
	if s.Pipeline != "" {
		text = s.Pipeline + ": " + text
	}
	return &alert.Signal{
		ID: FloodKey + "/" + i.ID + "/" + string(i.Folds), DedupKey: FloodKey + "/" + i.ID, GroupKey: FloodKey, Status: alert.Firing,
		Severity: i.Folds, Rule: alert.IncidentStorm, Environment: s.Environment, At: s.At, Summary: text,
		Stakes: s.Stakes,
	}
}

// flood ends the alerts of a storm that is over, and says when to look again at
// what folds.
func (f *flush) flood() (err error) {
	storm := &f.engine.Policy.Incidents.Storm
	if f.flooded, err = f.engine.flooded(f.view, f.now); err != nil {
		return err
	}
	if f.flooded {
		f.again = sooner(f.again, f.now.Add(max(time.Minute, storm.Within/5)))
		return nil
	}
	if f.group.Key == FloodKey {
		for _, a := range f.incident.Alerts {
			f.incident.end(f.group, f.engine.Policy, a, f.now)
		}
	}
	return nil
}

// storm is the summary of the message about a storm.
func (f *flush) storm(reason alert.Reason) string {
	if reason == alert.AlertResolved {
		return "the storm of incidents is over: each that still fires is told of by itself"
	}
	storm := &f.engine.Policy.Incidents.Storm
	return fmt.Sprintf("%d more incidents than the %d within %v that are told of one by one",
		f.incident.beyond(), storm.Limit, model.Duration(storm.Within))
}

// beyond counts the incidents that a storm's own tells of.
func (i *Incident) beyond() int { return len(i.Alerts) + i.Folded }
