package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
)

// holds says what the values of a column must be, beyond its type.
func holds(c *contract.Column) []string {
	o := &c.Options
	out := []string{}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if len(c.Enum) > 0 {
		add("one of %s", values(c.Enum))
	}
	switch {
	case o.MinLength != nil && o.MaxLength != nil && *o.MinLength == *o.MaxLength:
		add("%d characters", *o.MinLength)
	case o.MinLength != nil && o.MaxLength != nil:
		add("%d to %d characters", *o.MinLength, *o.MaxLength)
	case o.MinLength != nil:
		add("at least %d characters", *o.MinLength)
	case o.MaxLength != nil:
		add("at most %d characters", *o.MaxLength)
	}
	if o.Pattern != "" {
		add("matches %s", o.Pattern)
	}
	if o.Format != "" {
		add("written as %s", o.Format)
	}
	switch {
	case o.Minimum != "" && o.Maximum != "":
		add("%s to %s", o.Minimum, o.Maximum)
	case o.Minimum != "":
		add("at least %s", o.Minimum)
	case o.Maximum != "":
		add("at most %s", o.Maximum)
	}
	if o.ExclusiveMinimum != "" {
		add("more than %s", o.ExclusiveMinimum)
	}
	if o.ExclusiveMaximum != "" {
		add("less than %s", o.ExclusiveMaximum)
	}
	if o.MultipleOf != "" {
		add("a multiple of %s", o.MultipleOf)
	}
	switch {
	case o.Timezone != nil && *o.Timezone:
		add("with a time zone")
	case o.Timezone != nil:
		add("without a time zone")
	}
	if o.DefaultTimezone != "" {
		add("in %s", o.DefaultTimezone)
	}
	bounds := func(low, high *int, noun string) {
		if low != nil {
			add("at least %d %s", *low, noun)
		}
		if high != nil {
			add("at most %d %s", *high, noun)
		}
	}
	bounds(o.MinItems, o.MaxItems, "items")
	if o.UniqueItems {
		add("no item twice")
	}
	bounds(o.MinProperties, o.MaxProperties, "properties")
	if len(o.RequiredProperties) > 0 {
		add("with %s", strings.Join(o.RequiredProperties, ", "))
	}
	return out
}

// values lists the first values of a contract, quoted.
func values(list []contract.Value) string {
	var words []string
	for i, v := range list {
		switch {
		case i == 8:
			words = append(words, fmt.Sprintf("and %d more", len(list)-i))
			return strings.Join(words, ", ")
		case v.Null:
			words = append(words, "null")
		default:
			words = append(words, strconv.Quote(v.Text))
		}
	}
	return strings.Join(words, ", ")
}

