package contract

import (
	"time"

	"tillwatch/shared/contract/dqdl"
)

// The types below are what "type: custom, engine: tillwatch" says with
// "check: <name>" in its implementation, for what ODCS has no word for. The
// implementation is a map or a block of YAML text. Its keys are the names of the
// fields in lower camel case, strictly: an unknown key, a column that the table
// does not have and a value that does not fit are errors with their place.
//
//	quality:
//	  - id: rows_as_usual
//	    type: custom
//	    engine: tillwatch
//	    implementation:
//	      check: history
//	      metric: rowCount
//	    dimension: completeness
//	    severity: warning
//
// Written under a column, a check that has a column is about that column. A
// length of time is ISO 8601 or spelled out (PT90M, 90 minutes, 2 d), a time of
// day 06:30 or 06:30:15, a zone an IANA name, UTC if not given. The reader fills
// in the defaults, so that the zero value of a field means what was written.

// HistoryCheck ("check: history") compares a measured metric with its own
// history: the runs before this one whose file was accepted.
//
//	check: history
//	metric: sum
//	column: amount
//	strategy: relativeChange
//	lower: 20
//	upper: 20
//	season: dayOfWeek
//	ignoreChangeBelowPercent: 5
type HistoryCheck struct {
	// Metric is rowCount, bytes, or one of nullPercent, distinctCount, sum,
	// mean, minimum and maximum of Column.
	Metric string
	Column string
	// Strategy is, with what it expects and the figure that its bounds are in:
	//
	//	robustZScore    the median of the earlier values, in robust standard deviations (default)
	//	batchNormal     their mean, in standard deviations
	//	onlineNormal    the mean of those that were no outliers when they came, in standard deviations
	//	holtWinters     what level, trend and day of the week lead to, in standard deviations of such forecasts
	//	relativeChange  the last value, in percent
	//	absoluteChange  the last value, in units
	//	range           a simple threshold: from lower to upper, whatever the past was
	//
	// Package series has the formulas and how well each does. Season is "" or
	// dayOfWeek, which compares Mondays with Mondays.
	Strategy string
	Season   string
	// Lower and Upper bound the strategy's figure below and above the
	// expectation; both are ≥ 0. For range they are the bounds themselves. Their
	// defaults are 3.5 for robustZScore and 3 for the others in deviations; the
	// rest need one of them, and the one that is not given is infinite, which
	// leaves that side open.
	Lower, Upper float64
	// MinHistory is how many earlier runs it takes: 7, but 1 where one value is
	// compared, and 14 days, at least, for holtWinters. Lookback is how many of them
	// at most are used (default 28), of holtWinters how many days back (56).
	MinHistory, Lookback int
	// IgnoreChangeBelowPercent passes smaller changes from the expectation, and
	// IgnoreChangeBelow those of fewer units, such as 10 rows: of a small file
	// few rows are many percent. Where both are given either passes.
	IgnoreChangeBelowPercent, IgnoreChangeBelow float64
}

// FileSizeCheck ("check: fileSize") bounds the object's size in bytes,
// inclusive; 0 means no bound, and one of them is given. Written as plain bytes,
// or with B, KB, MB, GB, TB (thousands) or KiB, MiB, GiB, TiB (1,024s).
//
//	check: fileSize
//	min: 10 KB
//	max: 2 GiB
type FileSizeCheck struct{ Min, Max int64 }

// ArrivalCheck ("check: arrival") wants the file to arrive between After and
// By, times of day in Zone as offsets from midnight; After may be 0. A By that
// is not later than After ends on the following day.
//
//	check: arrival
//	after: "04:00"
//	by: "06:30"
//	zone: America/New_York
type ArrivalCheck struct {
	After, By time.Duration
	Zone      *time.Location
}

// CoverageCheck ("check: coverage") wants every expected value to occur in
// Column at least MinRows times (default 1). What is expected is one of:
// Values; the Column RefColumn of the dataset Dataset; or, where Every is day or hour, each
// day or hour of the Last span that ends with the day of judging, or, if Last
// is zero, each between the column's own oldest and newest.
//
//	check: coverage          check: coverage      check: coverage
//	column: region           column: store_id     column: sold_at
//	values: [North, South]   dataset: stores      every: hour
//	                         refColumn: id        last: P1D
//	                         atLeastPercent: 80   minRows: 10
//
// RefColumn defaults to Column.
type CoverageCheck struct {
	Column             string
	Values             []Value
	Dataset, RefColumn string
	Every              string
	Last               Span
	MinRows            int64
	// AtLeastPercent is how many of the expected must be there (default 100).
	AtLeastPercent float64
}

