package rule

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
)

// A State is what the rules of one pipeline said last. The zero State knows
// nothing.
type State struct {
	// Version counts the writes; 0 if it was never stored.
	Version int64 `json:"-"`
	// Rules are by dedup key, at most maxRules.
	Rules map[string]Last `json:"rules,omitempty"`
	// Worth is what the newest accepted file said that the data brings in an hour,
	// and to how many customers; AsOf is when it came. It is nil if none said so.
	Worth *alert.Stakes `json:"worth,omitempty"`
}

// A Last is what a rule said last of a pipeline, or of a table of it.
type Last struct {
	Rule     string         `json:"rule"`
	Table    string         `json:"table,omitempty"`
	Firing   bool           `json:"firing"`
	Severity alert.Severity `json:"severity,omitempty"`
	// At is the time of the newest observation, By its ID.
	At time.Time `json:"at"`
	By string    `json:"by"`
	// Period is the latest that it fires of, "" while it does not.
	Period string `json:"period,omitempty"`
	// Ended says that By ended what fired before.
	Ended bool `json:"ended,omitempty"`
	// Values are the newest that were measured, as alert.Newest has them: whether
	// they fired or not, in whatever order they came, and a repeated one once. Of
	// names what they are values of, with its unit where that may change.
	Of     string        `json:"of,omitempty"`
	Values []alert.Point `json:"values,omitempty"`
}

const (
	maxRules   = 400                // of a State; what fires is forgotten last
	keptValues = alert.MaxTrend + 1 // of a rule: a trend, and what it is the trend of
	maxValues  = 200 * keptValues   // of all rules: where there are many, each keeps fewer
)

// Next returns the state after o, whose verdicts Evaluate returned, the signals
// to send, and the verdicts as they stand now, in the same order, followed by
// those of rules that the policy has no more. It changes neither s nor verdicts.
//
// Observations may come twice and in any order. One that is older than what a
// rule said last does not fire. What fires is ended by an observation that is
// fine and newer, unless it is of an earlier period: a backfill that goes well
// says nothing of today's run. An older one that is fine is said again where
// nothing fires, for its signal may have been lost; whoever gets it drops it.
// While nothing fires, what is fine is not told.
func (s State) Next(o Observation, verdicts []Verdict) (State, []alert.Signal, []Verdict) {
	next := State{Version: s.Version, Rules: maps.Clone(s.Rules), Worth: newer(s.Worth, o)}
	if next.Rules == nil {
		next.Rules = map[string]Last{}
	}
	verdicts = slices.Clone(verdicts)
	var signals []alert.Signal
	for i, v := range verdicts {
		if v.Outcome == Fires || v.Outcome == Fine {
			verdicts[i] = next.take(o, v)
		}
	}
	verdicts = append(verdicts, next.gone(o, verdicts)...)
	for _, v := range verdicts {
		if v.Outcome == Fires || v.Outcome == Resolves || v.Outcome == Beats {
			signals = append(signals, next.signal(o, v))
		}
	}
	next.prune()
	return next, signals, verdicts
}

// take moves the rule of v on to o, and returns what v comes to.
func (s State) take(o Observation, v Verdict) Verdict {
	k := key(v.Rule, o)
	last, known := s.Rules[k]
	last.Of, last.Values = last.with(o, v)
	if known {
		s.Rules[k] = last
	}
	now := Last{Rule: v.Rule, Table: o.Table, At: o.At, By: o.ID, Of: last.Of, Values: last.Values}
	own := known && last.By == o.ID
	switch {
	case v.Outcome == Fires && known && o.At.Before(last.At):
		v.Outcome, v.Reason = NotEvaluated, Overtaken
		return v
	case v.Outcome == Fires:
		now.Firing, now.Severity, now.Period = true, v.Severity, o.period()
		if last.Firing {
			now.Period = max(now.Period, last.Period)
		}
	case !known:
	case own && !last.Firing:
		if last.Ended {
			v.Outcome = Resolves
		}
		return v
	case o.At.Before(last.At):
		if last.Firing {
			v.Outcome, v.Reason = NotEvaluated, Overtaken
		} else {
			v.Outcome = Resolves
		}
		return v
	case last.Firing && o.period() < last.Period:
		v.Outcome, v.Reason = NotEvaluated, EarlierPeriod
		return v
	case last.Firing:
		v.Outcome, v.Severity, now.Ended = Resolves, last.Severity, true
	}
	s.Rules[k] = now
	return v
}

// with returns the values of l and with them the one that v measured of o. Of
// another condition or currency nothing is kept.
func (l Last) with(o Observation, v Verdict) (of string, values []alert.Point) {
	of, value := v.Condition.Name, v.Measured
	if compares(of) {
		is := o.Values[of]
		of, value = of+" "+is.Unit, is.Number
	}
	if of == l.Of {
		values = l.Values
	}
	return of, alert.Newest(append(slices.Clip(values), alert.Point{At: o.At, Value: value}), keptValues)
}

// gone ends what fires of o's table by a rule that was not evaluated, because
// the policy has it no more or without its condition.
func (s State) gone(o Observation, verdicts []Verdict) []Verdict {
	var ended []Verdict
	for _, k := range slices.Sorted(maps.Keys(s.Rules)) {
		last := s.Rules[k]
		if !last.Firing && !(last.Ended && last.By == o.ID) || last.Table != o.Table || o.At.Before(last.At) ||
			slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Rule == last.Rule }) {
			continue
		}
		s.Rules[k] = Last{Rule: last.Rule, Table: last.Table, At: o.At, By: o.ID, Severity: last.Severity, Ended: true}
		ended = append(ended, Verdict{
			Rule: last.Rule, Severity: last.Severity, Outcome: Resolves, Reason: RuleGone,
			Text: "the policy no longer has the rule " + last.Rule,
		})
	}
	return ended
}

// prune forgets what is too much: what is over and oldest first, and of each rule
// the oldest values.
func (s State) prune() {
	if most := maxValues / max(1, min(len(s.Rules), maxRules)); most < keptValues {
		for k, last := range s.Rules {
			last.Values = alert.Newest(last.Values, most)
			s.Rules[k] = last
		}
	}
	if len(s.Rules) <= maxRules {
		return
	}
	keys := slices.SortedFunc(maps.Keys(s.Rules), func(a, b string) int {
		x, y := s.Rules[a], s.Rules[b]
		if x.Firing != y.Firing {
			if x.Firing {
				return 1
			}
			return -1
		}
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, k := range keys[:len(keys)-maxRules] {
		delete(s.Rules, k)
	}
}
