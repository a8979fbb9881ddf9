// Package router takes signals to people: it loads the group that a signal
// belongs to, has the engine decide, stores what changed, and sends what there
// is to tell. Everything comes at least once: signals, timers, deliveries.
//
// Whatever is told is recorded after it was sent, so that a crash in between
// leads to a double and never to a loss. A timer is set before the state that
// needs it is stored, for the same reason; one that finds nothing to do is
// harmless.
package router

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/silence"
)

// A Store keeps groups and the sources of inhibition.
type Store interface {
	// Group returns the group with that key, a new one if there is none. It reads
	// its own and others' finished writes.
	Group(ctx context.Context, key string) (*group.Group, error)
	// PutGroup stores g if the stored version is g.Version, and counts that up;
	// otherwise it returns ErrConflict and stores nothing.
	PutGroup(ctx context.Context, g *group.Group) error
	// Sources returns the sources that fire under key, sorted.
	Sources(ctx context.Context, key string) ([]group.Source, error)
	// PutSource adds or removes a source; doing it twice does it once.
	PutSource(ctx context.Context, c group.Change, now time.Time) error
	// Began returns how many openings after since were put, up to a thousand at
	// least. PutOpening twice counts once.
	Began(ctx context.Context, since time.Time) (int, error)
	PutOpening(ctx context.Context, o group.Opening) error
	// Silences returns all silences that are remembered, in any order.
	Silences(ctx context.Context) ([]silence.Silence, error)
	// PutSilence stores s, which silence.New made, unless what is stored under its
	// ID was updated later.
	PutSilence(ctx context.Context, s silence.Silence) error
}

// A Timer lets a Wake come to the router at a time, at least once and not long
// after it.
type Timer interface {
	Set(ctx context.Context, w Wake, now time.Time) error
}

// A Wake says that a group is due. It travels through the router's own queue.
type Wake struct {
	Group string    `json:"wake_group"`
	Due   time.Time `json:"due"`
}

// A Publisher sends one message to the channel that it names.
type Publisher interface {
	Publish(ctx context.Context, m alert.Message) error
}

// An Announcer puts alert.notified.v1 on the bus.
type Announcer interface {
	Announce(ctx context.Context, n alert.Notification) error
}

// A Router needs all its fields but Lease and Name. It is safe for concurrent use if
// what it holds is.
type Router struct {
	Engine    group.Engine
	Store     Store
	Timer     Timer
	Publisher Publisher
	Announcer Announcer
	// Compose writes the messages of a notice.
	Compose func(context.Context, alert.Signal, alert.Notice) ([]alert.Message, error)
	// Lease is how long a claim outlives the delivery that died with it, a
	// minute if 0. It must be longer than one delivery may take, or both send.
	Lease time.Duration
	// Name returns a name that no other delivery has. By it a claim is known for
	// one's own whose answer was lost and that somebody else wrote over; if it is
	// nil, such a claim is left alone until its end.
	Name func() string
}

// A Result is what became of a signal, or of a wake, and what was sent.
type Result struct {
	Decision group.Decision
	Sent     []group.Notice
}

// ErrConflict says that somebody else wrote the group in between. It is worth
// another try.
var ErrConflict = errors.New("group has changed")

const (
	defaultLease = time.Minute
	attempts     = 8
	maxNotices   = 20 // of one delivery
)

// Route takes in s, which came at now, and tells what is due of its group. The
// error of a signal that cannot be routed wraps alert.ErrInvalid; any other is
// worth another try.
func (r *Router) Route(ctx context.Context, s alert.Signal, now time.Time) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	s = bounded(s)
	for attempt := 1; ; attempt++ {
		d, err := r.receive(ctx, &s, now)
		if errors.Is(err, ErrConflict) && attempt < attempts {
			continue
		}
		if err != nil {
			return Result{Decision: d}, err
		}
		sent, err := r.flush(ctx, d.Group, now)
		if d.Also != nil && err == nil {
			var more []group.Notice
			more, err = r.flush(ctx, group.FloodKey, now)
			sent = append(sent, more...)
		}
		return Result{d, sent}, err
	}
}

