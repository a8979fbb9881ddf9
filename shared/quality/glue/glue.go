// Package glue makes the checks of a ruleset in DQDL, the language of AWS Glue Data
// Quality.
//
// DQDL leaves some things open, and says some other than ODCS. Here:
//
//   - Between leaves out both ends, as in ODCS.
//   - A null is no value: ColumnValues, ColumnLength, ColumnDataType and
//     DataFreshness don't look at it, but where the condition names NULL. Text
//     that is no number, or no date, does not meet a condition on one.
//   - Matches is of the whole value, and ColumnNamesMatchPattern of whole names.
//   - IsUnique and IsPrimaryKey count the rows after the first of each key.
//     Uniqueness is the share of values that occur exactly once, so that a pair
//     of doubles has none; UniqueValueRatio has them among the different values.
//   - Completeness and all other ratios are from 0 to 1. StandardDeviation and
//     Variance are the population's (÷ n), Entropy is in nats.
//   - DataFreshness is of every value: the age of none may break the condition.
//   - Rules on files without a path are of the file that is judged, whose time is
//     when it arrived.
//   - last(n) takes the metric's value in the newest n accepted runs before this
//     one, and with fewer of them the rule is skipped.
//   - Where takes the rows for which it is true, in the SQL of package query, and the
//     rule looks at no others; their number is what shares are of.
//   - A composite is one check. Where it fails, the rows that broke its failing
//     parts are its bad rows. A part that could not be measured leaves the composite open, unless
//     the other parts decide.
package glue

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// Compile makes a check of each rule, and keeps what analyzers measure.
func Compile(p *check.Plan, r *contract.Rule, set *dqdl.Ruleset) {
	for _, rule := range set.Rules {
		own := *r
		if len(set.Rules) > 1 {
			own.ID += "." + rule.ID()
			if own.Name != "" {
				own.Name += ": " + rule.Text
			}
		}
		own.Label(rule.Labels) // faults were told when the contract was read
		if rule.Join == "" {
			c := ruleCheck(p, rule)
			takeName(c, p, &own, rule)
			p.AddKeyed(c)
			continue
		}
		c := &check.Check{Say: quality.Result{Dimension: contract.Conformity, Unit: "rules", Want: "the composite holds"}}
		c.Composite = parts(p, rule, own.ID, c)
		takeName(c, p, &own, rule)
		p.Add(c)
	}
	for _, rule := range set.Analyzers {
		for _, rule := range ofColumns(p, rule) {
			if c := analyze(p, rule); c != nil {
				takeName(c, p, r, rule)
				p.Add(c)
			}
		}
	}
}

// takeName takes over what a rule says of itself; its text is its name if the
// contract gives it none.
func takeName(c *check.Check, p *check.Plan, r *contract.Rule, rule *dqdl.Rule) {
	c.FromRule(p, r)
	if c.Say.Name == "" {
		c.Say.Name = rule.Text
	}
	c.Say.Labels = rule.Labels
	c.Say.Name = check.Shorten(c.Say.Name)
}

// figures are the rule types that compare a statistic, by its name here.
var figures = map[string]string{
	"ColumnCorrelation": "correlation", "ColumnCount": "columnCount", "Completeness": "completeness", "DistinctValuesCount": "distinctCount",
	"Entropy": "entropy", "InterquartileRange": "interquartileRange", "Kurtosis": "kurtosis", "Mean": "mean", "Range": "range", "RowCount": "rowCount",
	"Skewness": "skewness", "StandardDeviation": "standardDeviation", "Sum": "sum", "UniqueValueRatio": "uniqueValueRatio",
	"Uniqueness": "uniqueness", "Variance": "variance", "ZerosCount": "zeros",
}

// tagsOf is the tag that a rule type has besides threshold.
var tagsOf = map[string]string{"ColumnValues": "ignoreCase"}

