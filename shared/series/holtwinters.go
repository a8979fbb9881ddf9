package series

import (
	"fmt"
	"math"
	"time"
)

// week is the season of daily values.
const week = 7

// A smoothing is Holt-Winters' with an additive trend and season, in the form
// that corrects by errors. It is worked with one day after the other.
type smoothing struct {
	level, trend float64
	season       [week]float64
}

// A factors says how fast level, trend and season follow, each from 0 to 1.
type factors struct{ level, trend, season float64 }

// holtWinters forecasts the day of at from the days before it: of each day the
// last value, at most lookback days back, days without one passed over. The
// season is the week. What it starts from is the mean of the first week, a
// seventh of the difference of the second's, and each weekday's first distance
// from that mean. The factors are those with the smallest sum of squared errors of
// forecasts of one day, after the first week, among the quarters, and from there on by
// steps that become finer where none is better: the same values give the same factors.
//
// The deviation is that of these errors, freed of the three factors that were
// fitted to them, widened for a forecast over days without a value. Sources:
// Winters, Forecasting Sales by Exponentially Weighted Moving Averages (1960);
// Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008),
// 2.5 for the form and 6.3 for the widening.
func holtWinters(points []Point, at time.Time, lookback, least int) (expected, deviation float64, used int, why string) {
	target := dayNumber(at)
	byDay := map[int64]float64{}
	first, largest := target, 0.0
	for _, p := range points {
		if day := dayNumber(p.At.In(at.Location())); day < target && day >= target-int64(lookback) {
			byDay[day] = p.Value
			largest = max(largest, math.Abs(p.Value))
			first = min(first, day)
		}
	}
	if len(byDay) < least {
		return 0, 0, 0, fmt.Sprintf("%d earlier days, %d needed", len(byDay), least)
	}
	days := make([]float64, target-first) // NaN where there is no value
	sameDay := 0
	for i := range days {
		v, ok := byDay[first+int64(i)]
		if !ok {
			v = math.NaN()
		} else if (len(days)-i)%week == 0 {
			sameDay++
		}
		days[i] = v
	}
	if sameDay == 0 {
		return 0, 0, 0, fmt.Sprintf("no earlier value on a %s", at.Weekday())
	}
	best := fit(days)
	s, errors, n := smooth(days, best)
	expected = s.level + s.trend + s.season[len(days)%week]
	gap, spread := 0, 1.0
	for i := len(days) - 1; math.IsNaN(days[i]); i-- {
		gap++
		c := best.level * (1 + best.trend*float64(gap))
		if gap%week == 0 {
			c += best.season
		}
		spread += c * c
	}
	deviation = math.Sqrt(errors / max(float64(n-3), 1) * spread)
	// The forecast of what repeats exactly is off by rounding.
	deviation = max(deviation, 1e-9*largest)
	return expected, deviation, len(byDay), fmt.Sprintf("by level, trend and day of the week of %d earlier days", len(byDay))
}

// dayNumber counts days since 1970 in the time's own place.
func dayNumber(t time.Time) int64 {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86_400
}

// fit finds the factors.
func fit(days []float64) factors {
	best, least := factors{}, math.Inf(1)
	try := func(f factors) {
		for _, v := range [...]float64{f.level, f.trend, f.season} {
			if v < 0 || v > 1 {
				return
			}
		}
		if _, sum, _ := smooth(days, f); sum < least {
			best, least = f, sum
		}
	}
	around := func(center factors, step float64, steps int) {
		for l := -steps; l <= steps; l++ {
			for t := -steps; t <= steps; t++ {
				for s := -steps; s <= steps; s++ {
					try(factors{center.level + float64(l)*step, center.trend + float64(t)*step, center.season + float64(s)*step})
				}
			}
		}
	}
	around(factors{0.5, 0.5, 0.5}, 0.25, 2)
	for step := 0.125; step > 0.001; {
		before := best
		if around(best, step, 1); best == before {
			step /= 2
		}
	}
	return best
}

// smooth goes through the days and returns where it ends, and the sum of the
// squared errors of its forecasts after the first week, and how many they are.
func smooth(days []float64, f factors) (s smoothing, squares float64, n int) {
	s = start(days)
	for i, v := range days {
		s.level += s.trend
		if math.IsNaN(v) {
			continue
		}
		wrong := v - s.level - s.season[i%week]
		s.level += f.level * wrong
		s.trend += f.level * f.trend * wrong
		s.season[i%week] += f.season * wrong
		if i >= week {
			squares += wrong * wrong
			n++
		}
	}
	return s, squares, n
}

// start is the state before the first day.
func start(days []float64) (s smoothing) {
	var weeks [2]running
	for i, v := range days[:min(2*week, len(days))] {
		if !math.IsNaN(v) {
			weeks[i/week] = weeks[i/week].with(v)
		}
	}
	s.level = weeks[0].mean // the first day has a value
	if weeks[1].n > 0 {
		s.trend = (weeks[1].mean - weeks[0].mean) / week
	}
	var have [week]bool
	for i, v := range days {
		if w := i % week; !have[w] && !math.IsNaN(v) {
			have[w], s.season[w] = true, v-s.level
		}
	}
	return s
}
