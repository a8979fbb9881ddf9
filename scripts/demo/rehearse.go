package main

import (
	"context"
	"time"

	"tillwatch/scripts/demo/fault"
	"tillwatch/scripts/demo/retail"
	"tillwatch/scripts/emulator"
)

// rehearse plays the story without a cloud: the same files, contracts and
// checks in this process.
func rehearse(ctx context.Context, o options, source *retail.Source, t *tale, p *progress) (bool, error) {
	d, err := plan(ctx, o, source, p)
	if err != nil {
		return false, err
	}
	p.step(emulator.Step{Name: "judge eight weeks of history"})
	history, err := d.history(ctx, func(pastDay) error { return nil })
	if err != nil {
		return false, err
	}
	p.pause()
	t.introduce(d)
	clean := d.files(0)
	t.heading("The clean day")
	for _, dataset := range datasets {
		r, err := d.judge(ctx, dataset, clean[dataset], clean, history[dataset], time.Now().UTC())
		if err != nil {
			return false, err
		}
		if err := t.cleanVerdict(r); err != nil {
			return false, err
		}
	}
	t.heading("The same day, broken")
	broken := fault.Break(d.Plan, o.seed)
	var found [][]fault.Finding
	for _, file := range broken {
		r, err := d.judge(ctx, file.Dataset, file.Bytes, clean, history[file.Dataset], time.Now().UTC())
		if err != nil {
			return false, err
		}
		if err := t.verdict(r); err != nil {
			return false, err
		}
		found = append(found, fault.Found(r, r.Quarantine.Rows))
	}
	t.heading("What was broken, and what was found")
	for i, file := range broken {
		t.compare(file, found[i])
	}
	return t.sum(), nil
}

// introduce says which day is played.
func (t *tale) introduce(d *day) {
	t.heading("A day at the grocer's")
	t.prose("The transactions are real: %s of the Complete Journey data, moved to %s, the %d stores that traded "+
		"throughout the eight weeks before. The regions and the inventory are made up. The hours are squeezed so that "+
		"the newest receipt is two minutes old.", d.Origin.Format("Monday, 2 January 2006"), d.Date.Format("Monday, 2 January 2006"), len(d.Stores().Rows))
}
