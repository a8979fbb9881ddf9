package contract

import (
	"tillwatch/shared/decimal"
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
//     cell that is no number is left out; one of more than 64 characters, or beyond 1e±75, is
//     told and nothing computed. All but the last two are exact until they
//     are rounded to a float64 once. A quantile is that of rank (n-1)·q, interpolated;
//     it is exact up to 4,096 different numbers and beyond off by 0.05 % at most;
//   - of two columns of numbers: correlation (Pearson);
//   - of two columns: mutualInformation, in nats: 0 where neither tells anything of
//     the other;
//   - of values: count, completeness (values ÷ rows), distinctCount (exact up to 100,000,
//     beyond within 2.5 % in 99.7 of 100 cases), uniqueness (values that occur exactly once ÷ values),
//     distinctness (different values ÷ values), uniqueValueRatio (values that
//     occur exactly once ÷ different values), told apart as they are written, and entropy (in nats, of the shares among values). With
//     columns they are of tuples; one with a null in it is none;
//   - of texts: meanLength, minLength, maxLength, in characters;
//   - of the file: columnCount, which names no column.
//
// Shares are a histogram's, among the values of one column:
//
//	statistic: share       statistic: share    statistic: topShare   statistic: typeShare
//	value: North           from: 0             top: 3                type: integer
//	mustBeLessThan: 0.5    to: 10              mustBeLessThan: 0.9   mustBe: 1
//	                       mustBe: 1
//
// share is of the values that are value, or of the numbers from from on and below
// to, of which one may be left out; count with these is how many there are. topShare is of the top most frequent values
// together (default 1), exactly up to 4,000,000 different ones. typeShare is of the
// values that are written as the type: integer, number, boolean, date, timestamp
// (ISO 8601), or string, which is what is none of these; integers are numbers and
// dates timestamps too, and digits after a leading zero are a string.
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
	// Value is what share or count is of, or the numbers from From on and below To, either
	// of which may be nil.
	Value    *string
	From, To *decimal.Decimal
	// Top is of topShare, from 1 on, and Type of typeShare.
	Top  int
	Type string
	Want Want
}

// statisticColumns is how many columns each statistic takes at least and at most.
var statisticColumns = map[string][2]int{
	"mean": {1, 1}, "sum": {1, 1}, "minimum": {1, 1}, "maximum": {1, 1}, "range": {1, 1}, "zeros": {1, 1},
	"variance": {1, 1}, "standardDeviation": {1, 1}, "skewness": {1, 1}, "kurtosis": {1, 1}, "median": {1, 1}, "quantile": {1, 1},
	"correlation": {2, 2}, "mutualInformation": {2, 2}, "count": {1, 1}, "share": {1, 1}, "topShare": {1, 1}, "typeShare": {1, 1}, "completeness": {1, 1}, "distinctCount": {1, 64}, "uniqueness": {1, 64}, "distinctness": {1, 64},
	"uniqueValueRatio": {1, 64}, "entropy": {1, 64}, "meanLength": {1, 1}, "minLength": {1, 1}, "maxLength": {1, 1}, "columnCount": {0, 0},
}

// statisticKeys are the keys of a statistic check.
var statisticKeys = keys{"statistic": text, "column": text, "columns": {Kinds: document.List, Item: full, Min: 1}, "quantile": number, "value": {Kinds: document.Scalar &^ document.Null}, "from": anyDecimal, "to": anyDecimal, "top": count, "type": text,
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
	d.shares(&c)
	return c
}

// shares reads what only statistics of shares have.
func (d *checkReader) shares(c *StatisticCheck) {
	takes := map[string][]string{"share": {"value", "from", "to"}, "topShare": {"top"}, "typeShare": {"type"}}
	for _, name := range sortedKeys(takes) {
		for _, key := range takes[name] {
			if n := d.n.Get(key); n != nil && c.Statistic != name && !(c.Statistic == "count" && name == "share") {
				d.fault(n, "remove it, or write statistic: "+name, "%s takes no %s", c.Statistic, key)
			}
		}
	}
	exact, from, to := d.n.Get("value"), d.n.Get("from"), d.n.Get("to")
	switch c.Statistic {
	case "share", "count":
		switch {
		case exact == nil && from == nil && to == nil:
			if c.Statistic == "count" {
				return // of all values
			}
			d.fault(d.n, "write value:, or from:, to: or both", "the check does not say of what the share is")
		case exact != nil && (from != nil || to != nil):
			d.fault(exact, "keep one of them", "value and from or to are two ways to say of what the %s is", c.Statistic)
		case exact != nil:
			c.Value = &exact.Text
		}
		c.From, c.To = decimalOf(from), decimalOf(to)
		if c.From != nil && c.To != nil && c.From.Cmp(*c.To) >= 0 {
			d.fault(to, "write a larger number; the end is left out", "to is not above from")
		}
	case "topShare":
		c.Top = int(d.whole("top", 1, 1, 1000))
	case "typeShare":
		if d.n.Get("type") == nil {
			d.fault(d.n, "write type: integer", "the check does not say of which type")
		}
		c.Type = d.oneOf("type", "", "integer", "number", "boolean", "date", "timestamp", "string")
	}
}

// decimalOf returns the number that n is, nil if it is none that can be compared
// exactly.
func decimalOf(n *document.Node) *decimal.Decimal {
	if !n.Is(document.Number | document.Text) {
		return nil
	}
	d, kind := decimal.Parse([]byte(n.Text))
	if kind != decimal.Fits {
		return nil
	}
	return &d
}

var anyDecimal = &shape{Kinds: document.Number | document.Text, Check: func(n *document.Node, f *document.Faults) {
	if decimalOf(n) == nil {
		f.Addf(n.Place, "write a decimal such as -0.5", "%s is no decimal of up to 18 digits", document.Describe(n))
	}
}}
