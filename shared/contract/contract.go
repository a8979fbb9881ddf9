// Package contract holds data contracts: what a dataset's files must hold,
// read from Open Data Contract Standard (ODCS) YAML into one model that the
// checks are compiled from.
//
// The flow is
//
//	ReadODCS(file name, bytes)     → *Contract, or document.Errors with every fault at once
//	ReadDQDL(file name, …)         → the same of a ruleset in AWS Glue's rule language
//	Conflict(contracts)            → whether an object could belong to two of them
//	Locate(contracts, bucket, key) → the contract, table and server of a landed object
//	(*Contract).Table(name)        → the table that a file is judged by
//	Period(key)                    → the day that an object's file is of
//
// A contract is read by the version that its apiVersion names, against the
// vocabulary of that version (vocabulary.go) and then for its meaning (odcs*.go).
// What the standard leaves open is decided in the comment of ReadODCS; what it
// has no word for is in custom.go.
//
// The model keeps what can be executed and what a person needs to read a
// result: names, descriptions, severities and the place in the file. Numbers
// stay the text that was written, so that 0.1 is exactly 0.1.
package contract

import (
	"strings"
	"time"

	"tillwatch/shared/words"
)

// A Contract is one ODCS document.
type Contract struct {
	// File is the name that errors and reports show.
	File string
	// Text is the document as it was read; nil if the contract was made otherwise.
	Text        []byte
	APIVersion  string
	ID          string
	Name        string
	Version     string
	Status      string
	Domain      string
	DataProduct string
	Purpose     string
	// Team is the team or owner that must act; "" if the contract names none.
	Team    string
	Servers []Server
	Tables  []Table
	SLAs    []SLA
	// Custom holds the scalar customProperties of the document by name.
	Custom map[string]string
}

// Table returns the table named name, or the first one if name is "", and
// whether there is one.
func (c *Contract) Table(name string) (*Table, bool) {
	for i := range c.Tables {
		if name == "" || c.Tables[i].Name == name {
			return &c.Tables[i], true
		}
	}
	return nil, false
}

// A Place is where something stands in a contract file; Line and Column count
// from 1, and the zero value means unknown.
type Place struct{ Line, Column int }

// A Server says where a contract's files land and in which format.
type Server struct {
	Name, Type string
	// Location is an s3:// address whose * matches any characters but a slash;
	// ** also matches slashes.
	Location string
	// Format is csv, json or parquet; "" means csv.
	Format string
	// Delimiter is the field separator; "" means a comma.
	Delimiter string
	Custom    map[string]string
}

// A Table describes one dataset: its columns and the rules over its rows.
type Table struct {
	Name          string
	PhysicalName  string
	Description   string
	Columns       []Column
	Rules         []Rule
	Relationships []Relationship
	// Custom holds the scalar customProperties by name, such as encoding.
	Custom map[string]string
	Place  Place
}

// Column returns the column named name, matching Name first and then
// PhysicalName, and whether there is one.
func (t *Table) Column(name string) (*Column, bool) {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i], true
		}
	}
	for i := range t.Columns {
		if t.Columns[i].PhysicalName == name {
			return &t.Columns[i], true
		}
	}
	return nil, false
}

// A Type is an ODCS logical type; "" means that the contract names none.
type Type string

// The logical types of ODCS 3.2. A cell of a text file holds an Object, Array
// or Map as JSON, a Vector as a JSON array of numbers.
const (
	String    Type = "string"
	Date      Type = "date"
	Timestamp Type = "timestamp"
	Time      Type = "time"
	Number    Type = "number"
	Integer   Type = "integer"
	Object    Type = "object"
	Array     Type = "array"
	Boolean   Type = "boolean"
	Map       Type = "map"
	Vector    Type = "vector"
)

// A Column is one property of a table.
type Column struct {
	Name         string
	PhysicalName string
	Description  string
	Type         Type
	Options      Options
	Required     bool
	Unique       bool
	PrimaryKey   bool
	// KeyPosition orders the columns of a composite primary key, from 1;
	// 0 means not given, and such columns follow in document order.
	KeyPosition int
	// Critical is criticalDataElement.
	Critical bool
	// Personal says that sample values must be masked: the classification is
	// neither empty nor public, or a tag names pii or personal.
	Personal bool
	// Enum holds the allowed values (ODCS 3.2); nil means any.
	Enum  []Value
	Rules []Rule
	// Properties are the properties of an Object, Items what an Array holds, and
	// MapKey and MapValue what a Map holds; nil if the contract says nothing.
	Properties              []Column
	Items, MapKey, MapValue *Column
	// Start is the character that the column begins with in a file of fixed
	// width, counted from 1, and Width how many it has, 0 for all to the end of the
	// line. Start is 0 for any other file.
	Start, Width int
	Place        Place
}

// Options are the logicalTypeOptions. Absent numbers are nil, absent text "".
// The bounds of numbers and dates keep the text that was written; the boolean
// exclusiveMinimum of ODCS 3.0 is folded into ExclusiveMinimum with the value
// of minimum, and likewise for the maximum.
type Options struct {
	MinLength, MaxLength               *int
	Pattern, Format                    string
	Minimum, Maximum                   string
	ExclusiveMinimum, ExclusiveMaximum string
	MultipleOf                         string
	// Timezone, if given, says whether a timestamp must (true) or must not
	// (false) carry a zone. DefaultTimezone is an IANA name; "" means UTC.
	Timezone                     *bool
	DefaultTimezone              string
	MinItems, MaxItems           *int
	UniqueItems                  bool
	MinProperties, MaxProperties *int
	RequiredProperties           []string
	// Dimensions, ElementType and Normalized describe a Vector: its length, the
	// type of its elements (float32 if "") and whether its norm is 1.
	Dimensions  *int
	ElementType string
	Normalized  bool
}

