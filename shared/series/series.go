// Package series holds points in time and says, from a metric's own past, what
// its next value should be: a Band between two bounds, with its doubt. What each
// strategy finds, and how often it is wrong, beside naive ones:
//
//	                                        precision  recall
//	naive: within 20 % of the last value         0.09    0.93
//	naive: mean of all days ± 2 deviations       0.61    0.79
//	batchNormal                                  1.00    0.71
//	onlineNormal                                 1.00    0.77
//	robustZScore, dayOfWeek                      0.74    1.00
//	robustZScore, dayOfWeek, 10 % ignored        0.86    1.00
//	holtWinters                                  0.86    1.00
//
// over eight made-up shops whose weekends are busy and of whose days one in 20 is
// cut off, doubled or empty; the example of the package works it out.
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
	// BatchNormal expects the mean of the past and allows Lower and Upper
	// deviations of a sample around it. Source: Deequ's strategy of this name.
	BatchNormal Strategy = "batchNormal"
	// OnlineNormal expects the mean of those past values that were themselves no
	// outliers when they came, and allows Lower and Upper deviations around it;
	// of the oldest tenth none is left out. Source: Deequ's strategy
	// of this name, whose mean and deviation hold the tested value too, and weigh
	// values by how many came before, those left out among them; here neither.
	OnlineNormal Strategy = "onlineNormal"
	// HoltWinters expects what level, trend and day of the week of daily values
	// lead to, and allows Lower and Upper deviations of the forecasts so far around
	// it. Of a day the last value counts, and the day of the time asked for is not
	// looked at. Source: Deequ's strategy of this name, which allows 1.96.
	HoltWinters Strategy = "holtWinters"
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
	// any). For RobustZScore 0 means 3.5, for BatchNormal, OnlineNormal and
	// HoltWinters 3; for the others 0 is 0. +Inf leaves a side open.
	Lower, Upper float64
	// MinHistory is how many points it takes: 0 means 7, but 1 for the changes and
	// 14 for HoltWinters, which takes no fewer: two weeks. Range takes none.
	MinHistory int
	// Lookback is how many points at most are used, the newest, of HoltWinters how
	// many days back; 0 means 28, and 56 for HoltWinters.
	Lookback int
	// IgnoreChangeBelowPercent widens the band, if it is narrower, to this many
	// percent of the expectation's magnitude on both sides. Range ignores it.
	IgnoreChangeBelowPercent float64
	// IgnoreChangeBelow does so to this many units on both sides.
	IgnoreChangeBelow float64
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
	// Season is DayOfWeek if only points of the same weekday gave the band.
	Season string
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
// With DayOfWeek only points of the same weekday count. RobustZScore and the
// normal strategies fall back to all days, and Why says so, if there are fewer of
// the weekday than MinHistory but enough in all; a change from the last value does
// not, since a Sunday is no measure for a Monday. HoltWinters has a season of its
// own and takes no other.
//
// An empty or short history gives a band that is not Enough. A constant
// history gives the constant, widened by what is to be ignored only. A
// relative change from 0 has no meaning and is not Enough.
func Expect(history []Point, at time.Time, o Options) Band {
	o = o.withDefaults()
	if o.Strategy == Range {
		return Band{Expected: math.NaN(), Low: o.Lower, High: o.Upper, Enough: true, Why: "fixed range"}
	}
	points := before(history, at)
	if o.Strategy == HoltWinters {
		return o.seasonal(points, at)
	}
	season, note := "", ""
	if o.Season == DayOfWeek {
		day := at.Weekday()
		same := slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.At.In(at.Location()).Weekday() != day })
		switch {
		case len(same) >= o.MinHistory:
			points, season = same, DayOfWeek
		case o.Strategy == RelativeChange || o.Strategy == AbsoluteChange:
			return Band{Why: fmt.Sprintf("%d earlier values on a %s, %d needed", len(same), day, o.MinHistory)}
		default:
			note = fmt.Sprintf(" of all days, for only %d on a %s", len(same), day)
		}
	}
	if len(points) < o.MinHistory {
		return Band{Why: fmt.Sprintf("%d earlier values, %d needed", len(points), o.MinHistory)}
	}
	points = points[max(0, len(points)-o.Lookback):]
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = p.Value
	}
	band := o.band(values)
	if band.Enough {
		band.Season = season
		band.Why += note
	}
	return band
}

func (o Options) withDefaults() Options {
	if o.Strategy == "" {
		o.Strategy = RobustZScore
	}
	usual, least, lookback := 0.0, 1, 28
	switch o.Strategy {
	case RobustZScore:
		usual, least = 3.5, 7
	case BatchNormal, OnlineNormal:
		usual, least = 3, 7
	case HoltWinters:
		usual, least, lookback = 3, 2*week, 8*week
		o.MinHistory = max(o.MinHistory, least)
	}
	if o.Lower == 0 {
		o.Lower = usual
	}
	if o.Upper == 0 {
		o.Upper = usual
	}
	if o.MinHistory <= 0 {
		o.MinHistory = least
	}
	if o.Lookback <= 0 {
		o.Lookback = lookback
	}
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
	case BatchNormal:
		deviation := 0.0
		b.Expected, deviation = batchNormal(values)
		below, above = times(o.Lower, deviation), times(o.Upper, deviation)
		b.Used = len(values)
		b.Why = fmt.Sprintf("mean and standard deviation of %d earlier values", b.Used)
	case OnlineNormal:
		deviation, out := 0.0, 0
		b.Expected, deviation, out = onlineNormal(values, o.Lower, o.Upper)
		below, above = times(o.Lower, deviation), times(o.Upper, deviation)
		b.Used = len(values) - out
		b.Why = fmt.Sprintf("mean and standard deviation of %d earlier values", b.Used)
		switch {
		case out == 1:
			b.Why += " without 1 outlier"
		case out > 1:
			b.Why += fmt.Sprintf(" without %d outliers", out)
		}
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
	return o.around(b, below, above)
}

// seasonal applies HoltWinters to points, oldest first.
func (o Options) seasonal(points []Point, at time.Time) Band {
	expected, deviation, used, why := holtWinters(points, at, o.Lookback, o.MinHistory)
	if used == 0 {
		return Band{Why: why}
	}
	b := Band{Expected: expected, Used: used, Why: why, Season: DayOfWeek}
	return o.around(b, times(o.Lower, deviation), times(o.Upper, deviation))
}

// around completes a band that reaches so far below and above its expectation.
func (o Options) around(b Band, below, above float64) Band {
	least := max(math.Abs(b.Expected)/100*o.IgnoreChangeBelowPercent, o.IgnoreChangeBelow)
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
