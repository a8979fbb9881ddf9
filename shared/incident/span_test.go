package incident

import (
	"testing"
	"time"

	"tillwatch/shared/alert"
)

func TestSpans(t *testing.T) {
	min := func(n int) Span { return Span{Length: time.Duration(n) * time.Minute, State: Measured} }
	pending, unknown := Span{State: Pending}, Span{State: Unknown}
	for _, c := range []struct {
		name                   string
		events                 []Event
		detect, ack, end, mend Span
	}{
		{"open", []Event{event(Opened, 0)}, min(10), pending, pending, pending},
		{"a whole life", []Event{event(Opened, 0), event(Notified, 1), event(Acknowledge, 8), event(Resolve, 50)}, min(10), min(7), min(60), min(50)},
		{"nobody acknowledged", []Event{event(Opened, 0), event(Notified, 1), event(Resolve, 50)}, min(10), unknown, min(60), min(50)},
		{"the data began earlier than declared", []Event{event(Opened, 0), event(Resolve, 50),
			event(Corrected, 60, func(e *Event) { e.Field, e.Time = StartedAt, noon.Add(-time.Hour) })}, min(60), unknown, min(110), min(50)},
		{"a start after the end is counted, not dropped", []Event{event(Opened, 0), event(Resolve, 50),
			event(Corrected, 60, func(e *Event) { e.Field, e.Time = StartedAt, noon.Add(time.Hour) })},
			Span{Length: -time.Hour, State: Invalid}, unknown, Span{Length: -10 * time.Minute, State: Invalid}, min(50)},
	} {
		t.Run(c.name, func(t *testing.T) {
			inc := fold(t, c.events...)
			got, want := inc.Spans(), Spans{c.detect, c.ack, c.end, c.mend}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestMeasureCountsWhatItCannotMeasure(t *testing.T) {
	var list []Incident
	for _, minutes := range []int{10, 20, 30, 100} {
		list = append(list, fold(t, event(Opened, 0), event(Resolve, minutes)))
	}
	list = append(list, fold(t, event(Opened, 0)))
	wrong := fold(t, event(Opened, 0), event(Resolve, 5), event(Corrected, 60, func(e *Event) { e.Field, e.Time = ResolvedAt, noon.Add(-time.Hour) }))
	list = append(list, wrong)
	got := Measure(list).Repair
	want := Spread{Measured: 4, Of: 6, Pending: 1, Invalid: 1, Mean: 40 * time.Minute, Median: 25 * time.Minute,
		P90: 100 * time.Minute, Min: 10 * time.Minute, Max: 100 * time.Minute}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if s := Measure(nil).Detect; s != (Spread{}) {
		t.Errorf("of nothing: %+v", s)
	}
	if n := Measure(list).ByEnd[ByItself].Of; n != 5 {
		t.Errorf("ended by themselves: %d, want 5", n)
	}
}

func TestReviewIsDueForTheWorst(t *testing.T) {
	for _, s := range alert.Severities {
		if got, want := ReviewDue(s), s == alert.P0 || s == alert.P1; got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}
