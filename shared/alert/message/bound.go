package message

import (
	"math"
	"strings"

	"tillwatch/shared/alert"
)

// Bound returns s with every text free of control characters and of bounded
// length, on one line but for queries, without what is empty or no finite number,
// and with at most 20 findings, 24 metrics, 20 facts, 12 points, 6 causes, steps,
// queries and links, and 4 impacts. Findings left out are added to Omitted; of
// the trend, the newest points are kept. What s holds is not changed.
func Bound(s alert.Signal) alert.Signal {
	short := func(v string) string { return cut(line(v), 200) }
	long := func(v string) string { return cut(line(v), 500) }

	s.Summary = cut(line(s.Summary), 240)
	s.Rule, s.Pipeline = short(s.Rule), short(s.Pipeline)
	s.Environment, s.Team = short(s.Environment), short(s.Team)
	s.Trace = short(s.Trace)

	const findings = 20
	s.Omitted = max(0, s.Omitted) + max(0, len(s.Findings)-findings)
	s.Findings = each(s.Findings, findings, func(f alert.Finding) alert.Finding {
		return alert.Finding{
			Check: short(f.Check), Message: long(f.Message), Advice: long(f.Advice),
			Where: short(f.Where), Severity: short(f.Severity),
		}
	})
	s.Measure = measure(s.Measure)
	s.Trend = alert.Newest(s.Trend, alert.MaxTrend)
	s.Metrics = each(s.Metrics, 24, func(m alert.Metric) alert.Metric {
		if m.Name = cut(line(m.Name), 60); m.Name == "" || !finite(m.Value) {
			return alert.Metric{}
		}
		return alert.Metric{Name: m.Name, Value: m.Value, Unit: cut(line(m.Unit), 40)}
	})
	s.Stakes = stakes(s.Stakes)
	s.Impact = each(s.Impact, 4, long)
	s.Causes = each(s.Causes, 6, long)
	s.Queries = each(s.Queries, 6, query)
	s.NextSteps = each(s.NextSteps, 6, long)
	s.Links = each(s.Links, 6, func(l alert.Link) alert.Link {
		return alert.Link{Name: cut(line(l.Name), 40), URL: address(l.URL)}
	})
	s.Facts = each(s.Facts, 20, func(f alert.Fact) alert.Fact {
		return alert.Fact{Name: cut(line(f.Name), 40), Value: long(f.Value)}
	})
	return s
}

// maxQuery bounds the text of a query in bytes. One that is cut could do anything,
// so a longer one is left out.
const maxQuery = 2000

func query(q alert.Query) alert.Query {
	var text []string
	for l := range strings.Lines(q.Text) {
		// The indentation is part of what a person reads.
		rest := strings.TrimLeft(l, " ")
		text = append(text, l[:len(l)-len(rest)]+line(rest))
	}
	q.Text = strings.Trim(strings.Join(text, "\n"), "\n")
	if q.Text == "" || len(q.Text) > maxQuery {
		return alert.Query{}
	}
	return alert.Query{Name: cut(line(q.Name), 200), Language: alert.Language(cut(line(string(q.Language)), 40)), Where: cut(line(q.Where), 200), Text: q.Text}
}

func measure(m *alert.Measure) *alert.Measure {
	if m == nil || !finite(m.Value) || line(m.Name) == "" {
		return nil
	}
	known := func(v *float64) *float64 {
		if v == nil || !finite(*v) {
			return nil
		}
		return v
	}
	return &alert.Measure{
		Name: cut(line(m.Name), 60), Value: m.Value, Unit: cut(line(m.Unit), 40),
		Expected: known(m.Expected), Threshold: known(m.Threshold), Crossed: alert.Crossing(cut(line(string(m.Crossed)), 40)),
	}
}

func stakes(s *alert.Stakes) *alert.Stakes {
	if s == nil {
		return nil
	}
	b := *s
	b.HourlyRevenue, b.RevenueAtRisk = cut(line(b.HourlyRevenue), 60), cut(line(b.RevenueAtRisk), 60)
	b.Currency, b.Operational = cut(line(b.Currency), 10), alert.Level(cut(line(string(b.Operational)), 10))
	if b.HoursLate != nil && !finite(*b.HoursLate) {
		b.HoursLate = nil
	}
	if b.ErrorRate != nil && !finite(*b.ErrorRate) {
		b.ErrorRate = nil
	}
	return &b
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// address returns u if it can be an address, else "": one that is too long is
// worth nothing when it is cut.
func address(u string) string {
	if len(u) > 2048 || line(u) != u {
		return ""
	}
	return u
}
