package replay

import (
	"maps"
	"slices"

	"tillwatch/shared/alert/answer"
	"tillwatch/shared/alert/silence"
)

// Silence has s mute what it matches from now on; one with the ID of another
// replaces it. To be called before the signals that it is about.
func (p *Player) Silence(s silence.Silence) {
	p.view.silences = slices.DeleteFunc(p.view.silences, func(o silence.Silence) bool { return o.ID == s.ID })
	p.view.silences = append(p.view.silences, s)
}

// Answer has somebody acknowledge, or resolve, all incidents that are open now.
func (p *Player) Answer(kind answer.Kind, by string) error {
	for _, key := range slices.Sorted(maps.Keys(p.view.groups)) {
		g := p.view.groups[key]
		for _, i := range g.Incidents {
			if kind == answer.Acknowledge {
				g.Acknowledge(i.ID, by)
			} else {
				p.engine.Resolve(g, i.ID, by, p.clock, p.clock)
			}
		}
		if err := p.flush(g, p.clock); err != nil {
			return err
		}
	}
	return nil
}
