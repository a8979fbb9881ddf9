package router

import (
	"context"
	"fmt"
	"time"

	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/silence"
)

// view is the store as one decision sees it.
type view struct {
	ctx    context.Context
	store  Store
	now    time.Time
	groups map[string]*group.Group
	// silences are read once, when they are asked for.
	silences []silence.Silence
	read     bool
}

// Group reads each group once, and takes an abandoned claim for what it may
// have done.
func (v *view) Group(key string) (*group.Group, error) {
	if g := v.groups[key]; g != nil {
		return g, nil
	}
	g, err := v.store.Group(v.ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	g.Assume(v.now)
	v.groups[key] = g
	return g, nil
}

func (v *view) Sources(key string) ([]group.Source, error) {
	list, err := v.store.Sources(v.ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read sources of inhibition: %w", err)
	}
	return list, nil
}

// Silences reads the silences once.
func (v *view) Silences() ([]silence.Silence, error) {
	if !v.read {
		list, err := v.store.Silences(v.ctx)
		if err != nil {
			return nil, fmt.Errorf("read silences: %w", err)
		}
		v.silences, v.read = list, true
	}
	return v.silences, nil
}

func (v *view) Began(since time.Time) (int, error) {
	n, err := v.store.Began(v.ctx, since)
	if err != nil {
		return 0, fmt.Errorf("count incidents that began: %w", err)
	}
	return n, nil
}
