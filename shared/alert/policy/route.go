package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/alert"
)

// Route returns the route of s that groups and times it: the first of RoutesOf.
func (p *Policy) Route(s *alert.Signal) *Route { return p.RoutesOf(s)[0] }

// RoutesOf returns the routes that s is told through, at least one, as
// Alertmanager's dispatcher finds them: depth first, after a route with continue
// also those beside it, and a parent only if none of its children matches.
//
// The first one leads: s is in its group, and told by its timers, once to each
// channel of all routes, as one incident. In Alertmanager each of the others
// groups and times s for itself; here the GroupBy, Wait, Interval and Repeat of
// those are not used, only their Channels and time intervals. The first route in
// the order of the file leads, but for two kinds: one that tells nobody leads
// only if no other does, and one with continue and no matchers, which sees
// everything on its way to the others, only after those beside it.
//
// A storm of incidents that its routes tell nobody of has one that does: it
// stands for incidents of other routes.
func (p *Policy) RoutesOf(s *alert.Signal) []*Route {
	all := p.Routes[:1:1]
	if len(all[0].Routes) > 0 {
		all = all[0].find(s, nil)
	}
	switch i := slices.IndexFunc(all, (*Route).tells); {
	case i > 0:
		all = slices.Concat(all[i:i+1], all[:i], all[i+1:])
	case i < 0 && s.Rule == alert.IncidentStorm:
		return p.storm
	}
	return all
}

// find appends to all the routes at and below r that take s, which r matches.
func (r *Route) find(s *alert.Signal, all []*Route) []*Route {
	before := len(all)
	var last []*Route
	for _, c := range r.Routes {
		if !Matches(c.Matchers, s) {
			continue
		}
		if c.Continue && len(c.Matchers) == 0 {
			last = c.find(s, last)
		} else if all = c.find(s, all); !c.Continue {
			break
		}
	}
	if all = append(all, last...); len(all) == before {
		all = append(all, r)
	}
	return all
}

func (r *Route) tells() bool { return len(r.Channels) > 0 }

// TellsNobody reports whether no route of s tells anybody of it, at any time.
func (p *Policy) TellsNobody(s *alert.Signal) bool { return !p.RoutesOf(s)[0].tells() }

// RouteByID returns the route with that ID, the root if there is none any
// longer: a group outlives the file that it was made by.
func (p *Policy) RouteByID(id string) *Route {
	for _, r := range p.Routes {
		if r.ID == id {
			return r
		}
	}
	return p.Routes[0]
}

// fallbacks are the labels that make a group if those of the route are absent:
// the first of them that is there does.
var fallbacks = []string{"incident", "group_key", "application", "service", "pipeline", "dataset", "table", "job"}

// subjects are the labels that name a part of a stream, which others depend on.
var subjects = []string{"pipeline", "application", "service", "dataset", "table", "job"}

// places tell parts of the same name apart where a fallback makes the group.
var places = []string{"cluster", "namespace"}

// keyLimit is how long a key may be, in bytes; a longer one is cut and hashed.
const keyLimit = 512

// GroupKey returns the key of the group of s in r: the route and the values of
// its labels. If none of them is there, the first of incident, group_key,
// application, service, pipeline, dataset, table and job is taken, with cluster
// and namespace, and if none of those is, the rule and all labels: never one
// group for everything.
func (r *Route) GroupKey(s *alert.Signal) string { return r.groupKey(s, "", "") }

// NeighbourKey returns the key that the group of s would have in r if s came
// from another part of the stream, "" if such parts make no groups in r.
func (r *Route) NeighbourKey(s *alert.Signal, part string) string {
	name, _ := r.Part(s)
	if name == "" {
		return ""
	}
	return r.groupKey(s, name, part)
}

// Part returns which part of a stream the group of s in r stands for, a
// pipeline in most cases, and the name of the label that says so; "" for none.
func (r *Route) Part(s *alert.Signal) (name, part string) {
	if r.ByAll {
		return "", ""
	}
	list := subjects
	if r.groups(s) {
		list = r.GroupBy
	} else {
		for _, name := range fallbacks {
			if s.Label(name) != "" {
				list = []string{name}
				break
			}
		}
	}
	for _, name := range subjects {
		if part := s.Label(name); part != "" && slices.Contains(list, name) {
			return name, part
		}
	}
	return "", ""
}

// groups reports whether labels of r make a group of s: an environment alone
// would be a group for everything.
func (r *Route) groups(s *alert.Signal) bool {
	if len(r.GroupBy) == 0 {
		return !r.ByAll
	}
	for _, name := range r.GroupBy {
		if s.Label(name) != "" && (name != "environment" && name != "team" && name != "severity" || len(r.GroupBy) == 1) {
			return true
		}
	}
	return false
}

// groupKey returns the key that s would have if its label other had that value.
func (r *Route) groupKey(s *alert.Signal, other, value string) string {
	label := func(name string) string {
		if name == other {
			return value
		}
		return s.Label(name)
	}
	b := make([]byte, 0, 128)
	b = append(b, r.ID...)
	b = append(b, '/')
	for _, name := range r.GroupBy {
		if v := label(name); v != "" {
			b = pair(b, name, v)
		}
	}
	if r.groups(s) {
		return limit(string(b))
	}
	if !r.ByAll {
		for _, name := range fallbacks {
			v := label(name)
			if name == "group_key" && v == "" && s.GroupKey != s.DedupKey {
				v = s.GroupKey
			}
			if v == "" {
				continue
			}
			for _, place := range places {
				if at := s.Label(place); at != "" && !slices.Contains(r.GroupBy, place) {
					b = pair(b, place, at)
				}
			}
			return limit(string(pair(b, name, v)))
		}
	}
	return limit(string(b) + Identity(s))
}

// perRun are labels that say which run noticed a fact, not which fact it is: the
// next run may find that it is over.
var perRun = []string{"run_id", "run", "execution_id", "attempt", "retry", "retry_count", "trace_id", "span_id", "request_id", "correlation_id"}

// Identity returns what makes an alert the same alert where nothing better is
// known: its rule and all its labels, but not its severity or value, nor what
// names one run.
func Identity(s *alert.Signal) string {
	b := append(make([]byte, 0, 128), s.Rule...)
	names := make([]string, 0, 8)
	for _, name := range []string{"environment", "pipeline", "team"} {
		if s.Label(name) != "" {
			names = append(names, name)
		}
	}
	for name := range s.Labels {
		if name != "severity" && name != "value" && !slices.Contains(perRun, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		b = pair(b, name, s.Label(name))
	}
	return limit(string(b))
}

func pair(b []byte, name, value string) []byte {
	b = append(append(append(b, '{'), name...), '=')
	if strings.ContainsAny(value, "{}=\"") {
		b = strconv.AppendQuote(b, value)
	} else {
		b = append(b, value...)
	}
	return append(b, '}')
}

func limit(key string) string {
	if len(key) <= keyLimit {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:keyLimit-33], "") + "~" + hex.EncodeToString(sum[:16])
}