// receive decides on s once and stores what that changes.
func (r *Router) receive(ctx context.Context, s *alert.Signal, now time.Time) (group.Decision, error) {
	v := &view{ctx: ctx, store: r.Store, now: now, groups: map[string]*group.Group{}}
	g, alias, err := r.Engine.Find(s, v, now)
	if err != nil {
		return group.Decision{}, err
	}
	was := g.Due()
	d, err := r.Engine.Receive(g, s, v, now)
	if err != nil || d.Outcome == group.Duplicate {
		return d, err
	}
	// The opening comes first: without it the storm might seem to be over.
	if g.Opening != nil {
		if err := r.Store.PutOpening(ctx, *g.Opening); err != nil {
			return d, err
		}
		g.Opening = nil
	}
	if d.Also != nil {
		if _, err := r.receive(ctx, d.Also, now); err != nil {
			return d, fmt.Errorf("fold incident: %w", err)
		}
	}
	if alias != nil {
		if err := r.Store.PutGroup(ctx, alias); err != nil {
			return d, fmt.Errorf("lead group to another: %w", err)
		}
	}
	if err := r.store(ctx, g, was, now); err != nil {
		return d, fmt.Errorf("store group: %w", err)
	}
	return d, nil
}

// store sets the timer that g needs now, unless it was set when g was due at
// was, and stores g.
func (r *Router) store(ctx context.Context, g *group.Group, was, now time.Time) error {
	if due := g.Due(); due.After(now) && !due.Equal(was) {
		if err := r.Timer.Set(ctx, Wake{g.Key, due}, now); err != nil {
			return fmt.Errorf("set timer: %w", err)
		}
	}
	for _, c := range g.Changes {
		if err := r.Store.PutSource(ctx, c, now); err != nil {
			return err
		}
	}
	g.Changes = nil
	return r.Store.PutGroup(ctx, g)
}

// Wake tells what is due of a group at now. A wake that comes early is set again.
func (r *Router) Wake(ctx context.Context, w Wake, now time.Time) (Result, error) {
	if now.Before(w.Due) {
		return Result{}, r.Timer.Set(ctx, w, now)
	}
	sent, err := r.flush(ctx, w.Group, now)
	return Result{Sent: sent}, err
}

// flush sends what is due of the group, one notice after the other. If another
// delivery is sending for it, it leaves that to the other, and comes back when
// the other must have finished or died.
func (r *Router) flush(ctx context.Context, key string, now time.Time) ([]group.Notice, error) {
	var sent []group.Notice
	conflicts, name := 0, ""
	if r.Name != nil {
		name = r.Name()
	}
	for len(sent) < maxNotices {
		v := &view{ctx: ctx, store: r.Store, now: now, groups: map[string]*group.Group{}}
		g, err := v.Group(key)
		if err != nil {
			return sent, err
		}
		was := g.Due()
		if was.IsZero() || was.After(now) {
			return sent, nil
		}
		if own := name != "" && g.Claim.By == name; g.Claim.Notice != "" && g.Claim.Until.After(now) && !own {
			return sent, r.Timer.Set(ctx, Wake{key, g.Claim.Until}, now)
		}
		n, more, err := r.Engine.Flush(g, v, now)
		if err != nil {
			return sent, err
		}
		if more {
			err = r.tell(ctx, g, n, name, now)
		} else {
			err = r.store(ctx, g, time.Time{}, now)
		}
		switch {
		case errors.Is(err, ErrConflict):
			if conflicts++; conflicts == attempts {
				return sent, err
			}
		case err != nil:
			return sent, err
		case !more:
			return sent, nil
		default:
			sent = append(sent, n)
		}
	}
	return sent, r.Timer.Set(ctx, Wake{key, now}, now)
}

