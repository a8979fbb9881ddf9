package sql

import (
	"slices"
	"strings"
)

// How tightly operators bind.
const (
	bindOr = 1 + iota
	bindAnd
	bindNot
	bindIs // IS, comparisons, BETWEEN, IN, LIKE
	bindConcat
	bindAdd
	bindMultiply
	bindSign
	bindCast
)

// binary are the operators between two values that are written as one token.
var binary = map[string]struct {
	op   Op
	bind int
}{
	"OR": {Or, bindOr}, "AND": {And, bindAnd},
	"=": {Equal, bindIs}, "==": {Equal, bindIs}, "<>": {Unequal, bindIs}, "!=": {Unequal, bindIs},
	"<": {Less, bindIs}, "<=": {LessEqual, bindIs}, ">": {Greater, bindIs}, ">=": {GreaterEqual, bindIs},
	"||": {Concat, bindConcat}, "+": {Add, bindAdd}, "-": {Subtract, bindAdd},
	"*": {Multiply, bindMultiply}, "/": {Divide, bindMultiply}, "%": {Modulo, bindMultiply},
}

// node makes a node that began at start and ends with the token before.
func (p *parser) node(op Op, start int, args ...*Node) *Node {
	p.nodes++
	return &Node{Op: op, Args: args, Start: start, End: p.last}
}

// expression reads as long as operators bind tighter than floor.
func (p *parser) expression(floor int) (*Node, error) {
	start := p.token.start
	left, err := p.prefix()
	for err == nil {
		if p.nodes > MaxNodes {
			return nil, p.wrong(p.token.start, "", "the text has more than %d values, names and operators", MaxNodes)
		}
		var next *Node
		if next, err = p.after(left, start, floor); next == nil {
			break
		}
		left = next
	}
	return left, err
}

