package series

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// noon is a Monday.
var noon = time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)

// daily makes one point a day, the last on the day before noon.
func daily(values ...float64) []Point {
	points := make([]Point, len(values))
	for i, v := range values {
		points[i] = Point{noon.AddDate(0, 0, i-len(values)), v}
	}
	return points
}

// weeks makes one point a day for n weeks, Mondays first, the last on the day
// before noon; an eighth value is what each week has more than the one before.
func weeks(n int, values ...float64) (points []Point) {
	slope := 0.0
	if len(values) > week {
		slope = values[week]
	}
	for i := range n * week {
		points = append(points, Point{noon.AddDate(0, 0, i-n*week), values[i%week] + float64(i/week)*slope})
	}
	return points
}

func close(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), 1e-9)
}

func TestExpect(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		rule      string
		history   []Point
		options   Options
		low, high float64
		used      int
		why       string
	}{
		{"median ± 3.5 scaled deviations", daily(1, 2, 3, 4, 5, 6, 7), Options{}, 4 - 3.5*1.4826*2, 4 + 3.5*1.4826*2, 7, "median and median absolute deviation of 7"},
		{"own bounds on each side", daily(1, 2, 3, 4, 5, 6, 7), Options{Lower: 1, Upper: 2}, 4 - 1.4826*2, 4 + 2*1.4826*2, 7, "median"},
		{"an open side", daily(1, 2, 3, 4, 5, 6, 7), Options{Lower: 1, Upper: inf}, 4 - 1.4826*2, inf, 7, "median"},
		{"an outlier hardly counts", daily(1, 2, 3, 4, 5, 6, 1e9), Options{}, 4 - 3.5*1.4826*2, 4 + 3.5*1.4826*2, 7, "median"},
		{"mostly constant: mean deviation", daily(5, 5, 5, 5, 5, 5, 12), Options{}, 5 - 3.5*1.2533, 5 + 3.5*1.2533, 7, "mean absolute deviation"},
		{"constant", daily(5, 5, 5, 5, 5, 5, 5), Options{}, 5, 5, 7, "mean"},
		{"constant and open", daily(5, 5, 5, 5, 5, 5, 5), Options{Upper: inf}, 5, inf, 7, "mean"},
		{"constant, small changes ignored", daily(50, 50, 50, 50, 50, 50, 50), Options{IgnoreChangeBelowPercent: 10}, 45, 55, 7, "mean"},
		{"constant, few units ignored", daily(7, 7, 7, 7, 7, 7, 7), Options{IgnoreChangeBelow: 3}, 4, 10, 7, "mean"},
		{"the wider of both is ignored", daily(50, 50, 50, 50, 50, 50, 50), Options{IgnoreChangeBelow: 3, IgnoreChangeBelowPercent: 10}, 45, 55, 7, "mean"},
		{"ignoring never narrows", daily(1, 2, 3, 4, 5, 6, 7), Options{IgnoreChangeBelowPercent: 1}, 4 - 3.5*1.4826*2, 4 + 3.5*1.4826*2, 7, "median"},
		{"NaN and Inf are left out", daily(nan, 1, 2, inf, 3, 4, 5, -inf, 6, 7), Options{}, 4 - 3.5*1.4826*2, 4 + 3.5*1.4826*2, 7, "7 earlier"},
		{"lookback takes the newest", daily(100, 100, 100, 1, 2, 3), Options{MinHistory: 3, Lookback: 3}, 2 - 3.5*1.4826, 2 + 3.5*1.4826, 3, "3 earlier"},
		{"lookback is at least the minimum", daily(1, 2, 3), Options{MinHistory: 3, Lookback: 1}, 2 - 3.5*1.4826, 2 + 3.5*1.4826, 3, "3 earlier"},
		{"one point may do", daily(5), Options{MinHistory: 1}, 5, 5, 1, "1 earlier"},
		{"relative change", daily(9, 200), Options{Strategy: RelativeChange, Lower: 50, Upper: 10}, 100, 220, 1, "last value"},
		{"relative change from a negative", daily(-200), Options{Strategy: RelativeChange, Lower: 50, Upper: 10}, -300, -180, 1, "last value"},
		{"absolute change", daily(9, 200), Options{Strategy: AbsoluteChange, Lower: 50, Upper: 10}, 150, 210, 1, "last value"},
		{"no bounds allow no change", daily(200), Options{Strategy: AbsoluteChange}, 200, 200, 1, "last value"},
		{"absolute change from 0", daily(0), Options{Strategy: AbsoluteChange, Lower: 1, Upper: 2}, -1, 2, 1, "last value"},
		{"mean ± 3 deviations of a sample", daily(2, 4, 4, 4, 5, 5, 7, 9), Options{Strategy: BatchNormal}, 5 - 3*math.Sqrt(32.0/7), 5 + 3*math.Sqrt(32.0/7), 8, "mean and standard deviation of 8"},
		{"constant, to the last bit", daily(.1, .1, .1, .1, .1, .1, .1), Options{Strategy: BatchNormal}, .1, .1, 7, "mean"},
		{"one value has no deviation", daily(5), Options{Strategy: BatchNormal, MinHistory: 1}, 5, 5, 1, "mean"},
		{"mean ± 3 deviations of all", daily(2, 4, 4, 4, 5, 5, 7, 9), Options{Strategy: OnlineNormal}, -1, 11, 8, "8 earlier values"},
		{"an outlier is left out", daily(5, 5, 6, 4, 5, 6, 4, 5, 5, 5, 5, 500), Options{Strategy: OnlineNormal}, 5 - 3*math.Sqrt(4.0/11), 5 + 3*math.Sqrt(4.0/11), 11, "11 earlier values without 1 outlier"},
		{"of the first ten none is out by 3", daily(5, 5, 5, 5, 5, 5, 5, 5, 5, 500), Options{Strategy: OnlineNormal}, 54.5 - 3*148.5, 54.5 + 3*148.5, 10, "10 earlier values"},
		{"the oldest tenth stays", daily(500, 5, 5, 5, 5, 5, 5, 5, 5, 5), Options{Strategy: OnlineNormal, Lower: 1, Upper: 1}, 54.5 - 148.5, 54.5 + 148.5, 10, "10 earlier values"},
		{"a week that repeats", weeks(2, 1, 2, 3, 4, 5, 6, 7), Options{Strategy: HoltWinters}, 1, 1, 14, "14 earlier days"},
		{"a week that repeats, on a slope", weeks(3, 10, 21, 32, 43, 54, 65, 76, 70), Options{Strategy: HoltWinters}, 10 + 3*70, 10 + 3*70, 21, "21 earlier days"},
		{"days before lookback are forgotten", slices.Concat(daily(9e9)[:0], weeks(2, 1, 2, 3, 4, 5, 6, 7), []Point{{noon.AddDate(0, 0, -57), 1e9}}), Options{Strategy: HoltWinters}, 1, 1, 14, "14 earlier days"},
		{"range takes no history", nil, Options{Strategy: Range, Lower: 10, Upper: 20}, 10, 20, 0, "range"},
	} {
		b := Expect(c.history, noon, c.options)
		if c.options.Strategy == HoltWinters { // which allows for rounding
			b.Low, b.High = math.Round(b.Low*1e3)/1e3, math.Round(b.High*1e3)/1e3
		}
		if !b.Enough || !close(b.Low, c.low) || !close(b.High, c.high) || b.Used != c.used || !strings.Contains(b.Why, c.why) {
			t.Errorf("%s: got %+v, want %v to %v of %d", c.rule, b, c.low, c.high, c.used)
		}
		if !math.IsNaN(b.Expected) && !b.Holds(b.Expected) || !b.Holds(b.Low) || !b.Holds(b.High) || b.Holds(nan) {
			t.Errorf("%s: the band %+v does not hold what it should", c.rule, b)
		}
	}
}

