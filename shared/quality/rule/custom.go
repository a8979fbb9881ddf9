package rule

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/expression"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/words"
)

// compileCustom makes the check of a rule of engine tillwatch.
func compileCustom(p *check.Plan, r *contract.Rule, impl any) {
	c := &check.Check{Want: check.MustBeNone, Noun: "rows"}
	switch impl := impl.(type) {
	case contract.FileSizeCheck:
		compileFileSize(p, c, impl)
	case contract.ArrivalCheck:
		compileArrival(p, c, impl)
	case contract.ProcessingCheck:
		compileProcessing(p, c, impl.Within)
	case contract.FreshnessCheck:
		compileAge(p, c, impl.Column, impl.Within)
	case contract.PeriodCheck:
		compilePeriod(p, c, impl)
	case contract.ArithmeticCheck:
		compileArithmetic(p, c, impl)
	case contract.CoverageCheck:
		compileCoverage(p, c, impl)
	case contract.TotalCheck:
		compileTotal(p, c, impl)
	case contract.HistoryCheck:
		compileHistory(p, c, impl)
	case contract.DriftCheck:
		compileDrift(p, c, impl)
	case contract.StatisticCheck:
		compileStatistic(p, c, impl)
	default:
		c.Status, c.Blocked = quality.Skipped, fmt.Sprintf("skipped: no check is known for %T", impl)
	}
	c.FromRule(p, r)
	p.Add(c)
}

func compileFileSize(p *check.Plan, c *check.Check, impl contract.FileSizeCheck) {
	c.Say.Dimension, c.Say.Unit = contract.Completeness, "bytes"
	c.Want = contract.Want{Op: contract.GreaterOrEqual, Low: float64(impl.Min)}
	var bounds []string
	if impl.Min > 0 {
		bounds = append(bounds, ">= "+words.Bytes(impl.Min))
	}
	if impl.Max > 0 {
		bounds = append(bounds, "<= "+words.Bytes(impl.Max))
	}
	c.Say.Want = strings.Join(bounds, " and ")
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		if p.In.Bytes < 0 {
			r.Status, r.Message = quality.Skipped, "skipped: the size of a stream is not known beforehand"
			return
		}
		good := p.In.Bytes >= impl.Min && (impl.Max == 0 || p.In.Bytes <= impl.Max)
		r.Decide(float64(p.In.Bytes), good)
		r.Message = fmt.Sprintf("the file has %s; wanted %s", words.Bytes(p.In.Bytes), c.Say.Want)
		r.Advice = "Compare with the source's size: a cut-off transfer, an empty export or a file sent twice are the usual causes."
	}
}

func compileArithmetic(p *check.Plan, c *check.Check, impl contract.ArithmeticCheck) {
	c.Say.Dimension, c.Say.Unit = contract.Consistency, string(contract.Rows)
	rule, err := expression.Parse(impl.Expression)
	if err != nil {
		c.Unmeasurable("expression %q: %v", impl.Expression, err)
		return
	}
	tolerance := impl.Tolerance
	if tolerance == "" {
		tolerance = "0"
	}
	bound, ok := kernel.NewBound(tolerance)
	if !ok || !bound.Fits() {
		c.Unmeasurable("tolerance %q is not a number of up to 18 digits", impl.Tolerance)
		return
	}
	slots, absent := p.Columns(rule.Columns())
	if absent != "" {
		p.Missing(c, absent)
		return
	}
	if impl.MaxPercent > 0 {
		c.Want = contract.Want{Op: contract.LessOrEqual, Low: impl.MaxPercent}
		c.Say.Unit = string(contract.Percent)
	}
	c.Complaint = "break " + impl.Expression
	c.Advice = "One of the columns is wrong in these rows: recompute it at the source, and look for a changed rounding, tax or discount."
	c.Shows, c.Personal = slots, p.Personal(slots...)
	c.Kernel = kernel.Arithmetic(slots, rule, bound)
}
