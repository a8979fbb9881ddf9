package policy

import (
	"slices"
	"strings"

	"tillwatch/shared/alert/runbook"
	"tillwatch/shared/document"
)

// lint finds what can be read and would never do what it seems to say.
func (r *reader) lint(root *document.Node) {
	for _, n := range root.Get("rules").List() {
		r.lintRule(n)
	}
	for i, n := range root.Get("inhibit_rules").List() {
		r.lintInhibit(n, r.p.Inhibits[i])
	}
	r.lintRoute(root.Get("route"))
	r.lintPeople(root)
}

func (r *reader) lintRule(n *document.Node) {
	r.lintCondition(n)
	if e := n.Get("escalate"); e != nil && n.Get("severity") != nil && n.Get("severity").Text <= e.Get("to").Text {
		r.faults.Addf(e.Place, "name a worse severity", "rule %s escalates to %s and is %s already", n.Get("name").Str(), e.Get("to").Text, n.Get("severity").Text)
	}
	name, at := n.Get("name").Str(), n.Get("name").Place
	if v := n.Get("runbook"); v != nil {
		name, at = v.Text, v.Place
	}
	if !runbook.Exists(name) && !strings.HasPrefix(name, "https://") {
		r.faults.Addf(at, "add runbook: a page that exists, or an address that begins with https://", "there is no runbook %q", name)
	}
}

// lintInhibit refuses a rule that mutes alerts for having nothing in common: a
// missing label equals a missing label.
func (r *reader) lintInhibit(n *document.Node, i Inhibit) {
	if len(i.Equal) == 0 {
		r.faults.Addf(n.Place, "add equal: [pipeline], or what source and target must share",
			"without equal, any source mutes every target")
		return
	}
	for _, name := range i.Equal {
		if slices.Contains([]string{"pipeline", "environment", "dataset", "table", "rule", "alertname", "team", "severity"}, name) {
			return
		}
		for _, m := range append(slices.Clone(i.Source), i.Target...) {
			if m.Name == name && !m.Matches("") {
				return
			}
		}
	}
	r.faults.Addf(n.Place, "add pipeline to equal, or a matcher that asks for one of these labels",
		"where all of %v are missing on both sides, any source mutes every target", i.Equal)
}

// lintRoute reports children that no alert reaches, and groupings that never group.
func (r *reader) lintRoute(n *document.Node) {
	children := n.Get("routes").List()
	for i, c := range children {
		if len(r.childMatchers(c)) == 0 && i < len(children)-1 && !c.Get("continue").True() {
			r.faults.Addf(children[i+1].Place, "move the route without matchers to the end", "no alert reaches this route: the one before it takes all")
		}
		r.lintRoute(c)
	}
	if by := n.Get("group_by"); by != nil && len(by.Items) == 0 {
		r.notef("line %d: group_by is empty: everything of this route is one incident", by.Line)
	}
}

func (r *reader) childMatchers(n *document.Node) []string {
	var keys []string
	for _, key := range []string{"matchers", "match", "match_re"} {
		if v := n.Get(key); v != nil && len(v.Items)+len(v.Entries) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}
