// Package impact works out what late or bad data costs the business, and who
// beside those on call must hear of it.
//
// Revenue at risk is the average revenue of an hour, times the hours by which
// the data is late, times a tenth, once it is more than 60 minutes late. Hours
// late are counted from when the data was due, as a fraction and not in whole
// hours, and include the first one: data that is 90 minutes late is 1.5 hours
// late. They go on until good data is there, whatever came in between. The
// impact on operations is high above 5 % of errors, medium above 1 %, and low
// else. What is not known stays unknown, and is never taken for 0.
//
// Money is exact; it is rounded once, to two places, half away from zero. The
// bound of 10,000 is one of the data's own currency: nothing is converted.
package impact

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/decimal"
)

// Grace is how late data may be before anything is at risk.
const Grace = 60 * time.Minute

// The bounds, each exclusive.
const (
	highErrors   = 5.0 // percent
	mediumErrors = 1.0
)

var (
	delayShare = big.NewRat(1, 10)
	executives = big.NewRat(10_000, 1)
	hour       = big.NewRat(int64(time.Hour), 1)
)

// At returns what s is at t: how late the data is then, what that puts at risk,
// and how strong the impact on operations is. It is nil if s is.
func At(s *alert.Stakes, t time.Time) *alert.Stakes {
	if s == nil {
		return nil
	}
	now := *s
	now.AsOf, now.HoursLate, now.RevenueAtRisk, now.Operational = t.UTC(), nil, "", Operational(s.ErrorRate)
	if s.Due.IsZero() {
		return &now
	}
	if !s.Until.IsZero() && s.Until.Before(t) {
		t = s.Until
	}
	late := max(0, t.Sub(s.Due))
	hours := late.Hours()
	now.HoursLate = &hours
	if risk := atRisk(s.HourlyRevenue, late); risk != nil {
		now.RevenueAtRisk = money(risk)
	}
	return &now
}

// Operational returns how strong the impact of a share of errors, in percent, is
// on operations, "" if the share is unknown.
func Operational(errorRate *float64) alert.Level {
	switch {
	case errorRate == nil:
		return ""
	case *errorRate > highErrors:
		return alert.High
	case *errorRate > mediumErrors:
		return alert.Medium
	}
	return alert.Low
}

// Audiences returns who is told of what At returned, in the order of
// alert.Audiences: executives above 10,000 at risk, operations and customer
// service of a high impact.
func Audiences(s *alert.Stakes) []alert.Audience {
	if s == nil {
		return nil
	}
	var told []alert.Audience
	if risk, ok := decimal.Rat([]byte(s.RevenueAtRisk)); ok && risk.Cmp(executives) > 0 {
		told = append(told, alert.Executives)
	}
	if s.Operational == alert.High {
		told = append(told, alert.Operations, alert.CustomerService)
	}
	return told
}

// Crossing returns when time alone will bring the revenue at risk above what
// executives are told of, if no good data comes; zero if that is unknown, or
// never.
func Crossing(s *alert.Stakes) time.Time {
	if s == nil || s.Due.IsZero() {
		return time.Time{}
	}
	hourly, ok := decimal.Rat([]byte(s.HourlyRevenue))
	if !ok || hourly.Sign() <= 0 {
		return time.Time{}
	}
	// The half cent is what is rounded up to more than the bound.
	beyond := new(big.Rat).Add(executives, big.NewRat(1, 200))
	hours := beyond.Quo(beyond, new(big.Rat).Mul(hourly, delayShare))
	nanos := hours.Mul(hours, hour)
	whole := new(big.Int).Quo(nanos.Num(), nanos.Denom())
	if !whole.IsInt64() || whole.Int64() > int64(maxDelay) {
		return time.Time{}
	}
	at := s.Due.Add(max(Grace, time.Duration(whole.Int64())) + 1)
	if !s.Until.IsZero() && s.Until.Before(at) {
		return time.Time{}
	}
	return at
}

// Since returns next, which is newer than earlier about the same: the delay still
// counts from when it did, and what is not known any more is taken from earlier.
func Since(earlier, next *alert.Stakes) *alert.Stakes {
	if earlier == nil || next == nil {
		return cmp.Or(next, earlier)
	}
	s := *next
	if s.Due.IsZero() || !earlier.Due.IsZero() && earlier.Due.Before(s.Due) {
		s.Due = earlier.Due
	}
	if s.HourlyRevenue == "" {
		s.HourlyRevenue, s.Currency = earlier.HourlyRevenue, earlier.Currency
	}
	if s.Customers == nil {
		s.Customers = earlier.Customers
	}
	if s.ErrorRate == nil {
		s.ErrorRate = earlier.ErrorRate
	}
	return &s
}

// maxDelay is as far as Crossing looks.
const maxDelay = 30 * 24 * time.Hour

// Worst returns of list, as it is at t, what puts the most at risk; of those
// that put as much, the one with the stronger impact, and of these the first. It
// is nil if the list is empty.
func Worst(list []*alert.Stakes, t time.Time) *alert.Stakes {
	var worst *alert.Stakes
	for _, s := range list {
		if now := At(s, t); now != nil && (worst == nil || worse(now, worst)) {
			worst = now
		}
	}
	return worst
}

func worse(a, b *alert.Stakes) bool {
	x, known := decimal.Rat([]byte(a.RevenueAtRisk))
	y, other := decimal.Rat([]byte(b.RevenueAtRisk))
	if known != other {
		return known
	}
	if known {
		if c := x.Cmp(y); c != 0 {
			return c > 0
		}
	}
	levels := []alert.Level{"", alert.Low, alert.Medium, alert.High}
	return slices.Index(levels, a.Operational) > slices.Index(levels, b.Operational)
}

// atRisk returns what a delay puts at risk, nil if the revenue is unknown.
func atRisk(hourly string, late time.Duration) *big.Rat {
	r, ok := decimal.Rat([]byte(hourly))
	if !ok {
		return nil
	}
	if late <= Grace || r.Sign() < 0 {
		return new(big.Rat)
	}
	r.Mul(r, delayShare)
	r.Mul(r, big.NewRat(int64(late), 1))
	return r.Quo(r, hour)
}

// money writes r with two places.
func money(r *big.Rat) string { return r.FloatString(2) }

// Hourly returns the average revenue of an hour from the revenues of periods of
// so many hours each, as a decimal of at most nine places; "" if there are none.
func Hourly(revenues []*big.Rat, hours int64) string {
	if len(revenues) == 0 || hours <= 0 {
		return ""
	}
	sum := new(big.Rat)
	for _, r := range revenues {
		sum.Add(sum, r)
	}
	sum.Quo(sum, big.NewRat(hours*int64(len(revenues)), 1))
	text := strings.TrimRight(sum.FloatString(9), "0")
	return strings.TrimSuffix(text, ".")
}
