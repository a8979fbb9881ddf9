package profile

import "math"

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
