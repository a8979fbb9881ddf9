package profile

import (
	"math"
	"strconv"

	"tillwatch/shared/contract"
)

// z95 is the quantile of the standard normal distribution that 95 % of it does
// not exceed, for bounds of one side.
const z95 = 1.6448536269514722

// wilson returns the bounds of one side at 95 %, each, of a share of which k of
// n were seen, in [0, 1]; 0 and 1 for n of 0. Source: Wilson, Probable Inference,
// the Law of Succession, and Statistical Inference (1927).
func wilson(k, n int64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	middle := (p + z95*z95/(2*m)) / (1 + z95*z95/m)
	half := z95 / (1 + z95*z95/m) * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return max(middle-half, 0), min(middle+half, 1)
}

// options are the logicalTypeOptions.
func (w *writer) options(c *Column, s *column, strict, enough bool) (list []string) {
	if !strict {
		return nil
	}
	if c.Pattern != "" {
		list = append(list, "format: "+quoted(c.Pattern))
	}
	if c.Format != "" {
		return append(list, "format: "+c.Format)
	}
	switch {
	case !enough:
	case c.Type == contract.Integer || c.Type == contract.Number:
		low, high := ranged(s.numbers.min.Float64(), s.numbers.max.Float64())
		if c.Type == contract.Integer {
			low, high = math.Floor(low), math.Ceil(high)
		}
		list = append(list, "minimum: "+plain(low))
		if !c.Unique && low < high {
			list = append(list, "maximum: "+plain(high))
		}
	case c.Type == contract.String:
		if shape := s.pattern(c.Personal); shape != "" && c.Fitting >= leastShaped {
			return append(list, "pattern: "+quoted(shape))
		}
		if c.Shortest > 0 {
			list = append(list, "minLength: 1")
		}
		list = append(list, "maxLength: "+plain(math.Ceil(outward(lengthSlack*float64(max(c.Longest, 1)), true))))
	}
	return list
}

// nullPercent is how many nulls a column may have: the largest that Wilson's
// bound allows for one of the files.
func (w *writer) nullPercent(i int) (worst float64) {
	for _, f := range w.p.Files {
		_, high := wilson(f.nulls[i], f.Rows)
		worst = max(worst, 100*high)
	}
	return worst
}

// worstPercent is how many of a file's rows may be bad where n of all were,
// whichever file they are in.
func (w *writer) worstPercent(n int64) float64 {
	rows := w.least()
	_, high := wilson(min(n, rows), rows)
	return 100 * high
}

// saturated reports whether a column's values are categories of which none is
// likely to be missing.
func saturated(c *Column, s *column) bool {
	values := c.Rows - c.Nulls
	if c.Personal || !c.DistinctExact || c.Type != contract.String || c.Format != "" || c.Distinct > mostCategories || c.Distinct < 1 ||
		values < c.Distinct*rowsPerCategory || c.Longest > 64 {
		return false
	}
	for _, v := range s.held {
		if v.n < leastOfCategory {
			return false
		}
	}
	return true
}

// ranged widens a range by its slack, outwards to two digits.
func ranged(low, high float64) (float64, float64) {
	slack := rangeSlack * (high - low)
	if slack == 0 {
		slack = rangeSlack * math.Abs(high)
	}
	least := low - slack
	if low >= 0 {
		least = max(least, 0)
	}
	most := high + slack
	if high <= 0 {
		most = min(most, 0)
	}
	return outward(least, false), outward(most, true)
}

// outward rounds to two digits, upwards or downwards.
func outward(v float64, up bool) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return v
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-1)
	if up {
		return math.Ceil(v/unit) * unit
	}
	return math.Floor(v/unit) * unit
}

// upward writes a percentage with two digits that count, rounded up, at most 100.
func upward(percent float64) string { return plain(min(outward(percent, true), 100)) }

// plain writes a number without an exponent and with no more digits than two
// that count need.
func plain(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return strconv.FormatFloat(v, 'f', -1, 64)
}
