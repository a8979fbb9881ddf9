package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/alertmanager/timeinterval"

	"tillwatch/shared/alert"
	"tillwatch/shared/document"
)

// Alertmanager's own defaults.
const (
	defaultWait     = 30 * time.Second
	defaultInterval = 5 * time.Minute
	defaultRepeat   = 4 * time.Hour
)

func (r *reader) readIntervals(root *document.Node) {
	r.p.intervals = map[string][]timeinterval.TimeInterval{}
	for _, key := range []string{"time_intervals", "mute_time_intervals"} {
		for _, n := range root.Get(key).List() {
			name := n.Get("name")
			if _, twice := r.p.intervals[name.Str()]; twice {
				r.faults.Addf(name.Place, "names are shared by time_intervals and mute_time_intervals", "time interval %s is there twice", name.Str())
			}
			r.p.intervals[name.Str()] = nil
			for _, spec := range n.Get("time_intervals").List() {
				var i timeinterval.TimeInterval
				raw, err := json.Marshal(plain(spec))
				if err == nil {
					err = json.Unmarshal(raw, &i)
				}
				if err != nil {
					r.faults.Addf(spec.Place, "see time_interval in Alertmanager's documentation", "time interval %s: %v", name.Str(), err)
				}
				r.p.intervals[name.Str()] = append(r.p.intervals[name.Str()], i)
			}
		}
	}
}

// plain returns a node as the value that JSON has for it.
func plain(n *document.Node) any {
	switch {
	case n == nil || n.Is(document.Null):
		return nil
	case n.Is(document.Map):
		m := map[string]any{}
		for _, e := range n.Entries {
			m[e.Key] = plain(e.Value)
		}
		return m
	case n.Is(document.List):
		list := []any{}
		for _, v := range n.Items {
			list = append(list, plain(v))
		}
		return list
	}
	return n.Text
}

// names reports time intervals that do not exist.
func (r *reader) names(n *document.Node) {
	for _, v := range n.List() {
		if _, ok := r.p.intervals[v.Text]; !ok {
			r.faults.Addf(v.Place, "define it under time_intervals", "there is no time interval %q", v.Text)
		}
	}
}

func (r *reader) readRoutes(root *document.Node) {
	r.readReceivers(root.Get("receivers").List())
	top := Route{Wait: defaultWait, Interval: defaultInterval, Repeat: defaultRepeat, Channels: everybody}
	if n := root.Get("route"); n == nil {
		top.ID, top.GroupBy = "0", []string{"environment", "pipeline"}
		r.p.Routes = []*Route{&top}
	} else {
		for _, key := range []string{"matchers", "match", "match_re", "continue", "mute_time_intervals", "active_time_intervals"} {
			if e := n.Entry(key); e != nil {
				r.faults.Addf(e.Place, "put it into a child of the root route", "the root route takes every alert and has no %s", key)
			}
		}
		r.route(n, "0", top)
		for _, key := range []string{"global", "templates", "tracing"} {
			if root.Get(key) != nil {
				r.notef("%s is read and not run: people are told through the topics of the deployment", key)
			}
		}
	}
	storm := *r.p.Routes[0]
	storm.Routes, storm.Channels = nil, everybody
	r.p.storm = []*Route{&storm}
}

func (r *reader) notef(format string, args ...any) {
	r.p.Notes = append(r.p.Notes, fmt.Sprintf(format, args...))
}

