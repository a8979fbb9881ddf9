package incident

import (
	"time"

	"tillwatch/shared/alert"
	"tillwatch/shared/metric"
)

// A Standing is what statistics need to know of an incident.
type Standing struct {
	ID       string         `json:"id"`
	OpenedAt time.Time      `json:"opened_at"` // when it was opened, which nobody corrects
	Severity alert.Severity `json:"severity"`
	Over     bool           `json:"over"`
	Spans    Spans          `json:"spans"`
	// Events counts the events that it was made of: more know more.
	Events int `json:"events"`
}

// Standing returns how inc stands.
func (inc *Incident) Standing() Standing {
	s := Standing{ID: inc.ID, Severity: inc.Severity, Over: inc.Status.Over(), Spans: inc.Spans(), Events: len(inc.Timeline)}
	for _, e := range inc.Timeline {
		if e.Kind == Opened {
			s.OpenedAt = e.At
			break
		}
	}
	return s
}

// Figures returns the catalogued metrics of the incidents opened in the Window
// up to at: for each severity how many are open, and the means of the measured
// times; and how many times are pending, unknown or invalid. A mean of nothing
// is left out.
func Figures(list []Standing, environment string, at time.Time) []metric.Measurement {
	var out []metric.Measurement
	put := func(n metric.Name, severity alert.Severity, value float64) {
		d := map[string]string{metric.Environment: environment}
		if severity != "" {
			d[metric.Severity] = string(severity)
		}
		out = append(out, metric.Measurement{Name: n, Dimensions: d, Value: value, At: at})
	}
	var pending, unknown, invalid int
	for _, severity := range alert.Severities {
		open := 0
		var detect, ack, resolve []Span
		for _, s := range list {
			if s.Severity != severity || s.OpenedAt.After(at) || s.OpenedAt.Before(at.Add(-Window)) {
				continue
			}
			if !s.Over {
				open++
			}
			detect, ack, resolve = append(detect, s.Spans.Detect), append(ack, s.Spans.Acknowledge), append(resolve, s.Spans.Resolve)
		}
		put(metric.OpenIncidents, severity, float64(open))
		for _, f := range []struct {
			name  metric.Name
			spans []Span
		}{{metric.TimeToDetectMinutes, detect}, {metric.TimeToAcknowledgeMinutes, ack}, {metric.TimeToResolveMinutes, resolve}} {
			s := spread(f.spans)
			pending, unknown, invalid = pending+s.Pending, unknown+s.Unknown, invalid+s.Invalid
			if s.Measured > 0 {
				put(f.name, severity, s.Mean.Minutes())
			}
		}
	}
	put(metric.PendingSpans, "", float64(pending))
	put(metric.UnknownSpans, "", float64(unknown))
	put(metric.InvalidSpans, "", float64(invalid))
	return out
}
