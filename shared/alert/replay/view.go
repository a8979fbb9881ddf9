package replay

import (
	"slices"
	"time"

	"tillwatch/shared/alert/group"
	"tillwatch/shared/alert/silence"
)

// view keeps groups and inhibition sources in memory.
type view struct {
	groups    map[string]*group.Group
	sources   map[string][]group.Source
	scheduled map[string]time.Time
	silences  []silence.Silence
	began     []time.Time
}

var _ group.View = (*view)(nil)

func (v *view) Group(key string) (*group.Group, error) {
	if g := v.groups[key]; g != nil {
		return g, nil
	}
	return &group.Group{Key: key}, nil
}

func (v *view) Silences() ([]silence.Silence, error) { return v.silences, nil }

// Began forgets what began before since: the clock never goes back.
func (v *view) Began(since time.Time) (int, error) {
	n := 0
	for n < len(v.began) && !v.began[n].After(since) {
		n++
	}
	v.began = v.began[n:]
	return len(v.began), nil
}

func (v *view) Sources(key string) ([]group.Source, error) { return v.sources[key], nil }

// apply stores the changes of g's sources, and that an incident of it began.
func (v *view) apply(g *group.Group) {
	if g.Opening != nil {
		v.began, g.Opening = append(v.began, g.Opening.At), nil
	}
	for _, c := range g.Changes {
		list := slices.DeleteFunc(v.sources[c.Key], func(s group.Source) bool { return s.Alert == c.Alert })
		if c.Firing {
			list = append(list, c.Source)
		}
		if len(list) == 0 {
			delete(v.sources, c.Key)
		} else {
			v.sources[c.Key] = list
		}
	}
	g.Changes = g.Changes[:0]
}
