package statistic

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"

	"tillwatch/shared/decimal"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/quality/state/statetest"
)

// kinds makes one of each kind over the columns key, number and day.
var kinds = statetest.Kinds{
	"powers":      func() state.Aggregate { return &Powers{Slot: 1, Degree: 4} },
	"pair":        func() state.Aggregate { return &Pair{X: 1, Y: 0} },
	"lengths":     func() state.Aggregate { return NewLengths(0, func(b []byte) int { return len(b) }) },
	"cardinality": func() state.Aggregate { return NewCardinality([]int{0, 1}) },
	"frequencies": func() state.Aggregate { return NewFrequencies([]int{1}) },
	"quantiles":   func() state.Aggregate { return NewQuantiles(1) },
	"histogram":   func() state.Aggregate { return NewHistogram(1, ExactValues) },
	"content":     func() state.Aggregate { return NewContent(1) },
	"joint":       func() state.Aggregate { return NewJoint(0, 1) },
	"share":       func() state.Aggregate { return NewShare(1, "-2.50") },
	"bar": func() state.Aggregate {
		low, high := decimal.MustParse("-2.5"), decimal.MustParse("1")
		return NewShareBetween(1, &low, &high)
	},
	"forms": func() state.Aggregate { return &Forms{Slot: 1} },
}

// tell writes what an aggregate knows, in an order of its own.
func tell(a state.Aggregate) string {
	switch a := a.(type) {
	case *Powers:
		skew, _ := a.Skewness()
		kurtosis, _ := a.Kurtosis()
		return fmt.Sprint(a.N, a.Zeros, a.Large, a.Sum(1), a.Sum(2), a.Sum(3), a.Sum(4), a.Variance(), skew, kurtosis)
	case *Pair:
		r, ok := a.Correlation()
		return fmt.Sprint(a.N, a.Large, a.XY.Rat(), r, ok)
	case *Lengths:
		return fmt.Sprint(a.N, a.Sum, a.Least, a.Most)
	case *Cardinality:
		n, exact := a.Count()
		return fmt.Sprint(n, exact, xxh3.Hash(a.ranks))
	case *Frequencies:
		distinct, unique, total := a.Distinct()
		return fmt.Sprint(distinct, unique, total, a.Entropy(), a.Full)
	case *Quantiles:
		return fmt.Sprint(a.N, a.Large, a.At(0), a.At(0.3), a.At(0.5), a.At(1), a.Exact())
	case *Histogram:
		return fmt.Sprint(a.N, a.All(), a.Exact())
	case *Content:
		return tell(a.Values) + tell(a.Numbers) + tell(a.Forms)
	case *Joint:
		information, ok := a.MutualInformation()
		return fmt.Sprint(information, ok, len(a.seen), a.Full)
	case *Share:
		return fmt.Sprint(a.N, a.Total, a.Large)
	case *Forms:
		form, ok := a.Common()
		return fmt.Sprint(a.N, form, ok)
	}
	return "unknown"
}

func TestMergingEqualsTheWhole(t *testing.T) { statetest.Merging(t, kinds, tell) }

func FuzzDecode(f *testing.F) { statetest.Decoding(f, kinds, tell) }

