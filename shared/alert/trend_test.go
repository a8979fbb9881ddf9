package alert

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func points(values ...float64) []Point {
	var list []Point
	for i, v := range values {
		list = append(list, Point{At: noon.Add(time.Duration(i) * time.Minute), Value: v})
	}
	return list
}

func TestTrends(t *testing.T) {
	zone := time.FixedZone("", 3600)
	for _, c := range []struct {
		rule     string
		from     []Point
		at       time.Duration // behind noon
		want     []Point
		usual    float64
		nonUsual bool
	}{
		{"nothing was before", nil, time.Hour, nil, 0, true},
		{"the tested point is not in it", points(1, 2, 9), 2 * time.Minute, points(1, 2), 1.5, false},
		{"nor what came later", points(1, 2, 9), time.Minute, points(1), 1, false},
		{"nor what is no number", points(1, math.NaN(), math.Inf(1), math.Inf(-1)), time.Hour, points(1), 1, false},
		{"one that comes again is one", append(points(1, 2), points(1, 2)...), time.Hour, points(1, 2), 1.5, false},
		{"in another zone it is the same time", []Point{{noon.In(zone), 1}, {noon, 1}}, time.Hour, points(1), 1, false},
		{"two at one time are two", []Point{{noon, 2}, {noon, 1}}, time.Hour, []Point{{noon, 1}, {noon, 2}}, 1.5, false},
		{"an outlier is not usual", points(1, 1, 1000), time.Hour, points(1, 1, 1000), 1, false},
		{"large numbers stay numbers", points(math.MaxFloat64, math.MaxFloat64), time.Hour, points(math.MaxFloat64, math.MaxFloat64), math.MaxFloat64, false},
	} {
		got := Before(c.from, noon.Add(c.at))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, diff)
		}
		if usual := Usual(got); (usual == nil) != c.nonUsual || usual != nil && *usual != c.usual {
			t.Errorf("%s: usual %v, want %v", c.rule, usual, c.usual)
		}
	}
}

// TestATrendIsTheSameInWhateverOrderItCame adds points one by one, some of them
// twice and in two orders, each time keeping no more than there may be.
func TestATrendIsTheSameInWhateverOrderItCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
			return Point{noon.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "minute")) * time.Minute), float64(rapid.IntRange(0, 3).Draw(t, "value"))}
		}), 0, 40).Draw(t, "points")
		keep := func(order []Point) (kept []Point) {
			for _, p := range order {
				kept = Newest(append(kept, p), MaxTrend)
			}
			return kept
		}
		shuffled := append(rapid.Permutation(list).Draw(t, "order"), list[:len(list)/2]...)
		a, b := keep(list), keep(shuffled)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("it depends on the order:\n%s", diff)
		}
		if len(a) > MaxTrend {
			t.Fatalf("%d points", len(a))
		}
		for i := 1; i < len(a); i++ {
			if a[i].At.Before(a[i-1].At) || a[i] == a[i-1] {
				t.Fatalf("%v behind %v", a[i], a[i-1])
			}
		}
	})
}
