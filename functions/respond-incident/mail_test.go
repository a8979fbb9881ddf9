package main

import (
	"context"
	"flag"
	"log/slog"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/answer"
	"tillwatch/shared/aws/snstest"
	"tillwatch/shared/aws/snstopic"
	"tillwatch/shared/incident"
	"tillwatch/shared/memory"
)

var update = flag.Bool("update", false, "rewrite golden files")

// publishing is a publisher that is a function.
type publishing func(ctx context.Context, m alert.Message) error

func (p publishing) Publish(ctx context.Context, m alert.Message) error { return p(ctx, m) }

// TestCallsByMail follows an incident that a remedy does not end and that nobody
// takes on, through SNS and SMTP to the mailboxes of those who are called.
func TestCallsByMail(t *testing.T) {
	w := allowing(t, recycle, "lambda:load")
	topics := snstest.Start(t, func() time.Time { return w.clock })
	publisher := &snstopic.Publisher{Client: topics.Client, Topics: topics.Topics}
	page := func(id string) string { return "https://pages.example.com/reports/incidents/" + id + "/index.html" }
	offer := &answer.Offer{Signer: memory.Seal("k"), Base: "https://answers.example.com/", Lasts: 72 * time.Hour}
	w.handler.responder.(*incident.Responder).Teller = &teller{publishing(publisher.Publish), page, offer, "prod", slog.New(slog.DiscardHandler)}

	w.deliver(t, 0, notice(t, alert.Firing, alert.P1, alert.FirstNotification))
	topics.Got(t, "a remedy is tried", "")
	w.deliver(t, 6, `{"wake_incident":"20261122-1"}`)
	topics.Got(t, "it did not help", "P1")
	for minutes := 7; minutes <= 120; minutes++ {
		w.deliver(t, minutes, `{"wake_incident":"20261122-1"}`)
	}
	topics.Got(t, "nobody takes it on", "P0")
	w.answered(t, 121, "answered")
	for minutes := 122; minutes <= 300; minutes += 10 {
		w.deliver(t, minutes, `{"wake_incident":"20261122-1"}`)
	}
	topics.Got(t, "Ann has it", "")
	topics.Tell(t, "testdata/calls.txtar", "The calls for one incident as those who are mailed read them: each mail as their server kept it.", *update)
}
