package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tillwatch/scripts/demo/fault"
	"tillwatch/scripts/emulator"
	"tillwatch/shared/alert"
	"tillwatch/shared/alert/message"
)

// A notice is a message of a topic as its subscriber got it.
type notice struct {
	Topic   string // its name
	Subject string
	Body    string
	At      time.Time
	// Reason and Signal are of a severity's topic, Chat is of the chat's topic.
	Reason alert.Reason
	Signal alert.Signal
	Chat   message.Note
}

// decodeNotice reads what a topic sent to its queue.
func decodeNotice(body string) (notice, bool, error) {
	var envelope struct {
		Type, TopicArn, Subject, Message string
		Timestamp                        time.Time
	}
	if err := json.Unmarshal([]byte(body), &envelope); err != nil {
		return notice{}, false, fmt.Errorf("decode notification: %w", err)
	}
	n := notice{
		Topic: envelope.TopicArn[strings.LastIndexByte(envelope.TopicArn, ':')+1:], Subject: envelope.Subject,
		Body: envelope.Message, At: envelope.Timestamp,
	}
	var machine struct {
		Reason alert.Reason  `json:"reason"`
		Signal *alert.Signal `json:"signal"`
	}
	err := json.Unmarshal([]byte(n.Body), &machine)
	if err == nil && machine.Signal != nil {
		n.Reason, n.Signal = machine.Reason, *machine.Signal
	} else if err == nil {
		err = json.Unmarshal([]byte(n.Body), &n.Chat)
	}
	if err != nil {
		return notice{}, false, fmt.Errorf("decode notification of %s: %w", n.Topic, err)
	}
	return n, true, nil
}

// email is the text of the notice in a mailbox. The topic sends each protocol
// its own text, and a queue gets JSON; this is made from that JSON by the
// function that made the email.
func (n notice) email() string {
	_, body := message.Email(message.Bound(n.Signal), alert.Notice{
		Reason: n.Reason, Channels: []string{string(n.Signal.Severity)}, At: n.At, Since: n.Signal.At,
	})
	return body
}

// notifications tells what reached people about the broken files.
func (t *tale) notifications(ctx context.Context, c *cloud, broken []fault.File, p *progress) error {
	p.step(emulator.Step{Name: "wait for the notifications"})
	var email, chat notice
	for _, file := range broken {
		arrived, err := c.notices.wait(ctx, patience, func(n notice) bool {
			return n.Signal.Pipeline == file.Dataset && n.Signal.Rule == "file_rejected"
		})
		if err != nil {
			return fmt.Errorf("wait for the notification about %s: %w; the functions' log is %s", file.Dataset, err, c.emulator.Log)
		}
		note, err := c.notices.wait(ctx, patience, func(n notice) bool {
			return strings.Contains(n.Chat.Content.Title, file.Dataset+" ")
		})
		if err != nil {
			return fmt.Errorf("wait for the chat message about %s: %w; the functions' log is %s", file.Dataset, err, c.emulator.Log)
		}
		if file.Dataset == "sales_data" {
			email, chat = arrived, note
		}
	}
	p.pause()
	t.heading("Who was told")
	for _, n := range c.notices.all() {
		if n.Signal.ID != "" {
			t.sayf("  %s by %s\n    %s", n.At.UTC().Format(time.TimeOnly), n.Topic, n.Subject)
		}
	}
	t.sayf("\nThe email about the sales:")
	t.quote(email.email())
	t.sayf("\nThe same in the chat room:")
	note := chat.Chat.Content
	t.quote(note.Title + "\n" + note.Description + "\n" + strings.Join(note.NextSteps, "\n"))
	return nil
}
