package statistic

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"

	"tillwatch/shared/decimal"
)

// Beyond the bound of exact counting, parts in any order give the same sample,
// and its counts stay exact.
func TestSamplesOfValuesMergeInAnyOrder(t *testing.T) {
	counts := map[string]int64{}
	parts := []*Histogram{NewHistogram(0, ExactValues), NewHistogram(0, ExactValues), NewHistogram(0, ExactValues), NewHistogram(0, ExactValues)}
	for i := range 20_000 {
		value := fmt.Sprint(i * i % 5003)
		part := i % 4
		if i > 300 && part == 3 { // which stays exact
			part = 0
		}
		counts[value]++
		parts[part].count([]byte(value))
	}
	var first []Value
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}} {
		all := NewHistogram(0, ExactValues)
		for _, i := range order {
			all.Merge(parts[i])
		}
		got := all.All()
		if first == nil {
			first = got
		}
		if !reflect.DeepEqual(got, first) || all.Exact() || all.N != 20_000 || len(got) != ExactValues {
			t.Errorf("order %v: got %d values of %d, not those of the first order", order, len(got), all.N)
		}
	}
	for _, v := range first {
		if v.N != counts[v.Text] {
			t.Errorf("%s: got %d, want %d", v.Text, v.N, counts[v.Text])
		}
	}
	if parts[3].Exact() == false {
		t.Error("a part with few values is not exact")
	}
}

// Mutual information is Σ p(x,y)·ln(p(x,y) ÷ (p(x)·p(y))).
func TestMutualInformationAgainstTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.SliceOfN(rapid.SliceOfN(rapid.Int64Range(0, 9), 3, 3), 1, 4).Draw(t, "table")
		a := NewJoint(0, 1)
		var rows, columns [4]float64
		total := 0.0
		for x, row := range table {
			for y, n := range row {
				if n > 0 {
					a.add([2]uint64{xxh3.HashString(fmt.Sprint("x", x)), xxh3.HashString(fmt.Sprint("y", y))}, n)
				}
				rows[x] += float64(n)
				columns[y] += float64(n)
				total += float64(n)
			}
		}
		want := 0.0
		for x, row := range table {
			for y, n := range row {
				if n > 0 {
					want += float64(n) / total * math.Log(float64(n)*total/(rows[x]*columns[y]))
				}
			}
		}
		if got, ok := a.MutualInformation(); ok != (total > 0) || math.Abs(got-want) > 1e-12 {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestFormOf(t *testing.T) {
	for _, c := range []struct {
		value string
		want  Form
	}{
		{"0", Whole}, {"-12", Whole}, {"99999999999999999999", Whole}, {"007", Text}, {"-007", Text}, {"0.7", Fraction}, {"1e3", Fraction},
		{"+1", Fraction}, {"1e400", Fraction}, {"TRUE", Boolean}, {"false", Boolean}, {"yes", Text}, {"", Text}, {"2026-11-22", Date}, {"2026-13-22", Text},
		{"2026-11-22T06:00:00Z", Timestamp}, {"T-1", Text}, {"-", Text},
	} {
		_, kind := decimal.Parse([]byte(c.value))
		if got := formOf([]byte(c.value), kind); got != c.want {
			t.Errorf("%q: got form %d, want %d", c.value, got, c.want)
		}
	}
}

func TestCommonForm(t *testing.T) {
	for _, c := range []struct {
		rule   string
		counts [formCount]int64
		want   Form
		any    bool
	}{
		{"nothing", [formCount]int64{}, Text, false},
		{"nine of ten", [formCount]int64{Whole: 9, Text: 1}, Whole, true},
		{"less than nine of ten", [formCount]int64{Whole: 8, Text: 2}, Text, true},
		{"whole numbers are numbers", [formCount]int64{Whole: 8, Fraction: 2}, Fraction, true},
		{"dates are timestamps", [formCount]int64{Date: 5, Timestamp: 5}, Timestamp, true},
		{"numbers and dates are text", [formCount]int64{Whole: 5, Date: 5}, Text, true},
	} {
		if got, ok := (&Forms{N: c.counts}).Common(); got != c.want || ok != c.any {
			t.Errorf("%s: got %d %v, want %d %v", c.rule, got, ok, c.want, c.any)
		}
	}
}

func TestTopCountsTheMostFrequent(t *testing.T) {
	a := NewFrequencies([]int{0})
	for i, n := range []int64{5, 1, 3} {
		a.add(uint64(i), n)
	}
	var got []int64
	for k := range 5 {
		got = append(got, a.Top(k))
	}
	if want := []int64{0, 5, 8, 9, 9}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
