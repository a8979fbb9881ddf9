package datetime

import (
	"time"
)

// fields are the parts of a text as read; -1 is absent.
type fields struct {
	year, month, day int
	dayOfYear        int
	weekday          int
	hour, half       int // half: 0 AM, 1 PM
	minute, second   int
	nano             int
	offset           int // seconds east of UTC
	zoned            bool
	zone             *time.Location
}

// Parse reads all of b and returns false if b is not in the layout or is no
// moment. A text without a zone is read in loc, or in UTC if loc is nil; a
// layout without a date ignores loc. Where a clock in loc skips or repeats an
// hour the rule of time.Date holds. Parse does not allocate, but for the first
// use of a zone's name.
func (l *Layout) Parse(b []byte, loc *time.Location) (Moment, bool) {
	if l.fixed != nil && (l.tail || len(b) == l.fixed.size) {
		if m, ok := l.parseFixed(b, loc); ok || !l.tail {
			return m, ok
		}
	}
	f := fields{month: -1, day: -1, dayOfYear: -1, weekday: -1, half: -1}
	i := l.run(l.ops, b, 0, &f)
	if i != len(b) {
		return Moment{}, false
	}
	return l.resolve(&f, loc)
}

// run reads b from i by ops and returns where it ended, or -1.
func (l *Layout) run(ops []op, b []byte, i int, f *fields) int {
	for k := range ops {
		o := &ops[k]
		switch o.kind {
		case opLiteral:
			if len(b)-i < len(o.literal) || string(b[i:i+len(o.literal)]) != o.literal {
				return -1
			}
			i += len(o.literal)
		case opOptional:
			saved := *f
			if end := l.run(o.inner, b, i, f); end >= 0 {
				i = end
			} else {
				*f = saved
			}
		default:
			if i = l.read(o, b, i, f); i < 0 {
				return -1
			}
		}
	}
	return i
}

// read reads one field.
func (l *Layout) read(o *op, b []byte, i int, f *fields) int {
	switch o.kind {
	case opYear:
		return number(b, i, o, &f.year, 0, 9999)
	case opShortYear:
		end := number(b, i, o, &f.year, 0, 99)
		f.year += 2000
		return end
	case opMonth:
		return number(b, i, o, &f.month, 1, 12)
	case opMonthAbbreviation, opMonthName:
		return name(b, i, months[:], o.kind == opMonthAbbreviation, 1, &f.month)
	case opDay:
		return number(b, i, o, &f.day, 1, 31)
	case opDayOfYear:
		return number(b, i, o, &f.dayOfYear, 1, 366)
	case opWeekdayAbbreviation, opWeekdayName:
		return name(b, i, weekdays[:], o.kind == opWeekdayAbbreviation, 0, &f.weekday)
	case opHour:
		return number(b, i, o, &f.hour, 0, 23)
	case opClockHour:
		end := number(b, i, o, &f.hour, 1, 24)
		f.hour %= 24
		return end
	case opHalfHour:
		return number(b, i, o, &f.hour, 0, 11)
	case opClockHalf:
		end := number(b, i, o, &f.hour, 1, 12)
		f.hour %= 12
		return end
	case opHalf:
		if len(b)-i < 2 {
			return -1
		}
		switch string(b[i : i+2]) {
		case "AM", "am":
			f.half = 0
		case "PM", "pm":
			f.half = 1
		default:
			return -1
		}
		return i + 2
	case opMinute:
		return number(b, i, o, &f.minute, 0, 59)
	case opSecond:
		return number(b, i, o, &f.second, 0, 59)
	case opFraction:
		return fraction(b, i, int(o.min), int(o.max), &f.nano)
	case opNano:
		return number(b, i, o, &f.nano, 0, 999_999_999)
	case opZone:
		return f.readZone(b, i, o.min)
	case opZoneName:
		return readZoneName(b, i, f)
	case opZoneID:
		return l.zones.read(b, i, f)
	case opSeparator:
		if i < len(b) && (b[i] == 'T' || b[i] == ' ') {
			return i + 1
		}
	case opISOTime:
		return readISOTime(b, i, f)
	}
	return -1
}

