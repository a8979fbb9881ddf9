package quality

import (
	"fmt"

	"tillwatch/shared/contract"
	"tillwatch/shared/words"
)

// finish turns what was found into the results, in the order of the checks.
func (f *findings) finish() []Result {
	results := make([]Result, len(f.plan.checks))
	for i, c := range f.plan.checks {
		r, t := c.say, &f.tallies[i]
		if r.Want == "" {
			r.Want = wantText(c.want)
		}
		switch {
		case c.composite != nil: // fold judges it by its parts
		case c.status != "":
			r.Status, r.Message = c.status, c.blocked
		case t.crashed != "":
			r.Status, r.Message = Errored, "not measured: the check stopped: "+t.crashed
		case c.finish != nil:
			f.guard(c, t, &r)
		default:
			byRows(f, t, &r, c)
		}
		c.evaluate(&r)
		r.tidy()
		results[i] = r
	}
	return f.fold(results)
}

// guard runs a check's finish; one that panics, for instance because its
// aggregate stopped, is an error result.
func (f *findings) guard(c *check, t *tally, r *Result) {
	defer func() {
		if p := recover(); p != nil {
			r.Status, r.Message = Errored, fmt.Sprintf("not measured: the check stopped: %v", p)
		}
	}()
	c.finish(f, t, r)
}

// tidy makes a result whole: no score without a measurement, no advice where
// nothing is wrong, samples never nil.
func (r *Result) tidy() {
	if r.Samples == nil {
		r.Samples = []Sample{}
	}
	switch r.Status {
	case Errored, Skipped:
		r.Score, r.Violations, r.LookedAt = nil, 0, 0
		if r.Status == Skipped {
			r.Advice = ""
		}
	case Pass:
		r.Advice = ""
	}
}

// byRows fills the result of a check that counts bad rows.
func byRows(f *findings, t *tally, r *Result, c *check) {
	r.Violations, r.LookedAt = t.violations, t.looked
	measured := float64(t.violations)
	if r.Unit == string(contract.Percent) {
		measured = percent(t.violations, f.rows)
	}
	// Where nulls or malformed rows were not looked at, the percentage that is
	// judged, of all rows, is not that of the values looked at.
	share, of := percent(t.violations, t.looked), ""
	if r.Unit == string(contract.Percent) {
		if share = measured; t.looked != f.rows {
			of = fmt.Sprintf(" of all %s rows", words.Count(f.rows))
		}
	}
	c.measure(r, measured)
	for _, s := range t.samples {
		r.Samples = append(r.Samples, f.place(s))
	}
	r.Advice = c.advice
	if t.violations == 0 {
		r.Message = fmt.Sprintf("none of %s %s %s", words.Count(t.looked), c.noun, c.complaint)
	} else {
		r.Message = fmt.Sprintf("%s of %s %s (%s %%%s) %s", words.Count(t.violations), words.Count(t.looked), c.noun, words.Percent(share), of, c.complaint)
	}
	if t.violations > 0 || r.Status == Fail {
		r.Message += c.wanted(r)
	}
}

// measure records what was measured, and decides by the check's condition.
func (c *check) measure(r *Result, measured float64) { r.decide(measured, meets(c.want, measured)) }

// decide records what was measured, whether it is good, and the score: the
// share of good values where values are counted, else all or nothing.
func (r *Result) decide(measured float64, good bool) {
	r.Measured = &measured
	score := 0.0
	if good {
		r.Status, score = Pass, 100
	} else {
		r.Status = Fail
	}
	if r.LookedAt > 0 {
		score = 100 * (1 - float64(r.Violations)/float64(r.LookedAt))
	}
	r.Score = &score
}

// meets reports whether a measured number meets a condition. Between and
// NotBetween are exclusive of both ends: a value that equals an end is not
// between.
func meets(w contract.Want, v float64) bool {
	switch w.Op {
	case contract.Equal:
		return v == w.Low
	case contract.NotEqual:
		return v != w.Low
	case contract.Greater:
		return v > w.Low
	case contract.GreaterOrEqual:
		return v >= w.Low
	case contract.Less:
		return v < w.Low
	case contract.LessOrEqual:
		return v <= w.Low
	case contract.Between:
		return v > w.Low && v < w.High
	case contract.NotBetween:
		return v <= w.Low || v >= w.High
	}
	return true
}

// wantText writes a condition for a person and for the report's want.
func wantText(w contract.Want) string {
	low, high := words.Number(w.Low), words.Number(w.High)
	switch w.Op {
	case contract.Equal:
		return "= " + low
	case contract.NotEqual:
		return "!= " + low
	case contract.Greater:
		return "> " + low
	case contract.GreaterOrEqual:
		return ">= " + low
	case contract.Less:
		return "< " + low
	case contract.LessOrEqual:
		return "<= " + low
	case contract.Between:
		return "> " + low + " and < " + high
	case contract.NotBetween:
		return "<= " + low + " or >= " + high
	}
	return ""
}

// wanted completes a message with what was wanted; "" for what must be none.
func (c *check) wanted(r *Result) string {
	if c.strict() {
		return ""
	}
	unit := r.Unit
	if unit == string(contract.Percent) {
		unit = "%"
	}
	text := fmt.Sprintf("; wanted %s %s", r.Want, unit)
	if c.want.Op == contract.Between || c.want.Op == contract.NotBetween {
		text += " (between, as ODCS defines it, leaves out both ends)"
	}
	return text
}
