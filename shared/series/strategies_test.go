package series

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Deequ's own test of its strategy: normal values but for the 21st to 31st,
// which swing between plus and minus their place. Those, and none else, are out.
func TestOnlineNormalLeavesOutWhatDeequDoes(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	var all, usual []float64
	for i := range 51 {
		if i < 20 || i > 30 {
			v := chance.NormFloat64()
			all, usual = append(all, v), append(usual, v)
		} else {
			all = append(all, float64(i*(1-2*(i%2))))
		}
	}
	mean, deviation, out := onlineNormal(all, 3.5, 3.5)
	wantMean, wantDeviation, none := onlineNormal(usual, math.Inf(1), math.Inf(1))
	if out != 11 || none != 0 || mean != wantMean || deviation != wantDeviation {
		t.Errorf("got %v ± %v without %d, want %v ± %v without 11", mean, deviation, out, wantMean, wantDeviation)
	}
}

// The normal strategies agree with the definitions, worked out in two passes.
func TestNormalAgainstTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 2, 50).Draw(t, "values")
		sum, squares := 0.0, 0.0
		for _, v := range values {
			sum += v
		}
		n := float64(len(values))
		for _, v := range values {
			squares += (v - sum/n) * (v - sum/n)
		}
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*1e6 }
		if mean, d := batchNormal(values); !near(mean, sum/n) || !near(d, math.Sqrt(squares/(n-1))) {
			t.Errorf("batch: got %v ± %v, want %v ± %v", mean, d, sum/n, math.Sqrt(squares/(n-1)))
		}
		if mean, d, out := onlineNormal(values, math.Inf(1), math.Inf(1)); out != 0 || !near(mean, sum/n) || !near(d, math.Sqrt(squares/n)) {
			t.Errorf("online: got %v ± %v, want %v ± %v", mean, d, sum/n, math.Sqrt(squares/n))
		}
	})
}

// textbook is Holt-Winters in component form, as in Hyndman and Athanasopoulos,
// Forecasting: Principles and Practice (2018), 7.3, started as Deequ does: slower,
// for days that all have a value.
func textbook(y []float64, alpha, beta, gamma float64) (forecast, squares float64) {
	const m = 7
	first, second := 0.0, 0.0
	for i := range m {
		first += y[i] / m
		second += y[m+i] / m
	}
	level, trend, season := []float64{first}, []float64{(second - first) / m}, []float64{}
	for i := range m {
		season = append(season, y[i]-first)
	}
	for t, v := range y {
		if t >= m {
			wrong := v - (level[t] + trend[t] + season[t])
			squares += wrong * wrong
		}
		level = append(level, alpha*(v-season[t])+(1-alpha)*(level[t]+trend[t]))
		trend = append(trend, beta*(level[t+1]-level[t])+(1-beta)*trend[t])
		season = append(season, gamma*(v-level[t]-trend[t])+(1-gamma)*season[t])
	}
	n := len(y)
	return level[n] + trend[n] + season[n], squares
}

func TestHoltWintersAgainstTheTextbook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(rapid.Float64Range(-1000, 1000), 14, 60).Draw(t, "days")
		share := rapid.Float64Range(0, 1)
		f := factors{share.Draw(t, "level"), share.Draw(t, "trend"), share.Draw(t, "season")}
		s, squares, n := smooth(y, f)
		got := s.level + s.trend + s.season[len(y)%week]
		want, wantSquares := textbook(y, f.level, f.trend, f.season)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*max(1, math.Abs(b)) }
		if !near(got, want) || !near(squares, wantSquares) || n != len(y)-week {
			t.Errorf("got %v (%v), want %v (%v)", got, squares, want, wantSquares)
		}
	})
}

// No factors among many at random are better by 3 % than those that are fitted.
func TestFitIsNearTheBest(t *testing.T) {
	for seed := range uint64(20) {
		days := make([]float64, 56)
		for i, p := range shop(seed, 56).points {
			days[i] = p.Value
		}
		_, fitted, _ := smooth(days, fit(days))
		chance := rand.New(rand.NewPCG(seed, 7))
		least := math.Inf(1)
		for range 5_000 {
			_, squares, _ := smooth(days, factors{chance.Float64(), chance.Float64(), chance.Float64()})
			least = min(least, squares)
		}
		if fitted > 1.03*least {
			t.Errorf("seed %d: got %v, of 5,000 at random the best has %v", seed, fitted, least)
		}
	}
}

func TestHoltWintersPassesOverDaysWithoutAValue(t *testing.T) {
	history := weeks(4, 10, 21, 32, 43, 54, 65, 76, 70)
	// A file of the same day that came before, and one that replaced yesterday's.
	history = append(history, Point{noon.Add(-time.Hour), 1e9}, Point{history[27].At.Add(time.Hour), history[27].Value})
	history[27].Value = -1e9
	for _, gone := range [][2]int{{20, 20}, {25, 26}, {7, 7}, {22, 26}} {
		var left []Point
		for i, p := range history {
			if i < gone[0] || i > gone[1] {
				left = append(left, p)
			}
		}
		b := Expect(left, noon, Options{Strategy: HoltWinters})
		if !b.Enough || math.Abs(b.Expected-290) > 3 {
			t.Errorf("without days %v: got %+v, want 290", gone, b)
		}
	}
	// What is forecast over a longer gap is less certain.
	noisy := shop(3, 56).points
	near := Expect(noisy, noisy[55].At.AddDate(0, 0, 1), Options{Strategy: HoltWinters})
	far := Expect(noisy, noisy[55].At.AddDate(0, 0, 8), Options{Strategy: HoltWinters, Lookback: 63})
	if far.High-far.Low <= near.High-near.Low {
		t.Errorf("a week later: got %+v, want it wider than %+v", far, near)
	}
}

