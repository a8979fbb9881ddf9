package bus_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"tillwatch/shared/aws/bus"
	"tillwatch/shared/event"
	"tillwatch/shared/landing"
)

// A refuser is EventBridge that refuses some entries for the first Times.
type refuser struct {
	sizes  []int
	taken  []string
	refuse func(id string) string // its error code, "" takes it
	times  int
}

func (r *refuser) PutEvents(_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	r.sizes = append(r.sizes, len(in.Entries))
	out := &eventbridge.PutEventsOutput{}
	for _, e := range in.Entries {
		parsed, err := event.Parse(*e.DetailType, []byte(*e.Detail))
		if err != nil {
			return nil, err
		}
		id := parsed.Metadata.EventID
		if code := r.refuse(id); code != "" && r.times > 0 {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: aws.String(code)})
			continue
		}
		r.taken = append(r.taken, id)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String("x")})
	}
	r.times--
	return out, nil
}

func events(n, bytes int) []event.Event {
	es := make([]event.Event, n)
	for i := range es {
		e, err := event.New(event.SignalRaised, event.Metadata{EventID: fmt.Sprint(i), OccurredAt: time.Unix(1, 0).UTC()}, strings.Repeat("a", bytes))
		if err != nil {
			panic(err)
		}
		es[i] = e
	}
	return es
}

func TestSend(t *testing.T) {
	none := func(string) string { return "" }
	odd := func(id string) string {
		if id == "1" || id == "3" {
			return "ThrottlingException"
		}
		return ""
	}
	broken := func(id string) string {
		if id == "1" {
			return "MalformedDetail"
		}
		return ""
	}
	for _, tt := range []struct {
		name      string
		es        []event.Event
		r         refuser
		sizes     []int
		fails     bool
		retryable bool
	}{
		{"nothing makes no request", nil, refuser{refuse: none}, nil, false, false},
		{"ten at a time", events(23, 10), refuser{refuse: none}, []int{10, 10, 3}, false, false},
		{"256 KiB at a time", events(4, 100_000), refuser{refuse: none}, []int{2, 2}, false, false},
		{"only what was refused is sent again", events(5, 10), refuser{refuse: odd, times: 2}, []int{5, 2, 2}, false, false},
		{"refused for good", events(5, 10), refuser{refuse: odd, times: 99}, []int{5, 2, 2, 2}, true, true},
		{"wrong in itself", events(2, 10), refuser{refuse: broken, times: 99}, []int{2}, true, false},
		{"too large", events(1, 300_000), refuser{refuse: none}, nil, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := (&bus.Bus{Client: &tt.r, Name: "tillwatch"}).Send(t.Context(), tt.es)
			if (err != nil) != tt.fails || tt.fails && landing.Retryable(err) != tt.retryable {
				t.Errorf("error %v, retryable %v", err, landing.Retryable(err))
			}
			if !slices.Equal(tt.r.sizes, tt.sizes) {
				t.Errorf("requests of %v, want %v", tt.r.sizes, tt.sizes)
			}
			slices.Sort(tt.r.taken)
			if !tt.fails && (len(tt.r.taken) != len(tt.es) || len(slices.Compact(tt.r.taken)) != len(tt.es)) {
				t.Errorf("taken %v, want each of %d once", tt.r.taken, len(tt.es))
			}
		})
	}
}
