package drift

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// counted puts numbers in order and counts them.
func counted(n int, draw func() float64) (list []Weight) {
	counts := map[float64]int64{}
	for range n {
		counts[math.Round(draw()*100)/100]++
	}
	return sortedWeights(counts)
}

func sortedWeights(counts map[float64]int64) (list []Weight) {
	for at, n := range counts {
		list = append(list, Weight{at, n})
	}
	for i := range list {
		for j := i; j > 0 && list[j].At < list[j-1].At; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

// What is remembered of numbers gives a distance that is too small by no more
// than 1/40, and never too large; and an index near that of all the numbers.
func TestRememberedNumbersKeepTheirDistance(t *testing.T) {
	for seed := range uint64(30) {
		chance := rand.New(rand.NewPCG(seed, 1))
		shift, spread := chance.Float64()*.6, .8+chance.Float64()*.4
		before := counted(2000, chance.NormFloat64)
		now := counted(1500, func() float64 { return shift + spread*chance.NormFloat64() })
		var c Column
		c.Set(Distribution{Numbers: before})
		if len(c.At) > mostNumbers || len(c.At) != len(c.Numbers) {
			t.Fatalf("%d ends, %d counts", len(c.At), len(c.Numbers))
		}
		want, _ := KolmogorovSmirnov(before, now)
		got, _, ok := Smirnov.Compare(&c, Distribution{Numbers: now})
		if !ok || got > want+1e-12 || got < want-1./mostNumbers {
			t.Errorf("seed %d: got a distance of %v, want %v", seed, got, want)
		}
		edges := Tenths(before)
		index, _ := StabilityIndex(Classed(before, edges), Classed(now, edges))
		if got, _, _ := Index.Compare(&c, Distribution{Numbers: now}); math.Abs(got-index) > .01 {
			t.Errorf("seed %d: got an index of %v, want %v", seed, got, index)
		}
	}
}

// Few different numbers are remembered as they are.
func TestFewNumbersAreRememberedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.MapOfN(rapid.Float64Range(-100, 100), rapid.Int64Range(1, 50), 1, mostNumbers)
		before, now := sortedWeights(numbers.Draw(t, "before")), sortedWeights(numbers.Draw(t, "now"))
		var c Column
		c.Set(Distribution{Numbers: before})
		if got := c.Weights(); !cmp.Equal(got, before) {
			t.Errorf("got %v, want %v", got, before)
		}
		want, _ := KolmogorovSmirnov(before, now)
		if got, _, _ := Smirnov.Compare(&c, Distribution{Numbers: now}); got > want+1e-12 {
			t.Errorf("got a distance of %v, more than %v", got, want)
		}
	})
}

func TestCompareClasses(t *testing.T) {
	before := Column{Classes: map[string]int64{"a": 90, "b": 10}}
	now := Distribution{Classes: map[string]int64{"a": 70, "b": 20, "c": 10}}
	value, chance, ok := Chi.Compare(&before, now)
	_, _, wantChance, want := ChiSquare([]int64{90, 10, 0}, []int64{70, 20, 10})
	if !ok || value != want || chance != wantChance {
		t.Errorf("got V %v with %v, want %v with %v", value, chance, want, wantChance)
	}
	if value, _, ok = Index.Compare(&before, now); !ok || value < LeastIndex {
		t.Errorf("got an index of %v (%v), want a large one", value, ok)
	}
	for rule, ok := range map[string]bool{
		"a distance of classes":         third(Smirnov.Compare(&before, now)),
		"classes with too many of them": third(Chi.Compare(&before, Distribution{})),
		"numbers with classes":          third(Index.Compare(&before, Distribution{Numbers: []Weight{{1, 1}}})),
	} {
		if ok {
			t.Errorf("%s was measured", rule)
		}
	}
}

func third(_, _ float64, ok bool) bool { return ok }

func TestLikeness(t *testing.T) {
	column := func(from, to int) *Column {
		var prints []uint64
		for i := from; i < to; i++ {
			prints = append(prints, uint64(i)*0x9E3779B97F4A7C15) // spread as fingerprints are
		}
		c := &Column{}
		c.SetPrints(prints)
		return c
	}
	for _, c := range []struct {
		rule         string
		a, b         *Column
		want, within float64
		few          bool
	}{
		{"few and the same", column(0, 5), column(0, 5), 1, 0, true},
		{"few, half in common", column(0, 6), column(3, 9), 1. / 3, 0, true},
		{"nothing in common", column(0, 6), column(6, 9), 0, 0, true},
		{"many and the same", column(0, 5000), column(0, 5000), 1, 0, false},
		{"many, half in common", column(0, 3000), column(1000, 4000), .5, .25, false},
		{"of nothing", column(0, 0), column(0, 5), 0, 0, false},
	} {
		got, few := c.a.Likeness(c.b)
		back, _ := c.b.Likeness(c.a)
		if math.Abs(got-c.want) > c.within || got != back || few != c.few {
			t.Errorf("%s: got %v and %v, few %v; want %v", c.rule, got, back, few, c.want)
		}
	}
}

func TestColumnReadsBackAsWritten(t *testing.T) {
	c := Column{Name: "a", Type: "number", Values: 9}
	c.SetPrints([]uint64{5, 1 << 63, 3})
	c.Set(Distribution{Numbers: []Weight{{1.5, 4}, {2, 5}}, Classes: map[string]int64{"x": 1}})
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Column
	if err := json.Unmarshal(data, &back); err != nil || !cmp.Equal(c, back) {
		t.Errorf("%v: %s", err, cmp.Diff(c, back))
	}
	// What another wrote is compared as far as it goes.
	odd := Column{At: []float64{1, 2, 3}, Numbers: []int64{1}, Prints: []byte("123456789")}
	for _, m := range []Method{Index, Smirnov, Chi} {
		m.Compare(&odd, Distribution{Numbers: []Weight{{1, 1}, {9, 9}}})
	}
	odd.Likeness(&c)
}
