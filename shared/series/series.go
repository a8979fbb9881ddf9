// Package series holds points in time and says, from a metric's own past, what
// its next value should be: a Band between two bounds, with its doubt.
package series

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Point is a value at a time.
type Point struct {
	At    time.Time
	Value float64
}

// A Strategy says how the past gives a band.
type Strategy string

// The strategies, in the words of a contract's history check.
const (
	// RobustZScore expects the median of the past and allows Lower and Upper
	// robust standard deviations around it. One robust standard deviation is
	// 1.4826 × the median absolute deviation from the median; if that is 0
	// (more than half of the past is one value), 1.2533 × the mean absolute
	// deviation. Source: Iglewicz and Hoaglin, How to Detect and Handle
	// Outliers (1993).
	RobustZScore Strategy = "robustZScore"
	// RelativeChange expects the last value and allows it to fall by Lower and
	// rise by Upper percent of its magnitude.
	RelativeChange Strategy = "relativeChange"
	// AbsoluteChange expects the last value and allows it to fall by Lower and
	// rise by Upper.
	AbsoluteChange Strategy = "absoluteChange"
	// Range allows Lower to Upper, whatever the past was.
	Range Strategy = "range"
)

// DayOfWeek as Options.Season compares Mondays with Mondays.
const DayOfWeek = "dayOfWeek"

// What makes the deviations estimate the standard deviation of normal data.
const (
	medianScale = 1.4826 // 1 ÷ the normal distribution's third quartile
	meanScale   = 1.2533 // √(π/2)
)

// Options say how to expect. The zero value is RobustZScore without season.
type Options struct {
	Strategy Strategy // "" means RobustZScore
	// Season is "" or DayOfWeek; the day is that of At in the location of the
	// time asked for.
	Season string
	// Lower and Upper are in the strategy's figure, inclusive and ≥ 0 (Range:
	// any). For RobustZScore 0 means 3.5; for the others 0 is 0. +Inf leaves a
	// side open.
	Lower, Upper float64
	// MinHistory is how many points it takes: 0 means 7 for RobustZScore and 1
	// for the changes. Range takes none.
	MinHistory int
	// Lookback is how many points at most are used, the newest; 0 means 28.
	Lookback int
	// IgnoreChangeBelowPercent widens the band, if it is narrower, to this many
	// percent of the expectation's magnitude on both sides. Range ignores it.
	IgnoreChangeBelowPercent float64
}

// A Band is what was expected: a value from Low to High, both inclusive, either
// of them infinite if that side is open. Expected is NaN for a Range, which
// expects nothing in particular. If Enough is false nothing can be expected, and
// the three numbers are 0.
type Band struct {
	Expected, Low, High float64
	// Used is the number of points that gave the band.
	Used   int
	Enough bool
	// Why says in a sentence where the band is from or what was missing.
	Why string
}

// Holds reports whether v lies in the band. NaN never does.
func (b Band) Holds(v float64) bool { return b.Enough && b.Low <= v && v <= b.High }

// Expect returns the band for a value at the time given, from the points
// strictly before it: a point is never part of its own baseline. The history
// may be in any order, is not changed, and gives the same band in every order;
// of points at the same time the one with the larger value is the later.
// Values that are NaN or infinite are left out.
//
// With DayOfWeek only points of the same weekday count. RobustZScore falls back
// to all days, and Why says so, if there are fewer of the weekday than
// MinHistory but enough in all; a change from the last value does not, since a
// Sunday is no measure for a Monday.
//
// An empty or short history gives a band that is not Enough. A constant
// history gives the constant, widened by IgnoreChangeBelowPercent only. A
// relative change from 0 has no meaning and is not Enough.
func Expect(history []Point, at time.Time, o Options) Band {
	o = o.withDefaults()
	if o.Strategy == Range {
		return Band{Expected: math.NaN(), Low: o.Lower, High: o.Upper, Enough: true, Why: "fixed range"}
	}
	all := before(history, at)
	points, note := all, ""
	if o.Season == DayOfWeek {
		day := at.Weekday()
		same := slices.DeleteFunc(slices.Clone(all), func(p Point) bool { return p.At.In(at.Location()).Weekday() != day })
		if len(same) >= o.MinHistory {
			points, note = same, fmt.Sprintf(" on a %s", day)
		} else if o.Strategy != RobustZScore {
			return Band{Why: fmt.Sprintf("%d earlier values on a %s, %d needed", len(same), day, o.MinHistory)}
		} else {
			note = fmt.Sprintf(" of all days, for only %d on a %s", len(same), day)
		}
	}
	if len(points) < o.MinHistory {
		return Band{Used: 0, Why: fmt.Sprintf("%d earlier values, %d needed", len(points), o.MinHistory)}
	}
	points = points[max(0, len(points)-o.Lookback):]
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = p.Value
	}
	band := o.band(values)
	if band.Enough {
		band.Why += note
	}
	return band
}