func TestNotEnough(t *testing.T) {
	for _, c := range []struct {
		rule    string
		history []Point
		options Options
		why     string
	}{
		{"empty", nil, Options{}, "0 earlier values, 7 needed"},
		{"short", daily(1, 2, 3, 4, 5, 6), Options{}, "6 earlier values, 7 needed"},
		{"own minimum", daily(1, 2), Options{MinHistory: 3}, "2 earlier values, 3 needed"},
		{"only NaN", daily(math.NaN()), Options{Strategy: AbsoluteChange}, "0 earlier values, 1 needed"},
		{"percent of 0", daily(7, 0), Options{Strategy: RelativeChange, Upper: 10}, "no change in percent"},
		{"the point itself", []Point{{noon, 5}}, Options{MinHistory: 1}, "0 earlier"},
		{"the future", []Point{{noon.Add(1), 5}}, Options{MinHistory: 1}, "0 earlier"},
		{"two weeks of days", weeks(2, 1, 2, 3, 4, 5, 6, 7)[1:], Options{Strategy: HoltWinters}, "13 earlier days, 14 needed"},
		{"two weeks, whatever is asked", weeks(1, 1, 2, 3, 4, 5, 6, 7), Options{Strategy: HoltWinters, MinHistory: 3}, "7 earlier days, 14 needed"},
		{"no Monday ever", slices.DeleteFunc(weeks(3, 1, 2, 3, 4, 5, 6, 7), func(p Point) bool { return p.At.Weekday() == time.Monday }), Options{Strategy: HoltWinters}, "no earlier value on a Monday"},
		{"a strategy nobody knows", daily(1), Options{Strategy: "guess"}, `"guess"`},
	} {
		b := Expect(c.history, noon, c.options)
		if b.Enough || b.Used != 0 || b.Low != 0 || b.High != 0 || !strings.Contains(b.Why, c.why) || b.Holds(0) {
			t.Errorf("%s: got %+v", c.rule, b)
		}
	}
}

