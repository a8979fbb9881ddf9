package landing

import (
	"cmp"
	"math"
	"math/big"
	"strconv"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
)

// The custom properties of a contract's table, or of the contract, that say
// which of its columns and names the business figures come from.
const (
	propertyRevenue     = "revenueColumn"
	propertyCustomer    = "customerColumn"
	propertyTransaction = "transactionColumn"
	propertyFreshness   = "freshnessColumn"
	propertyCurrency    = "currency"
	propertyPipeline    = "pipeline"
	propertySource      = "dataSource"
	propertySeverity    = "signalSeverity" // P0 to P3, instead of the worst check's
)

// property returns a custom property of the file's table, else of its contract.
func (f file) property(name string) string {
	return cmp.Or(f.table.Custom[name], f.contract.Custom[name])
}

// pipeline is the dimension PipelineName: the property, else the dataset.
func (f file) pipeline() string { return cmp.Or(f.property(propertyPipeline), f.dataset) }

// source is the dimension DataSource: the property, else the contract's server
// that the file landed at, else the dataset.
func (f file) source() string { return cmp.Or(f.property(propertySource), f.server.Name, f.dataset) }

// Figures are one object's share of its dataset's day. The day's figures are
// the merge of its objects' current ones, so that a file that replaces another
// replaces its figures and adds nothing.
type Figures struct {
	Object   Object `json:"object"`
	Dataset  string `json:"dataset"`
	Day      string `json:"day"`
	Accepted bool   `json:"accepted"`
	Rows     int64  `json:"rows"`
	// Revenue is a decimal, "" if the contract names no column for it.
	Revenue string `json:"revenue,omitempty"`
	// Customers and Transactions are -1 if the contract names no column.
	Customers    float64 `json:"customers"`
	Transactions float64 `json:"transactions"`
}

// figures reads the file's share of its day from its report.
func (f file) figures(r *quality.Report) Figures {
	g := Figures{
		Object: f.Object, Dataset: f.dataset, Day: dayOf(f.period), Accepted: accepted(r.Verdict),
		Rows: r.Rows, Customers: -1, Transactions: -1,
	}
	if column := f.property(propertyRevenue); column != "" {
		g.Revenue = revenue(r, column)
	}
	if column := f.property(propertyCustomer); column != "" {
		g.Customers = distinct(r, column)
	}
	if column := f.property(propertyTransaction); column != "" {
		g.Transactions = distinct(r, column)
	}
	return g
}

// revenue returns the sum of a column as text, "" if it was not measured.
func revenue(r *quality.Report, column string) string {
	if v, ok := r.Metrics["sum:"+column]; ok && finite(v) {
		return plain(v)
	}
	return ""
}

// plain writes v as a decimal without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func distinct(r *quality.Report, column string) float64 {
	if v, ok := r.Metrics["distinctCount:"+column]; ok && finite(v) {
		return v
	}
	return -1
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// A Total is the merge of a day's figures. Customers and Transactions are sums
// over the day's files, so one that occurs in two files counts twice.
type Total struct {
	Files, Rows             int64
	Revenue                 *big.Rat // nil if no file has any
	Customers, Transactions float64  // -1 if no file has any
}

// Merge returns the figures of a day. Files that were not accepted count for
// nothing. The order of day does not matter.
func Merge(day []Figures) Total {
	t := Total{Customers: -1, Transactions: -1}
	add := func(to *float64, v float64) {
		if v >= 0 {
			*to = max(*to, 0) + v
		}
	}
	for _, g := range day {
		if !g.Accepted {
			continue
		}
		t.Files++
		t.Rows += g.Rows
		if r, ok := new(big.Rat).SetString(g.Revenue); ok {
			if t.Revenue == nil {
				t.Revenue = new(big.Rat)
			}
			t.Revenue.Add(t.Revenue, r)
		}
		add(&t.Customers, g.Customers)
		add(&t.Transactions, g.Transactions)
	}
	return t
}

// freshness returns the age of the file's newest row, and whether it was measured.
func (f file) freshness(r *quality.Report) (time.Duration, bool) {
	_, age, ok := f.newest(r)
	return age, ok
}

// newest returns the age of the file's newest row when it was judged, as
// the checks of freshness and latency measured it, the column that says so, and
// whether one did. A date without a time of day stands for the whole of its day,
// and a newest row in the future has age 0.
func (f file) newest(r *quality.Report) (column string, age time.Duration, found bool) {
	wanted := f.property(propertyFreshness)
	for _, c := range r.Checks {
		if c.Dimension != contract.Timeliness || c.Unit != "minutes" || c.Column == "" || c.Measured == nil ||
			wanted != "" && c.Column != wanted || !finite(*c.Measured) {
			continue
		}
		old := time.Duration(*c.Measured * float64(time.Minute))
		if col, ok := f.table.Column(c.Column); ok && col.Type == contract.Date {
			old -= 24 * time.Hour
		}
		if old = max(0, old); !found || old < age {
			column, age, found = c.Column, old, true
		}
	}
	return column, age, found
}
