// Package rule evaluates the conditions of a policy's rules. An Observation is
// what is known of one run of a pipeline, or of one file; Evaluate holds every
// rule that has a condition against it, and State.Next turns that into the
// signals that say what fires now and what has ended.
//
// Evaluation knows no clock and no store. Whoever calls it keeps one State for
// each pipeline, stores what Next returns before the signals are sent, and
// sends them again if the observation comes again: the ids are the same.
package rule

import (
	"time"

	"tillwatch/shared/alert"
)

// An Observation is what is known of one run or one file.
type Observation struct {
	// ID is the same for every delivery of the observation.
	ID string
	// Kind is the type of the event that it was read from.
	Kind     string
	Pipeline string
	// Table is what of the pipeline it is about, such as the dataset of a file;
	// "" is the pipeline itself. Observations of different tables end nothing of
	// each other.
	Table             string
	Environment, Team string
	// Period is the execution date, 2026-11-22 or 2026-11-22T03; "" if it has none.
	Period string
	Run    string // the id of the run, "" if it has none
	// Retry counts the attempts before this one, 0 for the first.
	Retry int
	// At is when the run ended or the file arrived, UTC. It orders observations.
	At time.Time
	// Values are what was measured, by the name of a condition or of a metric.
	Values map[string]Value
	// Stakes are what is known of what the data is worth and of when it was due, nil
	// if nothing is.
	Stakes *alert.Stakes
	// Labels, Facts, Links and Trace are handed on to the signals.
	Labels map[string]string
	Facts  []alert.Fact
	Links  []alert.Link
	Trace  string
}

// A Value is one measured quantity.
type Value struct {
	// Number is in the unit of its condition or metric, but for
	// record_count_variance and cost_increase_percentage: there it is the actual
	// count or cost, Base the expected one, nil if nobody knows it, and Unit the
	// unit of both: "records", "USD".
	Number float64
	Base   *float64
	Unit   string
	// Of says what a share is of: "1,204 tasks"; "" if that is not known.
	Of string
}

// period returns the execution date, but no later than the day after At: a date
// in the future must not outlast what is true now.
func (o Observation) period() string {
	if last := o.At.UTC().AddDate(0, 0, 1).Format(time.DateOnly); o.Period > last+"T99" {
		return last
	}
	return o.Period
}
