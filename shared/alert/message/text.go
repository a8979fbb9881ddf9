package message

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// width is that of an email's lines, in characters.
const width = 78

// line returns s on one line: control characters and runs of space become one
// space, and bytes that are no UTF-8 are replaced.
func line(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		// Format characters could turn the text around or hide parts of it.
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut returns at most n bytes of s, ended by "..." if something is missing; it
// never cuts a rune. n is at least 3.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("...")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], " ") + "..."
}

// letters are those that are no letter with an accent, as they are written
// without them.
var letters = strings.NewReplacer("ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ı", "i")

// ascii returns s with letters freed of their accents, typographic punctuation
// made plain, and every other character beyond ASCII replaced by "?".
func ascii(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(letters.Replace(line(s))) {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case unicode.Is(unicode.Pd, r) || r == '−':
			b.WriteByte('-')
		case r == '‘' || r == '’':
			b.WriteByte('\'')
		case r == '“' || r == '”':
			b.WriteByte('"')
		case r == '·' || r == '•':
			b.WriteByte('*')
		case r == '≥':
			b.WriteString(">=")
		case r == '≤':
			b.WriteString("<=")
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// wrap breaks s at spaces so that no line is wider than the page. The first
// line begins with lead, the others with as many spaces. A word that is too
// long, such as an address, stays whole: cut in two it could not be followed.
func wrap(lead, s string) []string {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	var lines []string
	now, used := lead, 0
	for _, word := range strings.Fields(line(s)) {
		if used > 0 && utf8.RuneCountInString(now)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, now)
			now, used = indent, 0
		}
		if used > 0 {
			now += " "
		}
		now += word
		used++
	}
	return append(lines, now)
}

// clock returns "10:00 UTC", or "Sun 22 Nov 10:00 UTC" on another day than now.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("Mon 2 Jan 15:04 UTC")
}

// span returns d as a person says it, in whole minutes, hours or days.
func span(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes < 1:
		return "less than a minute"
	case minutes == 1:
		return "1 minute"
	case minutes < 120 && minutes != 60:
		return itoa(minutes) + " minutes"
	case minutes%60 == 0 && minutes == 60:
		return "1 hour"
	case minutes < 48*60:
		if minutes%60 == 0 {
			return itoa(minutes/60) + " hours"
		}
		return itoa(minutes/60) + " h " + itoa(minutes%60) + " min"
	}
	return itoa(minutes/60/24) + " days"
}
