package glue

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/datetime"
	"tillwatch/shared/decimal"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/figure"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/textformat"
	"tillwatch/shared/words"
)

// A test says whether a value is as wanted; nil is a null.
type test func(value []byte) bool

// ofValues makes the check of a rule that each value of a column meets, or with
// threshold a share of them. The test that want makes is nil, and c says why, where
// values can't be tested.
func ofValues(want func(p *check.Plan, c *check.Check, rule *dqdl.Rule, slot int) test) maker {
	return func(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
		slots, ok := columnsOf(p, c, rule)
		if !ok {
			return
		}
		c.Noun = "values"
		good := want(p, c, rule, slots[0])
		if good == nil {
			return
		}
		if !good(nil) && rule.Where == "" {
			c.Advice += " " + nullsFail(rule)
		}
		c.Kernel = kernel.Cells(slots[0], true, good)
		threshold(p, c, rule)
	}
}

// nullsFail says how to have nulls pass a rule that they break.
func nullsFail(rule *dqdl.Rule) string {
	return fmt.Sprintf("If nulls are fine, write where \"`%s` is not null\" after the rule.", rule.Parameters[0])
}

// or returns a test unless there is a problem, of which c tells then.
func (good test) or(c *check.Check, problem string) test {
	if problem != "" {
		c.Unmeasurable("%s", problem)
		return nil
	}
	return good
}

func lengthRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, _ int) test {
	c.Complaint = "have a length that is " + refuse(rule.Condition)
	c.Advice = "Look for cut or padded values at the source, and for a code that got longer."
	b, problem := workOut(p, rule.Condition, "")
	good := test(func(value []byte) bool { return b.holds(float64(textformat.Length(value))) })
	return good.or(c, problem)
}

func freshRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, slot int) test {
	c.Say.Dimension, c.Complaint = contract.Timeliness, "have an age that is "+refuse(rule.Condition)
	c.Advice = "The data stopped before the file was made, or old rows came along: look at the last run of the producer and at what feeds it."
	good, problem := freshTest(p, rule.Condition, slot)
	return good.or(c, problem)
}

func valueRule(p *check.Plan, c *check.Check, rule *dqdl.Rule, slot int) test {
	cond := rule.Condition
	c.Say.Dimension, c.Complaint = contract.Accuracy, "are "+refuse(cond)
	c.Advice = "Correct the values at the source, or extend what the rule allows."
	if cond.Op != dqdl.Matches && cond.Op != dqdl.NotMatches {
		good, problem := valueTest(p, cond, slot, ignoresCase(rule))
		return good.or(c, problem)
	}
	c.Complaint = refuse(cond)
	matches, err := whole(cond.Operands[0].Text)
	if err != nil {
		c.BadPattern(err)
		return nil
	}
	return func(value []byte) bool { return value != nil && matches(value) == (cond.Op == dqdl.Matches) }
}

// refuse says what a value is that does not meet a condition: "not > 0".
func refuse(c *dqdl.Condition) string {
	operand := say.Shorten(strings.TrimSpace(c.Text[min(len(c.Op), len(c.Text)):]))
	if strings.Contains(operand, "$") {
		var shown []contract.Value
		for _, o := range c.Operands {
			shown = append(shown, contract.Value{Text: o.Text, Null: o.Kind == dqdl.Keyword && o.Text == "NULL"})
		}
		if c.Operands[0].Kind&(dqdl.Text|dqdl.Keyword) != 0 {
			operand = say.Values(shown)
		}
	}
	switch c.Op {
	case dqdl.Equal:
		return "not " + operand
	case dqdl.NotEqual:
		return operand
	case dqdl.In:
		return "not in " + operand
	case dqdl.NotIn:
		return "in " + operand
	case dqdl.Between:
		return "not between " + operand + " (both ends left out)"
	case dqdl.NotBetween:
		return "between " + operand
	case dqdl.Matches:
		return "don't match " + operand
	case dqdl.NotMatches:
		return "match " + operand
	}
	return fmt.Sprintf("not %s %s", c.Op, operand)
}

