package quality

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/textformat"
	"tillwatch/shared/words"
)

// compileStatistic makes the check of a statistic against a bound.
func (p *plan) compileStatistic(c *check, impl contract.StatisticCheck) {
	c.want = impl.Want
	c.say.Dimension, c.say.Unit = statisticDimension(impl.Statistic), statisticUnit(impl.Statistic)
	if len(impl.Columns) == 1 {
		c.say.Column = impl.Columns[0]
	}
	measured, absent := p.statisticOf(impl)
	if absent != "" {
		p.missing(c, absent)
		return
	}
	what := statisticText(impl.Statistic, impl.Columns, impl.Quantile)
	if text := p.shareText(impl); text != "" {
		what = text
	}
	c.finish = func(f *findings, _ *tally, r *Result) {
		value, note, problem := measured(f)
		if problem != "" {
			r.Status, r.Message = Errored, "not measured: "+problem
			return
		}
		c.measure(r, value)
		r.Message = fmt.Sprintf("%s is %s%s; wanted %s", what, words.Number(round6(value)), note, wantText(c.want))
		if c.want.Op == contract.Between || c.want.Op == contract.NotBetween {
			r.Message += " (between, as ODCS defines it, leaves out both ends)"
		}
		r.Advice = statisticAdvice(impl.Statistic)
	}
}

// statisticAdvice says where to look when a statistic is not as wanted.
func statisticAdvice(name string) string {
	switch name {
	case "rowCount":
		return "Compare with the source's own count: a cut-off export, a missing store or a file sent twice are the usual causes."
	case "columnCount":
		return "Ask the producer which columns came or went in the export."
	case "typeShare":
		return "Have the producer write the values as that type, or find out since when they are not."
	case "completeness", "count":
		return "Have the producer fill the missing values and send the file again."
	case "uniqueness", "distinctness", "uniqueValueRatio", "distinctCount":
		return "Look for an export that ran twice, a join that multiplied rows, or a column that became constant."
	}
	return "Compare with the files before: a changed unit, a new product line, a missing store or a few wrong values move a statistic; if it is right, move the bound."
}

// round6 keeps a statistic readable; what is compared stays as it is.
func round6(v float64) float64 {
	if math.Abs(v) >= 1e9 {
		return v
	}
	return math.Round(v*1e6) / 1e6
}

func statisticDimension(name string) contract.Dimension {
	switch name {
	case "completeness", "count":
		return contract.Completeness
	case "uniqueness", "distinctness", "uniqueValueRatio", "distinctCount":
		return contract.Uniqueness
	case "columnCount", "meanLength", "minLength", "maxLength", "typeShare":
		return contract.Conformity
	}
	return contract.Accuracy
}

func statisticUnit(name string) string {
	switch name {
	case "completeness", "uniqueness", "distinctness", "uniqueValueRatio", "share", "topShare", "typeShare":
		return "ratio"
	case "distinctCount", "zeros", "count":
		return "values"
	case "columnCount":
		return "columns"
	case "meanLength", "minLength", "maxLength":
		return "characters"
	case "entropy", "mutualInformation":
		return "nats"
	}
	return "" // that of the values
}

// statisticText names a statistic in a message.
func statisticText(name string, columns []string, q float64) string {
	text := map[string]string{"standardDeviation": "standard deviation", "distinctCount": "number of different values", "uniqueValueRatio": "ratio of unique to different values",
		"meanLength": "mean length", "minLength": "shortest length", "maxLength": "greatest length", "columnCount": "number of columns", "rowCount": "number of rows", "interquartileRange": "interquartile range", "zeros": "number of zeros", "count": "number of values", "mutualInformation": "mutual information"}[name]
	if text == "" {
		text = name
	}
	if name == "quantile" {
		text = fmt.Sprintf("quantile %s", words.Number(q))
	}
	if len(columns) == 0 {
		return "the " + text
	}
	joint := ", "
	if name == "correlation" || name == "mutualInformation" {
		joint = " and "
	}
	return fmt.Sprintf("the %s of %s", text, strings.Join(columns, joint))
}

