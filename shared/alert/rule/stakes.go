package rule

import (
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/alert/policy"
	"tillwatch/shared/metric"
)

// newer returns what is known of the data's worth once o is: what o says of it if
// it is newer and the data was accepted, else what was known.
func newer(known *alert.Stakes, o Observation) *alert.Stakes {
	s := o.Stakes
	if s == nil || s.Until.IsZero() || s.HourlyRevenue == "" && s.Customers == nil || known != nil && !o.At.After(known.AsOf) {
		return known
	}
	return &alert.Stakes{HourlyRevenue: s.HourlyRevenue, Currency: s.Currency, Customers: s.Customers, AsOf: o.At.UTC()}
}

// stakes are what it costs that v fires of o, where worth is known of the data.
// Whatever is not known of it stays unknown.
func stakes(o Observation, v Verdict, worth *alert.Stakes) *alert.Stakes {
	s := &alert.Stakes{}
	if o.Stakes != nil {
		*s = *o.Stakes
	}
	if worth != nil && s.HourlyRevenue == "" {
		s.HourlyRevenue, s.Currency = worth.HourlyRevenue, worth.Currency
	}
	if worth != nil && s.Customers == nil {
		s.Customers = worth.Customers
	}
	if rate, ok := o.Values[policy.ErrorRate]; ok && s.ErrorRate == nil && finite(rate.Number) {
		share := max(0, min(100, rate.Number))
		s.ErrorRate = &share
	}
	if s.Due.IsZero() {
		s.Due = due(o, v)
	}
	return impact.At(s, o.At)
}

// maxLate bounds, in minutes, how long ago data is taken to have been due: ten
// years. A newest row that is older is of no time at all.
const maxLate = 10 * 366 * 24 * 60

// due returns when newer data should have been there, where v is about how old the
// newest row is: at its time, and what the rule lets it be old. It is zero
// otherwise.
func due(o Observation, v Verdict) time.Time {
	if v.Condition.Name != policy.Freshness && v.Condition.Name != string(metric.DataFreshnessMinutes) {
		return time.Time{}
	}
	late := v.Measured - v.Threshold
	if late < 0 || late > maxLate {
		return time.Time{}
	}
	return o.At.UTC().Add(-time.Duration(late * float64(time.Minute)))
}
