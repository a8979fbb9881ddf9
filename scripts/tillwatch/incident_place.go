package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tillwatch/shared/aws/incidenttable"
	"tillwatch/shared/incident"
	"tillwatch/shared/memory"
)

// incidentPlace is where incidents are kept: a deployment's table, or a file.
type incidentPlace struct {
	app           *app
	table, events string
	now           string // RFC 3339, "" is the clock
}

// present returns what now says, or the time of the clock.
func (p *incidentPlace) present() time.Time {
	if t, err := time.Parse(time.RFC3339, p.now); err == nil {
		return t.UTC()
	}
	return p.app.now().UTC()
}

func (p *incidentPlace) store(ctx context.Context) (incident.Store, error) {
	if _, err := time.Parse(time.RFC3339, p.now); p.now != "" && err != nil {
		return nil, fmt.Errorf("--now %.40q: want a time such as 2026-11-22T06:40:00Z", p.now)
	}
	table := cmp.Or(p.table, p.app.getenv("TILLWATCH_TABLE"))
	switch {
	case p.events != "" && p.table != "":
		return nil, errors.New("--events and --table are two places; name one")
	case p.events != "":
		return openEvents(ctx, p.events)
	case table == "":
		return nil, errors.New("where are the incidents kept? name the deployment's table with --table, or a file with --events")
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read AWS settings: %w", err)
	}
	settings.Region = cmp.Or(settings.Region, "us-east-1")
	return &incidenttable.Store{Client: dynamodb.NewFromConfig(settings), Table: table, Now: p.present}, nil
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