// A statistic is read from what was found; note follows its value in a message,
// problem says why there is none.
type statistic func(f *findings) (value float64, note, problem string)

// share registers an aggregate that other checks may have asked for already.
func (p *plan) share(key string, make func() state.Aggregate) int {
	if p.where != 0 {
		key += fmt.Sprint(" where ", p.where)
	}
	if at, ok := p.shared[key]; ok {
		return at
	}
	at := p.need(make)
	p.shared[key] = at
	return at
}

// statistic prepares a statistic; absent names a column that the file lacks.
func (p *plan) statistic(name string, columns []string, q float64) (s statistic, absent string) {
	slots, absent := p.columns(columns)
	if absent != "" {
		return nil, absent
	}
	list := strings.Join(columns, ", ")
	switch name {
	case "columnCount":
		return func(*findings) (float64, string, string) { return float64(len(p.header)), "", "" }, ""
	case "rowCount":
		if p.where != 0 {
			return p.rowsWhere(), ""
		}
		return func(f *findings) (float64, string, string) { return float64(f.rows), "", "" }, ""
	case "completeness":
		at := p.share(fmt.Sprint("nulls", slots), func() state.Aggregate { return &state.Nulls{Slot: slots[0]} })
		return measured(at, func(a *state.Nulls) (float64, string, string) {
			if a.Total == 0 {
				return 0, "", "the file has no rows"
			}
			return float64(a.Total-a.Null) / float64(a.Total), fmt.Sprintf(" (%s of %s rows are empty)", words.Count(a.Null), words.Count(a.Total)), ""
		}), ""
	case "correlation":
		at := p.share(fmt.Sprint("pair", slots), func() state.Aggregate { return &state.Pair{X: slots[0], Y: slots[1]} })
		return measured(at, func(a *state.Pair) (float64, string, string) {
			if a.Large > 0 {
				return 0, "", tooLong(list, a.Large)
			}
			r, ok := a.Correlation()
			if !ok {
				return 0, "", fmt.Sprintf("%s have no rows with two numbers, or one of them never changes", list)
			}
			return r, "", ""
		}), ""
	case "distinctCount":
		at := p.share(fmt.Sprint("cardinality", slots), func() state.Aggregate { return state.NewCardinality(slots) })
		return measured(at, func(a *state.Cardinality) (float64, string, string) {
			n, exact := a.Count()
			if !exact {
				return n, ", within 2.5 %", ""
			}
			return n, "", ""
		}), ""
	case "uniqueness", "distinctness", "uniqueValueRatio", "entropy":
		return p.frequency(name, list, slots), ""
	case "meanLength", "minLength", "maxLength":
		at := p.share(fmt.Sprint("lengths", slots), func() state.Aggregate { return state.NewLengths(slots[0], textformat.Length) })
		return measured(at, func(a *state.Lengths) (float64, string, string) {
			switch {
			case a.N == 0:
				return 0, "", list + " holds no value"
			case name == "minLength":
				return float64(a.Least), "", ""
			case name == "maxLength":
				return float64(a.Most), "", ""
			}
			return float64(a.Sum) / float64(a.N), "", ""
		}), ""
	case "median", "quantile", "interquartileRange":
		at := p.share(fmt.Sprint("quantiles", slots), func() state.Aggregate { return state.NewQuantiles(slots[0]) })
		return measured(at, func(a *state.Quantiles) (float64, string, string) {
			if problem := noNumbers(list, a.N, a.Large); problem != "" {
				return 0, "", problem
			}
			value, note := a.At(q), ""
			switch name {
			case "median":
				value = a.At(0.5)
			case "interquartileRange":
				value = a.At(0.75) - a.At(0.25)
			}
			if !a.Exact() {
				note = ", within 0.05 %"
				if name == "interquartileRange" {
					note += " of each quartile"
				}
			}
			return value, note, ""
		}), ""
	case "variance", "standardDeviation":
		return p.power(name, list, slots[0], 2), ""
	case "skewness":
		return p.power(name, list, slots[0], 3), ""
	case "kurtosis":
		return p.power(name, list, slots[0], 4), ""
	case "zeros":
		return p.power(name, list, slots[0], 1), ""
	}
	return p.figure(name, list, slots[0]), ""
}

