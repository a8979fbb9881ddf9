package ruleset

import (
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
)

// rule writes a rule of a column, or of the table if c is nil.
func (ex *exporter) rule(c *contract.Column, r *contract.Rule) {
	where := ex.table.Name
	if c != nil {
		where += "." + c.Name
	}
	s := said{r.ID, r.Name, r.BusinessImpact, r.Severity, r.Dimension}
	lose := func(why string) { ex.lose(r.Place, where, "%s is not kept: %s", r.ID, why) }
	if r.Schedule != "" {
		ex.lose(r.Place, where, "the schedule of %s is not kept", r.ID)
	}
	switch impl := r.Implementation.(type) {
	case *dqdl.Ruleset:
		ex.ruleset(s, impl)
		return
	case contract.StatisticCheck:
		word := statistics[impl.Statistic]
		if word != "" {
			ex.add(r.Place, where, s, "%s %s %s", word, names(impl.Columns), condition(impl.Want))
			return
		}
	}
	switch {
	case r.Kind == contract.Library:
		if why := ex.metric(c, r, where, s); why != "" {
			lose(why)
		}
	case r.Kind == contract.SQL:
		lose("DQDL has CustomSql, whose dialect is another")
	case r.Kind == contract.Text:
		lose("it is for people to check")
	default:
		lose("DQDL has no such check")
	}
}

// statistics are the rule types of statistics.
var statistics = map[string]string{
	"columnCount": "ColumnCount", "completeness": "Completeness", "correlation": "ColumnCorrelation", "distinctCount": "DistinctValuesCount",
	"entropy": "Entropy", "interquartileRange": "InterquartileRange", "kurtosis": "Kurtosis", "mean": "Mean", "range": "Range", "skewness": "Skewness",
	"standardDeviation": "StandardDeviation", "sum": "Sum", "uniqueValueRatio": "UniqueValueRatio", "uniqueness": "Uniqueness", "variance": "Variance",
}

// condition writes a condition; between leaves out both ends in both languages.
func condition(w contract.Want) string {
	low, high := number(w.Low), number(w.High)
	switch w.Op {
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
		return "between " + low + " and " + high
	case contract.NotBetween:
		return "not between " + low + " and " + high
	}
	return "= " + low
}

// good writes the condition on the share of good values, 0 to 1, of one on the
// percentage of bad ones.
func good(w contract.Want) string {
	share := func(v float64) float64 { return (100 - v) / 100 }
	turned := contract.Want{Op: w.Op, Low: share(w.Low), High: share(w.High)}
	switch w.Op {
	case contract.Greater:
		turned.Op = contract.Less
	case contract.GreaterOrEqual:
		turned.Op = contract.LessOrEqual
	case contract.Less:
		turned.Op = contract.Greater
	case contract.LessOrEqual:
		turned.Op = contract.GreaterOrEqual
	case contract.Between, contract.NotBetween:
		turned.Low, turned.High = turned.High, turned.Low
	}
	return condition(turned)
}

func names(columns []string) string {
	var all []string
	for _, c := range columns {
		all = append(all, dqdl.Quote(c))
	}
	return strings.Join(all, " ")
}

// metric writes a rule of the library, or says why it can't.
func (ex *exporter) metric(c *contract.Column, r *contract.Rule, where string, s said) (why string) {
	columns := r.Properties
	if c != nil && len(columns) == 0 {
		columns = []string{c.Name}
	}
	name, none := names(columns), r.Want == contract.Want{Op: contract.Equal}
	add := func(format string, args ...any) { ex.add(r.Place, where, s, format, args...) }
	present := present(c)
	switch {
	case r.Metric == contract.RowCount:
		add("RowCount %s", condition(r.Want))
	case r.Metric == contract.NullValues && none:
		add("IsComplete %s", name)
	case r.Metric == contract.NullValues && r.Unit == contract.Percent:
		add("Completeness %s %s", name, good(r.Want))
	case r.Metric == contract.DuplicateValues && none:
		add("IsUnique %s", name)
	case r.Metric == contract.MissingValues && none:
		list := append([]contract.Value{{Null: true}}, r.MissingValues...)
		add("ColumnValues %s not in %s", name, values(list))
	case r.Metric == contract.InvalidValues && none && r.Pattern == "":
		add("ColumnValues %s in %s%s", name, values(r.ValidValues), present)
	case r.Metric == contract.InvalidValues && none && len(r.ValidValues) == 0:
		add("ColumnValues %s matches %s%s", name, dqdl.Quote(within(r.Pattern)), present)
	case r.Metric == contract.InvalidValues && none:
		add("(ColumnValues %s in %s%s) and (ColumnValues %s matches %s%s)", name, values(r.ValidValues), present, name, dqdl.Quote(within(r.Pattern)), present)
	case r.Unit == contract.Percent:
		return "DQDL has shares of the values that there are, not of all rows"
	default:
		return "DQDL counts no bad rows but by a share of the values"
	}
	return ""
}

// generated reports whether an id is made of a rule, or that and a number.
func generated(id, made string) bool {
	if len(id) < len(made) || !strings.EqualFold(id[:len(made)], made) {
		return false
	}
	rest, numbered := strings.CutPrefix(id[len(made):], "_")
	return id[len(made):] == "" || numbered && strings.Trim(rest, "0123456789") == ""
}

// ruleset writes the rules and analyzers of engine dqdl. Names that are the rule's
// text, and ids that are made of it, say nothing.
func (ex *exporter) ruleset(s said, set *dqdl.Ruleset) {
	for _, r := range set.Rules {
		own := s
		switch {
		case len(set.Rules) > 1:
			own.id, own.name = s.id+"."+r.ID(), ""
		case generated(s.id, clean(r.ID())):
			own.id = ""
		}
		copied := *r
		copied.Labels = own.labels(r.Labels)
		ex.rules = append(ex.rules, dqdl.Format(&copied))
	}
	for _, a := range set.Analyzers {
		ex.analyzers = append(ex.analyzers, dqdl.Format(a))
	}
}
