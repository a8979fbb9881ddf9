package datetime

import (
	"encoding/binary"
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
	f := &fixed{at: [6]int{-1, -1, -1, -1, -1, -1}}
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
	return f
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
	var m Moment
	if at := f.at[3]; at >= 0 {
		hour := two(b, at)
		if hour > 23 {
			return Moment{}, false
		}
		m.Unix = int64(hour) * 3600
	}
	if at := f.at[4]; at >= 0 {
		minute := two(b, at)
		if minute > 59 {
			return Moment{}, false
		}
		m.Unix += int64(minute) * 60
	}
	if at := f.at[5]; at >= 0 {
		second := two(b, at)
		if second > 59 {
			return Moment{}, false
		}
		m.Unix += int64(second)
	}
	if at := f.at[0]; at >= 0 {
		year, ok := four(binary.LittleEndian.Uint32(b[at:]))
		month, day := 1, 1
		if at := f.at[1]; at >= 0 {
			month = two(b, at)
		}
		if at := f.at[2]; at >= 0 {
			day = two(b, at)
		}
		if !ok || uint(month-1) > 11 || day < 1 || day > 28 && day > daysIn(year, month) {
			return Moment{}, false
		}
		m.Unix += unixDays(year, month, day) * 86400
	}
	if l.tail && len(b) > f.size {
		if !m.tail(b, f.size) {
			return Moment{}, false
		}
	}
	if l.hasDate && !m.Zoned {
		m.Unix = in(m.Unix, loc)
	}
	return m, true
}

// tail reads [.fraction][zone] from i to the end.
func (m *Moment) tail(b []byte, i int) bool {
	if b[i] == '.' {
		nano := 0
		if i = fraction(b, i+1, 1, 9, &nano); i < 0 {
			return false
		}
		m.Nano = int32(nano)
	}
	if i == len(b) {
		return true
	}
	offset, end := readOffset(b, i, zoneAny)
	m.Unix -= int64(offset)
	m.Zoned = true
	return end == len(b)
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
