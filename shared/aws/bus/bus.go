// Package bus sends events to an EventBridge bus.
package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
)

// The limits of one request, and of one entry with what surrounds its detail.
const (
	maxEntries = 10
	maxBytes   = 256 << 10
	overhead   = 200
)

// sendAttempts bounds how often the entries that EventBridge refused for the
// moment are sent again.
const sendAttempts = 4

// API is the part of the EventBridge client that is used.
type API interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// A Bus sends events. It is safe for concurrent use.
type Bus struct {
	Client API
	Name   string
}

var _ landing.Bus = (*Bus)(nil)

// Send sends es in order, as many at a time as EventBridge takes. Of a request
// that was taken in part, only what was refused is sent again. An error may
// leave some of es sent: whoever sends them again sends doubles, which their
// ids tell apart.
func (b *Bus) Send(ctx context.Context, es []event.Event) error {
	entries := make([]types.PutEventsRequestEntry, len(es))
	sizes := make([]int, len(es))
	for i, e := range es {
		detail, err := e.Detail()
		if err != nil {
			return err
		}
		if sizes[i] = overhead + len(detail) + len(e.Type); sizes[i] > maxBytes {
			return fault.Refused("send "+e.Type, "EntityTooLarge", fmt.Sprintf("%d bytes, at most %d fit", sizes[i], maxBytes))
		}
		entries[i] = types.PutEventsRequestEntry{
			EventBusName: &b.Name, Source: aws.String(event.Source), DetailType: aws.String(e.Type),
			Detail: aws.String(string(detail)), Time: aws.Time(e.Metadata.OccurredAt),
		}
	}
	for from := 0; from < len(entries); {
		to, bytes := from, 0
		for to < len(entries) && to-from < maxEntries && bytes+sizes[to] <= maxBytes {
			bytes += sizes[to]
			to++
		}
		if err := b.put(ctx, entries[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (b *Bus) put(ctx context.Context, entries []types.PutEventsRequestEntry) error {
	var refused error
	for attempt := range sendAttempts {
		if err := pause(ctx, attempt); err != nil {
			return err
		}
		out, err := b.Client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
		if err != nil {
			return fault.Wrap(fmt.Sprintf("send %d events", len(entries)), err)
		}
		if out.FailedEntryCount == 0 {
			return nil
		}
		var again []types.PutEventsRequestEntry
		for i, r := range out.Entries {
			if r.ErrorCode == nil || i >= len(entries) {
				continue
			}
			again = append(again, entries[i])
			refused = fault.Refused("send "+aws.ToString(entries[i].DetailType), *r.ErrorCode, aws.ToString(r.ErrorMessage))
			if !landing.Retryable(refused) {
				return refused
			}
		}
		if len(again) == 0 {
			return fault.Refused("send events", "PartialFailure", fmt.Sprintf("%d refused, none named", out.FailedEntryCount))
		}
		entries = again
	}
	return refused
}

// pause waits before the attempt of that number: not before the first, then
// 50 ms and twice as long each time.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return nil
	}
	t := time.NewTimer(50 * time.Millisecond << (attempt - 1))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap("send events", ctx.Err())
	}
}