// after reads one operator and what follows it; nil if none binds tighter than
// floor.
func (p *parser) after(left *Node, start, floor int) (*Node, error) {
	t := p.token
	if t.kind != symbol && t.kind != word {
		return nil, nil
	}
	if b := binary[t.text]; b.bind > floor {
		p.next()
		right, err := p.expression(b.bind)
		if err != nil {
			return nil, err
		}
		return p.node(b.op, start, left, right), nil
	} else if b.bind > 0 {
		return nil, nil
	}
	if t.text == "::" && floor < bindCast {
		p.next()
		return p.typed(start, left)
	}
	if floor >= bindIs || t.kind == symbol && t.text != "~" && t.text != "!~" {
		return nil, nil
	}
	if t.text == "IS" || t.text == "ISNULL" || t.text == "NOTNULL" {
		p.next()
		return p.identity(t.text, start, left)
	}
	not := t.text == "!~" || p.take("NOT")
	name := p.token.text
	var n *Node
	var err error
	switch {
	case !p.is("BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "~", "!~"):
		if not {
			return nil, p.unexpected("BETWEEN, IN or LIKE")
		}
		return nil, nil
	case p.take("BETWEEN"):
		n, err = p.between(start, left)
	case p.take("IN"):
		n, err = p.in(start, left)
	default:
		p.next()
		n, err = p.like(name, start, left)
	}
	if err != nil {
		return nil, err
	}
	n.Not = not
	return n, nil
}

func (p *parser) between(start int, x *Node) (*Node, error) {
	low, err := p.expression(bindIs)
	if err != nil {
		return nil, err
	}
	if err := p.need("AND"); err != nil {
		return nil, err
	}
	high, err := p.expression(bindIs)
	if err != nil {
		return nil, err
	}
	return p.node(Between, start, x, low, high), nil
}

func (p *parser) in(start int, x *Node) (*Node, error) {
	open := p.token.start
	if err := p.need("("); err != nil {
		return nil, err
	}
	if p.is("SELECT") {
		return nil, p.unsupported(open, "a relationship of the contract compares with another dataset", "IN with a query is not supported")
	}
	list, err := p.list()
	if err != nil {
		return nil, err
	}
	err = p.need(")")
	return p.node(In, start, append([]*Node{x}, list...)...), err
}

func (p *parser) like(name string, start int, x *Node) (*Node, error) {
	pattern, err := p.expression(bindIs)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(name, "LIKE") || name == "RLIKE" {
		return p.node(Match, start, x, pattern), nil
	}
	n := p.node(Like, start, x, pattern)
	n.Text = name
	if p.take("ESCAPE") {
		escape, err := p.expression(bindIs)
		if err != nil {
			return nil, err
		}
		n.Args, n.End = append(n.Args, escape), p.last
	}
	return n, nil
}

// identity reads what follows IS.
func (p *parser) identity(first string, start int, x *Node) (*Node, error) {
	if first != "IS" {
		n := p.node(IsNull, start, x)
		n.Not = first == "NOTNULL"
		return n, nil
	}
	not := p.take("NOT")
	var n *Node
	switch t := p.token; {
	case p.take("NULL"):
		n = p.node(IsNull, start, x)
	case p.take("TRUE"), p.take("FALSE"):
		n = p.node(Is, start, x)
		n.Text = t.text
	case p.take("DISTINCT"):
		if err := p.need("FROM"); err != nil {
			return nil, err
		}
		y, err := p.expression(bindIs)
		if err != nil {
			return nil, err
		}
		n = p.node(DistinctFrom, start, x, y)
	default:
		return nil, p.unexpected("NULL, TRUE, FALSE or DISTINCT FROM")
	}
	n.Not = not
	return n, nil
}

// prefix reads a value and what stands before it.
func (p *parser) prefix() (*Node, error) {
	leave, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer leave()
	t := p.token
	switch t.kind {
	case number, text:
		p.next()
		n := p.node(Number, t.start)
		if n.Text = t.text; t.kind == text {
			n.Op = Text
		}
		return n, nil
	case quoted:
		return p.name()
	case word:
		return p.word()
	case symbol:
		switch {
		case p.take("-"), p.take("+"):
			x, err := p.expression(bindSign - 1)
			if err != nil || t.text == "+" {
				return x, err
			}
			return p.node(Negate, t.start, x), nil
		case p.take("("):
			if p.is("SELECT") {
				return p.inner(t.start)
			}
			x, err := p.expression(0)
			if err != nil {
				return nil, err
			}
			if p.is(",") {
				return nil, p.unsupported(t.start, "", "a row of several values is not supported")
			}
			return x, p.need(")")
		}
	}
	return nil, p.unexpected("a value")
}

// inner reads a query in parentheses whose ( was read.
func (p *parser) inner(start int) (*Node, error) {
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if err := p.need(")"); err != nil {
		return nil, err
	}
	n := p.node(Select, start)
	n.Query = q
	return n, nil
}

// name reads a column, with the dataset's name before it or not.
func (p *parser) name() (*Node, error) {
	start := p.token.start
	for {
		t := p.token
		if t.kind != word && t.kind != quoted {
			return nil, p.unexpected("a name")
		}
		name := t.text
		if t.kind == word {
			name = t.name
		}
		p.next()
		if !p.take(".") {
			n := p.node(Name, start)
			n.Text = name
			return n, nil
		}
		if p.take("*") {
			n := p.node(Name, start)
			n.Star = true
			return n, nil
		}
	}
}

// word reads what begins with a word: a keyword's form, a function or a name.
func (p *parser) word() (*Node, error) {
	t := p.token
	switch t.text {
	case "NOT":
		p.next()
		x, err := p.expression(bindNot - 1)
		if err != nil {
			return nil, err
		}
		return p.node(Not, t.start, x), nil
	case "NULL", "TRUE", "FALSE":
		p.next()
		n := p.node(Bool, t.start)
		if n.Text = t.text; t.text == "NULL" {
			n.Op = Null
		}
		return n, nil
	case "CASE":
		p.next()
		return p.caseOf(t.start)
	case "CAST", "TRY_CAST":
		return p.cast()
	case "INTERVAL":
		p.next()
		return p.interval(t.start)
	case "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP":
		p.next()
		if p.take("(") {
			if err := p.need(")"); err != nil {
				return nil, err
			}
		}
		n := p.node(Call, t.start)
		n.Text = t.text
		return n, nil
	case "SELECT":
		return nil, p.wrong(t.start, "put the query in parentheses", "SELECT where a value is expected")
	}
	before := *p
	p.next()
	if p.token.kind == text && slices.Contains([]string{"DATE", "TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "TIME"}, t.text) {
		value, err := p.prefix()
		if err != nil {
			return nil, err
		}
		n := p.node(Cast, t.start, value)
		n.Text = t.text
		return n, nil
	}
	if p.is("(") && t.text != "IN" {
		return p.call(t)
	}
	*p = before
	if slices.Contains(clauses, t.text) || elsewhere[t.text] != "" && !p.columnNamed() {
		return nil, p.unexpected("a value")
	}
	return p.name()
}

// columnNamed reports whether the word at hand, which begins something that is
// not supported, is the name of a column after all: an operator follows, or nothing.
func (p *parser) columnNamed() bool {
	ahead := *p
	ahead.next()
	return ahead.token.kind == end || ahead.token.kind == symbol && ahead.token.text != "(" || slices.Contains([]string{"IS", "IN", "BETWEEN", "LIKE", "NOT", "AND", "OR", "THEN"}, ahead.token.text)
}
