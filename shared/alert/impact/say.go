package impact

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/decimal"
	"tillwatch/shared/words"
)

// Money writes an amount as people read it, "12,345.60 EUR", or "unknown".
func Money(amount, currency string) string {
	r, ok := decimal.Rat([]byte(amount))
	if !ok {
		return "unknown"
	}
	sign, text := "", r.FloatString(2)
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	whole, cents, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return strings.TrimSpace(sign + whole + "." + cents + " " + currency)
}

// AnHour returns what an hour of delay puts at risk, "unknown" if that is.
func AnHour(s *alert.Stakes) string {
	r, ok := decimal.Rat([]byte(s.HourlyRevenue))
	if !ok {
		return "unknown"
	}
	return Money(new(big.Rat).Mul(r, delayShare).FloatString(2), s.Currency)
}

// Say returns what s, as At returned it, means for the business, one sentence
// each; nil if s is. over says that the whole is over, of which nothing unknown is
// told.
func Say(s *alert.Stakes, over bool) []string {
	if s == nil {
		return nil
	}
	var list []string
	if !over || s.HourlyRevenue != "" {
		list = append(list, revenue(s, over || !s.Until.IsZero()))
	}
	var unknown []string
	if s.Customers != nil {
		list = append(list, fmt.Sprintf("Customers affected: %s.", words.Count(*s.Customers)))
	} else {
		unknown = append(unknown, "customers affected")
	}
	switch {
	case over:
		return list
	case s.Operational != "":
		list = append(list, fmt.Sprintf("Impact on operations: %s (%s %% of it is bad).", s.Operational, words.Percent(*s.ErrorRate)))
	default:
		unknown = append(unknown, "impact on operations")
	}
	if len(unknown) > 0 {
		list = append(list, "Unknown: "+strings.Join(unknown, ", ")+".")
	}
	return list
}

func revenue(s *alert.Stakes, over bool) string {
	switch {
	case s.HourlyRevenue == "":
		return "Revenue at risk: unknown (no accepted file says what an hour brings)."
	case s.HoursLate == nil:
		return fmt.Sprintf("Revenue at risk: unknown (nothing says when the data was due); each hour of delay puts %s at risk.", AnHour(s))
	case over && late(s) > Grace:
		return fmt.Sprintf("Revenue that was at risk: %s. Good data came %s late.", Money(s.RevenueAtRisk, s.Currency), minutes(late(s)))
	case over:
		return "Revenue that was at risk: none. Good data came in time."
	case late(s) > Grace:
		return fmt.Sprintf("Revenue at risk: %s, and %s more with each hour. Good data was due at %s, %s ago.",
			Money(s.RevenueAtRisk, s.Currency), AnHour(s), clock(s.Due, s.AsOf), minutes(late(s)))
	}
	return fmt.Sprintf("Revenue at risk: none before %s; from then on %s with each hour since %s, when good data is due.",
		clock(s.Due.Add(Grace), s.AsOf), AnHour(s), clock(s.Due, s.AsOf))
}

// late is how late the data is, or came.
func late(s *alert.Stakes) time.Duration {
	end := s.AsOf
	if !s.Until.IsZero() && s.Until.Before(end) {
		end = s.Until
	}
	return max(0, end.Sub(s.Due))
}

// minutes is a length of time as people say it.
func minutes(d time.Duration) string { return words.Duration(d.Round(time.Minute)) }

// clock returns "10:00 UTC", or "Sun 22 Nov 10:00 UTC" on another day than now.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("Mon 2 Jan 15:04 UTC")
}
