package rule

import (
	"context"
	"errors"
	"strings"
	"testing"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/policy"
)

// shelf is a store that remembers what it was asked for.
type shelf struct {
	states map[string]State
	asked  []string
	down   string
}

func (s *shelf) State(_ context.Context, pipeline string) (State, error) {
	s.asked = append(s.asked, pipeline)
	if pipeline == s.down {
		return State{}, errors.New("it is down")
	}
	return s.states[pipeline], nil
}

func (s *shelf) PutState(_ context.Context, pipeline string, state State) error {
	state.Version++
	s.states[pipeline] = state
	return nil
}

// TestAPipelineIsWorthWhatItReads lets runs of a pipeline fail that has no files
// of its own, and reads from others that do.
func TestAPipelineIsWorthWhatItReads(t *testing.T) {
	p, err := policy.Read("policy.yaml", []byte(`
rules: [{name: high_error_rate, condition: error_rate_percentage, threshold: 5, severity: P1}]
topology: {forecast: {upstream: [stock, sales, none]}, sales: {upstream: [tills]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	brings := func(hourly string) State {
		return State{Worth: &alert.Stakes{HourlyRevenue: hourly, Currency: "EUR", AsOf: noon}}
	}
	customers := int64(7)
	visited := State{Worth: &alert.Stakes{Customers: &customers, AsOf: noon}}
	own := run(1, 9)
	own.Stakes = &alert.Stakes{HourlyRevenue: "3", Until: noon}
	for _, c := range []struct {
		rule   string
		states map[string]State
		run    Observation
		hourly string
		asked  string
	}{
		{"the one that brings the most", map[string]State{"sales": brings("1000"), "stock": brings("200.5")}, run(1, 9), "1000", "forecast stock sales none"},
		{"rather than one that says nothing of that", map[string]State{"sales": brings("1000"), "none": visited}, run(1, 9), "1000", "forecast stock sales none"},
		{"nothing where nothing is known", map[string]State{}, run(1, 9), "", "forecast stock sales none"},
		{"its own comes first", map[string]State{"forecast": brings("5"), "sales": brings("1000")}, run(1, 9), "5", "forecast"},
		{"also if it is said just now", map[string]State{"sales": brings("1000")}, own, "3", "forecast"},
		{"nobody is asked while nothing fires", map[string]State{"sales": brings("1000")}, run(1, 1), "", "forecast"},
	} {
		store := &shelf{states: c.states}
		was := c.states["forecast"].Worth
		if c.run.Stakes != nil {
			was = newer(nil, c.run)
		}
		o := c.run
		o.Pipeline = "forecast"
		signals, _, err := Take(t.Context(), store, p, o)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(signals) > 0 {
			got = signals[0].Stakes.HourlyRevenue
		}
		if asked := strings.Join(store.asked, " "); got != c.hourly || asked != c.asked {
			t.Errorf("%s: %q, asked %q; want %q, %q", c.rule, got, asked, c.hourly, c.asked)
		}
		if is := store.states["forecast"].Worth; (is == nil) != (was == nil) || is != nil && is.HourlyRevenue != was.HourlyRevenue {
			t.Errorf("%s: it remembers %+v, want %+v", c.rule, is, was)
		}
	}
	o := run(1, 9)
	o.Pipeline = "forecast"
	if _, _, err := Take(t.Context(), &shelf{states: map[string]State{}, down: "sales"}, p, o); err == nil {
		t.Error("no error, though a state could not be read")
	}
}
