package expression

import (
	"fmt"
	"slices"
	"strings"

	"tillwatch/shared/decimal"
)

// A node is a part of the syntax tree.
type node struct {
	op          operator
	offset      int
	left, right *node
	column      int             // opColumn
	number      decimal.Decimal // opNumber
	places      int             // opRound
}

type operator uint8

const (
	opColumn operator = iota
	opNumber
	opNegate
	opAdd
	opSubtract
	opMultiply
	opDivide
	opRound
	opAbs
	opFloor
	opCeil
	opMin
	opMax
	opRoundQuotient // round(a / b, places), in programs only
	// The operators from here on yield a condition.
	opEqual
	opUnequal
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opNot
	opAnd
	opOr
)

func (o operator) condition() bool { return o >= opEqual }

// comparison reports whether o compares two numbers.
func (o operator) comparison() bool { return o >= opEqual && o <= opGreaterEqual }

// The binary operators and how tightly they bind.
var binary = map[string]struct {
	op         operator
	precedence int
}{
	"or": {opOr, 1}, "and": {opAnd, 2},
	"=": {opEqual, 4}, "==": {opEqual, 4}, "!=": {opUnequal, 4}, "<>": {opUnequal, 4},
	"<": {opLess, 4}, "<=": {opLessEqual, 4}, ">": {opGreater, 4}, ">=": {opGreaterEqual, 4},
	"+": {opAdd, 5}, "-": {opSubtract, 5}, "*": {opMultiply, 6}, "/": {opDivide, 6},
}

const (
	precedenceNot   = 3
	precedenceMinus = 7
)

var functions = map[string]operator{"round": opRound, "abs": opAbs, "floor": opFloor, "ceil": opCeil, "min": opMin, "max": opMax}

type parser struct {
	text    string
	at      int
	token   token
	depth   int
	columns []string
}

func fail(offset int, hint, format string, args ...any) error {
	return &Error{Offset: offset, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *parser) parse() (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	root, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.unexpected("an operator")
	}
	if !root.op.condition() {
		return nil, fail(root.offset, "write for example: a = b + c", "this is a number, not a comparison")
	}
	return root, nil
}

func (p *parser) unexpected(want string) error {
	if p.token.kind == tokenEnd {
		return fail(p.token.offset, "", "the expression ends where %s is expected", want)
	}
	return fail(p.token.offset, "", "%q where %s is expected", p.token.text, want)
}

// nested is expression one level deeper: in parentheses or after a sign.
func (p *parser) nested(floor int) (*node, error) {
	if p.depth == maxDepth {
		return nil, fail(p.token.offset, "", "more than %d levels of nesting", maxDepth)
	}
	p.depth++
	defer func() { p.depth-- }()
	return p.expression(floor)
}

// operator returns the binary operator at hand.
func (p *parser) operator() (op operator, precedence int) {
	if p.token.kind != tokenSymbol && p.token.kind != tokenWord {
		return 0, 0
	}
	b := binary[strings.ToLower(p.token.text)]
	return b.op, b.precedence
}

// expression parses as long as operators bind tighter than floor.
func (p *parser) expression(floor int) (*node, error) {
	left, err := p.prefix()
	if err != nil {
		return nil, err
	}
	for {
		op, precedence := p.operator()
		if precedence <= floor {
			return left, nil
		}
		offset := p.token.offset
		if err := p.next(); err != nil {
			return nil, err
		}
		right, err := p.expression(precedence)
		if err != nil {
			return nil, err
		}
		logical := op == opAnd || op == opOr
		for _, side := range []*node{left, right} {
			if err := want(side, logical); err != nil {
				return nil, err
			}
		}
		left = &node{op: op, offset: offset, left: left, right: right}
	}
}

// want reports a number where a condition is needed, or the reverse.
func want(n *node, condition bool) error {
	switch {
	case n.op.condition() == condition:
		return nil
	case condition:
		return fail(n.offset, "compare it: x > 0", "a number where a condition is needed")
	}
	return fail(n.offset, "join comparisons by and: a < b and b < c", "a condition where a number is needed")
}

