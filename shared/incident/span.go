package incident

import (
	"math"
	"slices"
	"time"
)

// A Span is a stretch of time in an incident's life: a value, or the reason why
// there is none.
type Span struct {
	Length time.Duration `json:"length_ns"`
	State  SpanState     `json:"state"`
}

// A SpanState says whether a span has a length.
type SpanState string

// The states of a span. Pending spans belong to incidents that are not there
// yet: they are censored, not left out in silence.
const (
	Measured SpanState = "measured"
	Pending  SpanState = "pending"
	Unknown  SpanState = "unknown" // one of its ends never happened
	Invalid  SpanState = "invalid" // its end is before its begin
)

// Spans are an incident's four spans.
//
//	Detect       from the start, by the data, to the first signal
//	Acknowledge  from the first message that a channel took to the first acknowledgement
//	Resolve      from the start to the end
//	Repair       from the first signal to the end
type Spans struct {
	Detect      Span `json:"detect"`
	Acknowledge Span `json:"acknowledge"`
	Resolve     Span `json:"resolve"`
	Repair      Span `json:"repair"`
}

// Spans measures inc.
func (inc *Incident) Spans() Spans {
	over := inc.Status.Over()
	return Spans{
		Detect:      span(inc.StartedAt, inc.DetectedAt, false),
		Acknowledge: span(inc.NotifiedAt, inc.AckedAt, !over),
		Resolve:     span(inc.StartedAt, inc.ResolvedAt, !over),
		Repair:      span(inc.DetectedAt, inc.ResolvedAt, !over),
	}
}

func span(from, to time.Time, pending bool) Span {
	switch {
	case to.IsZero() && pending:
		return Span{State: Pending}
	case from.IsZero() || to.IsZero():
		return Span{State: Unknown}
	case to.Before(from):
		return Span{State: Invalid, Length: to.Sub(from)}
	}
	return Span{State: Measured, Length: to.Sub(from)}
}

// A Spread sums up one span over many incidents. The figures are of the
// Measured ones; all are zero if there are none.
type Spread struct {
	Measured int           `json:"measured"` // N of Of
	Of       int           `json:"of"`
	Pending  int           `json:"pending"`
	Unknown  int           `json:"unknown"`
	Invalid  int           `json:"invalid"`
	Mean     time.Duration `json:"mean_ns"`
	Median   time.Duration `json:"median_ns"`
	P90      time.Duration `json:"p90_ns"` // nearest rank
	Min      time.Duration `json:"min_ns"`
	Max      time.Duration `json:"max_ns"`
}

// Spreads are the four spreads over some incidents: MTTD, MTTA, MTTR from the
// start and MTTR from the detection. Incidents that ended by themselves or by
// a remedy and those that a person ended differ too much for one figure, so
// Resolve and Repair are told apart by who ended them.
type Spreads struct {
	Detect      Spread                `json:"mttd"`
	Acknowledge Spread                `json:"mtta"`
	Resolve     Spread                `json:"mttr"`
	Repair      Spread                `json:"mttr_from_detection"`
	ByEnd       map[Resolution]Spread `json:"mttr_by_resolution,omitempty"`
}

// Measure sums up the spans of incidents.
func Measure(list []Incident) Spreads {
	var detect, ack, resolve, repair []Span
	byEnd := map[Resolution][]Span{}
	for i := range list {
		s := list[i].Spans()
		detect, ack = append(detect, s.Detect), append(ack, s.Acknowledge)
		resolve, repair = append(resolve, s.Resolve), append(repair, s.Repair)
		if r := list[i].Resolution; r != "" {
			byEnd[r] = append(byEnd[r], s.Resolve)
		}
	}
	out := Spreads{Detect: spread(detect), Acknowledge: spread(ack), Resolve: spread(resolve), Repair: spread(repair)}
	for r, spans := range byEnd {
		if out.ByEnd == nil {
			out.ByEnd = map[Resolution]Spread{}
		}
		out.ByEnd[r] = spread(spans)
	}
	return out
}

func spread(spans []Span) Spread {
	out := Spread{Of: len(spans)}
	var lengths []time.Duration
	for _, s := range spans {
		switch s.State {
		case Measured:
			lengths = append(lengths, s.Length)
		case Pending:
			out.Pending++
		case Invalid:
			out.Invalid++
		default:
			out.Unknown++
		}
	}
	out.Measured = len(lengths)
	if len(lengths) == 0 {
		return out
	}
	slices.Sort(lengths)
	var sum float64
	for _, l := range lengths {
		sum += float64(l)
	}
	n := len(lengths)
	out.Mean = time.Duration(math.Round(sum / float64(n)))
	out.Median = lengths[n/2]
	if n%2 == 0 {
		out.Median = lengths[n/2-1] + (lengths[n/2]-lengths[n/2-1])/2
	}
	out.P90 = lengths[int(math.Ceil(0.9*float64(n)))-1]
	out.Min, out.Max = lengths[0], lengths[n-1]
	return out
}
