package snstest

import (
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is what a line is read at, in characters; screen is how many lines a
// person sees before scrolling.
const (
	width  = 78
	screen = 25
)

// leftovers are marks of other kinds of text than plain, of text that was not
// filled in, and of what Go writes for what is not there.
var leftovers = []*regexp.Regexp{
	regexp.MustCompile(`(?i)</?(a|b|br|p|div|span|html|table|td|tr|li|ul|strong|em)[ />]`),
	regexp.MustCompile(`&(amp|lt|gt|quot|nbsp|#\d+);`),
	regexp.MustCompile(`\]\(|\*\*|^#+ |^\s*\*[^ *]+.*\*\s|<https?:`),
	regexp.MustCompile("`"),
	regexp.MustCompile(`\\[nt"]|\\u[0-9a-f]{4}`),
	regexp.MustCompile(`\{\{|\}\}|%!|<nil>|map\[|0001-01-01|NaN|\+Inf`),
}

// paging are the subjects of mails to those on call; ended those of ends.
var (
	paging = regexp.MustCompile(`^(RESOLVED )?P[0-3] `)
	ended  = regexp.MustCompile(`^RESOLVED |Over: `)
	acting = regexp.MustCompile(`act by \S|should have acted by \S|has taken it on`)
)

// Faults returns what keeps m from being read at three in the morning on a
// telephone: whatever is not plain text of short lines that says on its first
// screen what happened, by when to act and what to do. Links end their lines
// and can be followed; what is to be run is shown unbroken.
func (m Mail) Faults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if kind, of, err := mime.ParseMediaType(m.kind); err != nil || kind != "text/plain" || !strings.EqualFold(of["charset"], "utf-8") {
		fault("it is %s", m.kind)
	}
	if !subjects.MatchString(m.Subject) || len(m.Subject) >= 100 || strings.Contains(m.Subject, "=?") {
		fault("the subject %q", m.Subject)
	}
	if !utf8.ValidString(m.Text) {
		fault("it is not UTF-8")
	}
	run := false // what is shown as it is run
	lines := strings.Split(m.Text, "\n")
	for i, line := range lines {
		if line == strings.ToUpper(line) && line != "" && !strings.HasPrefix(line, " ") {
			run = strings.HasPrefix(line, "TO FIND OUT MORE")
		}
		for _, f := range lineFaults(line, run) {
			fault("line %d %s: %s", i+1, f, line)
		}
	}
	top := strings.Join(lines[:min(len(lines), screen)], "\n")
	if words := strings.Fields(lines[0]); len(words) < 3 {
		fault("it begins with %q", lines[0])
	}
	switch {
	case ended.MatchString(m.Subject) && paging.MatchString(m.Subject):
		if !strings.HasPrefix(m.Text, "Resolved: ") || !strings.Contains(top, "It lasted ") {
			fault("the first screen does not say that it is over, and how long it was:\n%s", top)
		}
	case paging.MatchString(m.Subject):
		if !acting.MatchString(strings.Join(strings.Fields(top), " ")) {
			fault("the first screen does not say by when to act:\n%s", top)
		}
		if strings.Contains(m.Text, "WHAT TO DO NOW") && !strings.Contains(top, "WHAT TO DO NOW\n 1. ") {
			fault("the first screen does not say what to do:\n%s", top)
		}
	}
	return faults
}

// lineFaults says what is wrong with a line; run says that it is to be run as it
// is.
func lineFaults(line string, run bool) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(line) > maxLine-len("\r\n") {
		fault("has %d bytes", len(line))
	}
	if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		fault("has characters that are not seen")
	}
	if strings.TrimRight(line, " ") != line {
		fault("ends with spaces")
	}
	if !run {
		for _, l := range leftovers {
			if found := l.FindString(line); found != "" {
				fault("has %q", found)
			}
		}
	}
	// A word that is longer than a line stands alone or behind a name, which is short.
	if rest := utf8.RuneCountInString(line) - longest(line); !run && utf8.RuneCountInString(line) > width && rest > 48 {
		fault("is %d wide", utf8.RuneCountInString(line))
	}
	if i := strings.Index(line, "://"); i >= 0 && !run {
		address := line[strings.LastIndexAny(line[:i], " ('\"")+1:]
		u, err := url.Parse(address)
		if strings.HasPrefix(address, "http") && (err != nil || u.Host == "" || strings.ContainsAny(address, " <>\"") || strings.ContainsAny(address[len(address)-1:], ".,;:)'")) {
			fault("has an address that cannot be followed, %q", address)
		}
	}
	return faults
}

func longest(line string) int {
	n := 0
	for _, word := range strings.Fields(line) {
		n = max(n, utf8.RuneCountInString(word))
	}
	return n
}
