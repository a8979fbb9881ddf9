// Package drift compares what two files hold: their columns, and how the values
// of a column are distributed. It knows neither files nor contracts.
package drift

import (
	"math"
	"slices"
)

// The bounds beyond which a distribution counts as changed. A test of
// significance alone would call every large file different, so that a size is asked
// for too.
const (
	// Significance is the chance below which a difference is no accident.
	Significance = .01
	// LeastDistance is Kolmogorov and Smirnov's: a tenth of the rows lies elsewhere.
	LeastDistance = .1
	// LeastCramer is Cramér's V of a small effect: Cohen, Statistical Power
	// Analysis for the Behavioral Sciences (1988), 7.2, whose w it is for two samples.
	LeastCramer = .1
	// LeastIndex is the stability index beyond which a change is large: Siddiqi
	// (2006).
	LeastIndex = .25
	// LeastCompared is how many values either side needs to be compared.
	LeastCompared = 50
	// MostClasses is how many different values can be compared as categories.
	MostClasses = 200
)

// A Weight is a number and how often it occurs.
type Weight struct {
	At float64
	N  int64
}

// Quantile returns the smallest of the numbers, which are in order, that at
// least a share p of all do not exceed; NaN of none.
func Quantile(list []Weight, p float64) float64 {
	total, upTo := totalOf(list), int64(0)
	for _, w := range list {
		if upTo += w.N; float64(upTo) >= p*float64(total) {
			return w.At
		}
	}
	return math.NaN()
}

// Tenths returns the upper ends of the tenths of numbers, without those that
// are equal and without the last.
func Tenths(list []Weight) []float64 {
	var edges []float64
	for i := 1; i < 10; i++ {
		edges = append(edges, Quantile(list, float64(i)/10))
	}
	return slices.Compact(edges)
}

// Classed counts numbers by the first edge that they do not exceed, and last
// those beyond all.
func Classed(list []Weight, edges []float64) []int64 {
	counts := make([]int64, len(edges)+1)
	for _, w := range list {
		at, _ := slices.BinarySearch(edges, w.At)
		counts[at] += w.N
	}
	return counts
}

// StabilityIndex returns the population stability index of two lists of counts
// of the same classes, Σ (bᵢ - aᵢ) · ln(bᵢ ÷ aᵢ) over shares, to each of which half a
// row is added so that empty classes count without being infinite; and the
// chance of one as large if nothing changed, by its distribution, which is nearly
// that of chi-square times 1/n + 1/m. It is 0 and 1 if either has no rows. Below 0.1 is
// no change, above 0.25 a large one. Sources: Siddiqi, Credit Risk Scorecards
// (2006), whose rule of thumb the bounds are; Yurdakul, Statistical Properties of
// Population Stability Index (2018).
func StabilityIndex(a, b []int64) (index, chance float64) {
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

// KolmogorovSmirnov returns the largest distance between the distribution
// functions of two samples, ordered by At, and the chance of one as large if
// both are of one distribution, by the asymptotic series with Stephens'
// correction for small samples. NaN and 1 if either is empty. Source: Press,
// Teukolsky, Vetterling and Flannery, Numerical Recipes (2007), 14.3.3.
func KolmogorovSmirnov(a, b []Weight) (distance, chance float64) {
	na, nb := totalOf(a), totalOf(b)
	if na == 0 || nb == 0 {
		return math.NaN(), 1
	}
	var i, j int
	var upA, upB int64
	for i < len(a) || j < len(b) {
		at := math.Inf(1)
		if i < len(a) {
			at = a[i].At
		}
		if j < len(b) {
			at = min(at, b[j].At)
		}
		for ; i < len(a) && a[i].At <= at; i++ {
			upA += a[i].N
		}
		for ; j < len(b) && b[j].At <= at; j++ {
			upB += b[j].N
		}
		distance = max(distance, math.Abs(float64(upA)/float64(na)-float64(upB)/float64(nb)))
	}
	root := math.Sqrt(float64(na) * float64(nb) / float64(na+nb))
	return distance, kolmogorov((root + .12 + .11/root) * distance)
}

func totalOf(list []Weight) (n int64) {
	for _, w := range list {
		n += w.N
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

// ChiSquare returns Pearson's statistic for the question whether two lists of
// counts of the same classes are of one distribution, its degrees of freedom, the
// chance of one as large if they are, and Cramér's V, which is from 0 to 1
// however many rows there are. Classes that neither has do not count; with
// fewer than two the chance is 1. Sources: Pearson (1900); Cramér, Mathematical
// Methods of Statistics (1946), 21.9.
func ChiSquare(a, b []int64) (statistic float64, freedom int, chance, cramer float64) {
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
