package drift

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Abs(want)+1e-15 {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The figures are what SciPy 1.17.1 gives.

func TestKolmogorov(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{
		{0, 1}, {.2, 0.999999999999495}, {.5, 0.9639452436648751}, {.8, 0.5441424115741981}, {1, 0.26999967167735456},
		{1.18, 0.1234538094297657}, {1.36, 0.049485876755377876}, {1.63, 0.009846364888486529}, {2.5, 7.453306344157342e-06},
	} {
		near(t, "chance", kolmogorov(c.x), c.want, 1e-9)
	}
}

func numbers(n int, f func(int) int) (list []Weight) {
	counts := map[int]int64{}
	most := 0
	for i := range n {
		counts[f(i)]++
		most = max(most, f(i))
	}
	for v := range most + 1 {
		if counts[v] > 0 {
			list = append(list, Weight{float64(v), counts[v]})
		}
	}
	return list
}

func TestKolmogorovSmirnov(t *testing.T) {
	for _, c := range []struct {
		a, b             []Weight
		distance, chance float64 // the exact chance, to which the series comes near
	}{
		{numbers(10, func(i int) int { return i + 1 }), numbers(10, func(i int) int { return i + 3 }), .2, .994},
		{numbers(300, func(i int) int { return i * i % 97 }), numbers(200, func(i int) int { return i*i%89 + 5 }), .1, 0.17313583335670987},
		{numbers(60, func(i int) int { return i * 37 % 101 }), numbers(80, func(i int) int { return i*53%101 + 12 }), .1375, 0.4991251945034098},
		{numbers(100, func(i int) int { return i }), numbers(100, func(i int) int { return i }), 0, 1},
	} {
		distance, chance := KolmogorovSmirnov(c.a, c.b)
		near(t, "distance", distance, c.distance, 1e-12)
		near(t, "chance", chance, c.chance, .1)
	}
	if d, p := KolmogorovSmirnov(nil, numbers(1, func(int) int { return 1 })); !math.IsNaN(d) || p != 1 {
		t.Errorf("of nothing: got %v, %v", d, p)
	}
}

func TestUpperGamma(t *testing.T) {
	for _, c := range []struct{ a, x, want float64 }{
		{.5, .1, 0.6547208460185768}, {.5, 2, 0.04550026389635857}, {1, 1, 0.36787944117144245}, {2.5, 10, 0.0012497305630313773},
		{4.5, 3, 0.7399182920946538}, {50, 40, 0.9296649333406051}, {50, 60, 0.08440668109369177}, {99.5, 150, 4.776023145770754e-06}, {3, 0, 1},
	} {
		near(t, "chance", upperGamma(c.a, c.x), c.want, 1e-11)
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		a, b                      []int64
		statistic, chance, cramer float64
		freedom                   int
		index, indexChance        float64
	}{
		{[]int64{20, 30, 50}, []int64{25, 25, 50}, 1.0101010101010102, 0.6034750961171595, 0.07106690545187015, 2, 0.019571517116699688, 0.6130627836886746},
		{[]int64{90, 10}, []int64{70, 30}, 12.5, 0.00040695201744495946, .25, 1, 0.26061159749258334, 0.00030644564768839117},
		{[]int64{100, 200, 300, 0}, []int64{120, 180, 250, 50}, 57.41626794258373, 2.0943485337865243e-12, 0.21873931962990356, 3, 0.40795178970545753, 2.3639022390706396e-26},
		// Agresti, Categorical Data Analysis (2002), table 2.5: party by gender.
		{[]int64{762, 327, 468}, []int64{484, 239, 477}, 30.070149095754672, 2.9535891832117595e-07, 0.10443580235646777, 2, 0.04422567611386607, 3.103023284841761e-07},
		{[]int64{0, 0}, []int64{1, 2}, 0, 1, 0, 1, 0, 1},
		{[]int64{5}, []int64{7}, 0, 1, 0, 0, 0, 1},
	} {
		statistic, freedom, chance, cramer := ChiSquare(c.a, c.b)
		near(t, "statistic", statistic, c.statistic, 1e-12)
		near(t, "chance", chance, c.chance, 1e-9)
		near(t, "V", cramer, c.cramer, 1e-12)
		if freedom != c.freedom {
			t.Errorf("got %d degrees of freedom, want %d", freedom, c.freedom)
		}
		index, indexChance := StabilityIndex(c.a, c.b)
		near(t, "index", index, c.index, 1e-9)
		near(t, "chance of the index", indexChance, c.indexChance, 1e-9)
	}
}

// What is compared with itself did not change, and the two sides may change places.
func TestComparisonsAreSymmetric(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(rt, "classes")
		counts := rapid.SliceOfN(rapid.Int64Range(0, 500), n, n)
		a, b := counts.Draw(rt, "a"), counts.Draw(rt, "b")
		s1, _, p1, v1 := ChiSquare(a, b)
		s2, _, p2, v2 := ChiSquare(b, a)
		i1, q1 := StabilityIndex(a, b)
		i2, q2 := StabilityIndex(b, a)
		for _, pair := range [][2]float64{{s1, s2}, {p1, p2}, {v1, v2}, {i1, i2}, {q1, q2}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9*(1+math.Abs(pair[0])) {
				rt.Fatalf("%v and %v", pair[0], pair[1])
			}
		}
		if v1 < 0 || v1 > 1 || p1 < 0 || p1 > 1 || i1 < 0 || q1 < 0 || q1 > 1 {
			rt.Fatalf("out of bounds: V %v, chances %v and %v, index %v", v1, p1, q1, i1)
		}
		if s, _, p, _ := ChiSquare(a, a); s > 1e-9 || p < .999 {
			rt.Fatalf("with itself: %v, %v", s, p)
		}
	})
}
