package quality

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/expression"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// compileCustom makes the check of a rule of engine tillwatch.
func (p *plan) compileCustom(r *contract.Rule, impl any) {
	c := &check{want: mustBeNone, noun: "rows"}
	switch impl := impl.(type) {
	case contract.FileSizeCheck:
		p.compileFileSize(c, impl)
	case contract.ArrivalCheck:
		p.compileArrival(c, impl)
	case contract.ProcessingCheck:
		p.compileProcessing(c, impl.Within)
	case contract.FreshnessCheck:
		p.compileAge(c, impl.Column, impl.Within)
	case contract.PeriodCheck:
		p.compilePeriod(c, impl)
	case contract.ArithmeticCheck:
		p.compileArithmetic(c, impl)
	case contract.CoverageCheck:
		p.compileCoverage(c, impl)
	case contract.TotalCheck:
		p.compileTotal(c, impl)
	case contract.HistoryCheck:
		p.compileHistory(c, impl)
	case contract.DriftCheck:
		p.compileDrift(c, impl)
	case contract.StatisticCheck:
		p.compileStatistic(c, impl)
	default:
		c.status, c.blocked = Skipped, fmt.Sprintf("skipped: no check is known for %T", impl)
	}
	c.fromRule(p, r)
	p.add(c)
}

// error makes c a check that can't be measured.
func (c *check) error(format string, args ...any) {
	c.status, c.blocked = Errored, "not measured: "+fmt.Sprintf(format, args...)
}

func (p *plan) compileFileSize(c *check, impl contract.FileSizeCheck) {
	c.say.Dimension, c.say.Unit = contract.Completeness, "bytes"
	c.want = contract.Want{Op: contract.GreaterOrEqual, Low: float64(impl.Min)}
	var bounds []string
	if impl.Min > 0 {
		bounds = append(bounds, ">= "+words.Bytes(impl.Min))
	}
	if impl.Max > 0 {
		bounds = append(bounds, "<= "+words.Bytes(impl.Max))
	}
	c.say.Want = strings.Join(bounds, " and ")
	c.finish = func(f *findings, _ *tally, r *Result) {
		if p.in.Bytes < 0 {
			r.Status, r.Message = Skipped, "skipped: the size of a stream is not known beforehand"
			return
		}
		good := p.in.Bytes >= impl.Min && (impl.Max == 0 || p.in.Bytes <= impl.Max)
		r.decide(float64(p.in.Bytes), good)
		r.Message = fmt.Sprintf("the file has %s; wanted %s", words.Bytes(p.in.Bytes), c.say.Want)
		r.Advice = "Compare with the source's size: a cut-off transfer, an empty export or a file sent twice are the usual causes."
	}
}

func (p *plan) compileArithmetic(c *check, impl contract.ArithmeticCheck) {
	c.say.Dimension, c.say.Unit = contract.Consistency, string(contract.Rows)
	rule, err := expression.Parse(impl.Expression)
	if err != nil {
		c.error("expression %q: %v", impl.Expression, err)
		return
	}
	tolerance := impl.Tolerance
	if tolerance == "" {
		tolerance = "0"
	}
	bound, ok := state.NewBound(tolerance)
	if !ok {
		c.error("tolerance %q is not a number", impl.Tolerance)
		return
	}
	slots, absent := p.columns(rule.Columns())
	if absent != "" {
		p.missing(c, absent)
		return
	}
	if impl.MaxPercent > 0 {
		c.want = contract.Want{Op: contract.LessOrEqual, Low: impl.MaxPercent}
		c.say.Unit = string(contract.Percent)
	}
	c.complaint = "break " + impl.Expression
	c.advice = "One of the columns is wrong in these rows: recompute it at the source, and look for a changed rounding, tax or discount."
	c.shows, c.personal = slots, p.personal(slots...)
	c.kernel = state.Arithmetic(slots, rule, bound)
}
