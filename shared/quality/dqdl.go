package quality

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

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

// compileRuleset makes a check of each rule, and keeps what analyzers measure.
func (p *plan) compileRuleset(r *contract.Rule, set *dqdl.Ruleset) {
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
			c := p.ruleCheck(rule)
			c.named(p, &own, rule)
			p.addKeyed(c)
			continue
		}
		c := &check{say: Result{Dimension: contract.Conformity, Unit: "rules", Want: "the composite holds"}}
		c.composite = p.parts(rule, own.ID, c)
		c.named(p, &own, rule)
		p.add(c)
	}
	for _, rule := range set.Analyzers {
		for _, rule := range p.ofColumns(rule) {
			if c := p.analyze(rule); c != nil {
				c.named(p, r, rule)
				p.add(c)
			}
		}
	}
}

// named takes over what a rule says of itself; its text is its name if the
// contract gives it none.
func (c *check) named(p *plan, r *contract.Rule, rule *dqdl.Rule) {
	c.fromRule(p, r)
	if c.say.Name == "" {
		c.say.Name = rule.Text
	}
	c.say.Labels = rule.Labels
	c.say.Name = shorten(c.say.Name)
}

// shorten cuts the text of a rule for a name or a message: a list may be long.
func shorten(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
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
func (p *plan) ruleCheck(rule *dqdl.Rule) *check {
	c := &check{want: mustBeNone, noun: "rows", say: Result{Dimension: contract.Conformity, Unit: string(contract.Rows)}}
	leave, ok := p.narrow(c, rule)
	if !ok {
		return c
	}
	defer leave()
	if fileTags[rule.Type] != nil {
		p.fileRule(c, rule)
		return c
	}
	c.metric = glueMetric(rule)
	for tag := range rule.Tags {
		if !strings.EqualFold(tag, tagsOf[rule.Type]) {
			c.skip("with %s is not executed here", tag)
			return c
		}
	}
	if name := figures[rule.Type]; name != "" {
		p.figureRule(c, rule, name)
		return c
	}
	switch rule.Type {
	case "ColumnExists":
		p.existsRule(c, rule.Parameters[0])
		return c
	case "ColumnNamesMatchPattern":
		p.namesRule(c, rule.Parameters[0])
		return c
	case "CustomSql":
		p.sqlRule(c, rule)
		return c
	case "AggregateMatch":
		p.aggregateRule(c, rule)
		return c
	case "DuplicateRowCount":
		p.duplicatesRule(c, rule)
		return c
	case "DetectAnomalies":
		p.anomalyRule(c, rule)
		return c
	case "SchemaMatch":
		p.schemaMatchRule(c, rule)
		return c
	case "DatasetMatch":
		p.datasetMatchRule(c, rule)
		return c
	case "RowCountMatch":
		p.countMatchRule(c, rule)
		return c
	case "ReferentialIntegrity":
		p.integrityRule(c, rule)
		return c
	}
	slots, absent := p.columns(rule.Parameters)
	if absent != "" {
		p.absent(c, absent)
		return c
	}
	c.shows, c.personal = slots, p.personal(slots...)
	list := strings.Join(rule.Parameters, " + ")
	if len(slots) == 1 {
		c.say.Column = list
	}
	switch rule.Type {
	case "IsComplete":
		c.say.Dimension, c.complaint, c.kernel = contract.Completeness, "have no "+list, state.Null(slots[0])
		c.advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
	case "IsUnique", "IsPrimaryKey":
		c.say.Dimension, c.complaint, c.keys = contract.Uniqueness, fmt.Sprintf("repeat %s that came before", words.A(list)), &state.KeySpec{Slots: slots}
		c.advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
		if rule.Type == "IsPrimaryKey" {
			c.complaint, c.kernel = fmt.Sprintf("have a %s that is incomplete or came before", list), state.AnyNull(slots)
		}
	default:
		p.valuesRule(c, rule, slots[0])
	}
	return c
}

// skip makes c a check that is not executed.
func (c *check) skip(format string, args ...any) {
	c.status, c.blocked = Skipped, "skipped: "+fmt.Sprintf(format, args...)
	c.say.Unit, c.want = "", contract.Want{}
}

// absent makes c a check that can't be measured, for want of a column.
func (p *plan) absent(c *check, column string) {
	p.missing(c, column)
	c.blocked = fmt.Sprintf("not measured: the file has no column %q; it has %s", column, strings.Join(p.header, ", "))
}

// figureRule compares a statistic, and keeps it for history.
func (p *plan) figureRule(c *check, rule *dqdl.Rule, name string) {
	c.say.Dimension, c.say.Unit = statisticDimension(name), statisticUnit(name)
	c.want, c.say.Want = contract.Want{}, shorten(rule.Condition.Text)
	if name == "rowCount" {
		c.say.Dimension, c.say.Unit = contract.Completeness, string(contract.Rows)
	}
	if len(rule.Parameters) == 1 {
		c.say.Column = rule.Parameters[0]
	}
	measured, key, absent := p.keep(name, rule.Parameters, p.whereOf(rule))
	if absent != "" {
		p.absent(c, absent)
		return
	}
	bounds, problem := p.bounds(rule.Condition, key)
	if problem != "" {
		c.skip("%s", problem)
		return
	}
	what := statisticText(name, rule.Parameters, 0) + p.whereOf(rule)
	c.say.Want = bounds.text
	c.finish = func(f *findings, _ *tally, r *Result) {
		value, note, problem := measured(f)
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		r.decide(value, bounds.holds(value))
		r.Message = fmt.Sprintf("%s is %s%s; wanted %s", what, words.Number(round6(value)), note, bounds.full())
		r.Advice = statisticAdvice(name)
	}
}

// keep prepares a statistic and has history keep it, by name:columns and where.
func (p *plan) keep(name string, columns []string, where string) (s statistic, key, absent string) {
	s, absent = p.statistic(name, columns, 0)
	if absent != "" {
		return nil, "", absent
	}
	key = name
	if len(columns) > 0 {
		key += ":" + strings.Join(columns, "+")
	}
	if key += where; key != "rowCount" {
		p.kept[key] = func(f *findings) (float64, string) {
			value, _, problem := s(f)
			return value, problem
		}
	}
	return s, key, ""
}

// ofColumns is the analyzer, or one for each column if it is of AllColumns.
func (p *plan) ofColumns(rule *dqdl.Rule) []*dqdl.Rule {
	if len(rule.Parameters) != 1 || rule.Parameters[0] != "AllColumns" {
		return []*dqdl.Rule{rule}
	}
	var all []*dqdl.Rule
	for _, name := range p.header {
		one := *rule
		one.Parameters = []string{name}
		all = append(all, &one)
	}
	return all
}

// analyze has the report tell, and history keep, what an analyzer asks for. It
// returns a check only if that is impossible.
func (p *plan) analyze(rule *dqdl.Rule) *check {
	c := &check{say: Result{Dimension: contract.Conformity}}
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
			c.skip("%s is not executed as an analyzer; make it a rule", rule.Type)
			return c
		}
		names = []string{name}
	}
	leave, ok := p.narrow(c, rule)
	if !ok {
		return c
	}
	defer leave()
	slots, absent := p.columns(rule.Parameters)
	if absent != "" {
		p.absent(c, absent)
		return c
	}
	for _, name := range names {
		if p.personal(slots...) && (name == "minimum" || name == "maximum") {
			continue // the extreme is a person's value
		}
		s, _, _ := p.keep(name, rule.Parameters, p.whereOf(rule))
		p.analyzed[glueStatistic(name, rule.Parameters)+p.whereOf(rule)] = s
	}
	return nil
}
