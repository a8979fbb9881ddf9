// Package sql reads the part of SQL in which rules on data are written, into a
// tree; what a query means for a file is the business of package query.
//
//	query  = SELECT [DISTINCT] columns [FROM source] [WHERE x] [GROUP BY x, …] [HAVING x]
//	         [ORDER BY …] [LIMIT n] [;]
//	source = name [[AS] name] | ( query ) [[AS] name]
//	column = * | x [[AS] name]
//	x      = x OR x | x AND x | NOT x
//	       | x (= | == | <> | != | < | <= | > | >=) x | x IS [NOT] (NULL | TRUE | FALSE | DISTINCT FROM x)
//	       | x [NOT] BETWEEN x AND x | x [NOT] IN (x, …) | x [NOT] (LIKE | ILIKE) x [ESCAPE 'c']
//	       | x [NOT] RLIKE 'pattern' | x || x | x + x | x - x | x * x | x / x | x % x | -x | x::type
//	       | CASE [x] WHEN x THEN x … [ELSE x] END | CAST(x AS type) | TRY_CAST(x AS type)
//	       | EXTRACT(part FROM x) | f([DISTINCT] x, …) [FILTER (WHERE x)] | COUNT(*) | ( x ) | ( query )
//	       | 'text' | 1.5 | TRUE | FALSE | NULL | DATE '…' | TIMESTAMP '…' | TIME '…' | INTERVAL n unit
//	       | name | name.name | "name" | `name` | [name] | {placeholder} | ${placeholder}
//
// In each line what stands further down binds tighter. Words are the same in any case. Comments
// are -- to the end of the line and /* */. A placeholder stands for a name that the caller gives;
// within quotes it is replaced too.
//
// The text is anyone's: it has at most MaxBytes, MaxDepth and MaxNodes.
package sql

import (
	"fmt"
	"strings"
)

// The bounds of a query.
const (
	MaxBytes = 64 << 10
	MaxDepth = 64     // parentheses, signs and functions within each other
	MaxNodes = 10_000 // values, names and operators
)

// A Query is one SELECT.
type Query struct {
	Distinct bool
	Columns  []Column
	From     *Source // nil if the query has no FROM
	Where    *Node   // nil for all rows
	GroupBy  []*Node
	Having   *Node
	Ordered  bool  // there is an ORDER BY, which changes no number
	Limit    int64 // -1 for none
	Start    int   // offset of SELECT in the text
}

// A Column is one column that a query selects: all of the source's if Star is
// set, else X under Name, which is "" if it has none.
type Column struct {
	Star bool
	X    *Node
	Name string
}

// A Source is what a query selects from: the dataset called Name, or Query.
type Source struct {
	Name  string // without the schema before it
	Query *Query
	Alias string
	Start int
}

// A Node is a value, a name or an operator with its operands. Text, Args and the
// rest are as Op says.
type Node struct {
	Op         Op
	Text       string
	Args       []*Node
	Not        bool   // of Between, In, Like, Match, IsNull, Is and DistinctFrom
	Star       bool   // COUNT(*)
	Distinct   bool   // COUNT(DISTINCT x)
	Filter     *Node  // FILTER (WHERE x), or nil
	Query      *Query // of Select
	Start, End int    // where it stands in the text, in bytes
}

// An Op is what a node is.
type Op uint8

// The operators.
const (
	Null     Op = iota
	Bool        // Text is TRUE or FALSE
	Number      // Text is the number
	Text        // Text is the text without quotes
	Interval    // Args is the count, Text the unit in upper case without a plural s
	Name        // Text is the name of a column
	Call        // Text is the function in upper case
	Case        // Args are when, then, … and else if their number is odd
	Cast        // Text is the type in upper case without its size, Args the value and the digits after the point if given
	Select      // a query that yields one value
	Negate
	Not
	And
	Or
	Equal
	Unequal
	Less
	LessEqual
	Greater
	GreaterEqual
	Add
	Subtract
	Multiply
	Divide
	Modulo
	Concat
	Between      // value, low, high; both ends included
	In           // value, list
	Like         // value, pattern and escape if given; Text is LIKE or ILIKE
	Match        // value, pattern
	IsNull       // value
	Is           // value; Text is TRUE or FALSE
	DistinctFrom // two values, of which NULL equals NULL
)

// An Error says what is wrong with a query, or what of it is not supported.
type Error struct {
	Offset       int // in bytes
	Line, Column int // from 1; the column in characters
	Message      string
	Hint         string // what to write instead; may be ""
	Unsupported  bool   // it may be right SQL, which is not run here
}

// Error returns the place and the message.
func (e *Error) Error() string {
	text := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// At returns e with the place of an offset in text.
func (e *Error) At(text string, offset int) *Error {
	before := text[:min(max(offset, 0), len(text))]
	e.Offset = len(before)
	e.Line = 1 + strings.Count(before, "\n")
	e.Column = 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return e
}

// Parse reads a query. Names are what placeholders stand for, by their names in
// lower case. An error is an *Error.
func Parse(text string, names map[string]string) (*Query, error) {
	p, err := newParser(text, names)
	if err != nil {
		return nil, err
	}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	p.take(";")
	return q, p.atEnd()
}

// ParseExpression reads a condition or another value, such as follows WHERE.
func ParseExpression(text string, names map[string]string) (*Node, error) {
	p, err := newParser(text, names)
	if err != nil {
		return nil, err
	}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	return n, p.atEnd()
}

// Walk calls visit with n and what is below it, in the order of the text; it
// does not enter queries. It goes no deeper where visit returns false.
func (n *Node) Walk(visit func(*Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, a := range n.Args {
		a.Walk(visit)
	}
	n.Filter.Walk(visit)
}