func TestDayOfWeek(t *testing.T) {
	// Eight weeks: Mondays sell 100 and more, other days 10.
	var history []Point
	for d := 1; d <= 56; d++ {
		p := Point{noon.AddDate(0, 0, -d), 10}
		if p.At.Weekday() == time.Monday {
			p.Value = 100 + float64(d)
		}
		history = append(history, p)
	}
	b := Expect(history, noon, Options{Season: DayOfWeek})
	if b.Expected != 100+(28+35)/2.0 || b.Used != 8 || b.Season != DayOfWeek {
		t.Errorf("Mondays: got %+v", b)
	}
	b = Expect(history, noon, Options{Season: DayOfWeek, MinHistory: 9})
	if b.Expected != 10 || b.Used != 28 || b.Season != "" || !strings.Contains(b.Why, "of all days, for only 8 on a Monday") {
		t.Errorf("too few Mondays: got %+v", b)
	}
	b = Expect(history, noon, Options{Season: DayOfWeek, MinHistory: 99})
	if b.Enough {
		t.Errorf("too few days: got %+v", b)
	}
	// 23:30 UTC on Sunday is Monday further east.
	east := time.FixedZone("east", 3600)
	late := []Point{{time.Date(2025, 2, 23, 23, 30, 0, 0, time.UTC), 7}, {time.Date(2025, 3, 2, 12, 0, 0, 0, time.UTC), 9}}
	b = Expect(late, noon.In(east), Options{Season: DayOfWeek, MinHistory: 1})
	if b.Expected != 7 || b.Used != 1 {
		t.Errorf("the day of another place: got %+v", b)
	}
}

// Ten values by hand: two eights among twos are out, and nothing else.
func TestOutliersAreThoseByHand(t *testing.T) {
	values := []float64{2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3}
	b := Expect(daily(values...), noon, Options{})
	if !close(b.Expected, 2.45) {
		t.Errorf("median: got %v", b.Expected)
	}
	// Distances in order: 0.05 0.05 0.15 0.15 0.15 0.15 0.35 0.35 5.75 5.85.
	if !close(b.High-b.Expected, 3.5*1.4826*0.15) {
		t.Errorf("width: got %v", b.High-b.Expected)
	}
	var out []float64
	for _, v := range values {
		if !b.Holds(v) {
			out = append(out, v)
		}
	}
	if !slices.Equal(out, []float64{8.2, 8.3}) {
		t.Errorf("outliers: got %v", out)
	}
}

