package check

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/quality/view"
	"tillwatch/shared/words"
)

// finish turns what was found into the results, in the order of the checks.
func (f *Findings) finish() []quality.Result {
	results := make([]quality.Result, len(f.Plan.checks))
	for i, c := range f.Plan.checks {
		r, t := c.Say, &f.tallies[i]
		if r.Want == "" {
			r.Want = say.Condition(c.Want)
		}
		switch {
		case c.Composite != nil: // fold judges it by its parts
		case c.Status != "":
			r.Status, r.Message = c.Status, c.Blocked
		case t.crashed != "":
			r.Status, r.Message = quality.Errored, "not measured: the check stopped: "+t.crashed
		case c.Finish != nil:
			f.guard(c, t, &r)
		default:
			ByRows(f, t, &r, c)
		}
		c.evaluate(&r)
		tidy(&r)
		results[i] = r
	}
	return f.fold(results)
}

// guard runs a check's finish; one that panics, for instance because its
// aggregate stopped, is an error result.
func (f *Findings) guard(c *Check, t *Tally, r *quality.Result) {
	defer func() {
		if p := recover(); p != nil {
			r.Status, r.Message = quality.Errored, fmt.Sprintf("not measured: the check stopped: %v", p)
		}
	}()
	c.Finish(f, t, r)
}

// tidy makes a result whole: no score without a measurement, no advice where
// nothing is wrong, samples never nil.
func tidy(r *quality.Result) {
	if r.Samples == nil {
		r.Samples = []quality.Sample{}
	}
	switch r.Status {
	case quality.Errored, quality.Skipped:
		r.Score, r.Violations, r.LookedAt = nil, 0, 0
		if r.Status == quality.Skipped {
			r.Advice = ""
		}
	case quality.Pass:
		r.Advice = ""
	}
}

// ByRows fills the result of a check that counts bad rows.
func ByRows(f *Findings, t *Tally, r *quality.Result, c *Check) {
	r.Violations, r.LookedAt = t.Violations, t.Looked
	measured := float64(t.Violations)
	if r.Unit == string(contract.Percent) {
		measured = Percent(t.Violations, f.Rows)
	}
	// Where nulls or malformed rows were not looked at, the percentage that is
	// judged, of all rows, is not that of the values looked at.
	share, of := Percent(t.Violations, t.Looked), ""
	if r.Unit == string(contract.Percent) {
		if share = measured; t.Looked != f.Rows {
			of = fmt.Sprintf(" of all %s rows", words.Count(f.Rows))
		}
	}
	c.Measure(r, measured)
	r.Samples = append(r.Samples, f.Samples(t)...)
	r.Advice = c.Advice
	if t.Violations == 0 {
		r.Message = fmt.Sprintf("none of %s %s %s", words.Count(t.Looked), c.Noun, c.Complaint)
	} else {
		r.Message = fmt.Sprintf("%s of %s %s (%s %%%s) %s", words.Count(t.Violations), words.Count(t.Looked), c.Noun, words.Percent(share), of, c.Complaint)
	}
	if t.Violations > 0 || r.Status == quality.Fail {
		r.Message += c.Wanted(r)
	}
}

// Measure records what was measured, and decides by the check's condition.
func (c *Check) Measure(r *quality.Result, measured float64) {
	r.Decide(measured, meets(c.Want, measured))
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

// evaluate gives a result that was measured the value of the check's metric.
func (c *Check) evaluate(r *quality.Result) {
	if c.Metric == "" || r.Measured == nil || r.Evaluated != nil {
		return
	}
	value := *r.Measured
	if r.Unit != "ratio" && (strings.HasSuffix(c.Metric, ".Compliance") || strings.HasSuffix(c.Metric, "Completeness") || strings.HasSuffix(c.Metric, "Ratio") && r.Unit == "columns") {
		if r.LookedAt == 0 {
			return
		}
		value = float64(r.LookedAt-r.Violations) / float64(r.LookedAt)
	}
	r.Evaluated = map[string]float64{c.Metric: value}
}

// Wanted completes a message with what was wanted; "" for what must be none.
func (c *Check) Wanted(r *quality.Result) string {
	if c.strict() {
		return ""
	}
	unit := r.Unit
	if unit == string(contract.Percent) {
		unit = "%"
	}
	text := fmt.Sprintf("; wanted %s %s", r.Want, unit)
	if c.Want.Op == contract.Between || c.Want.Op == contract.NotBetween {
		text += " (between, as ODCS defines it, leaves out both ends)"
	}
	return text
}

// shown is what a sample shows of a row: the check's column, or the columns
// of its key.
func (p *Plan) shown(c *Check, v *view.View, row int) string {
	if c.Personal && !p.In.ShowPersonal {
		if len(c.Shows) == 1 && len(v.Value(c.Shows[0], row)) == 0 {
			return "" // that nothing is there tells nobody's secret
		}
		return say.Masked
	}
	if len(c.Shows) == 1 {
		return say.Value(v.Value(c.Shows[0], row))
	}
	parts := make([]string, len(c.Shows))
	for i, s := range c.Shows {
		parts[i] = p.Slots[s].Name + "=" + say.Value(v.Value(s, row))
	}
	return strings.Join(parts, " ")
}

// Percent is 100 × part ÷ whole, 0 of nothing.
func Percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
