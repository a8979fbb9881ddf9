package room

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/incident"
)

// A row is one alert.
type row struct {
	Severity, State, Summary, Rule, Pipeline, Times, Measured, Before, Found string

	Over, Open bool
	Findings   []string
	Links      []alert.Link
}

// about says where the incident is and whose it is.
func (v *view) about(inc *incident.Incident) {
	add := func(text string) {
		if text != "" && !slices.Contains(v.About, text) {
			v.About = append(v.About, cut(text))
		}
	}
	add(inc.Pipeline)
	for _, a := range inc.Alerts {
		add(a.Signal.Environment)
		if a.Signal.Team != "" {
			add("team " + a.Signal.Team)
		}
	}
	if inc.Reopened > 0 {
		add("reopened " + times(inc.Reopened))
	}
	v.About = v.About[:min(len(v.About), 8)]
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// alerts shows the alerts, those that fire first and the worst of them first,
// and what they say of steps, causes and impact.
func (v *view) alerts(inc *incident.Incident, now time.Time) {
	list := slices.Clone(inc.Alerts)
	slices.SortStableFunc(list, func(a, b incident.Alert) int {
		if over, other := !a.EndedAt.IsZero(), !b.EndedAt.IsZero(); over != other {
			if over {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Signal.Severity, b.Signal.Severity)
	})
	v.MoreAlerts = max(0, len(list)-maxAlerts)
	for i, a := range list[:min(len(list), maxAlerts)] {
		r := rowOf(a, now)
		r.Open = i == 0
		v.Alerts = append(v.Alerts, r)
		merge(&v.Impact, append(stakes(a.Signal.Stakes), a.Signal.Impact...), 8)
		if a.EndedAt.IsZero() {
			merge(&v.Steps, a.Signal.NextSteps, 8)
			merge(&v.Causes, a.Signal.Causes, 6)
		}
	}
}

// merge adds what is new to a list of at most n.
func merge(to *[]string, list []string, n int) {
	for _, text := range list {
		if text = cut(text); text != "" && len(*to) < n && !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
}

func rowOf(a incident.Alert, now time.Time) row {
	s := a.Signal
	r := row{Severity: string(s.Severity), State: "firing", Summary: cut(s.Summary), Rule: cut(s.Rule), Pipeline: cut(s.Pipeline),
		Times: "since " + stamp(s.At), Measured: measured(s.Measure), Before: before(s), Over: !a.EndedAt.IsZero()}
	if r.Over {
		r.State, r.Times = "over", fmt.Sprintf("from %s to %s", stamp(s.At), stamp(a.EndedAt))
	}
	for _, f := range s.Findings[:min(len(s.Findings), maxFindings)] {
		text := cmp.Or(f.Message, f.Check)
		if f.Where != "" {
			text += " (" + f.Where + ")"
		}
		if f.Advice != "" {
			text += " → " + f.Advice
		}
		r.Findings = append(r.Findings, cut(text))
	}
	n := len(s.Findings) + s.Omitted
	r.Found = fmt.Sprintf("%d findings", n)
	if n == 1 {
		r.Found = "1 finding"
	}
	if more := n - len(r.Findings); more > 0 {
		r.Found += fmt.Sprintf(", %d not shown: see the report", more)
	}
	for _, l := range s.Links {
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") {
			r.Links = append(r.Links, alert.Link{Name: cut(l.Name), URL: l.URL})
		}
	}
	return r
}

// measured says what was measured and what was expected, "" if nothing was.
func measured(m *alert.Measure) string {
	if m == nil {
		return ""
	}
	unit := ""
	if m.Unit != "" {
		unit = " " + m.Unit
	}
	text := fmt.Sprintf("%s is %s%s", m.Name, number(m.Value), unit)
	if m.Threshold != nil {
		text += fmt.Sprintf(", %s the threshold of %s", cmp.Or(string(m.Crossed), "against"), number(*m.Threshold))
	}
	if m.Expected != nil {
		text += ", expected " + number(*m.Expected)
	}
	return cut(text)
}

// before says what the measure was before, the oldest first, "" if that is unknown.
func before(s alert.Signal) string {
	if len(s.Trend) == 0 {
		return ""
	}
	var values []string
	for _, p := range s.Trend {
		values = append(values, number(p.Value))
	}
	return cut("before: " + strings.Join(values, ", ") + "; the last at " + stamp(s.Trend[len(s.Trend)-1].At))
}

// stakes says in sentences what is at stake.
func stakes(s *alert.Stakes) (list []string) {
	if s == nil {
		return nil
	}
	if s.RevenueAtRisk != "" {
		text := "Revenue at risk: " + strings.TrimSpace(s.RevenueAtRisk+" "+s.Currency)
		if s.HoursLate != nil {
			text += fmt.Sprintf(", %s hours late", number(*s.HoursLate))
		}
		list = append(list, text)
	}
	if s.Customers != nil {
		list = append(list, fmt.Sprintf("Customers affected: %d", *s.Customers))
	}
	if s.ErrorRate != nil {
		list = append(list, "Errors: "+number(*s.ErrorRate)+" %")
	}
	if s.Operational != "" {
		list = append(list, "Operational impact: "+string(s.Operational))
	}
	return list
}

// number writes v with at most two digits after the point.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// moment writes a time to the minute, UTC.
func moment(t time.Time) string { return t.UTC().Format("2 Jan 15:04") }

// stamp writes a time to the second, UTC.
func stamp(t time.Time) string { return t.UTC().Format("2 Jan 15:04:05") }

// span writes a length of time as a person says it.
func span(d time.Duration) string {
	d = max(0, d)
	switch minutes := int(d / time.Minute); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case minutes < 120:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	default:
		return fmt.Sprintf("%d days", minutes/60/24)
	}
}

// cut returns at most maxText bytes of s, without cutting a character.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
