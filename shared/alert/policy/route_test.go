package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
)

// TestRoutesOf holds which routes take an alert, the one that leads first.
func TestRoutesOf(t *testing.T) {
	for _, c := range []struct{ rule, routes, want string }{
		{"the first that matches", "{receiver: a, matchers: ['team=db']}, {receiver: b, matchers: ['team=db']}", "a"},
		{"the root if none does", "{receiver: a, matchers: ['team=web']}", "root"},
		{"with continue those beside it too", "{receiver: a, matchers: ['team=db'], continue: true}, {receiver: b, matchers: ['team=~\"d.\"']}, {receiver: c, matchers: ['team=db']}", "a b"},
		{"what does not match goes on anyway", "{receiver: a, matchers: ['team=web']}, {receiver: b, matchers: ['team=db'], continue: true}", "b"},
		{"a parent whose child matches is none", "{receiver: a, matchers: ['team=db'], routes: [{receiver: b, matchers: ['team=db']}]}", "b"},
		{"a parent whose children do not match is one", "{receiver: a, matchers: ['team=db'], continue: true, routes: [{receiver: b, matchers: ['team=web']}]}, {receiver: c, matchers: ['team=db']}", "a c"},
		{"continue of a child goes on among the children alone", "{receiver: a, matchers: ['team=db'], routes: [{receiver: b, matchers: ['team=db'], continue: true}]}, {receiver: c, matchers: ['team=db']}", "b"},
		{"continue of the parent goes on beside it", "{receiver: a, matchers: ['team=db'], continue: true, routes: [{receiver: b, matchers: ['team=db']}]}, {receiver: c, matchers: ['team=db']}", "b c"},
		{"what sees all leads last", "{receiver: audit, continue: true}, {receiver: a, matchers: ['team=db'], continue: true}, {receiver: b, matchers: ['team=db']}", "a b audit"},
		{"or if nothing else matches", "{receiver: audit, continue: true}, {receiver: a, matchers: ['team=web']}", "audit"},
		{"what tells nobody does not lead", "{receiver: nobody, matchers: ['team=db'], continue: true}, {receiver: a, matchers: ['team=db'], continue: true}, {receiver: b, matchers: ['team=db']}", "a nobody b"},
		{"unless it is alone", "{receiver: nobody, matchers: ['team=db']}", "nobody"},
	} {
		p, err := Read("p.yaml", []byte("route: {receiver: root, routes: ["+c.routes+"]}\nreceivers:\n  - {name: nobody, channels: []}\n"+
			"  - {name: root, channels: [chat]}\n  - {name: a, channels: [chat]}\n  - {name: b, channels: [chat]}\n  - {name: c, channels: [chat]}\n  - {name: audit, channels: [chat]}\n"))
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		if got := strings.Join(receiversOf(p, &alert.Signal{Rule: "r", Team: "db"}), " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
}

// receiversOf returns the receivers of the routes of s.
func receiversOf(p *Policy, s *alert.Signal) (list []string) {
	for _, r := range p.RoutesOf(s) {
		list = append(list, r.Receiver)
	}
	return list
}

// tree draws routes below a route, each with a receiver of its own, and each
// within reach.
func tree(t *rapid.T, depth int, receivers *int) string {
	var routes []string
	for more := rapid.IntRange(0, 4).Draw(t, "routes"); more > 0; more-- {
		*receivers++
		r := fmt.Sprintf("{receiver: r%d", *receivers)
		m := rapid.SampledFrom([]string{"", "team=db", "team=~\"db|web\"", "team!=db", "pipeline=\"\"", "pipeline=~\"a|b\"", "severity=~\"P0|P1\""}).Draw(t, "matcher")
		if m != "" {
			r += ", matchers: ['" + m + "']"
		}
		if rapid.Bool().Draw(t, "continue") {
			r += ", continue: true"
		} else if m == "" {
			more = 0
		}
		if depth > 0 {
			r += tree(t, depth-1, receivers)
		}
		routes = append(routes, r+"}")
	}
	if len(routes) == 0 {
		return ""
	}
	return ", routes: [" + strings.Join(routes, ", ") + "]"
}

// TestTheLeadIsTheFirstMatch holds the route that leads, where every route tells
// somebody, against a walk down the tree: at each level the first that matches,
// one that sees all only if no other does.
func TestTheLeadIsTheFirstMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		p, err := Read("p.yaml", []byte("route: {receiver: r0"+tree(t, 2, &n)+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		s := &alert.Signal{Rule: "r", Team: rapid.SampledFrom([]string{"", "db", "web"}).Draw(t, "team"), Pipeline: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "pipeline")}
		want := p.Routes[0]
		for {
			seesAll := func(c *Route) bool { return c.Continue && len(c.Matchers) == 0 }
			i := slices.IndexFunc(want.Routes, func(c *Route) bool { return !seesAll(c) && Matches(c.Matchers, s) })
			if i < 0 {
				i = slices.IndexFunc(want.Routes, seesAll)
			}
			if i < 0 {
				break
			}
			want = want.Routes[i]
		}
		if got := p.Route(s); got != want {
			t.Fatalf("%s leads, want %s", got.ID, want.ID)
		}
	})
}
