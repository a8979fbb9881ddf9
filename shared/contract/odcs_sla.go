package contract

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/document"
)

// slaNames are the standard's service levels, and freshness, which many write,
// by their names and synonyms in lower case.
var slaNames = map[string]string{
	"availability": "availability", "av": "availability", "throughput": "throughput", "th": "throughput",
	"errorrate": "errorRate", "er": "errorRate", "generalavailability": "generalAvailability", "ga": "generalAvailability",
	"endofsupport": "endOfSupport", "es": "endOfSupport", "endoflife": "endOfLife", "el": "endOfLife",
	"retention": "retention", "re": "retention", "frequency": "frequency", "fy": "frequency", "latency": "latency", "ly": "latency",
	"freshness": "freshness", "timetodetect": "timeToDetect", "td": "timeToDetect", "timetonotify": "timeToNotify", "tn": "timeToNotify",
	"timetorepair": "timeToRepair", "tr": "timeToRepair", "timeofavailability": "timeOfAvailability",
}

var spanned = []string{"latency", "freshness", "frequency", "retention", "timeToDetect", "timeToNotify", "timeToRepair"}

func (r *reader) slas(root *document.Node) {
	ids := map[string]*document.Node{}
	list := root.Get("slaProperties").List()
	for _, n := range list {
		r.once(ids, n.Get("id"), "service level id")
	}
	taken := map[string]int{}
	for id := range ids {
		taken[id] = 1
	}
	for _, n := range list {
		if n.Kind != document.Map {
			continue
		}
		s := SLA{Property: n.Get("property").Str(), Driver: n.Get("driver").Str(), Description: n.Get("description").Str(), Place: place(n)}
		if name := slaNames[strings.ToLower(s.Property)]; name != "" {
			s.Property = name
		}
		if v := n.Get("value"); v.Is(document.Scalar) {
			s.Value = v.Text
		}
		s.Scheduler, s.Schedule = r.schedule(n)
		if slices.Contains(spanned, s.Property) {
			s.Span = r.span(n, s.Property)
		}
		for _, p := range n.Get("customProperties").List() {
			if p.Get("property").Str() == "severity" {
				s.Severity = r.severity(p.Get("value"))
			}
		}
		element := n.Get("element")
		if element == nil && slices.Contains(spanned[:4], s.Property) {
			element = root.Get("slaDefaultElement")
		}
		for i, s := range r.elements(element, s) {
			if s.ID = n.Get("id").Str(); s.ID == "" || i > 0 {
				s.ID = unique(taken, slug(strings.Join([]string{s.Property, s.Table, s.Column}, " ")))
			}
			r.out.SLAs = append(r.out.SLAs, s)
		}
	}
}

const maxElements = 100 // of one service level

// elements returns s once for each element that n names, separated by commas:
// table.column, table, or, where there is one table only, a column.
func (r *reader) elements(n *document.Node, s SLA) []SLA {
	if n.Str() == "" {
		return []SLA{s}
	}
	if strings.Count(n.Text, ",") >= maxElements {
		r.fault(n, "name the table", "the service level names more than %d elements", maxElements)
		return nil
	}
	var out []SLA
	for name := range strings.SplitSeq(n.Text, ",") {
		s.Table, s.Column = r.element(n, strings.TrimSpace(name))
		out = append(out, s)
	}
	return out
}

func (r *reader) element(n *document.Node, name string) (table, column string) {
	if len(r.tables) == 0 {
		table, column, _ = strings.Cut(name, ".") // a contract of service levels alone
		return table, column
	}
	var names []string
	for _, t := range r.tables {
		have := t.Get("name").Str()
		if have == name {
			return name, ""
		}
		if rest, ok := strings.CutPrefix(name, have+"."); ok && have != "" {
			if r.hasColumn(t, rest) {
				return have, rest
			}
			r.fault(n, document.Among(rest, r.known(t.Get("properties"), "name")), "there is no column %q in %s", rest, have)
			return "", ""
		}
		names = append(names, have)
	}
	if len(r.tables) == 1 && r.hasColumn(r.tables[0], name) {
		return names[0], name
	}
	first, _, _ := strings.Cut(name, ".")
	hint := document.Among(first, names)
	r.fault(n, hint, "the element %q is neither a table nor a column of this contract", name)
	return "", ""
}

func (r *reader) hasColumn(table *document.Node, path string) bool {
	for part := range strings.SplitSeq(path, ".") {
		if table = r.find(table.Get("properties"), "name", part); table == nil {
			return false
		}
	}
	return true
}

