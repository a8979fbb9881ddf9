package rule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/alert/policy"
)

// run is one of a minute past noon that failed at that rate.
func run(minute int, rate float64) Observation {
	return Observation{ID: fmt.Sprint(minute), Pipeline: "sales", At: noon.Add(time.Duration(minute) * time.Minute),
		Values: map[string]Value{policy.ErrorRate: {Number: rate}}}
}

// counted is one of a minute past noon of which so many of 1,000 records came.
func counted(minute int, records float64, unit string) Observation {
	o := run(minute, 0)
	expected := 1000.0
	o.Values = map[string]Value{policy.RecordVariance: {Number: records, Base: &expected, Unit: unit}}
	return o
}

// cost is a run of a minute past noon that should have cost 8.
func cost(minute int, amount float64, currency string) Observation {
	o := run(minute, 0)
	expected := 8.0
	o.Values = map[string]Value{policy.CostIncrease: {Number: amount, Base: &expected, Unit: currency}}
	return o
}

// TestWhatItWasBefore holds what the last of some runs says of those before it.
func TestWhatItWasBefore(t *testing.T) {
	rate := "{name: queue_age, condition: error_rate_percentage, threshold: 5, severity: P1, not_on_retry: true}"
	variance := "{name: queue_age, condition: record_count_variance, threshold: 20, severity: P1}"
	retry := run(1, 9)
	retry.Retry = 1
	table := run(1, 3)
	table.Table = "tills"
	var many []Observation
	for i := range 20 {
		many = append(many, run(i, float64(i%5)))
	}
	for _, c := range []struct {
		rule string
		yaml string
		runs []Observation
		want string // measured; before
	}{
		{"the first knows nothing", rate, []Observation{run(0, 9)}, "error rate 9 percent above 5; "},
		{"then it is what was before, and usual the middle of it", rate, []Observation{run(0, 1), run(1, 3), run(2, 2), run(3, 9)}, "error rate 9 percent above 5, usually 2; 1 3 2"},
		{"what fired is among it", rate, []Observation{run(0, 1), run(1, 7), run(2, 9)}, "error rate 9 percent above 5, usually 4; 1 7"},
		{"a second delivery is not before itself", rate, []Observation{run(0, 1), run(1, 9), run(1, 9)}, "error rate 9 percent above 5, usually 1; 1"},
		{"nor is one of before twice", rate, []Observation{run(0, 1), run(0, 1), run(1, 9)}, "error rate 9 percent above 5, usually 1; 1"},
		{"one that comes late has its place", rate, []Observation{run(1, 2), run(0, 1), run(2, 9)}, "error rate 9 percent above 5, usually 1.5; 1 2"},
		{"a retry that is not evaluated is not in it", rate, []Observation{run(0, 1), retry, run(2, 9)}, "error rate 9 percent above 5, usually 1; 1"},
		{"nor another table", rate, []Observation{run(0, 1), table, run(2, 9)}, "error rate 9 percent above 5, usually 1; 1"},
		{"there are twelve", rate, append(many, run(20, 9)), "error rate 9 percent above 5, usually 2.5; 3 4 0 1 2 3 4 0 1 2 3 4"},
		{"of records it is how many came", variance, []Observation{counted(0, 990, "records"), counted(1, 500, "records")}, "record count 500 below 800, usually 1000; 990"},
		{"and too many are above", variance, []Observation{counted(0, 990, "records"), counted(1, 1500, "records")}, "record count 1500 above 1200, usually 1000; 990"},
		{"of another unit is nothing", variance, []Observation{counted(0, 990, "pallets"), counted(1, 500, "records")}, "record count 500 below 800, usually 1000; "},
		{"of a cost it is the cost, in its currency", "{name: queue_age, condition: cost_increase_percentage, threshold: 50, severity: P3}",
			[]Observation{cost(0, 7, "USD"), cost(1, 7.5, "USD"), cost(2, 16, "USD")}, "cost 16 USD above 12, usually 8; 7 7.5"},
		{"and not in another", "{name: queue_age, condition: cost_increase_percentage, threshold: 50, severity: P3}",
			[]Observation{cost(0, 7, "EUR"), cost(1, 16, "USD")}, "cost 16 USD above 12, usually 8; "},
	} {
		p := read(t, c.yaml)
		var s State
		var signals []alert.Signal
		for _, o := range c.runs {
			s, signals, _ = s.Next(o, Evaluate(p, o))
		}
		if len(signals) != 1 {
			t.Errorf("%s: %d signals", c.rule, len(signals))
			continue
		}
		m := signals[0].Measure
		got := strings.Join(strings.Fields(fmt.Sprint(m.Name, " ", m.Value, " ", m.Unit, " ", m.Crossed, " ", *m.Threshold)), " ")
		if m.Expected != nil {
			got += fmt.Sprintf(", usually %v", *m.Expected)
		}
		var before []string
		for _, p := range signals[0].Trend {
			before = append(before, fmt.Sprint(p.Value))
		}
		if got += "; " + strings.Join(before, " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, got, c.want)
		}
	}
}

