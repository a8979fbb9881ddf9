package message

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
)

func many[T any](n int, v T) []T { return slices.Repeat([]T{v}, n) }

func hourly(n int, v float64) (list []alert.Point) {
	for i := range n {
		list = append(list, alert.Point{At: now.Add(time.Duration(i) * time.Hour), Value: v})
	}
	return list
}

// TestTheLargestSignalFitsAnEvent holds the limit of the bus, 256 KB, and with a
// wide margin that of what a group keeps.
func TestTheLargestSignalFitsAnEvent(t *testing.T) {
	quotes := strings.Repeat(`"`, 5000) // escaped, each takes two bytes
	number := -1.2345678901234567e-300
	s := Bound(alert.Signal{
		ID: quotes[:1000], DedupKey: quotes[:1000], GroupKey: quotes[:1000], Rule: quotes, Pipeline: quotes, Environment: quotes, Team: quotes,
		Status: alert.Firing, Severity: alert.P1, At: now, Summary: quotes, Trace: quotes,
		Measure:  &alert.Measure{Name: quotes, Value: number, Unit: quotes, Expected: &number, Threshold: &number},
		Trend:    hourly(100, number),
		Metrics:  many(100, alert.Metric{Name: quotes, Value: number, Unit: quotes}),
		Findings: many(100, alert.Finding{Check: quotes, Message: quotes, Advice: quotes, Where: quotes, Severity: quotes}),
		Stakes:   &alert.Stakes{HourlyRevenue: quotes, RevenueAtRisk: quotes, Currency: quotes},
		Impact:   many(100, quotes), Causes: many(100, quotes), NextSteps: many(100, quotes),
		Queries: many(100, alert.Query{Name: quotes, Where: quotes, Text: quotes[:maxQuery]}),
		Links:   many(100, alert.Link{Name: quotes, URL: "https://example.com/" + quotes[:2000]}),
		Facts:   many(100, alert.Fact{Name: quotes, Value: quotes}),
	})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d bytes", len(b)); len(b) > 200<<10 {
		t.Errorf("%d bytes leave no room in an event of 256 KB", len(b))
	}
	if len(s.Trend) != 12 || len(s.Metrics) != 24 || len(s.Causes) != 6 || len(s.Queries) != 6 || s.Omitted != 80 {
		t.Errorf("got %d points, %d metrics, %d causes, %d queries, %d omitted", len(s.Trend), len(s.Metrics), len(s.Causes), len(s.Queries), s.Omitted)
	}
}

func TestBoundKeepsWhatCanBeRead(t *testing.T) {
	nan := math.NaN()
	s := Bound(alert.Signal{
		Measure: &alert.Measure{Name: "rate", Value: 1, Expected: &nan},
		Trend:   []alert.Point{{Value: nan}, {At: now, Value: 2}},
		Metrics: []alert.Metric{{Name: "", Value: 1}, {Name: "inf", Value: math.Inf(1)}, {Name: "rows", Value: 3}},
		Stakes:  &alert.Stakes{HoursLate: &nan},
		Queries: []alert.Query{{Name: "two\nlines", Text: "a\x00\n  b\r\n"}, {Name: "too long", Text: strings.Repeat("x", maxQuery+1)}},
	})
	switch {
	case s.Measure == nil || s.Measure.Expected != nil:
		t.Errorf("measure %+v", s.Measure)
	case len(s.Trend) != 1 || s.Trend[0].Value != 2:
		t.Errorf("trend %v", s.Trend)
	case len(s.Metrics) != 1 || s.Metrics[0].Name != "rows":
		t.Errorf("metrics %v", s.Metrics)
	case s.Stakes.HoursLate != nil:
		t.Errorf("stakes %+v", s.Stakes)
	case len(s.Queries) != 1 || s.Queries[0].Text != "a\n  b" || s.Queries[0].Name != "two lines":
		t.Errorf("queries %q", s.Queries)
	}
	if Bound(alert.Signal{Measure: &alert.Measure{Name: "rate", Value: nan}}).Measure != nil {
		t.Error("a measure that is no number was kept")
	}
}
