// Package silence is a person's wish not to be told of some alerts for a while,
// with the semantics of Alertmanager's silences: matchers, all of which must
// hold; a time from which, and one before which, it mutes; who made it and why.
// A silence is never deleted: it is expired, and forgotten later.
package silence

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"

	"tillwatch/shared/alert"
)

// A Silence mutes what its matchers match. Make one with New.
type Silence struct {
	ID string `json:"id"`
	// Matchers are written as amtool writes them: pipeline="sales_data".
	Matchers []string  `json:"matchers"`
	Starts   time.Time `json:"starts_at"`
	Ends     time.Time `json:"ends_at"`
	By       string    `json:"created_by"`
	Comment  string    `json:"comment"`
	// Updated is when it was said last; what was said earlier does not replace
	// what was said later.
	Updated time.Time `json:"updated_at"`
	// Incident ends it with that incident, if that comes first; "" does not.
	Incident string `json:"incident_id,omitempty"`

	compiled labels.Matchers
}

// MaxMatchers, and MaxMatcher in bytes, bound what is asked of every alert.
const (
	MaxMatchers = 16
	MaxMatcher  = 512
)

// Retention is how long a silence is remembered after its end.
const Retention = 5 * 24 * time.Hour

// ErrInvalid is wrapped by the error of a silence that cannot hold.
var ErrInvalid = errors.New("invalid silence")

// New returns s ready to mute, its matchers in their normal form and its times
// in UTC. Everything that is wrong with it is in the one error.
func New(s Silence) (Silence, error) {
	var faults []string
	if s.ID == "" || len(s.ID) > 256 {
		faults = append(faults, "id is empty or too long")
	}
	if !s.Ends.After(s.Starts) {
		faults = append(faults, "it ends before it begins")
	}
	if s.By == "" {
		faults = append(faults, "nobody signs it")
	}
	if s.Comment == "" {
		faults = append(faults, "a comment must say why")
	}
	s.Starts, s.Ends, s.Updated = s.Starts.UTC(), s.Ends.UTC(), s.Updated.UTC()
	texts := s.Matchers
	s.Matchers, s.compiled = nil, nil
	if len(texts) > MaxMatchers {
		faults, texts = append(faults, fmt.Sprintf("more than %d matchers", MaxMatchers)), nil
	}
	empty := true
	for _, text := range texts {
		list, err := Parse(text)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		for _, m := range list {
			empty = empty && m.Matches("")
			s.compiled = append(s.compiled, m)
			s.Matchers = append(s.Matchers, m.String())
		}
	}
	if len(faults) == 0 && empty {
		faults = append(faults, "its matchers would mute everything: one must not match what is absent")
	}
	if len(faults) > 0 {
		return s, fmt.Errorf("%w: %s", ErrInvalid, strings.Join(faults, "; "))
	}
	return s, nil
}

// Parse reads one matcher, or several in braces, as amtool takes them:
// alertname=x, pipeline=~"sales|stock", {a="b", c!="d"}.
func Parse(text string) (labels.Matchers, error) {
	if len(text) > MaxMatcher {
		return nil, fmt.Errorf("matcher %.40q: more than %d bytes", text, MaxMatcher)
	}
	list, err := labels.ParseMatchers(text)
	if err != nil {
		return nil, fmt.Errorf("matcher %.80q: want something like pipeline=\"sales_data\": %w", text, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("matcher %.80q: it is empty", text)
	}
	return list, nil
}

// Active reports whether s mutes anything at now.
func (s *Silence) Active(now time.Time) bool { return !now.Before(s.Starts) && now.Before(s.Ends) }

// Mutes reports whether s mutes sig, of an incident that was opened, or opened
// again, at a time. A Silence that was not made by New mutes nothing.
func (s *Silence) Mutes(sig *alert.Signal, incident string, opened, now time.Time) bool {
	if !s.Active(now) || len(s.compiled) == 0 {
		return false
	}
	if s.Incident != "" && (s.Incident != incident || opened.After(s.Starts)) {
		return false
	}
	for _, m := range s.compiled {
		if !m.Matches(sig.Label(m.Name)) {
			return false
		}
	}
	return true
}

// Expire returns s ended at now; one that has ended stays as it is.
func (s Silence) Expire(now time.Time) Silence {
	if s.Ends.After(now) {
		s.Ends, s.Updated = now.UTC(), now.UTC()
		if s.Starts.After(now) {
			s.Starts = s.Ends.Add(-time.Nanosecond)
		}
	}
	return s
}

// Of returns the matchers of a silence for an incident with the alerts of list:
// whatever is noticed of their pipelines, or, where one of them has none, their
// rules. It returns none for none.
func Of(list []alert.Signal) []string {
	for _, name := range []string{"pipeline", "alertname"} {
		var values []string
		for i := range list {
			values = append(values, list[i].Label(name))
		}
		slices.Sort(values)
		values = slices.Compact(values)
		m := labels.Matcher{Type: labels.MatchEqual, Name: name}
		switch {
		case len(values) == 0 || slices.Contains(values, ""):
			continue
		case len(values) == 1:
			m.Value = values[0]
		default:
			for i := range values {
				values[i] = regexp.QuoteMeta(values[i])
			}
			m.Type, m.Value = labels.MatchRegexp, strings.Join(values, "|")
		}
		return []string{m.String()}
	}
	return nil
}

// Sort orders list as it is shown: what ends last comes first.
func Sort(list []Silence) {
	slices.SortFunc(list, func(a, b Silence) int {
		return cmp.Or(b.Ends.Compare(a.Ends), strings.Compare(a.ID, b.ID))
	})
}
