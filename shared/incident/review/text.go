package review

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// text cleans a text that came with a signal, parts of which anybody may have
// written: one line, no control characters, nothing that Markdown or HTML would
// take for itself.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "`", "'").Replace(strings.TrimSpace(s))
}

// cell is text for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// sentence is text that ends like a sentence.
func sentence(s string) string {
	s = text(s)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// human writes a length of time as people say it: "42 min", "3 h 5 min",
// "2 d 4 h".
func human(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	day := 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%s%d s", sign, int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%s%d min", sign, int(d.Minutes()))
	case d < day:
		return sign + pair(int(d.Hours()), "h", int(d.Minutes())%60, "min")
	}
	return sign + pair(int(d/day), "d", int((d%day).Hours()), "h")
}

func pair(a int, unit string, b int, smaller string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unit)
	}
	return fmt.Sprintf("%d %s %d %s", a, unit, b, smaller)
}
