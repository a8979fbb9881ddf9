package alert

import "time"

// A Measure is one number and what was expected of it.
type Measure struct {
	// Name is what was measured, as people say it: "error rate".
	Name  string  `json:"name"`
	Value float64 `json:"value"` // finite
	// Unit is that of every number here: percent, minutes, rows, EUR; "" for a
	// bare number.
	Unit string `json:"unit,omitempty"`
	// Expected is what is usual, nil if that is unknown; Threshold the bound that
	// Value is on the wrong side of, nil if there is none.
	Expected  *float64 `json:"expected,omitempty"`
	Threshold *float64 `json:"threshold,omitempty"`
	Crossed   Crossing `json:"crossed,omitempty"` // of Threshold
}

// A Crossing says on which side of a threshold a value is that should not be.
type Crossing string

// The sides of a threshold.
const (
	Above Crossing = "above"
	Below Crossing = "below"
)

// A Point is what a Measure was at an earlier time.
type Point struct {
	At    time.Time `json:"at"`
	Value float64   `json:"value"` // finite, in the measure's unit
}

// A Metric is one number of the snapshot.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // finite
	Unit  string  `json:"unit,omitempty"`
}

// A Query can be run as it is to find out more.
type Query struct {
	Name     string   `json:"name"` // what it shows
	Language Language `json:"language"`
	// Where is what it is run on: a log group, a database; "" if Text says it.
	Where string `json:"where,omitempty"`
	Text  string `json:"text"` // several lines
}

// A Language is what a query is written in.
type Language string

// The languages of queries.
const (
	LogsInsights Language = "logs-insights"
	Athena       Language = "athena"
	Shell        Language = "shell"
)

// Stakes are what a fact costs the business. What is unknown is left out, and
// never 0.
type Stakes struct {
	// Due is when good data should have been there.
	Due time.Time `json:"due,omitzero"`
	// Until is when it came: the delay grows no more. Zero while it is awaited.
	Until time.Time `json:"until,omitzero"`
	// HourlyRevenue is the revenue of an average hour, from accepted files: a
	// decimal in Currency (an ISO 4217 code, "" if unknown).
	HourlyRevenue string `json:"hourly_revenue,omitempty"`
	Currency      string `json:"currency,omitempty"`
	// AsOf is the time for which HoursLate and RevenueAtRisk, a decimal, were
	// worked out.
	AsOf          time.Time `json:"as_of,omitzero"`
	HoursLate     *float64  `json:"hours_late,omitempty"`
	RevenueAtRisk string    `json:"revenue_at_risk,omitempty"`
	// Customers is how many are affected.
	Customers *int64 `json:"customers_affected,omitempty"`
	// ErrorRate is the share of bad rows or runs in percent, 0 to 100.
	ErrorRate *float64 `json:"error_rate_percent,omitempty"`
	// Operational is the impact on operations.
	Operational Level `json:"operational_impact,omitempty"`
}

// A Level is how strong an impact is.
type Level string

// The levels of impact.
const (
	High   Level = "high"
	Medium Level = "medium"
	Low    Level = "low"
)

// An Audience is people beside those on call who are told of an incident that
// concerns them. It is a channel's name, too.
type Audience string

// The audiences.
const (
	Executives      Audience = "executive_team"
	Operations      Audience = "operations_team"
	CustomerService Audience = "customer_service"
)

// Audiences are all audiences.
var Audiences = []Audience{Executives, Operations, CustomerService}
