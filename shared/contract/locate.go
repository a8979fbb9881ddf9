package contract

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Match is what [Locate] found for an object: the contract and the table that
// it is judged by, and the server whose location it landed at.
type Match struct {
	Contract *Contract
	Table    *Table
	Server   *Server
}

// Locate returns the table that an object is judged by: the one whose contract
// has a server of type s3 with a location that matches the bucket and the key.
//
// In a location * matches any characters but a slash, ** any at all, and a
// placeholder such as ${landing} or {date} what * does; the bucket may be * or
// a placeholder too, which makes a contract work in every account. Where several match, the one with the most
// literal characters wins, then the first; [Conflict] finds those that tie.
//
// The table is the one that the server's customProperty table names, else the
// contract's first.
func Locate(contracts []*Contract, bucket, key string) (Match, bool) {
	var best Match
	most := -1
	for _, c := range contracts {
		for i := range c.Servers {
			s := &c.Servers[i]
			p, ok := locationOf(s)
			if !ok || p.literals <= most || !glob(p.key, key) || !glob(p.bucket, bucket) {
				continue
			}
			if t, ok := c.Table(s.Custom["table"]); ok {
				best, most = Match{c, t, s}, p.literals
			}
		}
	}
	return best, most >= 0
}

// Conflict returns an error that names two locations which some object could
// match equally well and which would judge it by different tables, or nil. It
// is asked before a contract is put beside others.
func Conflict(contracts []*Contract) error {
	type owner struct {
		c *Contract
		s *Server
		p location
		t string
	}
	var owners []owner
	for _, c := range contracts {
		for i := range c.Servers {
			if p, ok := locationOf(&c.Servers[i]); ok {
				o := owner{c, &c.Servers[i], p, c.ID + "\x00" + c.Servers[i].Custom["table"]}
				for _, other := range owners {
					if other.t != o.t && other.p.literals == o.p.literals && overlap(other.p.bucket, p.bucket) && overlap(other.p.key, p.key) {
						return fmt.Errorf("an object could match %s of contract %s and %s of contract %s equally well: make one more specific",
							other.s.Location, other.c.ID, o.s.Location, o.c.ID)
					}
				}
				owners = append(owners, o)
			}
		}
	}
	return nil
}

// A location is a server's address as patterns, literals the number of
// characters that are not wildcards.
type location struct {
	bucket, key []rune
	literals    int
}

// The wildcards in a pattern: runes that no key has, since they are no text.
const (
	within rune = 0xE000 // any but a slash
	across rune = 0xE001 // any
)

var placeholder = regexp.MustCompile(`\$?\{[^{}/]*\}`)

func locationOf(s *Server) (location, bool) {
	if s.Type != "s3" {
		return location{}, false
	}
	bucket, key, ok := splitLocation(s.Location)
	if !ok {
		return location{}, false
	}
	p := location{bucket: pattern(bucket), key: pattern(key)}
	for _, part := range [][]rune{p.bucket, p.key} {
		for _, c := range part {
			if c != within && c != across {
				p.literals++
			}
		}
	}
	return p, true
}

// splitLocation splits s3://bucket/key.
func splitLocation(address string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(address, "s3://")
	if !ok {
		rest, ok = strings.CutPrefix(address, "s3a://")
	}
	bucket, key, found := strings.Cut(rest, "/")
	return bucket, key, ok && found
}

func pattern(text string) []rune {
	text = strings.Map(func(r rune) rune {
		if r == within || r == across {
			return -1
		}
		return r
	}, text)
	text = placeholder.ReplaceAllString(text, "*")
	text = strings.ReplaceAll(text, "**", string(across))
	text = strings.ReplaceAll(text, "*", string(within))
	if strings.HasSuffix(text, "/") {
		text += string(across) // a folder means what is in it
	}
	return []rune(text)
}

// glob reports whether text matches pattern, in time proportional to the
// product of their lengths.
func glob(pattern []rune, text string) bool {
	reach := make([]bool, len(pattern)+1) // reach[i]: pattern[:i] matches what was read
	skip := func() {
		for i, p := range pattern {
			if reach[i] && (p == within || p == across) {
				reach[i+1] = true
			}
		}
	}
	reach[0] = true
	skip()
	for _, c := range text {
		next := make([]bool, len(pattern)+1)
		for i, p := range pattern {
			switch {
			case !reach[i]:
			case p == across || p == within && c != '/':
				next[i] = true
			case p == c:
				next[i+1] = true
			}
		}
		reach = next
		skip()
	}
	return reach[len(pattern)]
}

// overlap reports whether some text matches both patterns.
func overlap(a, b []rune) bool {
	wild := func(r rune) bool { return r == within || r == across }
	takes := func(w, c rune) bool { return w == across || c != '/' && c != across }
	width := len(b) + 1
	state := make([]bool, (len(a)+1)*width)
	state[0] = true
	for i := 0; i <= len(a); i++ {
		for j := 0; j <= len(b); j++ {
			if !state[i*width+j] {
				continue
			}
			if i < len(a) && wild(a[i]) {
				state[(i+1)*width+j] = true
				if j < len(b) && takes(a[i], b[j]) {
					state[i*width+j+1] = true
				}
			}
			if j < len(b) && wild(b[j]) {
				state[i*width+j+1] = true
				if i < len(a) && takes(b[j], a[i]) {
					state[(i+1)*width+j] = true
				}
			}
			if i < len(a) && j < len(b) && a[i] == b[j] && !wild(a[i]) {
				state[(i+1)*width+j+1] = true
			}
		}
	}
	return state[len(state)-1]
}

var (
	periodPart = regexp.MustCompile(`(?:^|[/_.-])(?:dt|date|day|ds|period)=(\d{4}-?\d\d-?\d\d)(?:$|[^0-9])`)
	anyDate    = regexp.MustCompile(`(?:^|[^0-9])(\d{4}-\d\d-\d\d|\d{8})(?:$|[^0-9])`)
)

// Period returns the day that an object's key says its file is of, as
// YYYY-MM-DD: that of a part dt=2026-11-22 (or date=, day=, ds=, period=), else
// the first date in the key, written 2026-11-22 or 20261122. It is "" if there
// is none.
func Period(key string) string {
	for _, form := range []*regexp.Regexp{periodPart, anyDate} {
		for rest := key; ; {
			m := form.FindStringSubmatchIndex(rest)
			if m == nil {
				break
			}
			text := rest[m[2]:m[3]]
			for _, layout := range []string{time.DateOnly, "20060102"} {
				if day, err := time.Parse(layout, text); err == nil {
					return day.Format(time.DateOnly)
				}
			}
			rest = rest[m[3]:]
		}
	}
	return ""
}