// ruleText says what a rule wants.
func ruleText(r *contract.Rule) string {
	switch r.Kind {
	case contract.Text:
		return orElse(r.Description, "no words given") + " [for people; not executed]"
	case contract.SQL:
		return strings.Join(strings.Fields(r.Query), " ") + " " + bound(r.Want, "") + " [SQL]"
	case contract.Custom:
		return customText(r)
	}
	subject := map[contract.Metric]string{
		contract.NullValues: "empty values", contract.MissingValues: "missing values", contract.InvalidValues: "invalid values",
		contract.DuplicateValues: "rows that repeat a key", contract.RowCount: "rows",
	}[r.Metric]
	subject = orElse(subject, string(r.Metric))
	var of []string
	if len(r.Properties) > 0 {
		of = append(of, "of "+strings.Join(r.Properties, ", "))
	}
	if len(r.MissingValues) > 0 {
		of = append(of, "meaning "+values(r.MissingValues))
	}
	if len(r.ValidValues) > 0 {
		of = append(of, "other than "+values(r.ValidValues))
	}
	if r.Pattern != "" {
		of = append(of, "not matching "+r.Pattern)
	}
	if len(of) > 0 {
		subject += " (" + strings.Join(of, "; ") + ")"
	}
	unit := ""
	if r.Unit == contract.Percent {
		unit = " %"
	}
	return subject + ": " + bound(r.Want, unit)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// bound says in words what a measured number must be.
func bound(w contract.Want, unit string) string {
	low, high := figure(w.Low)+unit, figure(w.High)+unit
	switch w.Op {
	case contract.Equal:
		if w.Low == 0 {
			return "none"
		}
		return "exactly " + low
	case contract.NotEqual:
		return "not " + low
	case contract.Greater:
		return "more than " + low
	case contract.GreaterOrEqual:
		return "at least " + low
	case contract.Less:
		return "less than " + low
	case contract.LessOrEqual:
		return "at most " + low
	case contract.Between:
		return "more than " + low + " and less than " + high
	case contract.NotBetween:
		return "not between " + low + " and " + high + ", both exclusive"
	}
	return "measured only"
}

func figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// customText says what a check of the engine tillwatch wants.
func customText(r *contract.Rule) string {
	implementation := r.Implementation
	if set, ok := implementation.(*dqdl.Ruleset); ok {
		return rulesetText(set)
	}
	if v := reflect.ValueOf(implementation); v.Kind() == reflect.Pointer && !v.IsNil() {
		implementation = v.Elem().Interface()
	}
	switch c := implementation.(type) {
	case contract.HistoryCheck:
		metric := c.Metric
		if c.Column != "" {
			metric += " of " + c.Column
		}
		text := fmt.Sprintf("%s is as usual (%s, at most %s below and %s above", metric, c.Strategy, figure(c.Lower), figure(c.Upper))
		if c.Season == "dayOfWeek" {
			text += ", same weekdays"
		}
		return text + ")"
	case contract.FileSizeCheck:
		switch {
		case c.Max == 0:
			return fmt.Sprintf("the file has at least %d bytes", c.Min)
		case c.Min == 0:
			return fmt.Sprintf("the file has at most %d bytes", c.Max)
		}
		return fmt.Sprintf("the file has %d to %d bytes", c.Min, c.Max)
	case contract.ArrivalCheck:
		zone := "UTC"
		if c.Zone != nil {
			zone = c.Zone.String()
		}
		return fmt.Sprintf("arrives between %s and %s %s", clock(c.After), clock(c.By), zone)
	case contract.CoverageCheck:
		return coverageText(c)
	case contract.ArithmeticCheck:
		text := c.Expression
		if c.Tolerance != "" && c.Tolerance != "0" {
			text += " within " + c.Tolerance
		}
		if c.MaxPercent > 0 {
			text += fmt.Sprintf(", but for at most %s %% of rows", figure(c.MaxPercent))
		}
		return text
	case contract.ColumnsCheck:
		text := "every column is there"
		if c.Ordered {
			text += ", in this order"
		}
		if c.Closed {
			text += ", and no other"
		}
		return text
	case contract.DriftCheck:
		if c.Column == "" {
			return "the same columns as the last accepted file"
		}
		return fmt.Sprintf("%s is distributed as in %s (%s below %s)", c.Column, orElse(c.Dataset, "the last accepted file"), c.Method, figure(c.Threshold))
	case contract.StructureCheck:
		return fmt.Sprintf("at most %s %% of rows are malformed", figure(c.MaxPercent))
	case contract.TotalCheck:
		by := ""
		if len(c.By) > 0 {
			by = " for each " + strings.Join(c.By, ", ")
		}
		text := fmt.Sprintf("the sum of %s equals that of %s in %s%s", c.Sum, c.OtherSum, c.Dataset, by)
		if c.Tolerance != "" && c.Tolerance != "0" {
			text += " within " + c.Tolerance
		}
		return text
	case contract.FreshnessCheck:
		return fmt.Sprintf("the newest %s is at most %s old", c.Column, c.Within.String())
	case contract.ProcessingCheck:
		return "judged within " + c.Within.String() + " of arrival"
	case contract.PeriodCheck:
		day := "the day of judging"
		if c.Offset != 0 {
			day = fmt.Sprintf("%+d days from the day of judging", c.Offset)
		}
		return fmt.Sprintf("every %s is on %s", c.Column, day)
	case contract.StatisticCheck:
		return statisticText(c)
	}
	return "engine " + orElse(r.Engine, "unnamed") + " [not executed]"
}

func rulesetText(set *dqdl.Ruleset) string {
	var rules []string
	for _, rule := range slices.Concat(set.Rules, set.Analyzers) {
		rules = append(rules, rule.Text)
	}
	return strings.Join(rules, ", ")
}

func statisticText(c contract.StatisticCheck) string {
	text := c.Statistic
	if c.Statistic == "quantile" {
		text += " " + figure(c.Quantile)
	}
	if len(c.Columns) > 0 {
		text += " of " + strings.Join(c.Columns, ", ")
	}
	switch {
	case c.Value != nil:
		text += fmt.Sprintf(" that are %q", *c.Value)
	case c.From != nil && c.To != nil:
		text += fmt.Sprintf(" from %s and below %s", c.From, c.To)
	case c.From != nil:
		text += fmt.Sprintf(" from %s on", c.From)
	case c.To != nil:
		text += fmt.Sprintf(" below %s", c.To)
	case c.Top > 0:
		text += fmt.Sprintf(" that are the %d most frequent", c.Top)
	case c.Type != "":
		text += " that are written as " + c.Type
	}
	if c.Want.Op == contract.Equal {
		return text + ": exactly " + figure(c.Want.Low)
	}
	return text + ": " + bound(c.Want, "")
}

func coverageText(c contract.CoverageCheck) string {
	what := values(c.Values)
	switch {
	case c.Dataset != "":
		what = "every " + c.RefColumn + " of " + c.Dataset
	case c.Every != "" && !c.Last.IsZero():
		what = "every " + c.Every + " of the last " + c.Last.String()
	case c.Every != "":
		what = "every " + c.Every + " from its oldest to its newest"
	}
	text := c.Column + " covers " + what
	if c.AtLeastPercent > 0 && c.AtLeastPercent < 100 {
		text += fmt.Sprintf(", at least %s %% of them", figure(c.AtLeastPercent))
	}
	if c.MinRows > 1 {
		text += fmt.Sprintf(", with %d rows each", c.MinRows)
	}
	return text
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
