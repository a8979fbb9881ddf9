// Package words writes counts, figures, sizes and lengths of time the way
// people read them, the same in every message, report and mail.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Count writes n with a comma between thousands: 1,234.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Plural writes n with its noun, whose plural takes an s: 1 row, 2 rows.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Number writes v without an exponent and with no more digits than it has;
// whole numbers below 2⁵³ have a comma between thousands.
func Number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return Count(int64(v))
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Percent writes a share of 100 with two digits after the point, or as many as
// show that a small share is not 0 and a large one not 100.
func Percent(v float64) string {
	for scale := 100.0; scale <= 1e9; scale *= 10 {
		if r := math.Round(v*scale) / scale; r != 0 && (r != 100 || v == 100) {
			return Number(r)
		}
	}
	return Number(v)
}

// Bytes writes a size in powers of 1,000 with two or three digits: 6.0 kB,
// 145 kB; "" if it is negative, which means unknown.
func Bytes(n int64) string {
	if n < 0 {
		return ""
	}
	v, unit := float64(n), 0
	for v >= 999.5 && unit < 5 {
		v /= 1000
		unit++
	}
	name := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}[unit]
	switch {
	case unit == 0:
		return Plural(n, "byte")
	case v < 9.95:
		return fmt.Sprintf("%.1f %s", v, name)
	}
	return fmt.Sprintf("%.0f %s", v, name)
}

// Duration writes a length of time to the second, and one below a second to the
// millisecond: 1 day 2 hours 5 seconds.
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(-d)
	}
	var parts []string
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.length; n > 0 {
			parts = append(parts, Plural(int64(n), u.name))
			d %= u.length
		}
	}
	if len(parts) == 0 {
		return Plural(d.Milliseconds(), "millisecond")
	}
	return strings.Join(parts, " ")
}

// A writes noun with its article by its first letter: a store_id, an id. It
// knows nothing of how a word is spoken.
func A(noun string) string {
	if noun != "" && strings.ContainsRune("aeiouAEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
