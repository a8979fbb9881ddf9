package dqdl

import (
	"math"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/document"
)

// operands reads [ a, b ] or a variable.
func (p *parser) operands(depth int) ([]Operand, bool) {
	if p.is("$") {
		all, ok := p.operand(depth)
		return all, ok && p.counted(all)
	}
	if !p.need("[", `write a list: ["a", "b"]`) {
		return nil, false
	}
	var all []Operand
	for {
		if p.is("]") {
			p.fault(p.peek(), "write at least one value", "expected a value, found ]")
			return nil, false
		}
		one, ok := p.operand(depth)
		if !ok {
			return nil, false
		}
		if !p.counted(one) {
			return nil, false
		}
		all = append(all, one...)
		if p.take("]") {
			return all, true
		}
		if !p.need(",", "values are separated by commas") {
			return nil, false
		}
	}
}

// counted reports whether there are no more than MaxValues with these.
func (p *parser) counted(more []Operand) bool {
	if p.values += len(more); p.values > MaxValues {
		p.fault(p.peek(), "use fewer", "the lists of the ruleset hold more than %d values", MaxValues)
		return false
	}
	return true
}

// operand reads one value; a variable may stand for several.
func (p *parser) operand(depth int) ([]Operand, bool) {
	t := p.peek()
	switch {
	case t.kind == quoted:
		p.next()
		return []Operand{{Kind: Text, Text: t.text}}, true
	case p.take("$"):
		name := p.next()
		values, known := p.variables[name.text]
		if !known {
			hint := "write it before its use: " + name.text + ` = ["a", "b"]`
			p.fault(name, hint, "there is no variable %s", name)
		}
		return values, known
	case p.says("now"):
		return p.date()
	case p.is("(") && p.ahead(1).kind == word && strings.EqualFold(p.ahead(1).text, "now"):
		p.next()
		date, ok := p.date()
		return date, ok && p.need(")", "write (now() - 3 days)")
	case t.kind == word && oneOf(strings.ToUpper(t.text), "NULL", "EMPTY", "WHITESPACES_ONLY"):
		p.next()
		return []Operand{{Kind: Keyword, Text: strings.ToUpper(t.text)}}, true
	case t.kind == digits && p.ahead(1).kind == word:
		unit := p.ahead(1)
		if _, ok := spans[strings.ToLower(unit.text)]; ok {
			d, ok := p.duration()
			return []Operand{{Kind: Duration, Span: d}}, ok
		}
		if size, ok := sizes[strings.ToUpper(unit.text)]; ok {
			p.next()
			p.next()
			n, err := strconv.ParseFloat(t.text, 64)
			if err != nil || n*float64(size) > math.MaxInt64/2 {
				p.fault(t, "write a smaller one", "%s %s is no size", t.text, unit.text)
				return nil, false
			}
			return []Operand{{Kind: Size, Bytes: int64(math.Round(n * float64(size)))}}, true
		}
	}
	e := p.sum(depth)
	if e == nil || !p.number(e, t) {
		return nil, false
	}
	return []Operand{{Kind: Number, Number: e}}, true
}

// date reads now() and the distance from it.
func (p *parser) date() ([]Operand, bool) {
	p.next()
	if !p.need("(", "write now()") || !p.need(")", "write now()") {
		return nil, false
	}
	sign := time.Duration(0)
	switch {
	case p.take("-"):
		sign = -1
	case p.take("+"):
		sign = 1
	default:
		return []Operand{{Kind: Date}}, true
	}
	d, ok := p.duration()
	return []Operand{{Kind: Date, Span: sign * d}}, ok
}

// duration reads a number and its unit.
func (p *parser) duration() (time.Duration, bool) {
	n, unit := p.next(), p.next()
	seconds, known := spans[strings.ToLower(unit.text)]
	if n.kind != digits || unit.kind != word || !known {
		p.fault(n, "write 3 days, 12 hours or 30 minutes", "expected a duration, found %s", n)
		return 0, false
	}
	count, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || count > 1_000_000_000/seconds*8 {
		p.fault(n, "write whole days, hours or minutes, of 250 years at most", "%s %s is no duration", n.text, unit.text)
		return 0, false
	}
	return time.Duration(count*seconds) * time.Second, true
}

