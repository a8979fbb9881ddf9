package group

import (
	"strconv"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// A Source is an alert that fires and mutes others.
type Source struct {
	// Alert is its dedup key; Both says that it matches the rule's target too.
	Alert string
	Both  bool
}

// A Change says that a source began or ceased to fire under an inhibition key.
type Change struct {
	Key string
	Source
	Firing bool
}

// inhibit mutes an alert while one fires that explains it.
func inhibit(c *call) (Outcome, Reason, error) {
	muted, err := c.engine.inhibited(c.signal, c.view)
	if err != nil || !muted {
		c.alert.Muted = ""
		return "", "", err
	}
	c.alert.Muted = Inhibited
	if c.pages() {
		c.incident.first(c.signal.ID, true)
	}
	c.incident.due(c.now.Add(c.route.Interval))
	return Inhibited, SourceFiring, nil
}

// inhibited reports whether a source of any inhibit rule mutes s. As in
// Alertmanager an alert does not mute itself, and one that matches both sides
// of a rule is not muted by another that does.
func (e Engine) inhibited(s *alert.Signal, v View) (bool, error) {
	for n := range e.Policy.Inhibits {
		i := &e.Policy.Inhibits[n]
		if !policy.Matches(i.Target, s) {
			continue
		}
		sources, err := v.Sources(inhibitKey(n, i, s))
		if err != nil {
			return false, err
		}
		both := len(sources) > 0 && policy.Matches(i.Source, s)
		for _, source := range sources {
			if source.Alert != s.DedupKey && !(both && source.Both) {
				return true, nil
			}
		}
	}
	return false, nil
}

// change notes that a began or ceased to fire for those whom it mutes, and
// returns whether there may be any.
func (g *Group) change(p *policy.Policy, a *Alert, firing bool) bool {
	any, s := false, &a.Of
	for n := range p.Inhibits {
		i := &p.Inhibits[n]
		if policy.Matches(i.Source, s) {
			any = true
			g.Changes = append(g.Changes, Change{
				Key: inhibitKey(n, i, s), Source: Source{Alert: s.DedupKey, Both: policy.Matches(i.Target, s)}, Firing: firing,
			})
		}
	}
	a.Source = any && firing
	return any
}

// inhibitKey is where the sources of the n-th inhibit rule are kept that share
// the values of its equal labels with s.
func inhibitKey(n int, i *policy.Inhibit, s *alert.Signal) string {
	key := "i" + strconv.Itoa(n)
	for _, name := range i.Equal {
		key += "/" + strconv.Quote(s.Label(name))
	}
	return key
}
