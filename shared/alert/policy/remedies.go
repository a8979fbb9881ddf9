package policy

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"tillwatch/shared/alert/remedy"
	"tillwatch/shared/document"
)

// The bounds of what a rule may say of its remedies.
const (
	maxRemedies    = 8
	maxAttempts    = 5
	maxRemedyFirst = 15 * time.Minute
)

// remedies reads what is tried before people are called, and finds what would
// never be tried or never be known to have helped.
func (r *reader) remedies(n *document.Node, rule *Rule) {
	list := n.Get("remedies").List()
	if len(list) > maxRemedies {
		r.faults.Addf(list[maxRemedies].Place, "keep those that help most", "rule %s has more than %d remedies", rule.Name, maxRemedies)
		return
	}
	rule.Remedies = nil
	for _, v := range list {
		one := r.remedy(v)
		if one.Live && one.Within() <= rule.KeepFiringFor {
			r.faults.Addf(v.Place, "write a longer verify, or keep_firing_for: 0s",
				"the signal has %s to clear, and its end counts after %s: the remedy would never be known to have helped", model.Duration(one.Within()), model.Duration(rule.KeepFiringFor))
		}
		if slices.ContainsFunc(rule.Remedies, func(o remedy.Remedy) bool { return o.Key() == one.Key() }) {
			r.faults.Addf(v.Place, "give it once, with attempts if it may be tried again", "%s on %s is there twice", one.Action, one.Target)
		}
		rule.Remedies = append(rule.Remedies, one)
	}
	first := n.Get("remedy_first")
	r.duration(first, &rule.RemedyFirst)
	switch {
	case first == nil:
	case rule.RemedyFirst > maxRemedyFirst:
		r.faults.Addf(first.Place, "write 15m or less", "people would wait for %s", first.Text)
	case rule.RemedyFirst > 0 && !slices.ContainsFunc(rule.Remedies, func(o remedy.Remedy) bool { return o.Live }):
		r.faults.Addf(first.Place, "remove it, or add a remedy with live: true", "people would wait for nothing: no remedy of rule %s is live", rule.Name)
	case rule.RemedyFirst > 0 && rule.RemedyFirst <= rule.KeepFiringFor:
		r.faults.Addf(first.Place, "write more, or keep_firing_for: 0s", "people would be paged even if it helped: the end of an alert counts after %s", model.Duration(rule.KeepFiringFor))
	}
}

// remedy reads one remedy.
func (r *reader) remedy(n *document.Node) remedy.Remedy {
	one := remedy.Remedy{Action: n.Get("action").Str(), Target: n.Get("target").Str(), Live: n.Get("live").True()}
	for key, d := range map[string]*time.Duration{
		"verify": &one.Verify, "cooldown": &one.CoolDown, "looks_back": &one.LooksBack, "older_than": &one.OlderThan,
	} {
		r.duration(n.Get(key), d)
	}
	r.whole(n.Get("attempts"), maxAttempts, &one.Attempts)
	r.whole(n.Get("most"), 100_000, &one.Most)

	target, err := remedy.ParseTarget(one.Target)
	if err != nil {
		r.faults.Addf(n.Get("target").Place, "write one of "+remedy.Forms(), "%v", err)
		return one
	}
	if kinds := remedy.Kinds(one.Action); !slices.Contains(kinds, target.Kind) {
		hint := "write"
		for i, k := range kinds {
			if i > 0 {
				hint += " or"
			}
			hint += " " + string(k)
		}
		r.faults.Addf(n.Get("target").Place, hint, "%s does not act on %s", one.Action, target.Kind)
	}
	only := func(key, action string) {
		if e := n.Entry(key); e != nil && one.Action != action {
			r.faults.Addf(e.Place, "remove it", "%s has no meaning for %s", key, one.Action)
		}
	}
	only("most", remedy.ScalingTrigger)
	only("older_than", remedy.DiskSpaceCleanup)
	if v := n.Get("older_than"); v != nil && (one.OlderThan < remedy.MinAge || target.Kind != remedy.Prefix) {
		r.faults.Addf(v.Place, "write 1h or more, with a prefix", "what is younger than an hour may be in use")
	}
	if one.Action == remedy.ScalingTrigger && one.Most == 0 {
		r.faults.Addf(n.Place, "add most: the capacity that is never gone beyond", "%s has no bound", one.Action)
	}
	if v := n.Get("cooldown"); v != nil && one.CoolDown < one.LooksBack {
		r.faults.Addf(v.Place, "write "+n.Get("looks_back").Text+" or more",
			"the cool-down is shorter than the detector looks back: it would be tried again for what is mended already")
	}
	if one.Live && n.Get("looks_back") == nil {
		r.faults.Addf(n.Place, "add looks_back: how far back the detector looks, 0s for what a file's verdict ends",
			"a live remedy must say for how long its signal fires on after it has helped")
	}
	if v := n.Get("attempts"); v != nil && one.Attempts > 1 && one.Rest() > one.Within() {
		r.faults.Addf(v.Place, "write attempts: 1, or a verify as long as the cool-down",
			"the second attempt would find the target cooling down")
	}
	return one
}

// whole reads a whole number from 1 to most.
func (r *reader) whole(n *document.Node, most int, to *int) {
	if n == nil {
		return
	}
	v, err := n.Int()
	if err != nil || v < 1 || v > most {
		r.faults.Addf(n.Place, "write a whole number of at least 1", "%s is too little, too much or no whole number", n.Text)
		return
	}
	*to = v
}