// tell claims g in the delivery's name, sends n and records it. It returns
// ErrConflict only if nothing was sent.
func (r *Router) tell(ctx context.Context, g *group.Group, n group.Notice, name string, now time.Time) error {
	messages, err := r.Compose(ctx, n.Signal, n.Notice)
	if err != nil {
		return fmt.Errorf("compose messages: %w", err)
	}
	g.Hold(n, name, now.Add(r.lease()))
	if err := r.store(ctx, g, time.Time{}, now); err != nil {
		return fmt.Errorf("claim group: %w", err)
	}
	claim := g.Claim
	err = r.send(ctx, n, messages, &claim)
	// What was sent is recorded even if the delivery's time is up.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		return errors.Join(err, r.giveBack(ctx, g, claim, now))
	}
	err = r.change(ctx, g, now, func(g *group.Group, v group.View) error { return r.Engine.Record(g, n, v, now) })
	if err != nil {
		// %v: it was sent, so a conflict must not be tried again at once.
		return errors.Join(fmt.Errorf("record notification: %v", err), r.giveBack(ctx, g, claim, now))
	}
	return nil
}

// announced stands for the bus among the channels of a claim.
const announced = "bus"

// send publishes the messages that c does not hold as delivered, announces the
// notification, and adds each to c.
func (r *Router) send(ctx context.Context, n group.Notice, messages []alert.Message, c *group.Claim) error {
	// One channel's failure must not keep the others from being reached.
	var failed []error
	channels := make([]string, 0, len(messages))
	for _, m := range messages {
		channels = append(channels, m.Channel)
		if slices.Contains(c.Delivered, m.Channel) {
			continue
		}
		if err := r.Publisher.Publish(ctx, m); err != nil {
			failed = append(failed, fmt.Errorf("publish to %s: %w", m.Channel, err))
			continue
		}
		c.Delivered = append(c.Delivered, m.Channel)
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	if slices.Contains(c.Delivered, announced) {
		return nil
	}
	s := n.Signal
	if err := r.Announcer.Announce(ctx, alert.Notification{
		ID: "notified-" + n.ID, IncidentID: n.Incident, SignalID: s.ID, DedupKey: s.DedupKey, GroupKey: s.GroupKey,
		Rule: s.Rule, Pipeline: s.Pipeline, Status: s.Status, Severity: s.Severity,
		Reason: n.Reason, Channels: channels, At: s.At,
	}); err != nil {
		return fmt.Errorf("announce notification: %w", err)
	}
	c.Delivered = append(c.Delivered, announced)
	return nil
}

// giveBack ends the claim without forgetting which channels were reached.
func (r *Router) giveBack(ctx context.Context, g *group.Group, claim group.Claim, now time.Time) error {
	err := r.change(ctx, g, now, func(g *group.Group, _ group.View) error {
		if g.Claim.Notice == claim.Notice {
			g.Claim.Until, g.Claim.Delivered = now, claim.Delivered
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("give claim back: %v", err)
	}
	return nil
}

// change stores what f does to g, or to what g has become since.
func (r *Router) change(ctx context.Context, g *group.Group, now time.Time, f func(*group.Group, group.View) error) error {
	for attempt := 1; ; attempt++ {
		v := &view{ctx: ctx, store: r.Store, now: now, groups: map[string]*group.Group{}}
		var err error
		if attempt > 1 {
			if g, err = r.Store.Group(ctx, g.Key); err != nil {
				return err
			}
		}
		if err := f(g, v); err != nil {
			return err
		}
		if err = r.store(ctx, g, time.Time{}, now); !errors.Is(err, ErrConflict) || attempt == attempts {
			return err
		}
	}
}

func (r *Router) lease() time.Duration {
	if r.Lease > 0 {
		return r.Lease
	}
	return defaultLease
}

// The bounds of what a group keeps of a signal's labels.
const (
	maxLabels = 16
	maxLabel  = 128 // bytes of a name, and of a value
)

// bounded returns s with few and short labels: they are kept for each alert.
func bounded(s alert.Signal) alert.Signal {
	labels := make(map[string]string, len(s.Labels))
	names := make([]string, 0, len(s.Labels))
	for name := range s.Labels {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), maxLabels)] {
		if value := s.Labels[name]; len(name) <= maxLabel {
			labels[name] = value[:min(len(value), maxLabel)]
		}
	}
	s.Labels = labels
	return s
}
