package vector

import (
	"fmt"
	"strings"
	"time"

	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
)

const day = 24 * 60 * 60

// parts are the parts of a point in time that can be had as a number.
var parts = map[string]func(time.Time) int64{
	"YEAR": func(t time.Time) int64 { return int64(t.Year()) }, "MONTH": func(t time.Time) int64 { return int64(t.Month()) },
	"DAY": func(t time.Time) int64 { return int64(t.Day()) }, "HOUR": func(t time.Time) int64 { return int64(t.Hour()) },
	"MINUTE": func(t time.Time) int64 { return int64(t.Minute()) }, "SECOND": func(t time.Time) int64 { return int64(t.Second()) },
	"QUARTER": func(t time.Time) int64 { return int64(t.Month()+2) / 3 }, "DOY": func(t time.Time) int64 { return int64(t.YearDay()) },
	"DOW": func(t time.Time) int64 { return int64(t.Weekday()) }, "ISODOW": func(t time.Time) int64 { return int64(t.Weekday()+6)%7 + 1 },
	"WEEK": func(t time.Time) int64 { _, w := t.ISOWeek(); return int64(w) }, "EPOCH": time.Time.Unix,
}

// Part makes EXTRACT of a part of a date by its name in upper case, in UTC; nil
// if there is no such part. DOW is 0 on Sunday, ISODOW 7.
func Part(name string) Op {
	f := parts[singular(map[string]string{"DAYOFYEAR": "DOY", "DAYOFWEEK": "DOW"}, name)]
	if f == nil {
		return nil
	}
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Number, n)
		for i := range n {
			if args[0].Valid[i] {
				out.Set(i, decimal.Decimal{Coef: f(args[0].Moments[i].Time())})
			} else {
				out.Kinds[i] = decimal.NotNumber
			}
		}
	}
}

// singular resolves a synonym, and drops the s of a plural.
func singular(synonyms map[string]string, name string) string {
	if s := synonyms[name]; s != "" {
		return s
	}
	return strings.TrimSuffix(name, "S")
}

// units are the units of lengths of time: months, or seconds.
var units = map[string]struct{ months, seconds int64 }{
	"YEAR": {12, 0}, "QUARTER": {3, 0}, "MONTH": {1, 0}, "WEEK": {0, 7 * day}, "DAY": {0, day}, "HOUR": {0, 3600}, "MINUTE": {0, 60}, "SECOND": {0, 1},
}

// Shift makes the addition of count units to points in time, which are of kind.
// Where a month has no such day it is the month's last. Beyond the years 0 to
// 9999 it is null. It returns an error for a unit that there is not.
func Shift(kind Kind, count int64, unit string) (Op, error) {
	u, ok := units[unit]
	if !ok {
		return nil, fmt.Errorf("there is no unit of time %s", unit)
	}
	if most := int64(1e6) * day; count > most || count < -most {
		return nil, fmt.Errorf("%d is too long a time", count)
	}
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(kind, n)
		for i := range n {
			out.Moments[i], out.Valid[i] = args[0].Moments[i], args[0].Valid[i]
			if !out.Valid[i] {
				continue
			}
			m := &out.Moments[i]
			if u.months != 0 {
				m.Unix = addMonths(m.Time(), count*u.months)
			}
			m.Unix += count * u.seconds
			out.Valid[i] = inYears(m.Unix)
		}
	}, nil
}

// addMonths returns the Unix time that lies months after t.
func addMonths(t time.Time, months int64) int64 {
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), 0, time.UTC).AddDate(0, int(months), 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1).Unix()
}

// inYears reports whether a Unix time is in the years 0 to 9999.
func inYears(unix int64) bool { return unix >= -62167219200 && unix < 253402300800 }

// AddDays adds a whole number of days, the second argument, to a date; Sign is 1
// or -1.
func AddDays(sign int64) Op {
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(args[0].Kind, n)
		for i := range n {
			days := args[1].Numbers[i]
			out.Moments[i] = args[0].Moments[i]
			out.Valid[i] = args[0].Valid[i] && args[1].Kinds[i] == decimal.Fits && days.Scale == 0 && magnitude(days.Coef) < 1e7
			if out.Valid[i] {
				out.Moments[i].Unix += sign * days.Coef * day
				out.Valid[i] = inYears(out.Moments[i].Unix)
			}
		}
	}
}

// Between makes the number of units from the first argument to the second: the
// boundaries between them that are crossed, as DATEDIFF counts them, so that
// from 23:59 to 00:01 is a day. It returns nil for a unit that there is not.
func Between(unit string) Op {
	u, ok := units[singular(nil, unit)]
	if !ok {
		return nil
	}
	count := func(m datetime.Moment) int64 {
		if u.months != 0 {
			t := m.Time()
			return floorDiv(int64(t.Year())*12+int64(t.Month())-1, u.months)
		}
		if u.seconds == 7*day {
			return floorDiv(m.Unix+3*day, u.seconds) // weeks begin on Monday, 1970 did on Thursday
		}
		return floorDiv(m.Unix, u.seconds)
	}
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(Number, n)
		for i := range n {
			if args[0].Valid[i] && args[1].Valid[i] {
				out.Set(i, decimal.Decimal{Coef: count(args[1].Moments[i]) - count(args[0].Moments[i])})
			} else {
				out.Kinds[i] = decimal.NotNumber
			}
		}
	}
}

// floorDiv is a/b rounded down, for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Truncate makes the beginning of the unit that a point in time is in, of a
// kind; nil for a unit that there is not.
func Truncate(kind Kind, unit string) Op {
	u, ok := units[singular(nil, unit)]
	if !ok {
		return nil
	}
	return func(out *Vector, args []*Vector, n int) {
		out.Resize(kind, n)
		for i := range n {
			out.Valid[i] = args[0].Valid[i]
			if !out.Valid[i] {
				continue
			}
			m := args[0].Moments[i]
			switch {
			case u.months != 0:
				t := m.Time()
				month := int64(t.Month()-1) / u.months * u.months
				m.Unix = time.Date(t.Year(), time.Month(month+1), 1, 0, 0, 0, 0, time.UTC).Unix()
			case u.seconds == 7*day:
				m.Unix = floorDiv(m.Unix+3*day, u.seconds)*u.seconds - 3*day
			default:
				m.Unix = floorDiv(m.Unix, u.seconds) * u.seconds
			}
			m.Nano = 0
			out.Moments[i] = m
		}
	}
}
