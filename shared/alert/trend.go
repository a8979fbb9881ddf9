package alert

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// MaxTrend is how many points a trend has at most.
const MaxTrend = 12

// Newest returns of points what a trend is made of: those that are finite, each
// once, oldest first, and no more than the newest most. Points of one time are in
// the order of their values. What is given is not changed, and in which order it
// came does not matter.
func Newest(points []Point, most int) []Point {
	list := make([]Point, 0, len(points))
	for _, p := range points {
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			list = append(list, Point{At: p.At.UTC(), Value: p.Value})
		}
	}
	order := func(a, b Point) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Value, b.Value)) }
	slices.SortFunc(list, order)
	list = slices.CompactFunc(list, func(a, b Point) bool { return order(a, b) == 0 })
	return list[max(0, len(list)-most):]
}

// Before returns the trend that was known at at: the newest of points that are
// older, nil if there are none. What was measured at that time is not in it.
func Before(points []Point, at time.Time) []Point {
	older := slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return !p.At.Before(at) })
	if older = Newest(older, MaxTrend); len(older) == 0 {
		return nil
	}
	return older
}

// Usual returns the median of a trend, nil if there is none.
func Usual(trend []Point) *float64 {
	if len(trend) == 0 {
		return nil
	}
	values := make([]float64, len(trend))
	for i, p := range trend {
		values[i] = p.Value
	}
	slices.Sort(values)
	// Halves are added, since the sum of two numbers may be none.
	m := values[(len(values)-1)/2]/2 + values[len(values)/2]/2
	return &m
}
