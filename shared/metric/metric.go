// Package metric is the catalogue of everything that Tillwatch measures: each
// metric is declared here once, and the publisher, the dashboards, the alarms
// and the exports are rendered from it.
package metric

import "time"

// A Name identifies a metric of the catalogue.
type Name string

// A Measurement is one value of a catalogued metric.
type Measurement struct {
	Name Name
	// Dimensions holds a value for each dimension of one of the metric's
	// dimension sets, and nothing else.
	Dimensions map[string]string
	Value      float64
	At         time.Time
}
