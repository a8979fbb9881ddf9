package rule

import (
	"fmt"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/words"
)

// compileStatistic makes the check of a statistic against a bound.
func compileStatistic(p *check.Plan, c *check.Check, impl contract.StatisticCheck) {
	c.Want = impl.Want
	c.Say.Dimension, c.Say.Unit = figure.Dimension(impl.Statistic), figure.Unit(impl.Statistic)
	if len(impl.Columns) == 1 {
		c.Say.Column = impl.Columns[0]
	}
	measured, absent := figure.OfCheck(p, impl)
	if absent != "" {
		p.Missing(c, absent)
		return
	}
	what := figure.Text(impl.Statistic, impl.Columns, impl.Quantile)
	if text := figure.ShareText(p, impl); text != "" {
		what = text
	}
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		value, note, problem := measured(f)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		c.Measure(r, value)
		r.Message = fmt.Sprintf("%s is %s%s; wanted %s", what, words.Number(figure.Round6(value)), note, say.Condition(c.Want))
		if c.Want.Op == contract.Between || c.Want.Op == contract.NotBetween {
			r.Message += " (between, as ODCS defines it, leaves out both ends)"
		}
		r.Advice = figure.Advice(impl.Statistic)
	}
}
