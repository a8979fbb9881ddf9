package dqdl

import (
	"strings"
	"time"

	"tillwatch/shared/document"
)

// rule reads alternatives of conjunctions: or binds loosest.
func (p *parser) rule(depth int, analyzer bool) *Rule {
	return p.composite("or", depth, func() *Rule {
		return p.composite("and", depth, func() *Rule { return p.primary(depth, analyzer) })
	})
}

// composite reads parts joined by one word; a single part is itself.
func (p *parser) composite(join string, depth int, part func() *Rule) *Rule {
	first := p.peek()
	r := part()
	if r == nil || !p.says(join) {
		return r
	}
	all := &Rule{Join: join, Parts: []*Rule{r}, Place: first.place}
	for p.says(join) {
		p.next()
		if r = part(); r == nil {
			return nil
		}
		all.Parts = append(all.Parts, r)
	}
	all.Text = p.since(first)
	return all
}

// since returns what was read from a token on, on one line without comments.
func (p *parser) since(first token) string {
	var b strings.Builder
	stop := first.start
	for i := p.at - 1; i >= 0 && p.tokens[i].start >= first.start; i-- {
		stop = i
	}
	for i := stop; i < p.at; i++ {
		t := p.tokens[i]
		if i > stop && t.start > p.tokens[i-1].stop {
			b.WriteByte(' ')
		}
		b.WriteString(p.text[t.start:t.stop])
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// primary reads a rule in parentheses or a simple one.
func (p *parser) primary(depth int, analyzer bool) *Rule {
	t := p.peek()
	if depth > MaxDepth {
		p.fault(t, "use fewer parentheses", "rules are more than %d levels deep", MaxDepth)
		return nil
	}
	if p.rules++; p.rules > MaxRules {
		p.fault(t, "split the ruleset", "there are more than %d rules", MaxRules)
		p.at = len(p.tokens) - 1
		return nil
	}
	if p.take("(") {
		if analyzer {
			p.fault(t, "list what is to be measured, one by one", "an analyzer is no composite")
			return nil
		}
		r := p.rule(depth+1, analyzer)
		if r == nil || !p.need(")", "close the rule's parenthesis") {
			return nil
		}
		if p.says("labels") {
			return p.labelled(r)
		}
		return r
	}
	if t.kind != word {
		p.fault(t, `write a rule such as IsComplete "id"`, "expected a rule, found %s", t)
		return nil
	}
	return p.simple(analyzer)
}

// simple reads one rule of a type. What is wrong with its meaning is reported
// and reading goes on, so that all is told at once.
func (p *parser) simple(analyzer bool) *Rule {
	name := p.next()
	r := &Rule{Type: name.text, Place: name.place}
	s, known := types[name.text]
	switch {
	case !known:
		p.fault(name, document.Among(name.text, RuleTypes()), "%s is not a rule type", name.text)
		s = signature{0, -1, Text | Keyword | Number | Date | Duration | Size, true, true, true, false, true}
	case analyzer && !s.analyzer:
		p.fault(name, "move it to Rules", "%s is a rule and no analyzer", name.text)
	case !analyzer && s.only:
		p.fault(name, "move it to Analyzers", "%s is an analyzer and no rule", name.text)
	}
	p.parameters(r, name, s)
	if r.Type == "FileMatch" && len(r.Parameters) == 2 {
		s.kinds = 0 // two paths are compared with each other
	}
	at := p.peek()
	if p.condition() {
		c := p.readCondition()
		if c == nil {
			return nil
		}
		r.Condition = c
		switch {
		case analyzer:
			p.fault(at, "remove it", "an analyzer measures and has no condition")
		case s.kinds == 0:
			p.fault(at, "remove it", "%s takes no condition", r.Type)
		default:
			p.kinds(r.Type, c, s.kinds)
		}
	} else if s.kinds != 0 && !s.optional && !analyzer {
		p.fault(at, "write a condition such as > 0", "%s needs a condition, found %s", r.Type, at)
		if at.kind != mark && at.kind != end && !p.says("where") && !p.says("with") && !p.says("labels") {
			return nil
		}
	}
	if !p.suffixes(r, s) {
		return nil
	}
	r.Text = p.since(name)
	return r
}

// parameters reads what stands between the type and its condition: texts, names
// without quotes and variables. The words of and and may stand between them.
func (p *parser) parameters(r *Rule, name token, s signature) {
	for {
		t, after := p.peek(), p.ahead(1)
		switch {
		case t.kind == quoted, p.bare(t, r.Type):
			p.next()
			r.Parameters = append(r.Parameters, t.text)
		case p.is("$"):
			values, ok := p.operand(0)
			if ok && (len(values) != 1 || values[0].Kind != Text) {
				p.fault(after, "name a variable of one text", "a parameter is a text")
			} else if ok {
				r.Parameters = append(r.Parameters, values[0].Text)
			} else {
				r.Parameters = append(r.Parameters, after.text)
			}
		case p.says("of") && p.named(after, r.Type),
			p.says("and") && len(r.Parameters) > 0 && (after.kind == quoted || len(r.Parameters) < s.most && p.named(after, r.Type)):
			p.next()
		default:
			n := len(r.Parameters)
			if n < s.least || s.most >= 0 && n > s.most {
				p.fault(name, "", "%s takes %s, found %d", r.Type, s.count(), n)
			}
			return
		}
	}
}

// bare reports whether a token is a parameter without quotes. Only
// DetectAnomalies takes the name of a rule type.
func (p *parser) bare(t token, rule string) bool {
	_, begins := types[t.text]
	return t.kind == word && !reserved[strings.ToLower(t.text)] && (!begins || rule == "DetectAnomalies")
}

func (p *parser) named(t token, rule string) bool {
	return t.kind == quoted || t.kind == mark && t.text == "$" || p.bare(t, rule)
}

func (s signature) count() string {
	switch {
	case s.most == 0:
		return "no parameter"
	case s.most == 1 && s.least == 0:
		return "one path in quotes or none"
	case s.most == 2 && s.least == 0:
		return "two paths in quotes, one or none"
	case s.most < 0:
		return "one parameter or more"
	case s.least == 1 && s.most == 1:
		return `one parameter in quotes, such as "amount"`
	case s.least == s.most:
		return "two parameters in quotes"
	}
	return "two or three parameters in quotes"
}

// suffixes reads where, with and labels, in any order.
func (p *parser) suffixes(r *Rule, s signature) bool {
	for {
		t := p.peek()
		switch {
		case p.says("where"):
			p.next()
			switch {
			case !s.where:
				p.fault(t, "remove it", "%s takes no where", r.Type)
			case r.Where != "":
				p.fault(t, "join them with and", "a second where")
			}
			sql := p.next()
			if sql.kind != quoted || strings.TrimSpace(sql.text) == "" {
				p.fault(sql, `write where "amount > 0"`, "expected an SQL condition, found %s", sql)
				return false
			}
			r.Where = sql.text
		case p.says("with"):
			p.next()
			if !p.tag(r, s) {
				return false
			}
		case p.says("labels"):
			if p.labelled(r) == nil {
				return false
			}
		default:
			return true
		}
	}
}

// labelled reads the labels of a rule, or of a composite in parentheses.
func (p *parser) labelled(r *Rule) *Rule {
	p.next()
	if !p.need("=", `write labels = [ "key"="value" ]`) {
		return nil
	}
	r.Labels = p.labels()
	return r
}

func (p *parser) tag(r *Rule, s signature) bool {
	name := p.next()
	if name.kind != word || !p.condition() {
		p.fault(name, "write with threshold > 0.9", "expected a tag and its condition, found %s", name)
		return false
	}
	c := p.readCondition()
	if c == nil {
		return false
	}
	if !strings.EqualFold(name.text, "threshold") {
		if r.Tags == nil {
			r.Tags = map[string]*Condition{}
		}
		r.Tags[name.text] = c
		if c.Op != Equal {
			p.fault(name, "write with "+name.text+" = …", "%s is compared with %s", name.text, c.Op)
		} else if _, err := time.LoadLocation(c.Operands[0].Text); err != nil && strings.EqualFold(name.text, "timeZone") {
			p.fault(name, `write an IANA name such as "Europe/Paris"`, "there is no time zone %q", c.Operands[0].Text)
		}
		return true
	}
	switch {
	case r.Threshold != nil:
		p.fault(name, "keep one of them", "a second threshold")
	case !s.threshold:
		p.fault(name, "put the bound into the condition", "%s takes no threshold", r.Type)
	default:
		p.kinds("with threshold", c, Number)
	}
	r.Threshold = c
	return true
}

// kinds reports operands that a condition of what cannot have.
func (p *parser) kinds(what string, c *Condition, allowed Kind) {
	for _, o := range c.Operands {
		if o.Kind&allowed == 0 {
			p.faults.Addf(c.Place, "write "+allowed.String(), "%s cannot be compared with %s", what, o.Kind)
			return
		}
	}
	if (c.Op == Matches || c.Op == NotMatches) && allowed&Text == 0 {
		p.faults.Addf(c.Place, "write a comparison such as > 0", "%s matches no pattern", what)
	}
}

// condition reports whether the next token begins a condition.
func (p *parser) condition() bool {
	t := p.peek()
	if t.kind == mark {
		switch t.text {
		case "=", "!=", ">", ">=", "<", "<=":
			return true
		}
	}
	return p.says("between") || p.says("in") || p.says("not") || p.says("matches")
}

// readCondition reads an operator and what it compares with; nil after
// reporting that it cannot.
func (p *parser) readCondition() *Condition {
	first := p.next()
	c := &Condition{Op: Op(strings.ToLower(first.text)), Place: first.place}
	if c.Op == "not" {
		second := p.next()
		if second.kind != word || !oneOf(strings.ToLower(second.text), "between", "in", "matches") {
			p.fault(second, "write not between, not in or not matches", "%s follows not", second)
			return nil
		}
		c.Op = Op("not " + strings.ToLower(second.text))
	}
	var ok bool
	switch c.Op {
	case Between, NotBetween:
		var low, high []Operand
		if low, ok = p.operand(0); !ok {
			return nil
		}
		if !p.says("and") {
			p.fault(p.peek(), "write between 1 and 5", "expected and, found %s", p.peek())
			return nil
		}
		p.next()
		if high, ok = p.operand(0); !ok {
			return nil
		}
		c.Operands = append(low, high...)
		if len(c.Operands) != 2 {
			p.fault(first, "name a variable of one value", "between takes two values")
		}
	case In, NotIn:
		if c.Operands, ok = p.operands(0); !ok {
			return nil
		}
	case Matches, NotMatches:
		t := p.peek()
		if c.Operands, ok = p.operand(0); !ok {
			return nil
		}
		if len(c.Operands) != 1 || c.Operands[0].Kind != Text {
			p.fault(t, `write matches "[a-z]+"`, "expected a pattern, found %s", t)
			return nil
		}
	default:
		if c.Operands, ok = p.operand(0); !ok {
			return nil
		}
		switch {
		case len(c.Operands) != 1:
			p.fault(first, "write in", "%s compares with one value, the variable has %d", c.Op, len(c.Operands))
		case c.Operands[0].Kind == Keyword && c.Op != Equal && c.Op != NotEqual:
			p.fault(first, "write = or !=", "nothing is %s %s", c.Op, c.Operands[0].Text)
		}
	}
	for i := range c.Operands {
		if c.Operands[i].Kind != c.Operands[0].Kind && c.Operands[i].Kind != Keyword && c.Operands[0].Kind != Keyword && c.Operands[i].Kind|c.Operands[0].Kind != Text|Date {
			p.fault(first, "write values of one kind", "%s and %s are compared with", c.Operands[0].Kind, c.Operands[i].Kind)
			break
		}
	}
	c.Text = p.since(first)
	return c
}

func oneOf(text string, words ...string) bool {
	for _, w := range words {
		if text == w {
			return true
		}
	}
	return false
}