// number reads o.min to o.max digits into v and wants low ≤ v ≤ high.
func number(b []byte, i int, o *op, v *int, low, high int) int {
	n, start, limit := 0, i, min(len(b), i+int(o.max))
	for i < limit && b[i]-'0' <= 9 {
		n = n*10 + int(b[i]-'0')
		i++
	}
	if i-start < int(o.min) || n < low || n > high {
		return -1
	}
	*v = n
	return i
}

// fraction reads digits after a point into nanoseconds.
func fraction(b []byte, i, least, most int, nano *int) int {
	n, start, limit := 0, i, min(len(b), i+most)
	for i < limit && b[i]-'0' <= 9 {
		n = n*10 + int(b[i]-'0')
		i++
	}
	if i-start < least {
		return -1
	}
	for k := i - start; k < 9; k++ {
		n *= 10
	}
	*nano = n
	return i
}

// two reads two digits, or returns a number beyond 99.
func two(b []byte, i int) int {
	high, low := int(b[i]-'0'), int(b[i+1]-'0')
	if high > 9 || low > 9 {
		return 1000
	}
	return high*10 + low
}

// readISOTime reads HH:mm[:ss[.fraction]][zone].
func readISOTime(b []byte, i int, f *fields) int {
	if len(b)-i < 5 || b[i+2] != ':' {
		return -1
	}
	f.hour, f.minute = two(b, i), two(b, i+3)
	i += 5
	if len(b)-i >= 3 && b[i] == ':' {
		f.second = two(b, i+1)
		i += 3
		if i < len(b) && b[i] == '.' {
			i = fraction(b, i+1, 1, 9, &f.nano)
		}
	}
	if i < 0 || f.hour > 23 || f.minute > 59 || f.second > 59 {
		return -1
	}
	if i == len(b) {
		return i
	}
	return f.readZone(b, i, zoneAny)
}

// readZone reads an offset in one of forms.
func (f *fields) readZone(b []byte, i int, forms uint8) int {
	offset, end := readOffset(b, i, forms)
	f.zoned, f.offset = end >= 0, offset
	return end
}

// resolve checks that the fields make a moment.
func (l *Layout) resolve(f *fields, loc *time.Location) (Moment, bool) {
	hour := f.hour
	if f.half == 1 {
		hour += 12
	}
	unix := int64(hour*3600 + f.minute*60 + f.second - f.offset)
	m := Moment{Nano: int32(f.nano), Zoned: f.zoned}
	if !l.hasDate {
		m.Unix = unix
		return m, f.zone == nil
	}
	if !f.date() {
		return Moment{}, false
	}
	if f.zone != nil {
		loc = f.zone
	}
	m.Unix = unix + unixDays(f.year, f.month, f.day)*86400
	if !f.zoned || f.zone != nil {
		m.Unix = in(m.Unix, loc)
	}
	return m, true
}

// in returns when clocks in loc show what clocks in UTC show at unix. A nil
// loc is UTC.
func in(unix int64, loc *time.Location) int64 {
	if loc == nil || loc == time.UTC {
		return unix
	}
	t := time.Unix(unix, 0).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, loc).Unix()
}

// date completes year, month and day and checks them.
func (f *fields) date() bool {
	if f.dayOfYear > 0 && f.month < 0 {
		month, day := 1, f.dayOfYear
		for month <= 12 && day > daysIn(f.year, month) {
			day -= daysIn(f.year, month)
			month++
		}
		if month > 12 {
			return false
		}
		f.month, f.day = month, day
	}
	if f.month < 0 {
		f.month = 1
	}
	if f.day < 0 {
		f.day = 1
	}
	if f.day > 28 && f.day > daysIn(f.year, f.month) {
		return false
	}
	if f.dayOfYear > 0 && int64(f.dayOfYear) != unixDays(f.year, f.month, f.day)-unixDays(f.year, 1, 1)+1 {
		return false
	}
	// 1970-01-01 was a Thursday, 4; the shift keeps the dividend positive.
	return f.weekday < 0 || int64(f.weekday) == (unixDays(f.year, f.month, f.day)+4+7*1e6)%7
}
