// Package expression evaluates comparisons between columns of a row, such as
//
//	amount = round(quantity * unit_price - discount, 2)
//
// exactly: on decimals without allocation, and on fractions where decimals do
// not suffice.
//
// Grammar, loosest first; keywords and functions in any case:
//
//	condition  = condition "or" condition | condition "and" condition
//	           | "not" condition | comparison | "(" condition ")"
//	comparison = sum ("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") sum
//	sum        = sum ("+" | "-") sum | sum ("*" | "/") sum | "-" sum
//	           | "(" sum ")" | number | column | function
//	function   = round(sum [, places]) | abs(sum) | floor(sum) | ceil(sum)
//	           | min(sum, sum, ...) | max(sum, sum, ...)
//	column     = name | "any name" | `any name`
//
// A bare name has letters, digits and underscores and begins with no digit. A
// quote within quotes is written twice. Places is a whole number from -18 to 18;
// round goes half away from zero. An expression has at most 4,096 bytes and 64
// levels of parentheses and signs.
package expression

import (
	"fmt"
	"slices"

	"tillwatch/shared/decimal"
)

const (
	maxText   = 4096
	maxDepth  = 64
	maxPlaces = 18
)

// An Error says what is wrong with the text of an expression.
type Error struct {
	Offset  int // in bytes, from 0
	Message string
	Hint    string // what to write instead, or ""
}

// Error gives the place, counted from 1, the message and the hint.
func (e *Error) Error() string {
	text := fmt.Sprintf("parse expression: at %d: %s", e.Offset+1, e.Message)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// A Comparison is a parsed expression. It is safe for concurrent use.
type Comparison struct {
	text    string
	columns []string
	root    *node
	program []instruction
	stack   int // slots that program needs
}

// Parse parses text. An error is an *Error.
func Parse(text string) (*Comparison, error) {
	if len(text) > maxText {
		return nil, &Error{Offset: maxText, Message: "expression is longer than 4,096 bytes"}
	}
	p := &parser{text: text}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	c := &Comparison{text: text, columns: p.columns, root: root}
	c.compile()
	return c, nil
}

// Columns returns the names of the columns used, each once, in order of first
// use.
func (c *Comparison) Columns() []string { return slices.Clone(c.columns) }

// String returns the text as it was given to Parse.
func (c *Comparison) String() string { return c.text }

// Holds evaluates the expression on the cells of Columns, in that order. Two
// numbers are equal if they differ by at most tolerance, which is not negative;
// < <= > >= are exact. If a value does not fit a Decimal, or a divisor is zero,
// or a quotient that is not rounded at once is no decimal, measured is false:
// then ask HoldsExact.
// "and" and "or" do not evaluate their right side if the left one decides.
// Holds does not allocate.
func (c *Comparison) Holds(cells []decimal.Decimal, tolerance decimal.Decimal) (holds, measured bool) {
	if c.stack <= smallStack {
		var stack [smallStack]decimal.Decimal
		return c.run(stack[:], cells, tolerance)
	}
	var stack [largeStack]decimal.Decimal
	return c.run(stack[:], cells, tolerance)
}
