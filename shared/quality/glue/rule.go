package glue

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/words"
)

// A ruleType says how rules of a type are executed.
type ruleType struct {
	make maker
	tags []string // besides threshold
}

// A maker makes c, which says nothing yet, the check of a rule.
type maker func(p *check.Plan, c *check.Check, rule *dqdl.Rule)

// ruleTypes are the rule types of DQDL; those that compare a statistic come from
// figures.
var ruleTypes = map[string]ruleType{
	"AggregateMatch":          {make: aggregateRule},
	"ColumnDataType":          {make: ofValues(typeRule), tags: []string{"format"}},
	"ColumnExists":            {make: existsRule},
	"ColumnLength":            {make: ofValues(lengthRule)},
	"ColumnNamesMatchPattern": {make: namesRule},
	"ColumnValues":            {make: ofValues(valueRule), tags: []string{"ignoreCase"}},
	"CustomSql":               {make: sqlRule},
	"DataFreshness":           {make: ofValues(freshRule)},
	"DatasetMatch":            {make: datasetMatchRule},
	"DetectAnomalies":         {make: anomalyRule},
	"DuplicateRowCount":       {make: duplicatesRule},
	"FileFreshness":           {make: ofFiles(arrivedRule), tags: []string{"recentFiles", "uriRegex", "timeZone"}},
	"FileMatch":               {make: ofFiles(fileMatchRule), tags: []string{"recentFiles", "uriRegex", "hashAlgorithm"}},
	"FileSize":                {make: ofFiles(sizeRule), tags: []string{"recentFiles", "uriRegex"}},
	"FileUniqueness":          {make: ofFiles(fileUniquenessRule), tags: []string{"recentFiles", "uriRegex", "matchFileName"}},
	"IsComplete":              {make: ofColumns(completeRule)},
	"IsPrimaryKey":            {make: ofColumns(primaryKeyRule)},
	"IsUnique":                {make: ofColumns(uniqueRule)},
	"ReferentialIntegrity":    {make: integrityRule},
	"RowCountMatch":           {make: countMatchRule},
	"SchemaMatch":             {make: schemaMatchRule},
}

func init() {
	for name := range figures {
		ruleTypes[name] = ruleType{make: figureRule}
	}
}

// ruleCheck makes the check of a simple rule.
func ruleCheck(p *check.Plan, rule *dqdl.Rule) *check.Check {
	c := &check.Check{Want: check.MustBeNone, Noun: "rows", Say: quality.Result{Dimension: contract.Conformity, Unit: string(contract.Rows)}}
	leave, ok := narrow(p, c, rule)
	if !ok {
		return c
	}
	defer leave()
	c.Metric = glueMetric(rule)
	t := ruleTypes[rule.Type]
	for tag := range rule.Tags {
		if !slices.ContainsFunc(t.tags, func(known string) bool { return strings.EqualFold(known, tag) }) {
			c.Skip("with %s is not executed here", tag)
			return c
		}
	}
	t.make(p, c, rule)
	return c
}

// ofColumns finds the columns that a rule names, and has samples show them.
func ofColumns(make func(c *check.Check, list string, slots []int)) maker {
	return func(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
		if slots, ok := columnsOf(p, c, rule); ok {
			make(c, strings.Join(rule.Parameters, " + "), slots)
		}
	}
}

// columnsOf makes c a check of the columns that a rule names; it reports false
// where the file lacks one.
func columnsOf(p *check.Plan, c *check.Check, rule *dqdl.Rule) (slots []int, ok bool) {
	names := unquoted(p, rule.Parameters)
	slots, absent := p.Columns(names)
	if absent != "" {
		lacks(p, c, absent)
		return nil, false
	}
	c.Shows, c.Personal = slots, p.Personal(slots...)
	if len(slots) == 1 {
		c.Say.Column = names[0]
	}
	return slots, true
}

// unquoted returns names without the backquotes in which Spark wants a name with a dot,
// unless the file's columns have them.
func unquoted(p *check.Plan, names []string) []string {
	out := slices.Clone(names)
	for i, name := range names {
		if n := len(name); n > 2 && name[0] == '`' && name[n-1] == '`' && !slices.Contains(p.Header, name) {
			out[i] = name[1 : n-1]
		}
	}
	return out
}

func completeRule(c *check.Check, list string, slots []int) {
	c.Say.Dimension, c.Complaint, c.Kernel = contract.Completeness, "have no "+list, kernel.Null(slots[0])
	c.Advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
}

func uniqueRule(c *check.Check, list string, slots []int) {
	c.Say.Dimension, c.Complaint, c.Keys = contract.Uniqueness, fmt.Sprintf("repeat %s that came before", words.A(list)), &key.Spec{Slots: slots}
	c.Advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
}

func primaryKeyRule(c *check.Check, list string, slots []int) {
	uniqueRule(c, list, slots)
	c.Complaint, c.Kernel = fmt.Sprintf("have a %s that is incomplete or came before", list), kernel.AnyNull(slots)
}

// lacks makes c a check that can't be measured, for want of a column. A ruleset
// has no check of the columns that would tell which there are.
func lacks(p *check.Plan, c *check.Check, column string) {
	p.Missing(c, column)
	c.Blocked = "not measured: " + noColumn(p, column)
}

func noColumn(p *check.Plan, column string) string {
	there := strings.Join(p.Header, ", ")
	if there == "" {
		there = "none, as a file without a row of JSON has"
	}
	return fmt.Sprintf("the file has no column %q; it has %s", column, there)
}
