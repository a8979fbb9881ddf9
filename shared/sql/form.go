package sql

import "strings"

// caseOf reads what follows CASE. A value after it is compared with each WHEN.
func (p *parser) caseOf(start int) (*Node, error) {
	var value *Node
	var err error
	if !p.is("WHEN") {
		if value, err = p.expression(0); err != nil {
			return nil, err
		}
	}
	var args []*Node
	for p.take("WHEN") {
		at := p.token.start
		when, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if value != nil {
			when = p.node(Equal, at, value, when)
		}
		if err := p.need("THEN"); err != nil {
			return nil, err
		}
		then, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		args = append(args, when, then)
	}
	if args == nil {
		return nil, p.unexpected("WHEN")
	}
	if p.take("ELSE") {
		otherwise, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		args = append(args, otherwise)
	}
	err = p.need("END")
	return p.node(Case, start, args...), err
}

// cast reads CAST(x AS type) and TRY_CAST.
func (p *parser) cast() (*Node, error) {
	start := p.token.start
	p.next()
	if err := p.need("("); err != nil {
		return nil, err
	}
	x, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.need("AS"); err != nil {
		return nil, err
	}
	n, err := p.typed(start, x)
	if err != nil {
		return nil, err
	}
	err = p.need(")")
	n.End = p.last
	return n, err
}

// typed reads the type that x is cast to: words, and sizes in parentheses.
func (p *parser) typed(start int, x *Node) (*Node, error) {
	if p.token.kind != word {
		return nil, p.unexpected("a type")
	}
	name := p.token.text
	p.next()
	for p.is("PRECISION", "VARYING", "UNSIGNED", "SIGNED") {
		p.next()
	}
	args := []*Node{x}
	if p.take("(") {
		sizes, err := p.list()
		if err != nil {
			return nil, err
		}
		if err := p.need(")"); err != nil {
			return nil, err
		}
		if len(sizes) == 2 {
			args = append(args, sizes[1])
		}
	}
	if p.is("WITH", "WITHOUT") { // TIMESTAMP WITH TIME ZONE
		p.next()
		if err := p.need("TIME", "ZONE"); err != nil {
			return nil, err
		}
	}
	n := p.node(Cast, start, args...)
	n.Text = name
	return n, nil
}

// interval reads what follows INTERVAL: 3 DAYS, '3' DAY or '3 days'.
func (p *parser) interval(start int) (*Node, error) {
	t := p.token
	unit := ""
	count := t.text
	if t.kind == text {
		words := strings.Fields(t.text)
		if len(words) == 2 {
			count, unit = words[0], words[1]
		}
		p.next()
	} else if t.kind == number {
		p.next()
	} else {
		return nil, p.unexpected("a count, as in INTERVAL 3 DAY")
	}
	if unit == "" {
		if p.token.kind != word {
			return nil, p.unexpected("DAY or another unit of time")
		}
		unit = p.token.text
		p.next()
	}
	value := p.node(Number, t.start)
	value.Text = count
	n := p.node(Interval, start, value)
	n.Text = strings.TrimSuffix(strings.ToUpper(unit), "S")
	return n, nil
}

// call reads a function's arguments; the ( is at hand.
func (p *parser) call(name token) (*Node, error) {
	p.next()
	n := &Node{Op: Call, Text: name.text, Start: name.start}
	p.nodes++
	var err error
	switch {
	case p.take("*"):
		n.Star = true
	case p.is(")"):
	case name.text == "EXTRACT":
		err = p.extract(n)
	default:
		if n.Distinct = p.take("DISTINCT"); !n.Distinct {
			p.take("ALL")
		}
		err = p.arguments(n)
	}
	if err != nil {
		return nil, err
	}
	if p.is("ORDER", "SEPARATOR") {
		return nil, p.unsupported(p.token.start, "", "an order within %s is not supported", name.name)
	}
	if err := p.need(")"); err != nil {
		return nil, err
	}
	if p.take("FILTER") {
		if err := p.need("(", "WHERE"); err != nil {
			return nil, err
		}
		if n.Filter, err = p.expression(0); err != nil {
			return nil, err
		}
		if err := p.need(")"); err != nil {
			return nil, err
		}
	}
	if p.is("OVER", "WITHIN") {
		return nil, p.unexpected("")
	}
	n.End = p.last
	return n, nil
}

// arguments reads arguments between commas, or between the words that SUBSTRING,
// TRIM and POSITION have there.
func (p *parser) arguments(n *Node) error {
	if p.is("SELECT") {
		return p.unsupported(p.token.start, "", "%s with a query is not supported", n.Text)
	}
	trim := ""
	if n.Text == "TRIM" && p.is("BOTH", "LEADING", "TRAILING") {
		trim = p.token.text
		p.next()
		if p.take("FROM") {
			return p.trimmed(n, trim, nil)
		}
	}
	floor := 0
	if n.Text == "POSITION" {
		floor = bindIs // IN separates
	}
	for {
		x, err := p.expression(floor)
		if err != nil {
			return err
		}
		switch {
		case n.Text == "TRIM" && p.take("FROM"):
			return p.trimmed(n, trim, x)
		case n.Text == "SUBSTRING" && p.is("FROM", "FOR"), n.Text == "POSITION" && p.is("IN"):
			p.next()
			n.Args = append(n.Args, x)
			continue
		}
		n.Args = append(n.Args, x)
		if !p.take(",") {
			return nil
		}
	}
}

// trimmed reads the value of TRIM([side] [characters] FROM value).
func (p *parser) trimmed(n *Node, side string, characters *Node) error {
	x, err := p.expression(0)
	if err != nil {
		return err
	}
	n.Text = map[string]string{"LEADING": "LTRIM", "TRAILING": "RTRIM"}[side]
	if n.Text == "" {
		n.Text = "TRIM"
	}
	n.Args = append(n.Args, x)
	if characters != nil {
		n.Args = append(n.Args, characters)
	}
	return nil
}

// extract reads part FROM value.
func (p *parser) extract(n *Node) error {
	t := p.token
	if t.kind != word && t.kind != text {
		return p.unexpected("YEAR or another part of a date")
	}
	p.next()
	part := p.node(Text, t.start)
	part.Text = t.text
	if err := p.need("FROM"); err != nil {
		return err
	}
	x, err := p.expression(0)
	n.Args = []*Node{part, x}
	return err
}
