package series

import "math"

// A running mean and deviation, by Welford's recurrence, which gives a constant
// series its own value and no deviation. Source: Welford, Note on a Method for
// Calculating Corrected Sums of Squares and Products (1962).
type running struct{ n, mean, squares float64 }

func (r running) with(v float64) running {
	before := r.mean
	r.n++
	r.mean += (v - before) / r.n
	r.squares += (v - before) * (v - r.mean)
	return r
}

// batchNormal returns the mean of values and the deviation of a sample, ÷ (n-1),
// which is 0 of one value.
func batchNormal(values []float64) (mean, deviation float64) {
	var r running
	for _, v := range values {
		r = r.with(v)
	}
	if r.n < 2 {
		return r.mean, 0
	}
	return r.mean, math.Sqrt(r.squares / (r.n - 1))
}

// ignoredStart is the share of the oldest values of which onlineNormal leaves out
// none: mean and deviation mean little yet.
const ignoredStart = 0.1

// onlineNormal returns the mean and the deviation, ÷ n, of those values that
// were no outliers when they came, and how many were: a value is out if it is
// beyond lower or upper deviations of the mean, both worked out with it, and then
// left out of what follows. Worked out with it, none of the first ten is beyond
// three deviations, so that an early value that differs by little is not lost.
func onlineNormal(values []float64, lower, upper float64) (mean, deviation float64, out int) {
	var r running
	for i, v := range values {
		next := r.with(v)
		d := math.Sqrt(next.squares / next.n)
		if float64(i) >= ignoredStart*float64(len(values)) && (v > next.mean+times(upper, d) || v < next.mean-times(lower, d)) {
			out++
			continue
		}
		r = next
	}
	return r.mean, math.Sqrt(r.squares / r.n), out
}
