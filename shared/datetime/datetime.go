// Package datetime reads dates and times written in a pattern of Java's
// DateTimeFormatter, as data contracts give them, strictly and without
// allocation.
//
// Letters: y u Y year, M L month, d day, D day of the year, E day of the week,
// H k K h hour, a AM, PM, am or pm, m minute, s second, S fraction, n nanosecond,
// X x Z z V zone. The number of letters is the number of digits, but that one
// letter takes as many as there are (y up to 4, S exactly one); MMM and EEE
// are English abbreviations, MMMM and EEEE English names. [ ] encloses what
// may be missing, ' ' text, two apostrophes are one; other characters stand for
// themselves.
//
// What people write is read as they mean it: Y is the calendar year, not the
// year of the week; D is the day of the month in a pattern that has a month
// and no d, so that YYYY-MM-DD is a date; T needs no quotes; Z reads +hhmm,
// +hh:mm and the letter Z.
//
// Values are strict where Java is smart: 2025-02-30, hour 24 and second 60 are
// wrong, and a day of the week must agree with the date. Years are 0000–9999.
package datetime

import (
	"cmp"
	"time"
)

// A Moment is a point in time, or a time of day. The zero value is
// 1970-01-01T00:00:00 UTC.
type Moment struct {
	// Unix is seconds since 1970-01-01T00:00:00Z; for a layout without a date,
	// seconds since midnight by the clock (with a zone: in UTC, which may be negative).
	Unix int64
	// Nano is nanoseconds within the second, 0–999,999,999.
	Nano int32
	// Zoned says that the text named its zone. If not, the clock is read in
	// the location given to Parse, or in UTC.
	Zoned bool
}

// Compare returns -1, 0 or 1 as m is before, at or after n. Zoned does not count.
func (m Moment) Compare(n Moment) int {
	return cmp.Or(cmp.Compare(m.Unix, n.Unix), cmp.Compare(m.Nano, n.Nano))
}

// Time returns m in UTC.
func (m Moment) Time() time.Time { return time.Unix(m.Unix, int64(m.Nano)).UTC() }

var (
	isoDate      = mustCompile("yyyy-MM-dd")
	isoTimestamp = makeISOTimestamp()
	isoTime      = &Layout{pattern: "HH:mm[:ss[.fraction]][zone]", ops: []op{{kind: opISOTime}}}
)

func makeISOTimestamp() *Layout {
	date := isoDate.ops
	return &Layout{
		pattern: "yyyy-MM-dd('T'|' ')HH:mm[:ss[.fraction]][zone]",
		ops:     append(date[:len(date):len(date)], op{kind: opSeparator}, op{kind: opISOTime}),
		hasDate: true,
		fixed:   newFixed(mustCompile("yyyy-MM-ddTHH:mm:ss").ops),
		tail:    true,
	}
}

// ISODate returns the layout yyyy-MM-dd.
func ISODate() *Layout { return isoDate }

// ISOTimestamp returns the layout yyyy-MM-dd, T or a space,
// HH:mm[:ss[.fraction]][zone] with 1–9 digits of fraction and a zone of Z,
// ±hh:mm, ±hhmm or ±hh.
func ISOTimestamp() *Layout { return isoTimestamp }

// ISOTime returns the layout HH:mm[:ss[.fraction]][zone], as in ISOTimestamp.
func ISOTime() *Layout { return isoTime }

func mustCompile(pattern string) *Layout {
	l, err := Compile(pattern)
	if err != nil {
		panic(err)
	}
	return l
}

// daysBefore is the number of days of a common year before each month, from 1.
var daysBefore = [13]int16{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

var monthDays = [13]uint8{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func isLeap(y int) bool { return y&3 == 0 && (y%100 != 0 || y%400 == 0) }

// daysIn returns the number of days of month m, 1–12.
func daysIn(y, m int) int {
	if m == 2 && isLeap(y) {
		return 29
	}
	return int(monthDays[m])
}

// unixDays returns the days from 1970-01-01 to a valid date of the years 0–9999.
func unixDays(y, m, d int) int64 {
	// Leap days of the years that are over; 400 years more keep it positive.
	over := uint(y + 400)
	if m <= 2 {
		over--
	}
	leaps := over/4 - over/100 + over/400
	return int64(y)*365 + int64(leaps) + int64(daysBefore[m]) + int64(d) - epochDays
}

const epochDays = 1970*365 + (1969+400)/4 - (1969+400)/100 + (1969+400)/400 + 1
