package contract

import "math"

// historyDefaults are, by strategy, the bounds, how many earlier runs it takes and
// how many are used at most. A bound of 0 has no default.
var historyDefaults = map[string]struct {
	bound           float64
	least, lookback int64
}{
	"robustZScore": {3.5, 7, 28}, "batchNormal": {3, 7, 28}, "onlineNormal": {3, 7, 28}, "holtWinters": {3, 14, 56},
	"relativeChange": {0, 1, 28}, "absoluteChange": {0, 1, 28}, "range": {0, 1, 28},
}

func (d *checkReader) history() any {
	h := HistoryCheck{
		Metric:                   d.oneOf("metric", "", "rowCount", "bytes", "nullPercent", "distinctCount", "sum", "mean", "minimum", "maximum"),
		Strategy:                 d.oneOf("strategy", "robustZScore", sortedKeys(historyDefaults)...),
		Season:                   d.oneOf("season", "", "dayOfWeek"),
		IgnoreChangeBelowPercent: d.number("ignoreChangeBelowPercent", 0, 0, math.MaxFloat64),
		IgnoreChangeBelow:        d.number("ignoreChangeBelow", 0, 0, math.MaxFloat64),
	}
	if h.Metric != "rowCount" && h.Metric != "bytes" {
		h.Column = d.columnOf(true)
	} else if c := d.n.Entry("column"); c != nil {
		d.faults.Addf(c.Place, "remove it", "%s is of the file, not of a column", h.Metric)
	}
	usual, known := historyDefaults[h.Strategy]
	if !known {
		return h
	}
	fewest := int64(1)
	if h.Strategy == "holtWinters" {
		fewest = usual.least
		if e := d.n.Entry("season"); e != nil {
			d.faults.Addf(e.Place, "remove it", "holtWinters has the week as a season of its own")
		}
	}
	h.MinHistory = int(d.whole("minHistory", usual.least, fewest, 1000))
	h.Lookback = int(d.whole("lookback", max(usual.lookback, int64(h.MinHistory)), 1, 1000))
	if h.Lookback < h.MinHistory {
		d.fault(d.n.Get("lookback"), "write a lookback of at least minHistory", "lookback %d is less than minHistory %d", h.Lookback, h.MinHistory)
	}
	least, below, above := 0.1, usual.bound, usual.bound
	if usual.bound == 0 {
		least, below, above = 0, math.Inf(1), math.Inf(1)
		if d.n.Get("lower") == nil && d.n.Get("upper") == nil {
			d.fault(d.n, "write lower, upper or both", "the strategy %s has no default bounds", h.Strategy)
		}
	}
	if h.Strategy == "range" {
		least, below = math.Inf(-1), math.Inf(-1)
	}
	h.Lower, h.Upper = d.number("lower", below, least, math.Inf(1)), d.number("upper", above, least, math.Inf(1))
	if h.Strategy == "range" && h.Lower > h.Upper {
		d.fault(d.n.Get("lower"), "swap them", "lower is above upper")
	}
	return h
}

// driftThresholds are the thresholds of the methods, if none is given.
var driftThresholds = map[string]float64{"stabilityIndex": 0.25, "kolmogorovSmirnov": 0.1, "chiSquare": 0.1}

func (d *checkReader) drift() any {
	c := DriftCheck{Column: d.columnOf(false)}
	if c.Column == "" {
		for _, key := range []string{"method", "threshold", "dataset", "refColumn"} {
			if n := d.n.Get(key); n != nil {
				d.fault(n, "write column: and its name, or remove it", "%s is of a column's distribution, and the check names no column", key)
			}
		}
		return c
	}
	c.Method = d.oneOf("method", "stabilityIndex", sortedKeys(driftThresholds)...)
	most := 1.0
	if c.Method == "stabilityIndex" {
		most = 100
	}
	c.Threshold = d.number("threshold", driftThresholds[c.Method], 0.001, most)
	c.Dataset, c.RefColumn = d.text("dataset"), d.text("refColumn")
	switch {
	case c.Dataset == "" && c.RefColumn != "":
		d.fault(d.n.Get("refColumn"), "write dataset: and its name", "refColumn without a dataset")
	case c.Dataset != "" && c.RefColumn == "":
		c.RefColumn = c.Column
	}
	d.refColumns(c.Dataset, d.n.Get("refColumn"))
	return c
}