func (o Options) withDefaults() Options {
	if o.Strategy == "" {
		o.Strategy = RobustZScore
	}
	if o.Lookback <= 0 {
		o.Lookback = 28
	}
	if o.Strategy == RobustZScore {
		if o.Lower == 0 {
			o.Lower = 3.5
		}
		if o.Upper == 0 {
			o.Upper = 3.5
		}
		if o.MinHistory <= 0 {
			o.MinHistory = 7
		}
	}
	o.MinHistory = max(o.MinHistory, 1)
	o.Lookback = max(o.Lookback, o.MinHistory)
	return o
}

// before returns the finite points strictly before at, oldest first.
func before(history []Point, at time.Time) []Point {
	var points []Point
	for _, p := range history {
		if p.At.Before(at) && !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			points = append(points, p)
		}
	}
	slices.SortFunc(points, func(a, b Point) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Value, b.Value))
	})
	return points
}

// band applies the strategy to values, oldest first and not empty.
func (o Options) band(values []float64) Band {
	var b Band
	var below, above float64 // how far the value may be from the expectation
	switch o.Strategy {
	case RobustZScore:
		deviation, kind := 0.0, ""
		b.Expected, deviation, kind = spread(values)
		below, above = times(o.Lower, deviation), times(o.Upper, deviation)
		b.Why = fmt.Sprintf("median and %s of %d earlier values", kind, len(values))
		b.Used = len(values)
	case RelativeChange, AbsoluteChange:
		b.Expected, b.Used = values[len(values)-1], 1
		below, above = o.Lower, o.Upper
		b.Why = "the last value"
		if o.Strategy == RelativeChange {
			if b.Expected == 0 {
				return Band{Why: "the last value is 0, from which no change in percent can be told"}
			}
			percent := math.Abs(b.Expected) / 100
			below, above = times(below, percent), times(above, percent)
		}
	default:
		return Band{Why: fmt.Sprintf("no strategy is called %q", o.Strategy)}
	}
	least := math.Abs(b.Expected) / 100 * o.IgnoreChangeBelowPercent
	b.Low, b.High = b.Expected-max(below, least), b.Expected+max(above, least)
	b.Enough = true
	return b
}

// times multiplies, taking Inf × 0 for Inf: an open side stays open.
func times(a, b float64) float64 {
	if math.IsInf(a, 0) {
		return a
	}
	return a * b
}

// spread returns the median of values, a robust standard deviation around it,
// and what it was made from.
func spread(values []float64) (center, deviation float64, kind string) {
	center = Median(values)
	distances := make([]float64, len(values))
	mean := 0.0
	for i, v := range values {
		distances[i] = math.Abs(v - center)
		mean += distances[i] / float64(len(values))
	}
	if d := Median(distances); d > 0 {
		return center, medianScale * d, "median absolute deviation"
	}
	return center, meanScale * mean, "mean absolute deviation"
}

// Median returns the middle of values in order of size, or the mean of the two
// in the middle. It is NaN if values is empty. Values must not hold NaN; they
// are not changed.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return middle(sorted[half-1], sorted[half])
}

// middle returns the mean of a and b without overflow.
func middle(a, b float64) float64 { return a/2 + b/2 }