// TestTrendsHoldWhateverComes delivers runs of two tables in any order and more
// than once. What a signal says of before is what the newest runs before it
// measured of those that were heard of, and as many as there may be.
func TestTrendsHoldWhateverComes(t *testing.T) {
	p := read(t, "{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}")
	rapid.Check(t, func(t *rapid.T) {
		runs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Observation {
			o := run(0, float64(rapid.IntRange(0, 9).Draw(t, "rate")))
			o.Table = rapid.SampledFrom([]string{"", "a"}).Draw(t, "table")
			return o
		}), 1, 30).Draw(t, "runs")
		for i := range runs {
			runs[i].ID, runs[i].At = fmt.Sprint(i), noon.Add(time.Duration(i)*time.Minute)
		}
		var s State
		heard := map[string]map[int]bool{"": {}, "a": {}}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(runs)-1), 1, 60).Draw(t, "deliveries") {
			o := runs[i]
			next, signals, _ := s.Next(o, Evaluate(p, o))
			s, heard[o.Table][i] = next, true
			for _, signal := range signals {
				// What newer runs have pushed out is not known any more.
				known := slices.Sorted(maps.Keys(heard[o.Table]))
				known = known[max(0, len(known)-keptValues):]
				var want []alert.Point
				for _, j := range known {
					if j < i {
						want = append(want, alert.Point{At: runs[j].At, Value: runs[j].Values[policy.ErrorRate].Number})
					}
				}
				if signal.Status == alert.Resolved {
					want = nil
				}
				if diff := cmp.Diff(want, signal.Trend); diff != "" || len(signal.Trend) > alert.MaxTrend {
					t.Fatalf("before run %d, %d points (-want +got):\n%s", i, len(signal.Trend), diff)
				}
			}
		}
	})
}

// contended is a store that another writer reaches before every second write.
type contended struct {
	state State
	calls int
	other func(State) State
}

func (c *contended) State(context.Context, string) (State, error) { return c.state, nil }

func (c *contended) PutState(_ context.Context, _ string, s State) error {
	if c.calls++; c.calls%2 == 1 {
		version := c.state.Version
		c.state = c.other(c.state)
		c.state.Version = version + 1
	}
	if s.Version != c.state.Version {
		return ErrConflict
	}
	s.Version++
	c.state = s
	return nil
}

// TestAWriterInBetweenLosesNoValue lets another one evaluate a run whenever one
// is about to be stored: the trend has both.
func TestAWriterInBetweenLosesNoValue(t *testing.T) {
	p := read(t, "{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}")
	theirs := 0
	store := &contended{other: func(s State) State {
		o := run(2*theirs+1, 2)
		theirs++
		s, _, _ = s.Next(o, Evaluate(p, o))
		return s
	}}
	for i := range 5 {
		if _, _, err := Take(t.Context(), store, p, run(2*i, 1)); err != nil {
			t.Fatal(err)
		}
	}
	signals, _, err := Take(t.Context(), store, p, run(20, 9))
	if err != nil || len(signals) != 1 || store.calls != 12 {
		t.Fatalf("%v, %d signals, %d writes", err, len(signals), store.calls)
	}
	var got []float64
	for _, p := range signals[0].Trend {
		got = append(got, p.Value)
	}
	if want := []float64{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 2}; !slices.Equal(got, want) {
		t.Errorf("before: %v, want %v", got, want)
	}
}