// sum reads a number expression: + and - bind loosest.
func (p *parser) sum(depth int) *Expression {
	return p.operators(depth, "+-", func() *Expression {
		return p.operators(depth, "*/", func() *Expression { return p.unary(depth) })
	})
}

func (p *parser) operators(depth int, marks string, part func() *Expression) *Expression {
	left := part()
	for n := 0; left != nil && p.peek().kind == mark && strings.Contains(marks, p.peek().text); n++ {
		if n == 1000 {
			p.fault(p.peek(), "write a shorter one", "the number is too long")
			return nil
		}
		op := p.next().text[0]
		right := part()
		if right == nil {
			return nil
		}
		left = &Expression{Op: op, Args: []*Expression{left, right}}
	}
	return left
}

func (p *parser) unary(depth int) *Expression {
	t := p.peek()
	if depth > MaxDepth {
		p.fault(t, "use fewer parentheses", "a number is more than %d levels deep", MaxDepth)
		return nil
	}
	switch {
	case p.take("-"):
		e := p.unary(depth + 1)
		if e == nil {
			return nil
		}
		return &Expression{Op: '-', Args: []*Expression{e}}
	case p.take("("):
		e := p.sum(depth + 1)
		if e == nil || !p.need(")", "close the parenthesis") {
			return nil
		}
		return e
	case t.kind == digits:
		p.next()
		return &Expression{Literal: t.text}
	case t.kind == word && p.ahead(1).kind == mark && p.ahead(1).text == "(":
		return p.call(depth)
	}
	p.fault(t, `write a number, or a text in quotes`, "expected a value, found %s", t)
	return nil
}

// call reads a function and its arguments.
func (p *parser) call(depth int) *Expression {
	name := p.next()
	p.next()
	e := &Expression{Function: strings.ToLower(name.text)}
	if e.Function == "average" {
		e.Function = "avg"
	}
	if _, known := functions[e.Function]; !known {
		p.fault(name, document.Among(e.Function, []string{"last", "avg", "min", "max", "sum", "std", "median", "percentile", "abs"}), "%s is not a function", name.text)
		return nil
	}
	for !p.take(")") {
		arg := p.sum(depth + 1)
		if arg == nil {
			return nil
		}
		e.Args = append(e.Args, arg)
		if !p.take(",") && !p.is(")") {
			p.need(")", "arguments are separated by commas")
			return nil
		}
	}
	return e
}

// number reports an expression that is a list where a number is needed, or
// the other way round.
func (p *parser) number(e *Expression, at token) bool {
	switch {
	case e.Literal != "":
		return true
	case e.Op != 0:
		for _, a := range e.Args {
			if !p.number(a, at) {
				return false
			}
		}
		return true
	case e.Function == "last":
		if !p.last(e, at) {
			return false
		}
		if len(e.Args) == 1 && e.Args[0].Literal != "1" {
			p.fault(at, "write avg(last("+e.Args[0].Literal+"))", "last(%s) is a list and no number", e.Args[0].Literal)
			return false
		}
		return true
	}
	least := 1
	if e.Function == "percentile" {
		least = 2
	}
	if list := functions[e.Function]; len(e.Args) < least || !list && len(e.Args) > 1 {
		p.fault(at, "write avg(last(10)) or percentile(last(10), 95)", "%s has %d arguments", e.Function, len(e.Args))
		return false
	}
	for i, a := range e.Args {
		share := e.Function == "percentile" && i == len(e.Args)-1
		if a.Function == "last" && functions[e.Function] && !share {
			if !p.last(a, at) {
				return false
			}
		} else if !p.number(a, at) {
			return false
		}
	}
	return true
}

// last checks how many runs are asked for.
func (p *parser) last(e *Expression, at token) bool {
	if len(e.Args) == 0 {
		return true
	}
	n, err := strconv.Atoi(e.Args[0].Literal)
	if len(e.Args) > 1 || err != nil || n < 1 || n > 1000 {
		p.fault(at, "write last(10)", "last takes how many runs, from 1 to 1000")
		return false
	}
	return true
}
