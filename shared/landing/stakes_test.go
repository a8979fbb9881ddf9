package landing

import (
	"fmt"
	"testing"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
)

func sold(key, rank, period string, revenue float64, v quality.Verdict) Entry {
	return Entry{Key: "b/" + key, Rank: rank, Period: period, Run: quality.Run{Verdict: v, Metrics: map[string]float64{"sum:amount": revenue}}}
}

func TestTheAverageHourIsOfAcceptedPeriods(t *testing.T) {
	const pass, fail = quality.VerdictPass, quality.VerdictFail
	var year []Entry
	for n := range 60 {
		revenue := 1e9 // too long ago
		if n >= 60-revenuePeriods {
			revenue = 2400
		}
		year = append(year, sold("s.csv", "01", time.Date(2026, 9, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), revenue, pass))
	}
	for _, c := range []struct {
		rule    string
		entries []Entry
		period  string
		want    string
	}{
		{"nothing is known", nil, "2026-11-22", ""},
		{"a day has 24 hours", []Entry{sold("s.csv", "01", "2026-11-21", 4800, pass)}, "2026-11-22", "200"},
		{"the stores of a day add up", []Entry{sold("a.csv", "01", "2026-11-21", 4800, pass), sold("b.csv", "01", "2026-11-21", 2400, pass)}, "2026-11-22", "300"},
		{"days are averaged", []Entry{sold("s.csv", "01", "2026-11-20", 4800, pass), sold("s.csv", "01", "2026-11-21", 2400, pass)}, "2026-11-22", "150"},
		{"a rejected file brings nothing", []Entry{sold("s.csv", "01", "2026-11-20", 4800, pass), sold("s.csv", "01", "2026-11-21", 1e9, fail)}, "2026-11-22", "200"},
		{"only the newest version counts", []Entry{sold("s.csv", "02", "2026-11-21", 4800, pass), sold("s.csv", "01", "2026-11-21", 1e9, pass)}, "2026-11-22", "200"},
		{"a version that was taken back does not", []Entry{sold("s.csv", "02", "2026-11-21", 1, fail), sold("s.csv", "01", "2026-11-21", 1e9, pass)}, "2026-11-22", ""},
		{"its own period is not finished", []Entry{sold("a.csv", "01", "2026-11-22", 1e9, pass), sold("a.csv", "01", "2026-11-21", 4800, pass)}, "2026-11-22", "200"},
		{"an hour is one", []Entry{sold("s.csv", "01", "2026-11-21T07", 300, pass), sold("s.csv", "01", "2026-11-21", 1e9, pass)}, "2026-11-21T08", "300"},
		{"four weeks back", year, "2026-11-22", "100"},
		{"cents are exact", []Entry{sold("s.csv", "01", "2026-11-21", 2.4, pass)}, "2026-11-22", "0.1"},
	} {
		if got := averageHour(c.entries, c.period, "amount"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
	if got := averageHour(year, "2026-11-22", ""); got != "" {
		t.Errorf("without a column of revenue: got %q", got)
	}
}

func TestWhenAFileWasDue(t *testing.T) {
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		rule    string
		check   contract.ArrivalCheck
		arrived time.Time
		want    time.Time
	}{
		{"before the end of its window", contract.ArrivalCheck{After: 4 * time.Hour, By: 6*time.Hour + 30*time.Minute}, at(22, 5, 0), at(22, 6, 30)},
		{"behind the end of its window", contract.ArrivalCheck{By: 6 * time.Hour}, at(22, 9, 0), at(22, 6, 0)},
		{"in the zone of the window", contract.ArrivalCheck{By: 6 * time.Hour, Zone: york}, at(22, 9, 0), at(22, 11, 0)},
		{"late in the evening, over midnight", contract.ArrivalCheck{After: 22 * time.Hour, By: 2 * time.Hour}, at(22, 23, 0), at(23, 2, 0)},
		{"after midnight", contract.ArrivalCheck{After: 22 * time.Hour, By: 2 * time.Hour}, at(23, 3, 0), at(23, 2, 0)},
		{"on a day of 25 hours", contract.ArrivalCheck{By: 6 * time.Hour, Zone: york}, at(1, 12, 0), at(1, 11, 0)},
	} {
		if got := windowEnd(c.check, c.arrived); !got.Equal(c.want) {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
	noon := at(22, 12, 0)
	age := 300.0
	r := &quality.Report{Checks: []quality.Result{{Column: "sold_at", Dimension: contract.Timeliness, Unit: "minutes", Measured: &age}}}
	f := file{now: noon, dataset: "sales", contract: &contract.Contract{}, table: &contract.Table{}}
	if got := f.due(r); !got.Equal(at(22, 7, 0)) {
		t.Errorf("by its newest row: got %v, want 07:00", got)
	}
	f.contract.SLAs = []contract.SLA{{Property: "latency", Column: "sold_at", Span: contract.Span{Clock: 4 * time.Hour}}, {Property: "latency", Column: "other", Span: contract.Span{Days: 9}}}
	if got := f.due(r); !got.Equal(at(22, 11, 0)) {
		t.Errorf("with what it may be old: got %v, want 11:00", got)
	}
	f.Arrived = noon
	f.table.Rules = []contract.Rule{{Implementation: contract.ArrivalCheck{By: 10 * time.Hour}}}
	if got := f.due(nil); !got.Equal(at(22, 10, 0)) {
		t.Errorf("unreadable, by its window: got %v, want 10:00", got)
	}
	f.table.Rules = nil
	if got := f.due(nil); !got.IsZero() {
		t.Errorf("unreadable, with no window: got %v, want nothing", got)
	}
}

func TestWhatIsUnknownIsLeftOut(t *testing.T) {
	f := file{now: noon, contract: &contract.Contract{}, table: &contract.Table{}}
	if s := f.stakes(nil); s.RevenueAtRisk != "" || s.Customers != nil || s.ErrorRate != nil || s.Operational != "" || s.HoursLate != nil {
		t.Errorf("got %+v", s)
	}
	s := f.stakes(&quality.Report{Rows: 200, BadRows: 3, Verdict: quality.VerdictWarn})
	if *s.ErrorRate != 1.5 || s.Operational != alert.Medium || !s.Until.Equal(f.Arrived) {
		t.Errorf("got %+v", s)
	}
}

func TestThresholds(t *testing.T) {
	for want, c := range map[string]string{"<= 1": "1 above", "> 99.5": "99.5 below", ">= -3": "-3 below", "< 60 minutes": "none", "one of A, B": "none", "": "none"} {
		got := "none"
		if v, crossed := threshold(want); v != nil {
			got = fmt.Sprint(*v, " ", crossed)
		}
		if got != c {
			t.Errorf("%q: got %s, want %s", want, got, c)
		}
	}
}
