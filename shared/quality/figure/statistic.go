// Package figure prepares the numbers that rules compare: statistics of columns,
// shares of values and what SQL yields. It says how they are called, what they are
// measured in and what to do if one is not as wanted.
package figure

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/statistic"
	"tillwatch/shared/textformat"
	"tillwatch/shared/words"
)

// Statistic prepares a statistic of columns by its name, as contract.StatisticCheck has
// it; q is of a quantile, 0 to 1. Absent names a column that the file lacks.
func Statistic(p *check.Plan, name string, columns []string, q float64) (s check.Statistic, absent string) {
	slots, absent := p.Columns(columns)
	if absent != "" {
		return nil, absent
	}
	list := strings.Join(columns, ", ")
	switch name {
	case "columnCount":
		return func(*check.Findings) (float64, string, string) { return float64(len(p.Header)), "", "" }, ""
	case "rowCount":
		if p.Where != 0 {
			return rowsWhere(p), ""
		}
		return func(f *check.Findings) (float64, string, string) { return float64(f.Rows), "", "" }, ""
	case "completeness":
		at := p.Share(fmt.Sprint("nulls", slots), func() state.Aggregate { return &state.Nulls{Slot: slots[0]} })
		return measured(at, func(a *state.Nulls) (float64, string, string) {
			if a.Total == 0 {
				return 0, "", "the file has no rows"
			}
			return float64(a.Total-a.Null) / float64(a.Total), fmt.Sprintf(" (%s of %s rows are empty)", words.Count(a.Null), words.Count(a.Total)), ""
		}), ""
	case "correlation":
		at := p.Share(fmt.Sprint("pair", slots), func() state.Aggregate { return &statistic.Pair{X: slots[0], Y: slots[1]} })
		return measured(at, func(a *statistic.Pair) (float64, string, string) {
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
		at := p.Share(fmt.Sprint("cardinality", slots), func() state.Aggregate { return statistic.NewCardinality(slots) })
		return measured(at, func(a *statistic.Cardinality) (float64, string, string) {
			n, exact := a.Count()
			if !exact {
				return n, ", within 2.5 %", ""
			}
			return n, "", ""
		}), ""
	case "uniqueness", "distinctness", "uniqueValueRatio", "entropy":
		return frequency(p, name, list, slots), ""
	case "meanLength", "minLength", "maxLength":
		at := p.Share(fmt.Sprint("lengths", slots), func() state.Aggregate { return statistic.NewLengths(slots[0], textformat.Length) })
		return measured(at, func(a *statistic.Lengths) (float64, string, string) {
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
		at := p.Share(fmt.Sprint("quantiles", slots), func() state.Aggregate { return statistic.NewQuantiles(slots[0]) })
		return measured(at, func(a *statistic.Quantiles) (float64, string, string) {
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
		return power(p, name, list, slots[0], 2), ""
	case "skewness":
		return power(p, name, list, slots[0], 3), ""
	case "kurtosis":
		return power(p, name, list, slots[0], 4), ""
	case "zeros":
		return power(p, name, list, slots[0], 1), ""
	}
	return figure(p, name, list, slots[0]), ""
}

// measured reads a statistic from an aggregate, unless that stopped.
func measured[A state.Aggregate](at int, read func(A) (float64, string, string)) check.Statistic {
	return func(f *check.Findings) (float64, string, string) {
		if why := f.Stopped[at]; why != "" {
			return 0, "", "the measurement stopped: " + why
		}
		return read(f.Aggs[at].(A))
	}
}

// figure prepares mean, sum, minimum, maximum or range.
func figure(p *check.Plan, name, list string, slot int) check.Statistic {
	at := p.Share(fmt.Sprint("figures", slot), func() state.Aggregate { return &state.Figures{Slot: slot} })
	return measured(at, func(a *state.Figures) (float64, string, string) {
		if problem := noNumbers(list, a.N(), a.Large); problem != "" {
			return 0, "", problem
		}
		value := a.Sum()
		switch name {
		case "minimum":
			value = a.Min()
		case "maximum":
			value = a.Max()
		case "range":
			value = a.Max()
			value.Sub(value, a.Min())
		case "mean":
			value.Quo(value, new(big.Rat).SetInt64(a.N()))
		}
		f, _ := value.Float64()
		return f, "", ""
	})
}

// power prepares a statistic of a column's powers up to degree.
func power(p *check.Plan, name, list string, slot, degree int) check.Statistic {
	at := p.Share(fmt.Sprint("powers", slot, degree), func() state.Aggregate { return &statistic.Powers{Slot: slot, Degree: degree} })
	return measured(at, func(a *statistic.Powers) (float64, string, string) {
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
func frequency(p *check.Plan, name, list string, slots []int) check.Statistic {
	at := p.Share(fmt.Sprint("frequencies", slots), func() state.Aggregate { return statistic.NewFrequencies(slots) })
	return measured(at, func(a *statistic.Frequencies) (float64, string, string) {
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
	return fmt.Sprintf("%s holds %s that can't be computed with: of more than %d characters, or beyond 1e±%d", list, words.Plural(n, "number"), decimal.MaxLong, decimal.MaxOrder)
}