// whole compiles a pattern, which is Java's, that must match all of a text.
func whole(pattern string) (func([]byte) bool, error) {
	pattern, err := textformat.Java(pattern)
	if err != nil {
		return nil, err
	}
	if _, err := textformat.Pattern(pattern); err != nil {
		return nil, err
	}
	m, err := textformat.Pattern("^(?:" + pattern + ")$")
	if err != nil {
		return nil, err
	}
	return m.Match, nil
}

// threshold makes c pass where the share of good values meets the rule's
// threshold, if it has one.
func threshold(p *check.Plan, c *check.Check, rule *dqdl.Rule) {
	if rule.Threshold == nil {
		return
	}
	wanted, problem := workOut(p, rule.Threshold, "")
	if problem != "" {
		c.Skip("%s", problem)
		return
	}
	compliance(p, c, wanted)
}

// compliance makes c a check of the share of good values, 0 to 1; it is 1 of none.
func compliance(p *check.Plan, c *check.Check, wanted bounds) {
	c.Say.Unit, c.Say.Want = "ratio", wanted.text
	c.Finish = func(f *check.Findings, t *check.Tally, r *quality.Result) {
		check.ByRows(f, t, r, c)
		share := 1.0
		if t.Looked > 0 {
			share = float64(t.Looked-t.Violations) / float64(t.Looked)
		}
		r.Decide(share, wanted.holds(share))
		r.Message += fmt.Sprintf("; a share of %s is good, wanted %s", words.Number(figure.Round6(share)), wanted.full())
	}
}

// valueTest makes the test of a condition on values. Of nulls it is false, but of
// != and not in that do not name NULL.
func valueTest(p *check.Plan, c *dqdl.Condition, slot int, fold bool) (good test, problem string) {
	var tests []test
	ordered := c.Op == dqdl.Greater || c.Op == dqdl.GreaterOrEqual || c.Op == dqdl.Less || c.Op == dqdl.LessOrEqual || c.Op == dqdl.Between || c.Op == dqdl.NotBetween
	if ordered {
		return orderTest(p, c, slot)
	}
	texts := map[string]bool{}
	folded := func(text string) string {
		if fold {
			return strings.ToLower(text)
		}
		return text
	}
	for _, o := range c.Operands {
		switch {
		case o.Kind == dqdl.Text:
			texts[folded(o.Text)] = true
		case o.Kind == dqdl.Keyword && o.Text == "NULL":
			tests = append(tests, func(value []byte) bool { return value == nil })
		case o.Kind == dqdl.Keyword && o.Text == "EMPTY":
			tests = append(tests, func(value []byte) bool { return value != nil && len(value) == 0 })
		case o.Kind == dqdl.Keyword:
			tests = append(tests, func(value []byte) bool { return len(value) > 0 && len(bytes.TrimSpace(value)) == 0 })
		default:
			order, problem := order(p, o, slot)
			if problem != "" {
				return nil, problem
			}
			tests = append(tests, func(value []byte) bool {
				at, ok := order(value)
				return ok && at == 0
			})
		}
	}
	if len(texts) > 0 {
		tests = append(tests, func(value []byte) bool {
			return value != nil && (texts[string(value)] || fold && texts[folded(string(value))])
		})
	}
	want := c.Op == dqdl.Equal || c.Op == dqdl.In
	return func(value []byte) bool {
		for _, t := range tests {
			if t(value) {
				return want
			}
		}
		return !want
	}, ""
}

// ignoresCase reports whether texts are compared without regard to case.
func ignoresCase(rule *dqdl.Rule) bool {
	for tag, c := range rule.Tags {
		if strings.EqualFold(tag, "ignoreCase") {
			return strings.EqualFold(c.Operands[0].Text, "true")
		}
	}
	return false
}