// Beyond the bounds of exact counting, parts in any order still give the same.
func TestSketchesMergeInAnyOrder(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	counts := make([]*Cardinality, 4)
	quantiles := make([]*Quantiles, 4)
	for i := range counts {
		counts[i], quantiles[i] = NewCardinality(nil), NewQuantiles(0)
	}
	whole, all := NewCardinality(nil), NewQuantiles(0)
	var values []float64
	for i := range 300_000 {
		part := i % 4
		if i%100 == 0 {
			part = 3 // one part stays small, and exact
		} else if part == 3 {
			part = 0
		}
		print := xxh3.HashString(fmt.Sprint(i))
		counts[part].add(print)
		whole.add(print)
		d, _ := decimal.New(source.Int64N(1_000_000)-300_000, 2)
		quantiles[part].Add(d, 1)
		all.Add(d, 1)
		values = append(values, d.Float64())
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}} {
		c, q := NewCardinality(nil), NewQuantiles(0)
		for _, i := range order {
			c.Merge(counts[i])
			q.Merge(quantiles[i])
		}
		if got, _ := c.Count(); !slices.Equal(c.ranks, whole.ranks) {
			want, _ := whole.Count()
			t.Errorf("order %v: got %v different values, want %v", order, got, want)
		}
		if !maps.Equal(maps.Collect(q.All()), maps.Collect(all.All())) || q.N != all.N {
			t.Errorf("order %v: buckets differ", order)
		}
	}
	n, exact := whole.Count()
	if exact || math.Abs(n-300_000) > 3*0.0081*300_000 {
		t.Errorf("got %v different values (exact %v), want 300,000 within 2.5 %%", n, exact)
	}
	slices.Sort(values)
	below, total := math.Inf(-1), int64(0)
	for at, n := range all.All() {
		if at <= below || n <= 0 {
			t.Errorf("got %v, %d times, after %v", at, n, below)
		}
		below, total = at, total+n
	}
	if total != all.N {
		t.Errorf("got %d numbers, want %d", total, all.N)
	}
	for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.95, 0.99, 1} {
		want := values[int(math.Round(float64(len(values)-1)*q))]
		if got := all.At(q); math.Abs(got-want) > QuantileError*math.Abs(want)+0.5 {
			t.Errorf("quantile %v: got %v, want %v within %v", q, got, want, QuantileError)
		}
	}
}

// The estimate keeps its bound over the range of sizes.
func TestCardinalityIsWithinItsError(t *testing.T) {
	sketch := &Cardinality{ranks: make([]uint8, registers)}
	worst := 0.0
	for i := 1; i <= 1_000_000; i++ {
		sketch.add(xxh3.HashString(fmt.Sprint("v", i)))
		if i == 100 || i == 10_000 || i%125_000 == 0 {
			n, _ := sketch.Count()
			worst = max(worst, math.Abs(n-float64(i))/float64(i))
		}
	}
	t.Logf("largest relative error %.4f", worst)
	if worst > 3*0.0081 {
		t.Errorf("got an error of %.4f, want at most three standard errors", worst)
	}
}

// The moments are those of a slow and obvious computation.
func TestMomentsAgainstTheDefinition(t *testing.T) {
	a := &Powers{Degree: 4}
	values := []float64{2, 4, 4, 4, 5, 5, 7, 9}
	for _, v := range values {
		a.add(decimal.MustParse(fmt.Sprint(v)))
	}
	skew, _ := a.Skewness()
	kurtosis, _ := a.Kurtosis()
	if a.Variance() != 4 || skew != 0.65625 || kurtosis != -0.21875 {
		t.Errorf("got variance %v, skewness %v, kurtosis %v; want 4, 0.65625, -0.21875", a.Variance(), skew, kurtosis)
	}
	constant := &Powers{Degree: 4}
	for range 3 {
		constant.add(decimal.MustParse("0.1"))
	}
	if _, ok := constant.Skewness(); ok || constant.Variance() != 0 {
		t.Errorf("a constant column: got variance %v and a skewness", constant.Variance())
	}
}

// Powers are exact however they are summed: in a Decimal, as a product of two,
// or as a fraction.
func TestPowersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &Powers{Degree: 4}
		var want [5]big.Rat
		for range rapid.IntRange(1, 9).Draw(t, "n") {
			coef := rapid.Int64Range(-1<<62, 1<<62).Draw(t, "coef") >> rapid.IntRange(0, 62).Draw(t, "shift")
			d, ok := decimal.New(coef, uint8(rapid.IntRange(0, 18).Draw(t, "scale")))
			if !ok {
				continue
			}
			a.add(d)
			power := d.Rat()
			for i := 1; i <= 4; i++ {
				want[i].Add(&want[i], power)
				power.Mul(power, d.Rat())
			}
		}
		for i := 1; i <= 4; i++ {
			if got := a.Sum(i); got.Cmp(&want[i]) != 0 {
				t.Errorf("power %d: got %s, want %s", i, got, want[i].String())
			}
		}
	})
}
