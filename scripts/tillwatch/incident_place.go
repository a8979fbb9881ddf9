package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/aws/answerevent"
	"tillwatch/shared/aws/bus"
	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/event"
	"tillwatch/shared/incident"
	"tillwatch/shared/memory"
)

// incidentPlace is where incidents are kept: a deployment, or a file.
type incidentPlace struct {
	app    *app
	at     deployment
	events string
	now    string // RFC 3339, "" is the clock
}

// present returns what now says, or the time of the clock.
func (p *incidentPlace) present() time.Time {
	if t, err := time.Parse(time.RFC3339, p.now); err == nil {
		return t.UTC()
	}
	return p.app.now().UTC()
}

// store returns where the events of incidents are; say brings people's answers
// to whoever must hear of them. Without needSay it may be nil.
func (p *incidentPlace) store(ctx context.Context, needSay bool) (incident.Store, sayer, error) {
	if _, err := time.Parse(time.RFC3339, p.now); p.now != "" && err != nil {
		return nil, nil, fmt.Errorf("--now %.40q: want a time such as 2026-11-22T06:40:00Z", p.now)
	}
	if p.events != "" {
		if p.at.table != "" || p.at.bus != "" || p.at.environment != "" {
			return nil, nil, errors.New("--events is one place, and a deployment another; name one")
		}
		store, err := openEvents(ctx, p.events)
		return store, store, err
	}
	f, err := p.at.find(ctx, needSay)
	if err != nil {
		return nil, nil, err
	}
	store := &incidenttable.Store{Client: dynamodb.NewFromConfig(f.settings), Table: f.table, Now: p.present}
	return store, &busSayer{&bus.Bus{Client: eventbridge.NewFromConfig(f.settings), Name: f.bus}}, nil
}

// A sayer brings an answer to whoever must hear of it.
type sayer interface {
	say(ctx context.Context, a answer.Answer) error
}

// busSayer puts answers on a deployment's bus: the responder keeps them in the
// timeline and tells the room, the router holds repeats or ends the incident,
// and PagerDuty hears who has it.
type busSayer struct{ bus *bus.Bus }

func (b *busSayer) say(ctx context.Context, a answer.Answer) error {
	e, err := answerevent.New(a, "tillwatch")
	if err != nil {
		return err
	}
	return b.bus.Send(ctx, []event.Event{e})
}

// say adds the answer to the file: nobody else hears of it.
func (f *eventFile) say(ctx context.Context, a answer.Answer) error {
	if err := a.Validate(); err != nil {
		return err
	}
	_, err := f.Append(ctx, incident.Answered(a))
	return err
}

// eventFile is an incident.Store over a file of events, one JSON object a line.
type eventFile struct {
	memory.Incidents
	name string
}

// maxEventLine bounds one event in bytes.
const maxEventLine = 1 << 20

// openEvents reads all events of the file; one that does not exist is empty.
func openEvents(ctx context.Context, name string) (*eventFile, error) {
	store := &eventFile{name: name}
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return store, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxEventLine)
	var wrong problems
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e incident.Event
		err := json.Unmarshal(lines.Bytes(), &e)
		if err == nil {
			err = e.Validate()
		}
		if err != nil {
			wrong.addf("%s:%d: %v", name, n, err)
			continue
		}
		if _, err := store.Incidents.Append(ctx, e); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		wrong.addf("%s: %v", name, err)
	}
	return store, wrong.exit(exitMisuse)
}

// Append adds the event as one line to the file.
func (f *eventFile) Append(ctx context.Context, e incident.Event) (bool, error) {
	added, err := f.Incidents.Append(ctx, e)
	if err != nil || !added {
		return added, err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	file, err := os.OpenFile(f.name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return false, fmt.Errorf("write events: %w", err)
	}
	_, err = file.Write(append(line, '\n'))
	if err = errors.Join(err, file.Close()); err != nil {
		return false, fmt.Errorf("write events: %w", err)
	}
	return true, nil
}