// A Value is a scalar of a contract as text, or null.
type Value struct {
	Text string
	Null bool
}

// A Severity says how bad a broken rule is.
type Severity int

// The severities. ODCS error, or none, is High; warning is Medium; info is Low.
const (
	High Severity = iota
	Medium
	Low
)

// String returns HIGH, MEDIUM or LOW.
func (s Severity) String() string { return [...]string{"HIGH", "MEDIUM", "LOW"}[s] }

// A Dimension is one of the seven dimensions of data quality, in ODCS's words;
// "" in a Rule means that the contract names none.
type Dimension string

// The dimensions.
const (
	Accuracy     Dimension = "accuracy"
	Completeness Dimension = "completeness"
	Conformity   Dimension = "conformity"
	Consistency  Dimension = "consistency"
	Coverage     Dimension = "coverage"
	Timeliness   Dimension = "timeliness"
	Uniqueness   Dimension = "uniqueness"
)

// A Kind is an ODCS rule's type.
type Kind string

// The kinds of rule.
const (
	Text    Kind = "text"
	Library Kind = "library"
	SQL     Kind = "sql"
	Custom  Kind = "custom"
)

// A Rule is one entry of a quality list.
type Rule struct {
	// ID is the rule's id, else its name made into an id, else one made from
	// the column, the metric and the position among its column's rules; unique
	// in its table, by _2 and so on where a made one is taken. A rule whose
	// results are kept over time needs an id or a name: positions change.
	ID             string
	Name           string
	Description    string
	Kind           Kind
	Metric         Metric
	MissingValues  []Value // arguments.missingValues
	ValidValues    []Value // arguments.validValues
	Pattern        string  // arguments.pattern
	Properties     []string
	Want           Want
	Unit           Unit
	Query          string // SQL only
	QueryPlace     Place  // where the query begins if it is a literal block (|), so that its lines are the file's
	Engine         string // Custom only
	Implementation any    // Custom only: one of the Check types for engine tillwatch, a *dqdl.Ruleset for engine dqdl, else nil
	Dimension      Dimension
	Severity       Severity
	BusinessImpact string
	Scheduler      string
	Schedule       string
	Place          Place
}

// A Metric is one of the five metrics of the ODCS library.
type Metric string

// The library metrics. Each counts bad rows, but RowCount.
const (
	NullValues      Metric = "nullValues"
	MissingValues   Metric = "missingValues"
	InvalidValues   Metric = "invalidValues"
	DuplicateValues Metric = "duplicateValues"
	RowCount        Metric = "rowCount"
)

// A Unit is what a rule's bound counts.
type Unit string

// The units of library metrics; Rows is the default. Percent is of all rows.
const (
	Rows    Unit = "rows"
	Percent Unit = "percent"
)

// An Op is a comparison between a measured number and a rule's bounds.
type Op string

// The operators. Between and NotBetween are exclusive of both ends, as ODCS
// defines mustBeBetween: greater than the first and less than the second.
const (
	Equal          Op = "mustBe"
	NotEqual       Op = "mustNotBe"
	Greater        Op = "mustBeGreaterThan"
	GreaterOrEqual Op = "mustBeGreaterOrEqualTo"
	Less           Op = "mustBeLessThan"
	LessOrEqual    Op = "mustBeLessOrEqualTo"
	Between        Op = "mustBeBetween"
	NotBetween     Op = "mustNotBeBetween"
)

// A Want is the condition a measured number must meet. Low holds the bound of
// the operators with one bound, where an SQL rule's true is 1 and false 0; a
// zero Want (Op "") wants nothing.
type Want struct {
	Op        Op
	Low, High float64
}

// A Relationship is a foreign key: each non-null tuple of From must be among
// the tuples of To in the dataset To names.
type Relationship struct {
	ID   string
	From []string
	// Dataset is the referenced table, of this contract or a reference file.
	Dataset string
	To      []string
	// Contract is the file or address of the contract that Dataset is a table
	// of; "" means this contract.
	Contract string
	Place    Place
}

// An SLA is one service-level property.
type SLA struct {
	ID string
	// Property is in lower camel case with synonyms resolved: latency,
	// freshness, frequency, retention, timeToDetect …
	Property string
	// Value is the text written, and Span its length of time where Property is
	// one of latency, freshness, frequency, retention, timeToDetect, timeToNotify
	// and timeToRepair: an ISO 8601 duration, or a number with a unit, which is
	// one of s, m, h, d, w, mo, y or the word spelled out. The unit m is minutes,
	// but months of a retention.
	Value string
	Span  Span
	// Table and Column are the element; "" if not given.
	Table, Column string
	Driver        string
	Description   string
	Severity      Severity
	Scheduler     string
	Schedule      string
	Place         Place
}

// A Span is a length of time in calendar units, as ISO 8601 has it: P3Y, PT60M.
type Span struct {
	Years, Months, Days int
	Clock               time.Duration
}

// IsZero reports whether the span has no length.
func (s Span) IsZero() bool { return s == Span{} }

// String writes the span in words: 1 year 2 days 3 hours.
func (s Span) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		unit string
	}{{s.Years, "year"}, {s.Months, "month"}, {s.Days, "day"}} {
		if part.n != 0 {
			parts = append(parts, words.Plural(int64(part.n), part.unit))
		}
	}
	if s.Clock != 0 || len(parts) == 0 {
		parts = append(parts, words.Duration(s.Clock))
	}
	return strings.Join(parts, " ")
}

// Before returns the time that lies s before t.
func (s Span) Before(t time.Time) time.Time {
	return t.AddDate(-s.Years, -s.Months, -s.Days).Add(-s.Clock)
}
