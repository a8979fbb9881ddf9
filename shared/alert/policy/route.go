package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/alert"
)

// Route returns the route of s: the first child that matches, and within it
// the same again. A route with continue hands on to its siblings as
// Alertmanager does; of several that match, the first makes the group.
func (p *Policy) Route(s *alert.Signal) *Route {
	r := p.Routes[0]
	for {
		i := slices.IndexFunc(r.Routes, func(c *Route) bool { return Matches(c.Matchers, s) })
		if i < 0 {
			return r
		}
		r = r.Routes[i]
	}
}

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

// keyLimit is how long a key may be, in bytes; a longer one is cut and hashed.
const keyLimit = 512

// GroupKey returns the key of the group of s in r: the route and the values of
// its labels. If none of them is there, the first of incident, group_key,
// application, service, pipeline, dataset, table and job is taken, and if none
// of those is, the rule and all labels: never one group for everything.
func (r *Route) GroupKey(s *alert.Signal) string {
	return r.groupKey(s, s.Pipeline)
}

// NeighbourKey returns the key that the group of s would have in r if it came
// from the given pipeline, "" if pipelines make no groups in r.
func (r *Route) NeighbourKey(s *alert.Signal, pipeline string) string {
	if s.Pipeline == "" || r.ByAll || !slices.Contains(r.GroupBy, "pipeline") {
		return ""
	}
	return r.groupKey(s, pipeline)
}

func (r *Route) groupKey(s *alert.Signal, pipeline string) string {
	b := make([]byte, 0, 128)
	b = append(b, r.ID...)
	b = append(b, '/')
	found := len(r.GroupBy) == 0 && !r.ByAll
	for _, name := range r.GroupBy {
		value := s.Label(name)
		if name == "pipeline" {
			value = pipeline
		}
		if value != "" {
			// An environment alone would be a group for everything.
			found = found || name != "environment" && name != "team" && name != "severity" || len(r.GroupBy) == 1
			b = pair(b, name, value)
		}
	}
	if found {
		return limit(string(b))
	}
	if !r.ByAll {
		for _, name := range fallbacks {
			value := s.Label(name)
			if name == "group_key" && value == "" && s.GroupKey != s.DedupKey {
				value = s.GroupKey
			}
			if value != "" {
				return limit(string(pair(b, name, value)))
			}
		}
	}
	return limit(string(b) + Identity(s))
}

// Identity returns what makes an alert the same alert where nothing better is
// known: its rule and all its labels, but not its severity or value.
func Identity(s *alert.Signal) string {
	b := append(make([]byte, 0, 128), s.Rule...)
	names := make([]string, 0, 8)
	for _, name := range []string{"environment", "pipeline", "team"} {
		if s.Label(name) != "" {
			names = append(names, name)
		}
	}
	for name := range s.Labels {
		if name != "severity" && name != "value" {
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