// orderTest makes the test of > >= < <= and the betweens.
func orderTest(p *check.Plan, c *dqdl.Condition, slot int) (test, string) {
	orders := make([]func([]byte) (int, bool), len(c.Operands))
	for i, o := range c.Operands {
		var problem string
		if orders[i], problem = order(p, o, slot); problem != "" {
			return nil, problem
		}
	}
	return func(value []byte) bool {
		low, ok := orders[0](value)
		if !ok {
			return false
		}
		switch c.Op {
		case dqdl.Greater:
			return low > 0
		case dqdl.GreaterOrEqual:
			return low >= 0
		case dqdl.Less:
			return low < 0
		case dqdl.LessOrEqual:
			return low <= 0
		}
		high, _ := orders[1](value)
		return (low > 0 && high < 0) == (c.Op == dqdl.Between)
	}, ""
}

// order makes the comparison of values with a number or a date: -1, 0 or 1,
// and false for a value that is none.
func order(p *check.Plan, o dqdl.Operand, slot int) (func([]byte) (int, bool), string) {
	switch o.Kind {
	case dqdl.Number:
		text, plain := dqdl.Literal(o.Number)
		if !plain {
			v, problem := number(p, o.Number, "")
			if problem != "" {
				return nil, problem
			}
			text = strconv.FormatFloat(v, 'f', -1, 64)
		}
		return numberOrder(text)
	case dqdl.Date:
		at := p.In.Now.Add(o.Span)
		return momentOrder(p, slot, datetime.Moment{Unix: at.Unix(), Nano: int32(at.Nanosecond())}), ""
	}
	for _, layout := range []*datetime.Layout{datetime.ISODate(), datetime.ISOTimestamp()} {
		if at, ok := layout.Parse([]byte(o.Text), p.Slots[slot].Zone); ok {
			return momentOrder(p, slot, at), ""
		}
	}
	return nil, fmt.Sprintf("%q is neither a number nor a date such as \"2026-11-22\", and texts have no order", say.Shorten(o.Text))
}

func numberOrder(text string) (func([]byte) (int, bool), string) {
	bound, kind := decimal.Parse([]byte(text))
	exact, ok := decimal.Rat([]byte(text))
	if !ok {
		return nil, text + " is no number that can be compared with"
	}
	return func(value []byte) (int, bool) {
		d, is := decimal.Parse(value)
		switch {
		case is == decimal.NotNumber:
			return 0, false
		case is == decimal.Fits && kind == decimal.Fits:
			return d.Cmp(bound), true
		}
		v, ok := decimal.Rat(value)
		if !ok {
			return 0, false
		}
		return v.Cmp(exact), true
	}, ""
}

// moment reads a value as the column's layout has it, or as an ISO date.
func moment(p *check.Plan, slot int) func([]byte) (datetime.Moment, bool) {
	layout, zone, date := p.Slots[slot].Layout, p.Slots[slot].Zone, datetime.ISODate()
	return func(value []byte) (datetime.Moment, bool) {
		m, ok := layout.Parse(value, zone)
		if !ok {
			m, ok = date.Parse(value, zone)
		}
		return m, ok
	}
}

func momentOrder(p *check.Plan, slot int, at datetime.Moment) func([]byte) (int, bool) {
	read := moment(p, slot)
	return func(value []byte) (int, bool) {
		m, ok := read(value)
		return m.Compare(at), ok
	}
}

// freshTest makes the test of an age when the file is judged.
func freshTest(p *check.Plan, c *dqdl.Condition, slot int) (test, string) {
	b, problem := workOut(p, c, "")
	if problem != "" {
		return nil, problem
	}
	read, now := moment(p, slot), p.In.Now
	return func(value []byte) bool {
		m, ok := read(value)
		if !ok {
			return false
		}
		age := float64(now.Unix()-m.Unix) + float64(now.Nanosecond()-int(m.Nano))/float64(time.Second)
		return b.holds(age)
	}, ""
}