// shopDays are a labelled series: rows a day of a shop with busy weekends.
type shopDays struct {
	points []Point
	wrong  []bool
}

// shop makes days of a shop that grows by 0.03 % a day, sells half more on
// Saturdays and half less on Sundays, and varies by 4 %. From the 57th day on one
// day in 20 is wrong: cut off to between a third and two thirds, sent twice, or
// empty.
func shop(seed uint64, days int) shopDays {
	chance := rand.New(rand.NewPCG(seed, 42))
	var s shopDays
	for i := range days {
		at := noon.AddDate(0, 0, i)
		v := 1000 * math.Pow(1.0003, float64(i)) * (1 + .04*chance.NormFloat64())
		switch at.Weekday() {
		case time.Saturday:
			v *= 1.5
		case time.Sunday:
			v *= .5
		}
		wrong := i >= 56 && chance.Float64() < .05
		if wrong {
			v *= []float64{1./3 + chance.Float64()/3, 2, 0}[chance.IntN(3)]
		}
		s.points, s.wrong = append(s.points, Point{at, math.Round(v)}), append(s.wrong, wrong)
	}
	return s
}

// What each strategy finds in eight shops over 30 weeks, of which the first eight
// are for learning. A wrong day that it finds is no part of its history later, as a
// file that failed is not; a good day that it calls wrong is, once somebody accepted
// it. The naive ones keep everything.
func Example_accuracy() {
	judge := func(o Options, failedStay bool) (precision, recall float64) {
		var found, called, wrong float64
		for seed := range uint64(8) {
			s := shop(seed, 210)
			history := append([]Point(nil), s.points[:56]...)
			for i := 56; i < 210; i++ {
				p := s.points[i]
				good := Expect(history, p.At, o).Holds(p.Value)
				if s.wrong[i] {
					wrong++
				}
				if !good {
					called++
					if s.wrong[i] {
						found++
					}
				}
				if good || !s.wrong[i] || failedStay {
					history = append(history, p)
				}
			}
		}
		return found / called, found / wrong
	}
	fmt.Println("                                        precision  recall")
	for _, c := range []struct {
		name    string
		options Options
		stay    bool
	}{
		{"naive: within 20 % of the last value", Options{Strategy: RelativeChange, Lower: 20, Upper: 20}, true},
		{"naive: mean of all days ± 2 deviations", Options{Strategy: BatchNormal, Lower: 2, Upper: 2, Lookback: 1000}, true},
		{"relativeChange 20 %, dayOfWeek", Options{Strategy: RelativeChange, Lower: 20, Upper: 20, Season: DayOfWeek}, false},
		{"batchNormal", Options{Strategy: BatchNormal}, false},
		{"batchNormal, dayOfWeek", Options{Strategy: BatchNormal, Season: DayOfWeek}, false},
		{"onlineNormal", Options{Strategy: OnlineNormal}, false},
		{"onlineNormal, dayOfWeek", Options{Strategy: OnlineNormal, Season: DayOfWeek}, false},
		{"robustZScore", Options{}, false},
		{"robustZScore, dayOfWeek", Options{Season: DayOfWeek}, false},
		{"robustZScore, dayOfWeek, 10 % ignored", Options{Season: DayOfWeek, IgnoreChangeBelowPercent: 10}, false},
		{"holtWinters", Options{Strategy: HoltWinters}, false},
		{"holtWinters, 10 % ignored", Options{Strategy: HoltWinters, IgnoreChangeBelowPercent: 10}, false},
		{"holtWinters, 1.96 deviations", Options{Strategy: HoltWinters, Lower: 1.96, Upper: 1.96}, false},
	} {
		precision, recall := judge(c.options, c.stay)
		fmt.Printf("%-40s     %.2f    %.2f\n", c.name, precision, recall)
	}
	// Output:
	//                                         precision  recall
	// naive: within 20 % of the last value         0.09    0.93
	// naive: mean of all days ± 2 deviations       0.61    0.79
	// relativeChange 20 %, dayOfWeek               0.98    1.00
	// batchNormal                                  1.00    0.71
	// batchNormal, dayOfWeek                       0.73    1.00
	// onlineNormal                                 1.00    0.77
	// onlineNormal, dayOfWeek                      0.67    1.00
	// robustZScore                                 0.14    0.96
	// robustZScore, dayOfWeek                      0.74    1.00
	// robustZScore, dayOfWeek, 10 % ignored        0.86    1.00
	// holtWinters                                  0.86    1.00
	// holtWinters, 10 % ignored                    0.88    1.00
	// holtWinters, 1.96 deviations                 0.45    1.00
}
