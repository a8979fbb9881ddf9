package landing

import (
	"math"
	"regexp"
	"strconv"

	"tillwatch/shared/alert"
	"tillwatch/shared/quality"
)

// The metrics that history keeps of a report beside the report's own. What each
// check of an accepted file measured is kept under the check's ID: behind all
// others in their order, so that it is the first to go where there is too much.
const (
	metricBad      = "badRowsPercent"
	metricQuality  = "qualityScore"
	metricMeasured = "~measured:"
)

// maxCheckID bounds the IDs of checks of which history keeps what they measured.
const maxCheckID = 200

// historyMetrics are what history keeps of a report.
func historyMetrics(r *quality.Report) map[string]float64 {
	all := map[string]float64{}
	for name, v := range r.Metrics {
		all[name] = v
	}
	if r.Rows > 0 {
		all[metricBad] = 100 * float64(r.BadRows) / float64(r.Rows)
	}
	if v, ok := r.Scores["quality"]; ok {
		all[metricQuality] = v
	}
	if !accepted(r.Verdict) {
		return all
	}
	for _, c := range r.Checks {
		if c.Measured != nil && finite(*c.Measured) && len(c.ID) <= maxCheckID {
			all[metricMeasured+c.ID] = *c.Measured
		}
	}
	return all
}

// A reading is a number of the file that a person may be shown, and under which
// name history has what it was in the files before.
type reading struct {
	alert.Measure
	metric string
}

// evidence gives s the number that decided, and what it was in the files accepted
// before: the first of readings of which there are any, else the first.
func (f file) evidence(s *alert.Signal, readings []reading) {
	for _, m := range readings {
		var before []alert.Point
		for _, run := range f.history {
			if v, ok := run.Metrics[m.metric]; ok && run.Accepted() {
				before = append(before, alert.Point{At: run.At, Value: v})
			}
		}
		if before = alert.Before(before, f.Arrived); s.Measure == nil || len(before) > 0 {
			s.Measure, s.Trend = &m.Measure, before
		}
		if len(before) > 0 {
			s.Measure.Expected = alert.Usual(before)
			return
		}
	}
}

// readings are what a report may have decided by: the share of bad rows, what the
// worst check measured, the quality score, and the rows.
func (f file) readings(r *quality.Report, bad []quality.Result) []reading {
	var list []reading
	rows := reading{alert.Measure{Name: "rows", Value: float64(r.Rows), Unit: "rows"}, "rowCount"}
	if r.BadRows > 0 && r.Rows > 0 {
		list = append(list, reading{alert.Measure{Name: "bad rows", Value: 100 * float64(r.BadRows) / float64(r.Rows), Unit: "percent"}, metricBad})
	}
	if len(bad) > 0 && bad[0].Measured != nil && finite(*bad[0].Measured) {
		c := bad[0]
		m := reading{alert.Measure{Name: checkName(c), Value: *c.Measured, Unit: c.Unit}, metricMeasured + c.ID}
		m.Threshold, m.Crossed = threshold(c.Want)
		if c.Unit == "rows" && *c.Measured == float64(r.Rows) {
			m.metric = rows.metric
		}
		list = append(list, m)
	}
	if v, ok := r.Scores["quality"]; ok && finite(v) {
		list = append(list, reading{alert.Measure{Name: "quality score", Value: cutScore(v)}, metricQuality})
	}
	return append(list, rows)
}

// weight is what is known of a file that could not be read: its size as stored.
func (f file) weight() []reading {
	return []reading{{alert.Measure{Name: "size", Value: float64(f.Size), Unit: "bytes"}, "bytes"}}
}

// cutScore is a score to two places, cut and not rounded, so that only a perfect
// one reads 100.
func cutScore(v float64) float64 { return math.Floor(v*100+1e-9) / 100 }

// snapshot is what else was measured of the file.
func (f file) snapshot(r *quality.Report) []alert.Metric {
	list := []alert.Metric{{Name: "rows", Value: float64(r.Rows)}, {Name: "bad rows", Value: float64(r.BadRows)}}
	for _, d := range []string{"quality", "completeness", "accuracy", "timeliness", "consistency", "conformity", "uniqueness", "coverage"} {
		if v, ok := r.Scores[d]; ok && finite(v) {
			list = append(list, alert.Metric{Name: d + " score", Value: cutScore(v)})
		}
	}
	if _, age, ok := f.newest(r); ok {
		list = append(list, alert.Metric{Name: "age of the newest row", Value: math.Round(age.Minutes()), Unit: "minutes"})
	}
	return list
}

// checkName is what a person calls a check.
func checkName(c quality.Result) string {
	if c.Name != "" && len(c.Name) <= 60 {
		return c.Name
	}
	return c.ID
}

// bound matches a Want that is one bound.
var bound = regexp.MustCompile(`^(<=|<|>=|>) (-?[0-9]+(?:\.[0-9]+)?)$`)

// threshold returns the bound that want names, nil if it names another thing.
func threshold(want string) (*float64, alert.Crossing) {
	m := bound.FindStringSubmatch(want)
	if m == nil {
		return nil, ""
	}
	v, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		return nil, ""
	}
	if m[1][0] == '<' {
		return &v, alert.Above
	}
	return &v, alert.Below
}