// measured reads a statistic from an aggregate, unless that stopped.
func measured[A state.Aggregate](at int, read func(A) (float64, string, string)) statistic {
	return func(f *findings) (float64, string, string) {
		if why := f.stopped[at]; why != "" {
			return 0, "", "the measurement stopped: " + why
		}
		return read(f.aggs[at].(A))
	}
}

// figure prepares mean, sum, minimum, maximum or range.
func (p *plan) figure(name, list string, slot int) statistic {
	at := p.share(fmt.Sprint("figures", slot), func() state.Aggregate { return &state.Figures{Slot: slot} })
	return measured(at, func(a *state.Figures) (float64, string, string) {
		if problem := noNumbers(list, a.N, a.Large); problem != "" {
			return 0, "", problem
		}
		switch name {
		case "sum":
			return a.Sum.Float64(), "", ""
		case "minimum":
			return a.Min.Float64(), "", ""
		case "maximum":
			return a.Max.Float64(), "", ""
		case "range":
			difference := a.Max.Rat()
			f, _ := difference.Sub(difference, a.Min.Rat()).Float64()
			return f, "", ""
		}
		mean := a.Sum.Rat()
		f, _ := mean.Quo(mean, new(big.Rat).SetInt64(a.N)).Float64()
		return f, "", ""
	})
}

// power prepares a statistic of a column's powers up to degree.
func (p *plan) power(name, list string, slot, degree int) statistic {
	at := p.share(fmt.Sprint("powers", slot, degree), func() state.Aggregate { return &state.Powers{Slot: slot, Degree: degree} })
	return measured(at, func(a *state.Powers) (float64, string, string) {
		if problem := noNumbers(list, a.N, a.Large); problem != "" {
			return 0, "", problem
		}
		value, ok := 0.0, true
		switch name {
		case "zeros":
			value = float64(a.Zeros)
		case "variance":
			value = a.Variance()
		case "standardDeviation":
			value = math.Sqrt(a.Variance())
		case "skewness":
			value, ok = a.Skewness()
		case "kurtosis":
			value, ok = a.Kurtosis()
		}
		if !ok {
			return 0, "", fmt.Sprintf("all numbers of %s are the same, which have no %s", list, name)
		}
		return value, "", ""
	})
}

// frequency prepares a statistic of how often values occur. Uniqueness and
// distinctness are shares of the values, nulls apart, as in Deequ; the unique
// values are those that occur exactly once, so that a pair of doubles has none.
func (p *plan) frequency(name, list string, slots []int) statistic {
	at := p.share(fmt.Sprint("frequencies", slots), func() state.Aggregate { return state.NewFrequencies(slots) })
	return measured(at, func(a *state.Frequencies) (float64, string, string) {
		if a.Full {
			return 0, "", fmt.Sprintf("%s has more than %s different values", list, words.Count(state.GroupLimit))
		}
		distinct, unique, total := a.Distinct()
		if total == 0 {
			return 0, "", list + " holds no value"
		}
		note := fmt.Sprintf(" (%s different values, %s of them unique, in %s rows)", words.Count(distinct), words.Count(unique), words.Count(total))
		switch name {
		case "uniqueness":
			return float64(unique) / float64(total), note, ""
		case "distinctness":
			return float64(distinct) / float64(total), note, ""
		case "uniqueValueRatio":
			return float64(unique) / float64(distinct), note, ""
		}
		return a.Entropy(), "", ""
	})
}

// noNumbers says why a column's numbers have no statistic; "" if they have.
func noNumbers(list string, n, large int64) string {
	switch {
	case large > 0:
		return tooLong(list, large)
	case n == 0:
		return list + " holds no number"
	}
	return ""
}

func tooLong(list string, n int64) string {
	return fmt.Sprintf("%s holds %s with more digits than are summed exactly (18 in all, and after the point)", list, words.Plural(n, "number"))
}
