package message

import (
	"math"
	"slices"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/alert/impact"
	"tillwatch/shared/words"
)

// asOf returns the time for which what is at stake is told: that of the notice,
// or of the end.
func asOf(s alert.Signal, d alert.Notice) time.Time {
	if s.Status == alert.Resolved {
		return s.At
	}
	return d.At
}

// Measured says what was measured and what was expected, "" if nothing was.
func Measured(s alert.Signal) string {
	m := s.Measure
	if m == nil {
		return ""
	}
	text := labelled(m.Name, m.Value, m.Unit)
	var than []string
	if m.Threshold != nil {
		bound := amount(*m.Threshold, m.Unit)
		switch m.Crossed {
		case alert.Above:
			than = append(than, "at most "+bound+" expected")
		case alert.Below:
			than = append(than, "at least "+bound+" expected")
		default:
			than = append(than, "threshold "+bound)
		}
	}
	if m.Expected != nil {
		than = append(than, "usually "+amount(*m.Expected, m.Unit))
	}
	return strings.Join(append([]string{text}, than...), "; ") + "."
}

// maxTrend is how many earlier values are shown.
const maxTrend = 6

// Before says at now what the measure was before, "" if that is unknown.
func Before(s alert.Signal, now time.Time) string {
	if len(s.Trend) == 0 {
		return ""
	}
	unit := ""
	if s.Measure != nil {
		unit = s.Measure.Unit
	}
	points := s.Trend[max(0, len(s.Trend)-maxTrend):]
	var values []string
	for _, p := range points {
		values = append(values, strings.TrimSuffix(amount(p.Value, unit), suffix(unit)))
	}
	newest := points[len(points)-1]
	text := strings.Join(values, ", ") + suffix(unit)
	if len(points) == 1 {
		return text + " at " + clock(newest.At, now) + "."
	}
	return text + ", the last of them at " + clock(newest.At, now) + "."
}

// amount writes a value with its unit: 7.2 %, 1,260 seconds, 3.
func amount(v float64, unit string) string {
	if unit == "percent" {
		return words.Percent(v) + suffix(unit)
	}
	return words.Number(math.Round(v*1e6)/1e6) + suffix(unit)
}

// labelled writes a value behind its name, and its unit unless the name has it.
func labelled(name string, v float64, unit string) string {
	if slices.Contains(strings.Fields(name), unit) {
		unit = ""
	}
	return name + " " + amount(v, unit)
}

// suffix returns a unit as it stands behind a value.
func suffix(unit string) string {
	switch unit {
	case "", "count", "score":
		return ""
	case "percent":
		return " %"
	}
	return " " + unit
}

// Costs says what s costs as of its stakes, each in a sentence; nil if nothing is
// known.
func Costs(s alert.Signal) []string {
	list := impact.Say(s.Stakes, s.Status == alert.Resolved)
	if s.Status == alert.Firing {
		list = append(list, s.Impact...)
	}
	return list
}

// metrics returns the snapshot on one line, "" if there is none.
func metrics(s alert.Signal) string {
	var list []string
	for _, m := range s.Metrics {
		list = append(list, labelled(m.Name, m.Value, m.Unit))
	}
	return strings.Join(list, ", ")
}

// findings are those that say more than what was measured.
func findings(s alert.Signal) []alert.Finding {
	if s.Measure != nil && len(s.Findings) == 1 && s.Findings[0].Advice == "" && s.Findings[0].Where == "" {
		return nil
	}
	return s.Findings
}

// ready returns the query that a message shows: the first with at most so many
// lines, none of which has more bytes than that.
func ready(s alert.Signal, lines, width int) (alert.Query, bool) {
	long := func(line string) bool { return len(line) > width }
	for _, q := range s.Queries {
		if text := strings.Split(q.Text, "\n"); len(text) <= lines && !slices.ContainsFunc(text, long) {
			return q, true
		}
	}
	return alert.Query{}, false
}

// place says where a query is run.
func place(q alert.Query) string {
	switch q.Language {
	case alert.LogsInsights:
		return "CloudWatch Logs Insights, log group " + q.Where
	case alert.Athena:
		return "Athena, database " + q.Where
	case alert.Shell:
		return "in a shell"
	}
	return string(q.Language)
}
