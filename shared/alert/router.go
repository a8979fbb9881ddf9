package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Store keeps the state of alerts.
type Store interface {
	// AlertState returns what is known of the alert, the zero State but for
	// DedupKey if nothing is. It reads its own and others' finished writes.
	AlertState(ctx context.Context, dedupKey string) (State, error)
	// PutAlertState stores s if the stored version is s.Version, and returns it
	// with the next version; otherwise it returns ErrConflict and stores nothing.
	PutAlertState(ctx context.Context, s State) (State, error)
}

// A Publisher sends one message to the channel that it names.
type Publisher interface {
	Publish(ctx context.Context, m Message) error
}

// An Announcer puts alert.notified.v1 on the bus.
type Announcer interface {
	Announce(ctx context.Context, n Notification) error
}

// A Message is what one channel gets.
type Message struct {
	// Channel is a severity, or Chat.
	Channel string
	// Subject is at most 99 ASCII characters, without a line break; "" for none.
	Subject string
	// Bodies holds a text for each protocol (email, sqs, lambda, https) and
	// "default" for the others. A message with default alone is sent as it is.
	Bodies map[string]string
	// Attributes are for subscribers to filter by; none is empty.
	Attributes map[string]string
}

// Chat is the channel of the chat rooms.
const Chat = "chat"

// A Notification is the fact that people were told, as alert.notified.v1
// carries it.
type Notification struct {
	// ID is the same for every attempt to tell of the same signal.
	ID       string    `json:"id"`
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

// A Router takes signals to people. All fields but Rule, Lease and Wait are
// required. It is safe for concurrent use if what it holds is.
type Router struct {
	Rule      Rule
	Store     Store
	Publisher Publisher
	Announcer Announcer
	// Compose writes the messages of a signal that somebody is told of.
	Compose func(Signal, Decision) ([]Message, error)
	// Lease is how long a claim outlives the delivery that died with it, a
	// minute if 0. It must be longer than one delivery may take, or both send.
	Lease time.Duration
	// Wait pauses before a claim is tried again; without it Route gives up at
	// once and leaves trying again to the queue.
	Wait func(context.Context, time.Duration) error
}

// The errors of routing that a caller branches on. Both are worth another try.
var (
	// ErrConflict says that somebody else wrote the state in between.
	ErrConflict = errors.New("alert state has changed")
	// ErrBusy says that another delivery is telling of the same alert just now.
	ErrBusy = errors.New("alert is being told of by another delivery")
)

const (
	defaultLease = time.Minute
	attempts     = 5
	pause        = 300 * time.Millisecond
)

// Route decides on s and does what it decided. The order is: load, decide,
// claim, publish, announce, record. A notification is recorded after it was
// sent, so that a crash in between leads to a duplicate and never to a loss:
// after the claim's lease the retry begins with the state before the crash.
// An error in between gives the claim back with the channels that were reached,
// and the retry goes on with the others. The error of a signal that cannot be
// routed wraps ErrInvalid; any other is worth another try.
func (r *Router) Route(ctx context.Context, s Signal, now time.Time) (Decision, error) {
	if err := s.Validate(); err != nil {
		return Decision{}, err
	}
	for attempt := 1; ; attempt++ {
		d, err := r.try(ctx, s, now)
		again := errors.Is(err, ErrConflict) || errors.Is(err, ErrBusy)
		if !again || attempt == attempts {
			return d, err
		}
		if errors.Is(err, ErrBusy) {
			if r.Wait == nil {
				return d, err
			}
			if werr := r.Wait(ctx, pause); werr != nil {
				return d, errors.Join(err, werr)
			}
			now = now.Add(pause)
		}
	}
}

// try routes s once. It returns ErrConflict or ErrBusy only if nothing was sent.
func (r *Router) try(ctx context.Context, s Signal, now time.Time) (Decision, error) {
	prev, err := r.Store.AlertState(ctx, s.DedupKey)
	if err != nil {
		return Decision{}, fmt.Errorf("read alert state: %w", err)
	}
	if slices.Contains(prev.Seen, s.ID) {
		d, _ := r.Rule.Decide(prev, s, now)
		return d, nil
	}
	if prev.Claim.Until.After(now) {
		return Decision{}, fmt.Errorf("%w: signal %s", ErrBusy, prev.Claim.SignalID)
	}
	d, next := r.Rule.Decide(prev, s, now)
	if !d.Reason.Notifies() {
		next.Claim = prev.Claim
		if _, err := r.Store.PutAlertState(ctx, next); err != nil {
			return d, fmt.Errorf("write alert state: %w", err)
		}
		return d, nil
	}
	messages, err := r.Compose(s, d)
	if err != nil {
		return d, fmt.Errorf("compose messages: %w", err)
	}

	claimed := prev.assume(s.ID)
	if s.Status == Firing {
		claimed = telling(claimed, s)
	}
	claimed.DedupKey = s.DedupKey
	claimed.Claim = Claim{SignalID: s.ID, Status: s.Status, Until: now.Add(r.lease())}
	if prev.Claim.SignalID == s.ID {
		claimed.Claim.Delivered = slices.Clone(prev.Claim.Delivered)
	}
	claimed, err = r.Store.PutAlertState(ctx, claimed)
	if err != nil {
		return d, fmt.Errorf("claim alert: %w", err)
	}
	err = r.send(ctx, s, d, messages, &claimed.Claim)
	// What was sent is recorded even if the delivery's time is up.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		return d, errors.Join(err, r.giveBack(ctx, claimed, now))
	}
	next.Version = claimed.Version
	if _, err := r.Store.PutAlertState(ctx, next); err != nil {
		// %v: it was sent, so this conflict must not be tried again at once.
		return d, errors.Join(fmt.Errorf("record notification: %v", err), r.giveBack(ctx, claimed, now))
	}
	return d, nil
}

// announced stands for the bus among the channels of a claim.
const announced = "bus"

// send publishes the messages that c does not hold as delivered, announces the
// notification, and adds each to c.
func (r *Router) send(ctx context.Context, s Signal, d Decision, messages []Message, c *Claim) error {
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
	n := Notification{
		ID: "notified-" + s.ID, SignalID: s.ID, DedupKey: s.DedupKey, GroupKey: s.GroupKey,
		Rule: s.Rule, Pipeline: s.Pipeline, Status: s.Status, Severity: s.Severity,
		Reason: d.Reason, Channels: channels, At: s.At,
	}
	if err := r.Announcer.Announce(ctx, n); err != nil {
		return fmt.Errorf("announce notification: %w", err)
	}
	c.Delivered = append(c.Delivered, announced)
	return nil
}

// giveBack ends the claim of s without forgetting which channels were reached.
func (r *Router) giveBack(ctx context.Context, s State, now time.Time) error {
	s.Claim.Until = now
	if _, err := r.Store.PutAlertState(ctx, s); err != nil {
		return fmt.Errorf("give claim back: %v", err)
	}
	return nil
}

func (r *Router) lease() time.Duration {
	if r.Lease > 0 {
		return r.Lease
	}
	return defaultLease
}