// ruleCheck makes the check of a simple rule.
func ruleCheck(p *check.Plan, rule *dqdl.Rule) *check.Check {
	c := &check.Check{Want: check.MustBeNone, Noun: "rows", Say: quality.Result{Dimension: contract.Conformity, Unit: string(contract.Rows)}}
	leave, ok := narrow(p, c, rule)
	if !ok {
		return c
	}
	defer leave()
	if fileTags[rule.Type] != nil {
		fileRule(p, c, rule)
		return c
	}
	c.Metric = glueMetric(rule)
	for tag := range rule.Tags {
		if !strings.EqualFold(tag, tagsOf[rule.Type]) {
			c.Skip("with %s is not executed here", tag)
			return c
		}
	}
	if name := figures[rule.Type]; name != "" {
		figureRule(p, c, rule, name)
		return c
	}
	switch rule.Type {
	case "ColumnExists":
		existsRule(p, c, rule.Parameters[0])
		return c
	case "ColumnNamesMatchPattern":
		namesRule(p, c, rule.Parameters[0])
		return c
	case "CustomSql":
		sqlRule(p, c, rule)
		return c
	case "AggregateMatch":
		aggregateRule(p, c, rule)
		return c
	case "DuplicateRowCount":
		duplicatesRule(p, c, rule)
		return c
	case "DetectAnomalies":
		anomalyRule(p, c, rule)
		return c
	case "SchemaMatch":
		schemaMatchRule(p, c, rule)
		return c
	case "DatasetMatch":
		datasetMatchRule(p, c, rule)
		return c
	case "RowCountMatch":
		countMatchRule(p, c, rule)
		return c
	case "ReferentialIntegrity":
		integrityRule(p, c, rule)
		return c
	}
	slots, absent := p.Columns(rule.Parameters)
	if absent != "" {
		p.Absent(c, absent)
		return c
	}
	c.Shows, c.Personal = slots, p.Personal(slots...)
	list := strings.Join(rule.Parameters, " + ")
	if len(slots) == 1 {
		c.Say.Column = list
	}
	switch rule.Type {
	case "IsComplete":
		c.Say.Dimension, c.Complaint, c.Kernel = contract.Completeness, "have no "+list, state.Null(slots[0])
		c.Advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
	case "IsUnique", "IsPrimaryKey":
		c.Say.Dimension, c.Complaint, c.Keys = contract.Uniqueness, fmt.Sprintf("repeat %s that came before", words.A(list)), &state.KeySpec{Slots: slots}
		c.Advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
		if rule.Type == "IsPrimaryKey" {
			c.Complaint, c.Kernel = fmt.Sprintf("have a %s that is incomplete or came before", list), state.AnyNull(slots)
		}
	default:
		valuesRule(p, c, rule, slots[0])
	}
	return c
}

// figureRule compares a statistic, and keeps it for history.
func figureRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, name string) {
	c.Say.Dimension, c.Say.Unit = figure.Dimension(name), figure.Unit(name)
	c.Want, c.Say.Want = contract.Want{}, check.Shorten(rule.Condition.Text)
	if name == "rowCount" {
		c.Say.Dimension, c.Say.Unit = contract.Completeness, string(contract.Rows)
	}
	if len(rule.Parameters) == 1 {
		c.Say.Column = rule.Parameters[0]
	}
	measured, key, absent := keep(p, name, rule.Parameters, whereOf(p, rule))
	if absent != "" {
		p.Absent(c, absent)
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
	s, absent = figure.Prepare(p, name, columns, 0)
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

// ofColumns is the analyzer, or one for each column if it is of AllColumns.
func ofColumns(p *check.Plan, rule *dqdl.Rule) []*dqdl.Rule {
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
	var names []string
	switch rule.Type {
	case "AllStatistics":
		names = []string{"completeness", "uniqueness", "distinctCount", "mean", "standardDeviation", "minimum", "maximum", "minLength", "maxLength"}
	case "ColumnValues":
		names = []string{"minimum", "maximum"}
	case "ColumnLength":
		names = []string{"minLength", "maxLength"}
	default:
		name := figures[rule.Type]
		if name == "" {
			c.Skip("%s is not executed as an analyzer; make it a rule", rule.Type)
			return c
		}
		names = []string{name}
	}
	leave, ok := narrow(p, c, rule)
	if !ok {
		return c
	}
	defer leave()
	slots, absent := p.Columns(rule.Parameters)
	if absent != "" {
		p.Absent(c, absent)
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

// parts makes the checks of a composite's leaves, under ids of id's, and lets
// whole show what they show.
func parts(p *check.Plan, rule *dqdl.Rule, id string, whole *check.Check) *check.Composite {
	if rule.Join == "" {
		c := ruleCheck(p, rule)
		c.Part = true
		c.Say.Name = check.Shorten(rule.Text)
		c.Say.ID = id + " part"
		p.AddKeyed(c)
		for _, slot := range c.Shows {
			if !slices.Contains(whole.Shows, slot) {
				whole.Shows = append(whole.Shows, slot)
			}
		}
		whole.Personal = whole.Personal || c.Personal
		return &check.Composite{Leaf: c}
	}
	all := &check.Composite{Join: rule.Join}
	for _, part := range rule.Parts {
		all.Parts = append(all.Parts, parts(p, part, id, whole))
	}
	return all
}