var (
	anyHistory = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
		return Point{
			At:    noon.Add(time.Duration(rapid.IntRange(-60*24, 5*24).Draw(t, "hours")) * time.Hour),
			Value: rapid.OneOf(rapid.SampledFrom([]float64{0, 5, 5, math.NaN(), math.Inf(1)}), rapid.Float64Range(-1e6, 1e6)).Draw(t, "value"),
		}
	}), 0, 40)
	anyOptions = rapid.Custom(func(t *rapid.T) Options {
		return Options{
			Strategy:   rapid.SampledFrom([]Strategy{"", RobustZScore, RelativeChange, AbsoluteChange, BatchNormal, OnlineNormal, HoltWinters}).Draw(t, "strategy"),
			Season:     rapid.SampledFrom([]string{"", DayOfWeek}).Draw(t, "season"),
			Lower:      rapid.Float64Range(0, 10).Draw(t, "lower"),
			Upper:      rapid.Float64Range(0, 10).Draw(t, "upper"),
			MinHistory: rapid.IntRange(0, 9).Draw(t, "least"),
			Lookback:   rapid.IntRange(0, 60).Draw(t, "lookback"),

			IgnoreChangeBelowPercent: rapid.Float64Range(0, 20).Draw(t, "ignore"),
		}
	})
)

func TestOrderOfHistoryDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history, o := anyHistory.Draw(t, "history"), anyOptions.Draw(t, "options")
		want := Expect(history, noon, o)
		if got := Expect(rapid.Permutation(history).Draw(t, "shuffled"), noon, o); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestPointsFromAtOnDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history, o := anyHistory.Draw(t, "history"), anyOptions.Draw(t, "options")
		past := slices.DeleteFunc(slices.Clone(history), func(p Point) bool { return !p.At.Before(noon) })
		if got, want := Expect(history, noon, o), Expect(past, noon, o); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// Eight times the values gives eight times the band: a power of two is exact.
func TestBandScalesWithValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history, o := anyHistory.Draw(t, "history"), anyOptions.Draw(t, "options")
		scaled := slices.Clone(history)
		for i := range scaled {
			scaled[i].Value *= 8
		}
		b := Expect(history, noon, o)
		if o.Strategy == AbsoluteChange {
			o.Lower, o.Upper = o.Lower*8, o.Upper*8
		}
		got := Expect(scaled, noon, o)
		if got.Expected != 8*b.Expected || !close(got.Low, 8*b.Low) || !close(got.High, 8*b.High) || got.Used != b.Used || got.Enough != b.Enough {
			t.Fatalf("got %+v, of %+v", got, b)
		}
	})
}

func TestBandIsFiniteAndHoldsItsExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Expect(anyHistory.Draw(t, "history"), noon, anyOptions.Draw(t, "options"))
		if b.Enough && !b.Holds(b.Expected) || math.IsNaN(b.Low) || math.IsInf(b.Low, 0) || math.IsNaN(b.High) || math.IsInf(b.High, 0) {
			t.Fatalf("got %+v", b)
		}
		if b.Why == "" {
			t.Fatal("no reason")
		}
	})
}

func TestWiderBoundsGiveWiderBands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history, o := anyHistory.Draw(t, "history"), anyOptions.Draw(t, "options")
		if o.Strategy == OnlineNormal {
			o.Strategy = "" // wider bounds leave fewer outliers out, and the mean moves
		}
		o.Lower, o.Upper = o.Lower+0.1, o.Upper+0.1 // 0 would mean the default
		narrow := Expect(history, noon, o)
		o.Lower, o.Upper = o.Lower*2, o.Upper*2
		wide := Expect(history, noon, o)
		if wide.Low > narrow.Low || wide.High < narrow.High {
			t.Fatalf("%+v is not within %+v", narrow, wide)
		}
	})
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3}, {[]float64{3, 1}, 2}, {[]float64{3, 1, 2}, 2},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64},
	} {
		if got := Median(c.values); got != c.want {
			t.Errorf("Median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("the median of nothing is a number")
	}
}
