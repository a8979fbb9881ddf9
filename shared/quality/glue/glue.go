// Package glue makes the checks of a ruleset in DQDL, the language of AWS Glue Data
// Quality.
//
// DQDL leaves some things open, and says some other than ODCS. Here:
//
//   - Between leaves out both ends, as in ODCS.
//   - A null is a row that breaks ColumnValues, DataFreshness and ColumnDataType, but
//     meets != and not in, and whatever names NULL with = or in; ColumnLength takes it
//     for a text of length 0. Other than in ODCS, which looks at no nulls, nulls count in shares; where
//     "`x` is not null" leaves them out. Text that is no number, or no date, does not meet a
//     condition on one. Source: AWS Glue Developer Guide, null behavior of the rule types.
//   - Matches is of the whole value, and ColumnNamesMatchPattern of whole names. Patterns are
//     Java's, as far as [textformat.Java] reads them.
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
//   - A composite is one check, of parts that are each judged over all rows, which is AWS's
//     default. Where it fails, its bad rows are those that broke any failing part of an and, and
//     all parts of an or; of an or whose parts fail by different rows there are none. A part that could not be measured leaves the composite open, unless
//     the other parts decide.
package glue

import (
	"slices"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/say"
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
			p.Add(c)
			continue
		}
		c := &check.Check{Say: quality.Result{Dimension: contract.Conformity, Unit: "rules", Want: "the composite holds"}}
		c.Composite = parts(p, rule, own.ID, c)
		takeName(c, p, &own, rule)
		p.Add(c)
	}
	for _, rule := range set.Analyzers {
		for _, rule := range each(p, rule) {
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
	c.Say.Name = say.Shorten(c.Say.Name)
}

// parts makes the checks of a composite's leaves, under ids of id's, and lets
// whole show what they show.
func parts(p *check.Plan, rule *dqdl.Rule, id string, whole *check.Check) *check.Composite {
	if rule.Join == "" {
		c := ruleCheck(p, rule)
		c.Part = true
		c.Say.Name = say.Shorten(rule.Text)
		c.Say.ID = id + " part"
		p.Add(c)
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