// TestManyRulesKeepFewValues fills the state of one pipeline.
func TestManyRulesKeepFewValues(t *testing.T) {
	p := read(t, "{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}")
	var s State
	for i := range 20 * maxRules {
		o := run(i, 1.0/3)
		o.Table = fmt.Sprint("table-", i%maxRules)
		s, _, _ = s.Next(o, Evaluate(p, o))
	}
	total := 0
	for _, last := range s.Rules {
		total += len(last.Values)
	}
	if len(s.Rules) != maxRules || total != maxRules*(maxValues/maxRules) {
		t.Errorf("%d values of %d rules, want at most %d of %d", total, len(s.Rules), maxValues, maxRules)
	}
}

// TestWhatARunIsWorth holds what a run costs that a pipeline reports, by what
// files of the data have said before.
func TestWhatARunIsWorth(t *testing.T) {
	p := read(t, "{name: stale_data, condition: freshness_minutes, threshold: 60, severity: P1}",
		"{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}",
		"{name: low_quality, condition: data_quality_score, threshold: 90, severity: P2}")
	customers := int64(8120)
	file := func(minute int, hourly string, accepted bool) Observation {
		o := Observation{ID: fmt.Sprint("f", minute), Pipeline: "sales", Table: "sales", At: noon.Add(time.Duration(minute) * time.Minute),
			Stakes: &alert.Stakes{HourlyRevenue: hourly, Currency: "EUR", Customers: &customers, Due: noon}}
		if accepted {
			o.Stakes.Until = o.At
		}
		return o
	}
	stale := run(90, 0)
	stale.Values = map[string]Value{policy.Freshness: {Number: 150}}
	ancient := run(90, 0)
	ancient.Values = map[string]Value{policy.Freshness: {Number: 1e15}}
	poor := file(90, "1000", false)
	poor.Values = map[string]Value{policy.DataQualityScore: {Number: 40}}
	rate := 12.5
	poor.Stakes.ErrorRate = &rate
	for _, c := range []struct {
		rule string
		runs []Observation
		want []string
	}{
		{"unknown, where no file said it", []Observation{run(0, 9)}, []string{
			"Revenue at risk: unknown (no accepted file says what an hour brings).", "Impact on operations: high (9 % of it is bad).", "Unknown: customers affected."}},
		{"known, where one did", []Observation{file(0, "1000", true), run(1, 2), run(2, 9)}, []string{
			"Revenue at risk: unknown (nothing says when the data was due); each hour of delay puts 100.00 EUR at risk.",
			"Customers affected: 8,120.", "Impact on operations: high (9 % of it is bad)."}},
		{"by the newest one", []Observation{file(5, "2000", true), file(0, "1000", true), run(9, 9)}, []string{
			"Revenue at risk: unknown (nothing says when the data was due); each hour of delay puts 200.00 EUR at risk.",
			"Customers affected: 8,120.", "Impact on operations: high (9 % of it is bad)."}},
		{"by accepted ones only", []Observation{file(5, "2000", false), run(9, 9)}, []string{
			"Revenue at risk: unknown (no accepted file says what an hour brings).", "Impact on operations: high (9 % of it is bad).", "Unknown: customers affected."}},
		{"old rows say since when newer ones are due", []Observation{file(0, "1000", true), stale}, []string{
			"Revenue at risk: 150.00 EUR, and 100.00 EUR more with each hour. Good data was due at 12:00 UTC, 1 hour 30 minutes ago.",
			"Customers affected: 8,120.", "Unknown: impact on operations."}},
		{"but not if they are of no time at all", []Observation{file(0, "1000", true), ancient}, []string{
			"Revenue at risk: unknown (nothing says when the data was due); each hour of delay puts 100.00 EUR at risk.",
			"Customers affected: 8,120.", "Unknown: impact on operations."}},
		{"a file knows it itself", []Observation{poor}, []string{
			"Revenue at risk: 150.00 EUR, and 100.00 EUR more with each hour. Good data was due at 12:00 UTC, 1 hour 30 minutes ago.",
			"Customers affected: 8,120.", "Impact on operations: high (12.5 % of it is bad)."}},
	} {
		var s State
		var signals []alert.Signal
		for _, o := range c.runs {
			s, signals, _ = s.Next(o, Evaluate(p, o))
		}
		if len(signals) != 1 {
			t.Errorf("%s: %d signals", c.rule, len(signals))
			continue
		}
		if diff := cmp.Diff(c.want, impact.Say(signals[0].Stakes, false)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, diff)
		}
	}
}