// ArithmeticCheck ("check: arithmetic") wants Expression, a comparison between
// columns such as "amount = round(quantity * unit_price - discount, 2)", to
// hold in every row; = and != allow for Tolerance, an exact decimal ("" is 0).
// A row with a null in a column used is not looked at. MaxPercent of all rows
// may break it (default 0).
//
//	check: arithmetic
//	expression: amount = round(quantity * unit_price - discount, 2)
//	tolerance: 0.01
//	maxPercent: 0.5
type ArithmeticCheck struct {
	Expression string
	Tolerance  string
	MaxPercent float64
}

// ColumnsCheck ("check: columns") says how strict the header is; without it
// every column of the contract must be there, in any order, and more may be.
//
//	check: columns
//	ordered: true
//	closed: true
type ColumnsCheck struct {
	// Ordered wants the columns in the contract's order.
	Ordered bool
	// Closed wants no column beyond the contract's.
	Closed bool
}

// DriftCheck ("check: drift") compares with the last accepted file. Without a
// column it compares the schema: columns added, removed, renamed (by what they
// hold, else by place and name), reordered, and changed in type. With a Column it
// compares how that is distributed, also with another dataset's RefColumn
// (default: the same name).
//
//	check: drift            check: drift                check: drift
//	                        column: amount              column: region
//	                        method: kolmogorovSmirnov   method: chiSquare
//	                        threshold: 0.1              dataset: usual_sales
//
// The methods, and the threshold from which on the distribution counts as
// changed, if that is not likely by accident (a chance below 1 %):
//
//   - stabilityIndex (default), from 0.25 on: the population stability index of
//     numbers over the tenths of what was, else of up to 200 different values;
//   - kolmogorovSmirnov, from 0.1 on: the largest distance of two distributions of
//     numbers, 0 to 1, of what was to within 1/40;
//   - chiSquare, from 0.1 on: Cramér's V of up to 200 different values, 0 to 1.
//
// It takes 50 values on both sides. Of a personal column only the type is
// remembered, so that its values are compared with a dataset only.
type DriftCheck struct {
	Column             string
	Method             string
	Threshold          float64
	Dataset, RefColumn string
}

// StructureCheck ("check: structure") says how much of a file may be malformed;
// without it nothing may. MaxPercent is of the rows. HeaderFaults is how many
// columns of the header may have no name, or one that a column before has
// (default 0); nothing is asked of what they hold.
//
//	check: structure
//	maxPercent: 0.1
//	headerFaults: 1
type StructureCheck struct {
	MaxPercent   float64
	HeaderFaults int
}

// TotalCheck ("check: total") reconciles with another dataset: for each value
// of By (none: once for the whole file) the sum of Sum over this file's rows
// equals the sum of OtherSum in Dataset, within Tolerance. A Sum of "rows"
// counts rows; a leading minus negates. OtherBy defaults to By. Keys that only
// one side has are compared with 0, but where Missing is ignore, those only the other
// dataset has are left out.
//
//	check: total
//	by: [store_id, product_id]
//	sum: quantity
//	dataset: inventory_data
//	otherSum: -movement
//	tolerance: 0
//	missing: ignore
//
// By and OtherBy may be a single name; OtherSum defaults to Sum; missing is zero
// if not given.
type TotalCheck struct {
	By, OtherBy   []string
	Sum, OtherSum string
	Dataset       string
	Tolerance     string
	Missing       string
}

// FreshnessCheck ("check: freshness") bounds the age of the newest value of
// Column when the file is judged.
//
//	check: freshness
//	column: sold_at
//	within: 90 minutes
type FreshnessCheck struct {
	Column string
	Within Span
}

// ProcessingCheck ("check: processing") bounds the time from the file's
// arrival to its verdict.
//
//	check: processing
//	within: PT5M
type ProcessingCheck struct{ Within Span }

// PeriodCheck ("check: period") wants every value of Column, a date or
// timestamp, to lie on the file's day: the day of judging in Zone, moved by
// Offset days (0 is the same day, -1 the day before).
//
//	check: period
//	column: sold_on
//	offset: -1
//	zone: America/New_York
type PeriodCheck struct {
	Column string
	Offset int
	Zone   *time.Location
}

// Datasets returns the other datasets that a rule compares with; none for most.
func (r *Rule) Datasets() []string {
	name := ""
	switch check := r.Implementation.(type) {
	case CoverageCheck:
		name = check.Dataset
	case TotalCheck:
		name = check.Dataset
	case DriftCheck:
		name = check.Dataset
	case *dqdl.Ruleset:
		return check.Datasets()
	}
	if name == "" {
		return nil
	}
	return []string{name}
}
