package impact

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
)

var due = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func percent(v float64) *float64 { return &v }

func TestRevenueAtRisk(t *testing.T) {
	for _, c := range []struct {
		rule, hourly string
		late         time.Duration
		want         string
	}{
		{"nothing before 60 minutes", "1000", 59 * time.Minute, "0.00"},
		{"nothing at 60 minutes", "1000", 60 * time.Minute, "0.00"},
		{"the first hour counts once it is over", "1000", 60*time.Minute + time.Nanosecond, "100.00"},
		{"hours count in fractions", "1000", 90 * time.Minute, "150.00"},
		{"money is exact", "41200.10", 3*time.Hour + 36*time.Minute, "14832.04"},
		{"half a cent is rounded away from zero", "0.05", 5 * time.Hour, "0.03"},
		{"early is not late", "1000", -time.Hour, "0.00"},
		{"more was taken back than sold", "-1000", 5 * time.Hour, "0.00"},
		{"unknown revenue stays unknown", "", 5 * time.Hour, ""},
		{"what is no number is unknown", "lots", 5 * time.Hour, ""},
	} {
		s := At(&alert.Stakes{Due: due, HourlyRevenue: c.hourly}, due.Add(c.late))
		if s.RevenueAtRisk != c.want || *s.HoursLate < 0 {
			t.Errorf("%s: got %q, want %q", c.rule, s.RevenueAtRisk, c.want)
		}
	}
	if s := At(&alert.Stakes{HourlyRevenue: "1000"}, due); s.RevenueAtRisk != "" || s.HoursLate != nil {
		t.Errorf("without a time that it was due at: got %+v, want it to be unknown", s)
	}
}

func TestOperationalImpact(t *testing.T) {
	for _, c := range []struct {
		rate *float64
		want alert.Level
	}{{nil, ""}, {percent(0), alert.Low}, {percent(1), alert.Low}, {percent(1.01), alert.Medium}, {percent(5), alert.Medium}, {percent(5.01), alert.High}} {
		if got := Operational(c.rate); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestWhoIsTold(t *testing.T) {
	for _, c := range []struct {
		rule   string
		stakes *alert.Stakes
		want   []alert.Audience
	}{
		{"nobody of nothing", nil, nil},
		{"nobody of what is unknown", &alert.Stakes{}, nil},
		{"10,000 is not above it", &alert.Stakes{RevenueAtRisk: "10000.00"}, nil},
		{"executives above 10,000", &alert.Stakes{RevenueAtRisk: "10000.01"}, []alert.Audience{alert.Executives}},
		{"a medium impact is nobody's but the team's", &alert.Stakes{Operational: alert.Medium}, nil},
		{"a high impact", &alert.Stakes{Operational: alert.High}, []alert.Audience{alert.Operations, alert.CustomerService}},
		{"both", &alert.Stakes{RevenueAtRisk: "90000", Operational: alert.High}, alert.Audiences},
	} {
		if got := Audiences(c.stakes); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
}

// TestTheCrossingIsTheFirstMoment holds Crossing against At: executives are told
// of what At says then, and not of what it said just before.
func TestTheCrossingIsTheFirstMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &alert.Stakes{Due: due, HourlyRevenue: big.NewRat(rapid.Int64Range(1, 1<<40).Draw(t, "units"), 100).FloatString(2)}
		at := Crossing(s)
		if at.IsZero() {
			if got := Audiences(At(s, due.Add(maxDelay))); got != nil {
				t.Fatalf("%s an hour: no crossing, and %v are told", s.HourlyRevenue, got)
			}
			return
		}
		if Audiences(At(s, at)) == nil {
			t.Fatalf("%s an hour: %v after it was due, nobody is told of %s", s.HourlyRevenue, at.Sub(due), At(s, at).RevenueAtRisk)
		}
		if before := at.Add(-2); Audiences(At(s, before)) != nil {
			t.Fatalf("%s an hour: %v after it was due is not the first moment", s.HourlyRevenue, at.Sub(due))
		}
	})
	for rule, s := range map[string]*alert.Stakes{
		"nothing": nil, "no time": {HourlyRevenue: "5"}, "no revenue": {Due: due}, "none": {Due: due, HourlyRevenue: "0"}, "too little": {Due: due, HourlyRevenue: "1"},
	} {
		if got := Crossing(s); !got.IsZero() {
			t.Errorf("%s: crosses at %v", rule, got)
		}
	}
}

func TestTheMoreTheLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &alert.Stakes{Due: due, HourlyRevenue: big.NewRat(rapid.Int64Range(0, 1<<40).Draw(t, "units"), 1000).FloatString(3)}
		a := time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "b"))
		x, _ := new(big.Rat).SetString(At(s, due.Add(a)).RevenueAtRisk)
		y, _ := new(big.Rat).SetString(At(s, due.Add(b)).RevenueAtRisk)
		if x.Cmp(y) > 0 {
			t.Fatalf("%v late: %v, %v late: %v", a, x, b, y)
		}
	})
}

func TestTheAverageHour(t *testing.T) {
	days := []*big.Rat{big.NewRat(4800, 1), big.NewRat(2400, 1)}
	if got := Hourly(days, 24); got != "150" {
		t.Errorf("got %q, want 150", got)
	}
	if got := Hourly([]*big.Rat{big.NewRat(1, 1)}, 3); got != "0.333333333" {
		t.Errorf("got %q", got)
	}
	if got := Hourly(nil, 24); got != "" {
		t.Errorf("of nothing: got %q, want it to be unknown", got)
	}
}

func TestTheWorstIsToldOf(t *testing.T) {
	later := due.Add(3 * time.Hour)
	list := []*alert.Stakes{nil, {ErrorRate: percent(50)}, {Due: due, HourlyRevenue: "10"}, {Due: due, HourlyRevenue: "200"}, {Due: due, HourlyRevenue: "200", ErrorRate: percent(9)}}
	if got := Worst(list, later); got == nil || got.RevenueAtRisk != "60.00" || got.Operational != alert.High {
		t.Errorf("got %+v", got)
	}
	if Worst([]*alert.Stakes{nil}, later) != nil {
		t.Error("something is worst of nothing")
	}
}

func TestWhatIsSaid(t *testing.T) {
	customers := int64(8120)
	full := &alert.Stakes{Due: due, HourlyRevenue: "41200", Currency: "USD", Customers: &customers, ErrorRate: percent(9.75)}
	for _, c := range []struct {
		rule   string
		stakes *alert.Stakes
		at     time.Time
		over   bool
		want   string
	}{
		{"late", full, due.Add(216 * time.Minute), false,
			"Revenue at risk: 14,832.00 USD, and 4,120.00 USD more with each hour. Good data was due at 06:00 UTC, 3 hours 36 minutes ago.\n" +
				"Customers affected: 8,120.\nImpact on operations: high (9.75 % of it is bad)."},
		{"not yet", &alert.Stakes{Due: due, HourlyRevenue: "41200", Currency: "USD"}, due.Add(-time.Hour), false,
			"Revenue at risk: none before 07:00 UTC; from then on 4,120.00 USD with each hour since 06:00 UTC, when good data is due.\n" +
				"Unknown: customers affected, impact on operations."},
		{"nothing is known", &alert.Stakes{}, due, false, "Revenue at risk: unknown (no accepted file says what an hour brings).\nUnknown: customers affected, impact on operations."},
		{"no time is known", &alert.Stakes{HourlyRevenue: "5"}, due, false,
			"Revenue at risk: unknown (nothing says when the data was due); each hour of delay puts 0.50 at risk.\nUnknown: customers affected, impact on operations."},
		{"a part is known", &alert.Stakes{HourlyRevenue: "5", ErrorRate: percent(0.5)}, due, false,
			"Revenue at risk: unknown (nothing says when the data was due); each hour of delay puts 0.50 at risk.\n" +
				"Impact on operations: low (0.5 % of it is bad).\nUnknown: customers affected."},
		{"over", full, due.Add(26 * time.Hour), true, "Revenue that was at risk: 107,120.00 USD. Good data came 1 day 2 hours late.\nCustomers affected: 8,120."},
		{"over in time", &alert.Stakes{Due: due, HourlyRevenue: "5"}, due, true, "Revenue that was at risk: none. Good data came in time."},
	} {
		if got := strings.Join(Say(At(c.stakes, c.at), c.over), "\n"); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.rule, got, c.want)
		}
	}
	if Say(nil, false) != nil {
		t.Error("something is said of nothing")
	}
	for amount, want := range map[string]string{"1234567.5": "1,234,567.50 EUR", "-1000": "-1,000.00 EUR", "": "unknown", "999": "999.00 EUR"} {
		if got := Money(amount, "EUR"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
