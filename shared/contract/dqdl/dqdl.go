// Package dqdl reads rulesets in DQDL, the rule language of AWS Glue Data
// Quality, into a tree; what the rules mean for a file is package quality/glue's
// business.
//
//	Metadata = { "Version": "1.0" }
//	regions = ["North", "South"]
//	DefaultLabels = [ "team"="sales" ]
//	Rules = [
//	    RowCount between 1 and 100000,
//	    RowCount > avg(last(10)) * 0.6,
//	    ColumnValues "region" in $regions with threshold > 0.99,
//	    (IsComplete "id") and (ColumnLength "id" = 8) or (ColumnValues "kind" = "legacy"),
//	    DataFreshness "sold_at" <= 24 hours labels = [ "page"="yes" ]
//	]
//	Analyzers = [ Mean "amount" ]
//
// The grammar, [ ] around what may be missing:
//
//	ruleset    = { Metadata = map | DataSources = map | name = value
//	             | DefaultLabels = labels | Rules = [ rules ] | Analyzers = [ rules ] }
//	rule       = rule or rule | rule and rule | ( rule ) [labels = labels] | simple
//	simple     = Type { parameter } [condition] { where "SQL" | with tag condition | labels = labels }
//	condition  = (= | != | > | >= | < | <=) operand | [not] between operand and operand
//	           | [not] in [ operands ] | [not] in $name | [not] matches "pattern"
//	operand    = "text" | $name | NULL | EMPTY | WHITESPACES_ONLY | number | date | duration | size
//	number     = digits | -number | number (+ - * /) number | ( number ) | function( numbers )
//	parameter  = "text" | name | $name, of or and before it where they read well
//	function   = last([n]) | avg min max sum std median ( list ) | percentile( list, 0 to 100 ) | abs( number )
//	list       = numbers, and last(n) for as many
//	date       = "2026-11-22" | now() | ( now() (+|-) duration )
//	duration   = digits (days | hours | minutes)      size = digits (B | KB | MB | GB | TB)
//	labels     = [ "key"="value", … ]
//
// In a composite, and binds tighter than or, and both take their left side
// first; parentheses say otherwise. * and / bind tighter than + and -: AWS's own parser takes
// all four from left to right, so that a threshold with both needs parentheses to mean the
// same there. Between leaves out both ends. A list of last is not a number; last() and last(1)
// are also one. Of average it is said avg. A name that ends a parameter list is any word but
// those of the grammar and, DetectAnomalies apart, the rule types.
// A KB is 1,024 bytes, an MB 1,024 KB and so on. A text has the escapes \" and \\;
// any other backslash is itself, as patterns need. Comments are # and // to
// the end of the line, and /* */. Sections may come in any order, a variable before
// its use. Keywords other than names of types and sections may be in any case.
//
// Beyond AWS's parser, variables may be numbers and hold others, sections may come in any order,
// and now() - 3 days needs no parentheses; what follows the last section, which AWS's parser
// does not look at, is an error, and so are functions that nobody computes.
//
// A ruleset is anyone's input: it has at most MaxBytes, MaxRules, MaxLabels, MaxValues and MaxDepth.
package dqdl

import (
	"time"

	"tillwatch/shared/document"
)

// The bounds of a ruleset.
const (
	MaxBytes  = 1 << 20
	MaxRules  = 10_000  // rules and analyzers, parts of composites counted
	MaxLabels = 10      // of a rule, those of DefaultLabels counted
	MaxValues = 1 << 19 // of lists, once for each variable that stands for them
	MaxDepth  = 32      // parentheses and composites within each other
)

// A Ruleset is one DQDL document.
type Ruleset struct {
	Metadata map[string]string
	// DataSources holds Primary, and AdditionalDataSources as "" if there are any.
	DataSources map[string]string
	// Variables are the names of the variables, in order.
	Variables []string
	Rules     []*Rule
	// Analyzers ask for statistics to be kept without judging them.
	Analyzers []*Rule
}

// A Rule is a simple rule or a composite of others.
type Rule struct {
	// Text is the rule as written, on one line, without comments.
	Text  string
	Place document.Place
	// Join is "and" or "or" for a composite of Parts, else "".
	Join  string
	Parts []*Rule
	// Type is the rule type, one of Types; the fields below are a simple rule's.
	Type       string
	Parameters []string
	// Condition is nil if there is none, as in IsComplete.
	Condition *Condition
	// Threshold is the condition of "with threshold", on the share of rows that
	// meet Condition, 0 to 1; nil if there is none.
	Threshold *Condition
	// Tags are the conditions of other tags, such as timeZone.
	Tags map[string]*Condition
	// Where is the SQL condition of the rows to look at, "" for all.
	Where string
	// Labels are the rule's own and the ruleset's defaults; those of a part of a
	// composite decide nothing.
	Labels map[string]string
}

// An Op is the operator of a condition.
type Op string

// The operators. Between leaves out both ends.
const (
	Equal          Op = "="
	NotEqual       Op = "!="
	Greater        Op = ">"
	GreaterOrEqual Op = ">="
	Less           Op = "<"
	LessOrEqual    Op = "<="
	Between        Op = "between"
	NotBetween     Op = "not between"
	In             Op = "in"
	NotIn          Op = "not in"
	Matches        Op = "matches"
	NotMatches     Op = "not matches"
)

// A Condition compares with one operand, two for the betweens, any number from
// one on for the ins.
type Condition struct {
	Op       Op
	Operands []Operand
	// Text is the condition as written, on one line.
	Text  string
	Place document.Place
}

// A Kind says what an operand is.
type Kind uint8

// The kinds of operand. They are bits, so that a rule type can allow several.
const (
	Text     Kind = 1 << iota // "text", which may be a date or a time of day
	Keyword                   // NULL, EMPTY or WHITESPACES_ONLY
	Number                    // an expression
	Date                      // now() and a distance from it
	Duration                  // 3 days
	Size                      // 3 MB
)

// An Operand is what a condition compares with.
type Operand struct {
	Kind Kind
	// Text is the unquoted text, or the keyword in capitals.
	Text   string
	Number *Expression // for Number
	// Span is the duration, or a date's distance from now, which may be negative.
	Span  time.Duration
	Bytes int64 // for Size
}

// An Expression is a number to be worked out. Op is one of + - * /, or 0 for a
// Literal or a call of Function.
type Expression struct {
	Op       byte
	Literal  string // as written; "" if none
	Function string // in lower case; "" if none
	Args     []*Expression
}

// Literal returns the text of an expression that is a plain number, and
// whether it is one; a minus before it is part of it.
func Literal(e *Expression) (string, bool) {
	if e.Op == '-' && len(e.Args) == 1 && e.Args[0].Literal != "" {
		return "-" + e.Args[0].Literal, true
	}
	return e.Literal, e.Literal != ""
}
