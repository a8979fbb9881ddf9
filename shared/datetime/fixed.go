package datetime

import (
	"encoding/binary"
	"slices"
	"time"
)

// fixed reads layouts in which every part has its place, such as yyyy-MM-dd,
// dd/MM/yyyy and yyyyMMddHHmmss: without going from part to part, and so two
// to four times as fast.
type fixed struct {
	size  int
	marks []mark
	// at is where each part begins, absent ones at -1: year, month, day, hour,
	// minute, second.
	at [6]int
	// date and clock are where yyyy-MM-dd and HH:mm:ss begin, or -1. These are
	// read as a whole, and their parts and marks are not among the above.
	date, clock int
	loose       bool // whether parts are left in at
}

// A mark is a byte that must stand at a place.
type mark struct {
	at   int
	byte byte
}

// The parts of a fixed layout, as indices of at.
var fixedParts = map[opKind]int{opYear: 0, opMonth: 1, opDay: 2, opHour: 3, opMinute: 4, opSecond: 5}

// newFixed returns nil if the ops are not all of fixed width and of these parts.
func newFixed(ops []op) *fixed {
	f := &fixed{at: [6]int{-1, -1, -1, -1, -1, -1}, date: -1, clock: -1}
	for _, o := range ops {
		if o.kind == opLiteral {
			for k := range len(o.literal) {
				f.marks = append(f.marks, mark{f.size + k, o.literal[k]})
			}
			f.size += len(o.literal)
			continue
		}
		part, ok := fixedParts[o.kind]
		if !ok || o.min != o.max || f.at[part] >= 0 {
			return nil
		}
		f.at[part] = f.size
		f.size += int(o.max)
	}
	f.date = f.take(f.at[:3], [3]int{0, 5, 8}, '-')
	f.clock = f.take(f.at[3:], [3]int{0, 3, 6}, ':')
	f.loose = slices.Max(f.at[:]) >= 0
	return f
}

// take removes three parts that stand so far from the first of them, and the
// marks before the other two. It returns where the first was, or -1 if they
// stand otherwise.
func (f *fixed) take(at []int, from [3]int, by byte) int {
	first := at[0]
	between := func(m mark) bool {
		return m.byte == by && (m.at == first+from[1]-1 || m.at == first+from[2]-1)
	}
	marks := slices.DeleteFunc(slices.Clone(f.marks), between)
	if first < 0 || at[1] != first+from[1] || at[2] != first+from[2] || len(marks) != len(f.marks)-2 {
		return -1
	}
	f.marks = marks
	copy(at, []int{-1, -1, -1})
	return first
}

// separator is where ISOTimestamp has T or a space.
const separator = 10

// parseFixed is Parse for fixed layouts. For ISOTimestamp false means only
// that the text is not of its commonest form.
func (l *Layout) parseFixed(b []byte, loc *time.Location) (Moment, bool) {
	f := l.fixed
	if len(b) < f.size {
		return Moment{}, false
	}
	for _, m := range f.marks {
		if b[m.at] != m.byte && !(l.tail && m.at == separator && b[m.at] == ' ') {
			return Moment{}, false
		}
	}
	unix := int64(0)
	if f.clock >= 0 {
		seconds, ok := clock(b[f.clock:])
		if !ok {
			return Moment{}, false
		}
		unix = seconds
	}
	if f.date >= 0 {
		days, ok := isoDays(b[f.date:])
		if !ok {
			return Moment{}, false
		}
		unix += days * 86400
	}
	if f.loose {
		seconds, ok := f.parts(b)
		if !ok {
			return Moment{}, false
		}
		unix += seconds
	}
	if l.tail && len(b) > f.size {
		return withTail(unix, b, f.size, loc)
	}
	if loc != nil && l.hasDate {
		unix = in(unix, loc)
	}
	return Moment{Unix: unix}, true
}

