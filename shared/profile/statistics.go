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

// stabilityIndex returns the population stability index of two lists of counts
// of the same classes, Σ (bᵢ - aᵢ) · ln(bᵢ ÷ aᵢ) over shares, to each of which half a
// row is added so that empty classes count without being infinite; and the
// chance of one as large if nothing changed, by its distribution, which is nearly
// that of chi-square times 1/n + 1/m. It is 0 and 1 if either has no rows. Below 0.1 is
// no change, above 0.25 a large one. Sources: Siddiqi, Credit Risk Scorecards
// (2006), whose rule of thumb the bounds are; Yurdakul, Statistical Properties of
// Population Stability Index (2018).
func stabilityIndex(a, b []int64) (index, chance float64) {
	var na, nb float64
	for i := range a {
		na += float64(a[i])
		nb += float64(b[i])
	}
	if na == 0 || nb == 0 || len(a) < 2 {
		return 0, 1
	}
	k := float64(len(a)) / 2
	for i := range a {
		p, q := (float64(a[i])+.5)/(na+k), (float64(b[i])+.5)/(nb+k)
		index += (q - p) * math.Log(q/p)
	}
	return index, upperGamma(float64(len(a)-1)/2, index/(1/na+1/nb)/2)
}

// kolmogorovSmirnov returns the largest distance between the distribution
// functions of two samples, ordered by at, and the chance of one as large if
// both are of one distribution, by the asymptotic series with Stephens'
// correction for small samples. NaN and 1 if either is empty. Source: Press,
// Teukolsky, Vetterling and Flannery, Numerical Recipes (2007), 14.3.3.
func kolmogorovSmirnov(a, b []weight) (distance, chance float64) {
	na, nb := totalOf(a), totalOf(b)
	if na == 0 || nb == 0 {
		return math.NaN(), 1
	}
	var i, j int
	var upA, upB int64
	for i < len(a) || j < len(b) {
		at := math.Inf(1)
		if i < len(a) {
			at = a[i].at
		}
		if j < len(b) {
			at = min(at, b[j].at)
		}
		for ; i < len(a) && a[i].at <= at; i++ {
			upA += a[i].n
		}
		for ; j < len(b) && b[j].at <= at; j++ {
			upB += b[j].n
		}
		distance = max(distance, math.Abs(float64(upA)/float64(na)-float64(upB)/float64(nb)))
	}
	root := math.Sqrt(float64(na) * float64(nb) / float64(na+nb))
	return distance, kolmogorov((root + .12 + .11/root) * distance)
}

func totalOf(list []weight) (n int64) {
	for _, w := range list {
		n += w.n
	}
	return n
}

// kolmogorov is the chance that Kolmogorov's statistic is at least x.
func kolmogorov(x float64) float64 {
	if x <= 0 {
		return 1
	}
	if x < 1.18 { // the other series converges faster there
		sum, t := 0.0, math.Exp(-math.Pi*math.Pi/(8*x*x))
		for k := 1; k <= 9; k += 2 {
			sum += math.Pow(t, float64(k*k))
		}
		return min(max(1-math.Sqrt(2*math.Pi)/x*sum, 0), 1)
	}
	sum, sign := 0.0, 1.0
	for k := 1; k <= 20; k++ {
		sum += sign * math.Exp(-2*float64(k*k)*x*x)
		sign = -sign
	}
	return min(max(2*sum, 0), 1)
}

// chiSquare returns Pearson's statistic for the question whether two lists of
// counts of the same classes are of one distribution, its degrees of freedom, the
// chance of one as large if they are, and Cramér's V, which is from 0 to 1
// however many rows there are. Classes that neither has do not count; with
// fewer than two the chance is 1. Sources: Pearson (1900); Cramér, Mathematical
// Methods of Statistics (1946), 21.9.
func chiSquare(a, b []int64) (statistic float64, freedom int, chance, cramer float64) {
	var na, nb float64
	classes := 0
	for i := range a {
		na += float64(a[i])
		nb += float64(b[i])
		if a[i]+b[i] > 0 {
			classes++
		}
	}
	if na == 0 || nb == 0 || classes < 2 {
		return 0, max(classes-1, 0), 1, 0
	}
	for i := range a {
		both := float64(a[i] + b[i])
		if both == 0 {
			continue
		}
		wantA, wantB := both*na/(na+nb), both*nb/(na+nb)
		statistic += (float64(a[i])-wantA)*(float64(a[i])-wantA)/wantA + (float64(b[i])-wantB)*(float64(b[i])-wantB)/wantB
	}
	freedom = classes - 1
	return statistic, freedom, upperGamma(float64(freedom)/2, statistic/2), math.Sqrt(statistic / (na + nb))
}

// upperGamma is the regularised incomplete gamma function Q(a, x), by its series
// where x is small and by its continued fraction elsewhere. Source: Press et al.,
// Numerical Recipes (2007), 6.2.
func upperGamma(a, x float64) float64 {
	if x <= 0 {
		return 1
	}
	logGamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - logGamma)
	const tiny, close, most = 1e-300, 1e-15, 100_000
	if x < a+1 {
		term := 1 / a
		sum := term
		for n := 1; n < most && math.Abs(term) > math.Abs(sum)*close; n++ {
			term *= x / (a + float64(n))
			sum += term
		}
		return min(max(1-front*sum, 0), 1)
	}
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for i := 1; i < most; i++ {
		n := float64(i)
		an := -n * (n - a)
		b += 2
		if d = an*d + b; math.Abs(d) < tiny {
			d = tiny
		}
		if c = b + an/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		h *= d * c
		if math.Abs(d*c-1) < close {
			break
		}
	}
	return min(max(front*h, 0), 1)
}
