package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

// Printable returns s with everything that does not print, from NUL to bytes
// that are not UTF-8, line breaks and characters that reorder text, written as
// a Go escape. What it returns can do no harm to a terminal and holds only
// characters that XML allows.
func Printable(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// span writes milliseconds for people.
func span(ms int64) string {
	switch {
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case ms < 60_000:
		return fmt.Sprintf("%.1f s", float64(ms)/1000)
	default:
		return fmt.Sprintf("%d min %d s", ms/60_000, ms/1000%60)
	}
}

// points writes a score with two decimals, cut and not rounded, so that only a
// perfect one reads 100.
func points(v float64) string {
	if v >= 100 {
		return "100"
	}
	return strconv.FormatFloat(math.Floor(v*100+1e-9)/100, 'f', 2, 64)
}

// number writes a float for people: whole numbers in full with a comma between
// thousands, others with six significant digits.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return words.Count(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// quiet rounds v to twelve significant digits, which takes the noise off what
// was computed and leaves what was counted.
func quiet(v float64) float64 {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	q, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		return v
	}
	return q
}

// message is what a check found. That it was not measured or skipped is said by
// the place where the message stands, and is left out of it.
func message(c *quality.Result) string {
	s := c.Message
	switch c.Status {
	case quality.Errored:
		s = strings.TrimPrefix(s, "not measured: ")
	case quality.Skipped:
		s = strings.TrimPrefix(s, "skipped: ")
	}
	return Printable(s)
}

// aside is a check's column where the check's name doesn't tell it, else "".
func aside(c *quality.Result) string {
	if strings.Contains(c.Name, c.Column) {
		return ""
	}
	return Printable(c.Column)
}

// measured writes what a check measured, such as "1.2 percent"; "" if nothing
// was.
func measured(c *quality.Result) string {
	if c.Measured == nil {
		return ""
	}
	s := number(*c.Measured)
	if c.Unit != "" {
		s += " " + Printable(c.Unit)
	}
	if *c.Measured == 1 {
		s = strings.TrimSuffix(s, "s")
	}
	return s
}

// finding writes what a check measured against what it wants, such as
// "measured 1.2 percent, want <= 1"; it may be "".
func finding(c *quality.Result) string {
	var parts []string
	if m := measured(c); m != "" {
		parts = append(parts, "measured "+m)
	}
	if c.Want != "" {
		parts = append(parts, "want "+Printable(c.Want))
	}
	return strings.Join(parts, ", ")
}

// at writes where a sample stands: "row 12, line 14".
func at(s quality.Sample) string {
	if s.Member != "" {
		return fmt.Sprintf("row %s, %s line %s", words.Count(s.Row), Printable(s.Member), words.Count(s.Line))
	}
	switch {
	case s.Row > 0 && s.Line > 0:
		return fmt.Sprintf("row %s, line %s", words.Count(s.Row), words.Count(s.Line))
	case s.Row > 0:
		return "row " + words.Count(s.Row)
	case s.Line > 0:
		return "line " + words.Count(s.Line)
	}
	return "the file"
}

// shown is a sample's value as people see it.
func shown(value string) string {
	if value == "" {
		return "(empty)"
	}
	return Printable(value)
}

// lowerFirst makes the first letter of a sentence small, unless its first word
// is more than a plain word, such as an acronym.
func lowerFirst(s string) string {
	if len(s) > 1 && 'A' <= s[0] && s[0] <= 'Z' && 'a' <= s[1] && s[1] <= 'z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// labels writes the labels of a rule, by name: "team=sales".
func labels(c *quality.Result) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		list = append(list, Printable(name)+"="+Printable(c.Labels[name]))
	}
	return list
}

// A metric is a measured number under the name that AWS Glue has for it.
type metric struct{ Name, Value string }

// metrics lists measured numbers by name.
func metrics(values map[string]float64) []metric {
	var list []metric
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, metric{Printable(name), number(values[name])})
	}
	return list
}
