package landing

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/contract"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality"
)

// revenuePeriods is how many periods the average revenue is taken of, the newest
// that were accepted: four weeks of days, so that each day of the week counts the
// same, or as many of hours.
const revenuePeriods = 28

// averageHour returns the average revenue of an hour of the accepted periods
// before one, as a decimal; "" if there is none. The files of one period add up,
// and of each only the newest version counts. Periods are days, or hours if
// that one is an hour.
func averageHour(entries []Entry, period, column string) string {
	if column == "" {
		return ""
	}
	hourly := strings.Contains(period, "T")
	newest := map[string]Entry{}
	for _, e := range entries {
		if e.Period >= period || strings.Contains(e.Period, "T") != hourly {
			continue
		}
		id := e.Key + "\x00" + e.Period
		if prev, ok := newest[id]; !ok || prev.Rank < e.Rank {
			newest[id] = e
		}
	}
	sums := map[string]*big.Rat{}
	for _, e := range newest {
		v, measured := e.Run.Metrics["sum:"+column]
		r, ok := decimal.Rat([]byte(plain(v)))
		if !measured || !ok || !e.Run.Accepted() {
			continue
		}
		if sums[e.Period] == nil {
			sums[e.Period] = new(big.Rat)
		}
		sums[e.Period].Add(sums[e.Period], r)
	}
	var periods []string
	for p := range sums {
		periods = append(periods, p)
	}
	slices.Sort(periods)
	hours, count := int64(24), revenuePeriods
	if hourly {
		hours, count = 1, revenuePeriods*24
	}
	var revenues []*big.Rat
	for _, p := range periods[max(0, len(periods)-count):] {
		revenues = append(revenues, sums[p])
	}
	return impact.Hourly(revenues, hours)
}

// due returns when good data of the file's period should have been there, zero if
// nothing says so: the end of the window of an arrival rule on the day on which
// the file came; else the time of the file's newest row, and what the contract
// lets it be old. r is nil if the file could not be read.
func (f file) due(r *quality.Report) time.Time {
	for _, rule := range rulesOf(f.table) {
		if a, ok := rule.Implementation.(contract.ArrivalCheck); ok {
			return windowEnd(a, f.Arrived)
		}
	}
	if r == nil {
		return time.Time{}
	}
	column, age, ok := f.newest(r)
	if !ok {
		return time.Time{}
	}
	return f.now.Add(f.allowedAge(column) - age)
}

// windowEnd returns the end of the window that an arrival at that time belongs to.
func windowEnd(a contract.ArrivalCheck, arrived time.Time) time.Time {
	zone := a.Zone
	if zone == nil {
		zone = time.UTC
	}
	at := arrived.In(zone)
	day := at.Day()
	midnight := time.Date(at.Year(), at.Month(), day, 0, 0, 0, 0, zone)
	if a.By <= a.After && at.Sub(midnight) >= a.After {
		day++ // the window ends on the following day
	}
	// The time of day and not the hours since midnight: a day may have 23 hours.
	return time.Date(at.Year(), at.Month(), day, 0, 0, int(a.By/time.Second), 0, zone).UTC()
}

// allowedAge is how old the contract lets the newest value of a column be.
func (f file) allowedAge(column string) time.Duration {
	span := contract.Span{}
	for _, s := range f.contract.SLAs {
		if (s.Property == "latency" || s.Property == "freshness") && s.Column == column && (s.Table == "" || s.Table == f.dataset) {
			span = s.Span
		}
	}
	for _, rule := range rulesOf(f.table) {
		if check, ok := rule.Implementation.(contract.FreshnessCheck); ok && check.Column == column {
			span = check.Within
		}
	}
	return f.now.Sub(span.Before(f.now))
}

// stakes are what the file's rejection costs; r is nil if it could not be read.
// A file that was accepted has ended its delay by coming.
func (f file) stakes(r *quality.Report) *alert.Stakes {
	s := &alert.Stakes{Due: f.due(r), HourlyRevenue: f.hourly, Currency: f.property(propertyCurrency)}
	if r != nil {
		if r.Rows > 0 {
			rate := min(100, 100*float64(r.BadRows)/float64(r.Rows))
			s.ErrorRate = &rate
		}
		if g := f.figures(r); g.Customers >= 0 {
			n := int64(g.Customers)
			s.Customers = &n
		}
		if accepted(r.Verdict) {
			s.Until = f.Arrived.UTC()
		}
	}
	return impact.At(s, f.now)
}