// parts reads the parts of at, as seconds.
func (f *fixed) parts(b []byte) (seconds int64, ok bool) {
	limits := [...]int{3: 24, 4: 60, 5: 60}
	for part := 3; part < len(f.at); part++ {
		n := 0
		if at := f.at[part]; at >= 0 {
			n = two(b, at)
		}
		if n >= limits[part] {
			return 0, false
		}
		seconds = seconds*60 + int64(n)
	}
	if f.at[0] < 0 {
		return seconds, true
	}
	year, ok := four(binary.LittleEndian.Uint32(b[f.at[0]:]))
	month, day := 1, 1
	if at := f.at[1]; at >= 0 {
		month = two(b, at)
	}
	if at := f.at[2]; at >= 0 {
		day = two(b, at)
	}
	if !ok || !isDate(year, month, day) {
		return 0, false
	}
	return seconds + unixDays(year, month, day)*86400, true
}

// isDate reports whether there is such a day.
func isDate(year, month, day int) bool {
	return uint(month-1) <= 11 && day >= 1 && (day <= 28 || day <= daysIn(year, month))
}

// withTail reads [.fraction][zone] from i to the end, after a clock that shows
// unix.
func withTail(unix int64, b []byte, i int, loc *time.Location) (Moment, bool) {
	nano := 0
	if b[i] == '.' {
		if i = fraction(b, i+1, 1, 9, &nano); i < 0 {
			return Moment{}, false
		}
	}
	if i == len(b) {
		return Moment{Unix: in(unix, loc), Nano: int32(nano)}, true
	}
	offset, end := readOffset(b, i, zoneAny)
	return Moment{Unix: unix - int64(offset), Nano: int32(nano), Zoned: true}, end == len(b)
}

// The readers below take bytes as one word, the first lowest. They subtract
// '0' from digits and marks from themselves, and then join pairs of digits, so
// that byte i has the number that the digits i and i+1 make.

const (
	dateWord   = 0x2d30302d_30303030 // 0000-00-
	dateMarks  = 0xff0000ff_00000000
	clockWord  = 0x30303a30_303a3030 // 00:00:00
	clockMarks = 0x0000ff00_00ff0000
)

// areDigits reports whether every byte of w is 0 to 9.
func areDigits(w uint64) bool { return (w+0x7676767676767676|w)&0x8080808080808080 == 0 }

// isoDays reads yyyy-MM-dd as days from 1970-01-01.
func isoDays(b []byte) (days int64, ok bool) {
	w := binary.LittleEndian.Uint64(b) ^ dateWord
	d := uint64(binary.LittleEndian.Uint16(b[8:])) ^ 0x3030
	if w&dateMarks != 0 || !areDigits(w) || !areDigits(d) {
		return 0, false
	}
	w, d = w*10+w>>8, d*10+d>>8
	year, month, day := int(w&0xff*100+w>>16&0xff), int(w>>40&0xff), int(d&0xff)
	if !isDate(year, month, day) {
		return 0, false
	}
	return unixDays(year, month, day), true
}

// clock reads HH:mm:ss as seconds.
func clock(b []byte) (seconds int64, ok bool) {
	w := binary.LittleEndian.Uint64(b) ^ clockWord
	if w&clockMarks != 0 || !areDigits(w) {
		return 0, false
	}
	w = w*10 + w>>8
	hour, minute, second := w&0xff, w>>24&0xff, w>>48&0xff
	return int64(hour*3600 + minute*60 + second), hour < 24 && minute < 60 && second < 60
}

// four returns the number that the four bytes of w write, the lowest first.
func four(w uint32) (int, bool) {
	w ^= 0x30303030
	// A byte above 9 sets its high bit here, or has it set.
	if (w+0x76767676|w)&0x80808080 != 0 {
		return 0, false
	}
	w = w*10 + w>>8 // pairs in bytes 0 and 2
	return int(w&0xff)*100 + int(w>>16&0xff), true
}
