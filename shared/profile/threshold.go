package profile

import (
	"math"
	"strconv"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/drift"
)

// wilson returns the bounds of one side, each at the quantile z of the standard
// normal distribution, of a share of which k of n were seen, in [0, 1]; 0 and 1 for n of 0.
// Source: Wilson, Probable Inference, the Law of Succession, and Statistical
// Inference (1927).
func wilson(k, n int64, z float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(middle-half, 0), min(middle+half, 1)
}

// allowed returns how large a share may be in another file of n rows where k of n
// were: Wilson's upper bound, by the doubt of both files (√2 that of one), at
// together(1), where none were, or else at z.
func allowed(k, n int64, z float64) float64 {
	if k == 0 {
		z = together(1)
	}
	_, high := wilson(k, n, math.Sqrt2*z)
	return high
}

// together returns the quantile of the standard normal distribution that each of
// n independent figures must stay below for all of them to do so in 95 of 100
// cases. Source: Šidák, Rectangular Confidence Regions (1967).
func together(n int) float64 {
	p := math.Pow(.95, 1/float64(max(n, 1)))
	return math.Sqrt2 * math.Erfinv(2*p-1)
}

// options are the logicalTypeOptions.
func (r *rules) options() (list []string) {
	c, s := r.c, r.s
	if !r.strict {
		return nil
	}
	if c.Pattern != "" {
		list = append(list, "format: "+quoted(c.Pattern))
	}
	if c.Format != "" {
		return append(list, "format: "+c.Format)
	}
	switch {
	case !r.enough || r.categories:
	case c.numeric():
		b := r.bounds()
		if b.lowStrict {
			list = append(list, "minimum: "+b.low)
		}
		if b.highStrict {
			list = append(list, "maximum: "+b.high)
		}
	case c.Type == contract.String:
		if shape := s.pattern(c.Personal); shape != "" && c.Fitting >= leastShaped {
			r.shaped = true
			return append(list, "pattern: "+quoted(shape))
		}
		if c.Shortest > 0 {
			list = append(list, "minLength: 1")
		}
		list = append(list, "maxLength: "+plain(math.Ceil(outward(lengthSlack*float64(max(c.Longest, 1)), true))))
	}
	return list
}

// bounds are between which numbers should be, as text, and whether all must.
type bounds struct {
	low, high             string
	lowStrict, highStrict bool
}

func (r *rules) bounds() (b bounds) {
	least, most := r.s.numbers.reach()
	low, high := ranged(least, most)
	b.lowStrict, b.highStrict = r.s.bounded()
	if r.c.Type == contract.Integer {
		low, high = math.Floor(low), math.Ceil(high)
		if r.c.Unique && most > 0 {
			high, b.highStrict = max(high, outward(growth*most, true)), false
		}
	}
	b.lowStrict, b.highStrict = b.lowStrict || low == 0, b.highStrict || high == 0
	b.low = plain(low)
	if low < high {
		b.high = plain(high)
	} else {
		b.highStrict = false
	}
	return b
}

// nullPercent is how many nulls a column may have: the largest that is
// allowed by one of the files.
func (w *writer) nullPercent(i int) (worst float64) {
	for _, f := range w.p.Files {
		worst = max(worst, 100*allowed(f.nulls[i], f.Rows, w.z))
	}
	return worst
}

// worstPercent is how many of a file's rows may be bad where n of all were,
// whichever file they are in.
func (w *writer) worstPercent(n int64) float64 {
	rows := w.least()
	return 100 * allowed(min(n, rows), rows, w.z)
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

// far is how far from the hundredth of the numbers next to it the smallest or the
// largest may stand, in distances of that hundredth from the median, for the
// numbers to be bounded on that side. It's 0.4 of a thousand numbers of a normal
// distribution, 0.6 of an exponential one, and less than 0.1 of a uniform one.
const far = .45

// leastBounded is how many numbers it takes to tell.
const leastBounded = 1000

// bounded reports whether numbers end, below and above, without stragglers.
func (c *column) bounded() (below, above bool) {
	if c.numbers.n < leastBounded {
		return false, false
	}
	list, _ := c.weights()
	at := func(p float64) float64 { return drift.Quantile(list, p) }
	p1, p50, p99 := at(.01), at(.5), at(.99)
	least, greatest := c.numbers.reach()
	return p1-least <= far*(p50-p1), greatest-p99 <= far*(p99-p50)
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
