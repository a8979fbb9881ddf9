package glue

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/words"
)

// figures are the rule types that compare a statistic, by its name here.
var figures = map[string]string{
	"ColumnCorrelation": "correlation", "ColumnCount": "columnCount", "Completeness": "completeness", "DistinctValuesCount": "distinctCount",
	"Entropy": "entropy", "InterquartileRange": "interquartileRange", "Kurtosis": "kurtosis", "Mean": "mean", "Range": "range", "RowCount": "rowCount",
	"Skewness": "skewness", "StandardDeviation": "standardDeviation", "Sum": "sum", "UniqueValueRatio": "uniqueValueRatio",
	"Uniqueness": "uniqueness", "Variance": "variance", "ZerosCount": "zeros",
}

// figureRule compares a statistic, and keeps it for history.
func figureRule(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	name := figures[rule.Type]
	c.Say.Dimension, c.Say.Unit = figure.Dimension(name), figure.Unit(name)
	c.Want, c.Say.Want = contract.Want{}, say.Shorten(rule.Condition.Text)
	if name == "rowCount" {
		c.Say.Dimension, c.Say.Unit = contract.Completeness, string(contract.Rows)
	}
	if len(rule.Parameters) == 1 {
		c.Say.Column = rule.Parameters[0]
	}
	measured, key, absent := keep(p, name, rule.Parameters, whereOf(p, rule))
	if absent != "" {
		lacks(p, c, absent)
		return
	}
	bounds, problem := workOut(p, rule.Condition, key)
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	what := figure.Text(name, rule.Parameters, 0) + whereOf(p, rule)
	c.Say.Want = bounds.text
	c.Finish = func(f *check.Findings, _ *check.Tally, r *quality.Result) {
		value, note, problem := measured(f)
		if problem != "" {
			r.Status, r.Message = quality.Errored, "not measured: "+problem
			return
		}
		r.Decide(value, bounds.holds(value))
		r.Message = fmt.Sprintf("%s is %s%s; wanted %s", what, words.Number(figure.Round6(value)), note, bounds.full())
		r.Advice = figure.Advice(name)
	}
}

// keep prepares a statistic and has history keep it, by name:columns and where.
func keep(p *check.Plan, name string, columns []string, where string) (s check.Statistic, key, absent string) {
	s, absent = figure.Statistic(p, name, columns, 0)
	if absent != "" {
		return nil, "", absent
	}
	key = name
	if len(columns) > 0 {
		key += ":" + strings.Join(columns, "+")
	}
	if key += where; key != "rowCount" {
		p.Kept[key] = func(f *check.Findings) (float64, string) {
			value, _, problem := s(f)
			return value, problem
		}
	}
	return s, key, ""
}

// analyzed are the statistics that an analyzer measures, where it is not one of figures.
var analyzed = map[string][]string{
	"AllStatistics": {"completeness", "uniqueness", "distinctCount", "mean", "standardDeviation", "minimum", "maximum", "minLength", "maxLength"},
	"ColumnValues":  {"minimum", "maximum"},
	"ColumnLength":  {"minLength", "maxLength"},
}

// each is the analyzer, or one for each column if it is of AllColumns.
func each(p *check.Plan, rule *dqdl.Rule) []*dqdl.Rule {
	if len(rule.Parameters) != 1 || rule.Parameters[0] != "AllColumns" {
		return []*dqdl.Rule{rule}
	}
	var all []*dqdl.Rule
	for _, name := range p.Header {
		one := *rule
		one.Parameters = []string{name}
		all = append(all, &one)
	}
	return all
}

// analyze has the report tell, and history keep, what an analyzer asks for. It
// returns a check only if that is impossible.
func analyze(p *check.Plan, rule *dqdl.Rule) *check.Check {
	c := &check.Check{Say: quality.Result{Dimension: contract.Conformity}}
	names := analyzed[rule.Type]
	if name := figures[rule.Type]; name != "" {
		names = []string{name}
	}
	if names == nil {
		c.Skip("%s is not executed as an analyzer; make it a rule", rule.Type)
		return c
	}
	leave, ok := narrow(p, c, rule)
	if !ok {
		return c
	}
	defer leave()
	slots, absent := p.Columns(rule.Parameters)
	if absent != "" {
		lacks(p, c, absent)
		return c
	}
	for _, name := range names {
		if p.Personal(slots...) && (name == "minimum" || name == "maximum") {
			continue // the extreme is a person's value
		}
		s, _, _ := keep(p, name, rule.Parameters, whereOf(p, rule))
		p.Analyzed[glueStatistic(name, rule.Parameters)+whereOf(p, rule)] = s
	}
	return nil
}
