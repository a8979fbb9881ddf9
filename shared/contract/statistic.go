package contract

import (
	"tillwatch/shared/document"
	"tillwatch/shared/words"
)

// StatisticCheck ("check: statistic") compares a statistic of one or more
// columns with a bound, by one of ODCS's operators.
//
//	check: statistic                check: statistic
//	statistic: quantile             statistic: correlation
//	column: amount                  columns: [quantity, amount]
//	quantile: 0.95                  mustBeGreaterThan: 0.3
//	mustBeLessThan: 500
//
// The statistics, over the cells that are not null:
//
//   - of numbers: mean, sum, minimum, maximum, range (maximum - minimum),
//     zeros (how many), variance and standardDeviation of the population (÷ n),
//     skewness, kurtosis (0 for a normal distribution), median and quantile. A
//     cell that is no number is left out. All but the last two are exact until they
//     are rounded to a float64 once. A quantile is that of rank (n-1)·q, interpolated;
//     it is exact up to 4,096 different numbers and beyond off by 0.05 % at most;
//   - of two columns of numbers: correlation (Pearson);
//   - of values: completeness (values ÷ rows), distinctCount (exact up to 100,000,
//     beyond within 2.5 % in 99.7 of 100 cases), uniqueness (values that occur exactly once ÷ values),
//     distinctness (different values ÷ values), uniqueValueRatio (values that
//     occur exactly once ÷ different values), told apart as they are written, and entropy (in nats, of the shares among values). With
//     columns they are of tuples; one with a null in it is none;
//   - of texts: meanLength, minLength, maxLength, in characters;
//   - of the file: columnCount, which names no column.
//
// Ratios are from 0 to 1. A statistic of nothing, such as a mean without a
// number, could not be measured.
type StatisticCheck struct {
	Statistic string
	// Columns are two for correlation, none for columnCount, one or more for
	// statistics of values, else one.
	Columns []string
	// Quantile is from 0 to 1; 0 for other statistics.
	Quantile float64
	Want     Want
}

// statisticColumns is how many columns each statistic takes at least and at most.
var statisticColumns = map[string][2]int{
	"mean": {1, 1}, "sum": {1, 1}, "minimum": {1, 1}, "maximum": {1, 1}, "range": {1, 1}, "zeros": {1, 1},
	"variance": {1, 1}, "standardDeviation": {1, 1}, "skewness": {1, 1}, "kurtosis": {1, 1}, "median": {1, 1}, "quantile": {1, 1},
	"correlation": {2, 2}, "completeness": {1, 1}, "distinctCount": {1, 64}, "uniqueness": {1, 64}, "distinctness": {1, 64},
	"uniqueValueRatio": {1, 64}, "entropy": {1, 64}, "meanLength": {1, 1}, "minLength": {1, 1}, "maxLength": {1, 1}, "columnCount": {0, 0},
}

// statisticKeys are the keys of a statistic check.
var statisticKeys = keys{"statistic": text, "column": text, "columns": {Kinds: document.List, Item: full, Min: 1}, "quantile": number,
	string(Equal): {Kinds: document.Scalar &^ document.Null}, string(NotEqual): {Kinds: document.Scalar &^ document.Null}, string(Greater): number, string(GreaterOrEqual): number,
	string(Less): number, string(LessOrEqual): number, string(Between): listOf(number), string(NotBetween): listOf(number)}

func (d *checkReader) statistic() any {
	names := sortedKeys(statisticColumns)
	c := StatisticCheck{Statistic: d.oneOf("statistic", "", names...), Want: d.want(d.n, &Rule{Kind: Custom}, true)}
	takes, known := statisticColumns[c.Statistic]
	if !known {
		return c
	}
	several := d.n.Get("columns")
	switch {
	case takes[1] == 0:
		for _, key := range []string{"column", "columns"} {
			if e := d.n.Entry(key); e != nil {
				d.faults.Addf(e.Place, "remove it", "%s is of the file, not of a column", c.Statistic)
			}
		}
	case several != nil && d.n.Get("column") != nil:
		d.fault(several, "keep one of them", "column and columns are two names of the same")
	case several != nil:
		c.Columns = d.columns(several, d.table)
	case takes[0] == 2:
		d.fault(d.n, "write columns: [a, b]", "%s is of two columns", c.Statistic)
	default:
		c.Columns = []string{d.columnOf(true)}
	}
	if n := len(c.Columns); n > takes[1] || several != nil && n > 0 && n < takes[0] {
		d.fault(several, "", "%s is of %s, %d named here", c.Statistic, words.Plural(int64(takes[1]), "column"), n)
	}
	q := d.n.Get("quantile")
	switch {
	case c.Statistic == "quantile" && q == nil:
		d.fault(d.n, "write quantile: 0.95", "the check does not say which quantile")
	case c.Statistic == "quantile":
		c.Quantile = d.number("quantile", 0, 0, 1)
	case q != nil:
		d.fault(q, "remove it, or write statistic: quantile", "%s takes no quantile", c.Statistic)
	}
	return c
}