// prefix parses an operand and the signs before it.
func (p *parser) prefix() (*node, error) {
	t := p.token
	if err := p.next(); err != nil {
		return nil, err
	}
	switch {
	case t.kind == tokenNumber:
		number, kind := decimal.Parse([]byte(t.text))
		if kind == decimal.NotNumber {
			return nil, fail(t.offset, "", "%q is not a number", t.text)
		}
		if kind == decimal.Large {
			return nil, fail(t.offset, "", "%s has more than 18 digits", t.text)
		}
		return &node{op: opNumber, offset: t.offset, number: number}, nil
	case t.kind == tokenQuoted:
		return p.column(t), nil
	case t.kind == tokenWord:
		return p.word(t)
	case t.text == "-" || t.text == "+":
		operand, err := p.nested(precedenceMinus)
		if err != nil {
			return nil, err
		}
		if err := want(operand, false); err != nil || t.text == "+" {
			return operand, err
		}
		return &node{op: opNegate, offset: t.offset, left: operand}, nil
	case t.text == "(":
		inner, err := p.nested(0)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	p.token = t
	return nil, p.unexpected("a number, a column or a function")
}

func (p *parser) expect(symbol string) error {
	if p.token.kind != tokenSymbol || p.token.text != symbol {
		return p.unexpected(symbol)
	}
	return p.next()
}

func (p *parser) column(t token) *node {
	i := slices.Index(p.columns, t.text)
	if i < 0 {
		i = len(p.columns)
		p.columns = append(p.columns, t.text)
	}
	return &node{op: opColumn, offset: t.offset, column: i}
}

// word parses not, a function's call or a column.
func (p *parser) word(t token) (*node, error) {
	name := strings.ToLower(t.text)
	if name == "not" {
		operand, err := p.nested(precedenceNot)
		if err != nil {
			return nil, err
		}
		return &node{op: opNot, offset: t.offset, left: operand}, want(operand, true)
	}
	if name == "and" || name == "or" {
		return nil, fail(t.offset, "put the name of a column in \" quotes", "%s without a condition before it", name)
	}
	if p.token.kind != tokenSymbol || p.token.text != "(" {
		return p.column(t), nil
	}
	op, ok := functions[name]
	if !ok {
		return nil, fail(t.offset, "there are round, abs, floor, ceil, min and max", "no function is called %s", t.text)
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	return p.call(op, t)
}

// call parses a function's arguments and the closing parenthesis.
func (p *parser) call(op operator, t token) (*node, error) {
	result, err := p.argument()
	if err != nil {
		return nil, err
	}
	count := 1
	for ; p.token.kind == tokenSymbol && p.token.text == ","; count++ {
		if err := p.next(); err != nil {
			return nil, err
		}
		switch {
		case op == opRound && count == 1:
			places, err := p.places()
			if err != nil {
				return nil, err
			}
			result = &node{op: opRound, offset: t.offset, left: result, places: places}
		case op == opMin || op == opMax:
			next, err := p.argument()
			if err != nil {
				return nil, err
			}
			result = &node{op: op, offset: t.offset, left: result, right: next}
		default:
			return nil, fail(p.token.offset, "", "%s has too many arguments", t.text)
		}
	}
	if count == 1 {
		if op == opMin || op == opMax {
			return nil, fail(t.offset, "", "%s needs two arguments or more", t.text)
		}
		result = &node{op: op, offset: t.offset, left: result}
	}
	return result, p.expect(")")
}

func (p *parser) argument() (*node, error) {
	n, err := p.nested(0)
	if err != nil {
		return nil, err
	}
	return n, want(n, false)
}

// places parses the second argument of round.
func (p *parser) places() (int, error) {
	offset := p.token.offset
	n, err := p.argument()
	if err != nil {
		return 0, err
	}
	sign := 1
	for n.op == opNegate {
		n, sign = n.left, -sign
	}
	if n.op != opNumber || n.number.Scale != 0 || n.number.Coef > maxPlaces {
		return 0, fail(offset, "write for example round(x, 2)", "the places of round are not a whole number from -18 to 18")
	}
	return sign * int(n.number.Coef), nil
}