// route reads the route at n, whose absent fields are those of its parent.
func (r *reader) route(n *document.Node, id string, parent Route) *Route {
	at := &Route{
		ID: id, Receiver: parent.Receiver, Channels: parent.Channels, GroupBy: parent.GroupBy, ByAll: parent.ByAll,
		Wait: parent.Wait, Interval: parent.Interval, Repeat: parent.Repeat,
		PageUpdates: parent.PageUpdates, WaitAlways: parent.WaitAlways,
		Mute: texts(n.Get("mute_time_intervals")), Active: texts(n.Get("active_time_intervals")),
	}
	r.p.Routes = append(r.p.Routes, at)
	if v := n.Get("receiver"); v != nil {
		at.Receiver = v.Text
		if channels, ok := r.channels[v.Text]; ok {
			at.Channels = channels
		} else if len(r.channels) > 0 {
			r.faults.Addf(v.Place, document.Among(v.Text, slices.Sorted(maps.Keys(r.channels))), "there is no receiver %q", v.Text)
		}
	}
	if v := n.Get("group_by"); v != nil {
		at.GroupBy, at.ByAll = texts(v), false
		if i := slices.Index(at.GroupBy, "..."); i >= 0 {
			at.GroupBy, at.ByAll = nil, true
		}
		slices.Sort(at.GroupBy)
		at.GroupBy = slices.Compact(at.GroupBy)
	}
	r.duration(n.Get("group_wait"), &at.Wait)
	r.duration(n.Get("group_interval"), &at.Interval)
	r.duration(n.Get("repeat_interval"), &at.Repeat)
	if at.Interval <= 0 || at.Repeat <= 0 {
		r.faults.Addf(n.Place, "write a duration above 0", "group_interval and repeat_interval must not be 0")
	}
	if v := n.Get("update"); v != nil {
		at.PageUpdates = v.Text == "page"
	}
	if v := n.Get("urgent"); v != nil {
		at.WaitAlways = v.Text == "wait"
	}
	r.names(n.Get("mute_time_intervals"))
	r.names(n.Get("active_time_intervals"))
	at.Matchers = r.matchers(n, "")
	if at.Continue = n.Get("continue").True(); at.Continue && !r.continues {
		r.continues = true
		r.notef("line %d: continue: an alert that several routes take is one incident, told through the channels of all of them; the group_by and the timers of the first that tells anybody count, those of the others are not run", n.Entry("continue").Line)
	}
	if e := n.Entry("labels"); e != nil {
		r.notef("line %d: labels of a route are read and not run", e.Line)
	}
	for i, c := range n.Get("routes").List() {
		at.Routes = append(at.Routes, r.route(c, id+"."+strconv.Itoa(i), *at))
	}
	return at
}

// matchers reads the matchers of n in all of Alertmanager's forms. With a
// prefix (source, target) the keys are prefix_matchers, prefix_match and
// prefix_match_re.
func (r *reader) matchers(n *document.Node, prefix string) labels.Matchers {
	key := func(name string) string {
		if prefix == "" || prefix == "matchers" {
			return name
		}
		return prefix + "_" + name
	}
	var all labels.Matchers
	for _, v := range n.Get(key("matchers")).List() {
		list, err := labels.ParseMatchers(v.Text)
		if err != nil {
			r.faults.Addf(v.Place, `write it as severity="P2" or pipeline=~"sales_.*"`, "%q is no matcher: %v", v.Text, err)
		}
		for _, m := range list {
			if len(m.Value) > maxPattern {
				r.faults.Addf(v.Place, "split it", "the matcher is longer than %d characters", maxPattern)
			}
		}
		all = append(all, list...)
	}
	for name, kind := range map[string]labels.MatchType{"match": labels.MatchEqual, "match_re": labels.MatchRegexp} {
		if v := n.Get(key(name)); v != nil {
			for _, e := range v.Entries {
				if !labelName.MatchString(e.Key) {
					r.faults.Addf(e.Place, "write letters, digits and _", "%q is no label", e.Key)
				}
				m, err := labels.NewMatcher(kind, e.Key, e.Value.Text)
				if err != nil {
					r.faults.Addf(e.Value.Place, "write a regular expression of RE2", "%v", err)
					continue
				}
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b *labels.Matcher) int { return strings.Compare(a.String(), b.String()) })
	for _, m := range all {
		if m.Name == "severity" && !slices.ContainsFunc(alert.Severities, func(s alert.Severity) bool { return m.Matches(string(s)) }) {
			r.notef("line %d: %s matches no alert: severities are P0 (critical) to P3 (low)", n.Line, m)
		}
	}
	return all
}

const maxPattern = 1000

var labelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (r *reader) readInhibits(n *document.Node) {
	for _, v := range n.List() {
		i := Inhibit{Source: r.matchers(v, "source"), Target: r.matchers(v, "target"), Equal: texts(v.Get("equal"))}
		slices.Sort(i.Equal)
		if len(i.Source) == 0 || len(i.Target) == 0 {
			r.faults.Addf(v.Place, "give source_matchers and target_matchers", "an inhibit rule without matchers would mute everything")
		}
		r.p.Inhibits = append(r.p.Inhibits, i)
	}
}