// span reads the value and unit of a service level as a length of time. A unit
// of m is minutes, but months where a retention is meant.
func (r *reader) span(n *document.Node, property string) Span {
	value, unit := n.Get("value"), n.Get("unit")
	const how = "write value: 60 and unit: minutes, or value: PT60M"
	if !value.Is(document.Scalar) {
		return Span{}
	}
	if value.Is(document.Number) {
		if unit == nil {
			r.fault(value, how, "%s of %s without a unit", property, value.Text)
			return Span{}
		}
		if !unit.Is(document.Text) {
			return Span{}
		}
		s, err := unitSpan(value.Text, unit.Text, property == "retention")
		if err != nil {
			if strings.HasPrefix(err.Error(), "unit") {
				r.fault(unit, "", "%v", err)
			} else {
				r.fault(value, how, "%v", err)
			}
		}
		return s
	}
	s, err := ParseSpan(value.Str())
	switch {
	case value.Kind != document.Text || err != nil:
		// A number in quotes, or "60 minutes" in one, is plain enough.
		if unit.Is(document.Text) && value.Kind == document.Text {
			if s, err := unitSpan(value.Text, unit.Text, property == "retention"); err == nil {
				return s
			}
		}
		r.fault(value, how, "%s is no length of time", document.Describe(value))
		return Span{}
	case unit != nil:
		r.fault(unit, "remove the unit", "%s names its unit itself", document.Describe(value))
	}
	return s
}

var isoSpan = regexp.MustCompile(`^P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(T(?:(\d{1,9}(?:\.\d{1,9})?)H)?(?:(\d{1,9}(?:\.\d{1,9})?)M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$`)

var wordSpan = regexp.MustCompile(`^(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]+)$`)

// ParseSpan reads a length of time: an ISO 8601 duration such as P3Y or PT1H30M,
// or a number and a unit, spelled out or short: "60 minutes", "2 d". The letter m
// alone is minutes. A length of zero is an error, and so is one of more
// than a thousand years.
func ParseSpan(text string) (Span, error) {
	if m := wordSpan.FindStringSubmatch(text); m != nil {
		return unitSpan(m[1], m[2], false)
	}
	m := isoSpan.FindStringSubmatch(text)
	if m == nil || m[5] == "T" {
		return Span{}, fmt.Errorf("%q is no length of time", text)
	}
	var s Span
	for i, unit := range [...]string{1: "year", 2: "month", 3: "week", 4: "day", 6: "hour", 7: "minute", 8: "second"} {
		if unit == "" || m[i] == "" || strings.Trim(m[i], "0.") == "" {
			continue
		}
		part, err := unitSpan(m[i], unit, false)
		if err != nil {
			return Span{}, err
		}
		s.Years, s.Months, s.Days, s.Clock = s.Years+part.Years, s.Months+part.Months, s.Days+part.Days, s.Clock+part.Clock
	}
	if s.IsZero() {
		return s, fmt.Errorf("%q has no length", text)
	}
	return s, nil
}

// units are the units of time, each with its spellings.
var units = []struct {
	name      string
	spellings string
	clock     time.Duration // of one; 0 for units of the calendar
	days      int
}{
	{"second", "s sec secs second seconds", time.Second, 0},
	{"minute", "m min mins minute minutes", time.Minute, 0},
	{"hour", "h hr hrs hour hours", time.Hour, 0},
	{"day", "d day days", 24 * time.Hour, 1},
	{"week", "w wk week weeks", 7 * 24 * time.Hour, 7},
	{"month", "mo mon month months", 0, 0},
	{"year", "y yr yrs year years", 0, 0},
}

func unitSpan(number, unit string, retention bool) (Span, error) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(f) || f <= 0 {
		return Span{}, fmt.Errorf("%s is no length of time", number)
	}
	word := strings.ToLower(strings.TrimSpace(unit))
	if word == "m" && retention {
		word = "months"
	}
	for _, u := range units {
		if !slices.Contains(strings.Fields(u.spellings), word) {
			continue
		}
		n := int(min(f, math.MaxInt32))
		whole := float64(n) == f
		switch {
		case u.name == "year" && f <= 1000 && whole:
			return Span{Years: n}, nil
		case u.name == "month" && f <= 12_000 && whole:
			return Span{Months: n}, nil
		case u.days > 0 && f*float64(u.days) <= 366_000 && whole:
			return Span{Days: n * u.days}, nil
		// A Duration holds 292 years, and three of these are added.
		case u.clock > 0 && f*float64(u.clock) < math.MaxInt64/4:
			return Span{Clock: time.Duration(math.Round(f * float64(u.clock)))}, nil
		}
		if !whole {
			return Span{}, fmt.Errorf("%s %s is no whole number of them", number, unit)
		}
		return Span{}, fmt.Errorf("%s %s is too long", number, unit)
	}
	return Span{}, fmt.Errorf("unit %q is not known: write seconds, minutes, hours, days, weeks, months or years", unit)
}
