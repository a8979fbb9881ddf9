package quality

import (
	"errors"
	"fmt"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/textformat"
)

// typeFacts lists the checks that a column's logical type and its options
// make. A string without options is anything, so that it makes none.
func (p *plan) typeFacts(col *contract.Column) []*check {
	switch col.Type {
	case contract.Integer, contract.Number:
		return p.numberFacts(col)
	case contract.Date, contract.Timestamp, contract.Time:
		return p.momentFacts(col)
	case contract.Boolean:
		c := p.typeFact(col, "true or false")
		c.build = func(slot int) state.Kernel { return state.Values(slot, isBoolean) }
		return []*check{c}
	case contract.Object, contract.Array, contract.Map, contract.Vector:
		return p.nestedFacts(col)
	}
	return p.textFacts(col)
}

// typeFact is the check that values are of the column's type.
func (p *plan) typeFact(col *contract.Column, what string) *check {
	c := p.fact(col, "type", contract.Conformity)
	c.complaint = "are not " + what
	c.advice = fmt.Sprintf("Have the producer write %s as %s.", col.Name, what)
	return c
}

// isBoolean reports whether value is true or false, in any case, or 1 or 0.
func isBoolean(value []byte) bool {
	switch len(value) {
	case 1:
		return value[0] == '0' || value[0] == '1'
	case 4:
		return fold(value, "true")
	case 5:
		return fold(value, "false")
	}
	return false
}

// fold reports whether value is word in any case; both are of one length.
func fold(value []byte, word string) bool {
	for i, b := range value {
		if b|0x20 != word[i] {
			return false
		}
	}
	return true
}

func (p *plan) numberFacts(col *contract.Column) []*check {
	o := col.Options
	what := "a number"
	if col.Type == contract.Integer {
		what = "a whole number"
	}
	if o.Format != "" {
		what += " of format " + o.Format
	}
	c := p.typeFact(col, what)
	c.build = func(slot int) state.Kernel { return state.Number(slot) }
	format, ranged := textformat.NumberRange(o.Format)
	switch {
	case o.Format != "" && !ranged:
		c.status, c.blocked = Skipped, fmt.Sprintf("skipped: number format %q is not one of i8 … i128, u8 … u128, f32, f64", o.Format)
	case format.Integer || col.Type == contract.Integer:
		c.build = func(slot int) state.Kernel { return state.Integer(slot, format.Min, format.Max) }
	case ranged:
		c.build = func(slot int) state.Kernel { return state.Within(slot, format.Min, format.Max) }
	}
	facts := []*check{c}
	for _, b := range []struct {
		what, text, complaint string
		good                  func(int) bool
	}{
		{"minimum", o.Minimum, "are below", func(order int) bool { return order >= 0 }},
		{"maximum", o.Maximum, "are above", func(order int) bool { return order <= 0 }},
		{"exclusiveMinimum", o.ExclusiveMinimum, "are not above", func(order int) bool { return order > 0 }},
		{"exclusiveMaximum", o.ExclusiveMaximum, "are not below", func(order int) bool { return order < 0 }},
	} {
		if b.text == "" {
			continue
		}
		c := p.bound(col, b.what, b.complaint, b.text)
		bound, ok := state.NewBound(b.text)
		if !ok {
			c.status, c.blocked = Errored, fmt.Sprintf("not measured: the contract's %s %q is not a number", b.what, b.text)
		}
		c.build = func(slot int) state.Kernel { return state.Compare(slot, bound, b.good) }
		facts = append(facts, c)
	}
	if o.MultipleOf != "" {
		c := p.fact(col, "multipleOf", contract.Accuracy)
		c.complaint = "are no multiple of " + o.MultipleOf
		c.advice = "Check the unit and the rounding at the source."
		step, ok := state.NewBound(o.MultipleOf)
		if !ok || !step.Positive() {
			c.status, c.blocked = Errored, fmt.Sprintf("not measured: multipleOf %q is not a number above 0", o.MultipleOf)
		}
		c.build = func(slot int) state.Kernel { return state.Multiple(slot, step) }
		facts = append(facts, c)
	}
	return facts
}

// bound is the check of one end of a column's range.
func (p *plan) bound(col *contract.Column, what, complaint, text string) *check {
	c := p.fact(col, what, contract.Accuracy)
	c.complaint = complaint + " " + text
	c.advice = fmt.Sprintf("Look these rows up at the source: a wrong unit, sign or decimal point is likelier than a true %s; if they are right, move the contract's %s.", col.Name, what)
	return c
}

func (p *plan) momentFacts(col *contract.Column) []*check {
	o := col.Options
	what := map[contract.Type]string{contract.Date: "a date", contract.Timestamp: "a timestamp", contract.Time: "a time of day"}[col.Type]
	switch {
	case o.Format != "":
		what += " written " + o.Format
	case col.Type == contract.Date:
		what += " written yyyy-MM-dd"
	default:
		what += " in ISO 8601"
	}
	if o.Timezone != nil && *o.Timezone {
		what += " with a time zone"
	} else if o.Timezone != nil {
		what += " without a time zone"
	}
	c := p.typeFact(col, what)
	layout := slotFor(col.Name, 0, col).Layout
	if o.Format != "" {
		var wrong *datetime.PatternError
		if _, err := datetime.Compile(o.Format); errors.As(err, &wrong) && wrong.Unsupported {
			c.status, c.blocked = Skipped, "skipped: "+err.Error()
		} else if err != nil {
			c.error("%v", err)
		}
	}
	c.build = func(slot int) state.Kernel { return state.Moment(slot, o.Timezone) }
	facts := []*check{c}
	zone, err := time.LoadLocation(o.DefaultTimezone)
	if err != nil {
		c.status, c.blocked = Errored, fmt.Sprintf("not measured: defaultTimezone %q is not a time zone name such as Europe/Madrid", o.DefaultTimezone)
		zone = time.UTC
	}
	for _, b := range []struct {
		what, text, complaint string
		good                  func(int) bool
	}{
		{"minimum", o.Minimum, "are before", func(order int) bool { return order >= 0 }},
		{"maximum", o.Maximum, "are after", func(order int) bool { return order <= 0 }},
		{"exclusiveMinimum", o.ExclusiveMinimum, "are not after", func(order int) bool { return order > 0 }},
		{"exclusiveMaximum", o.ExclusiveMaximum, "are not before", func(order int) bool { return order < 0 }},
	} {
		if b.text == "" {
			continue
		}
		unread := facts[0].status
		c := p.bound(col, b.what, b.complaint, b.text)
		at, ok := layout.Parse([]byte(b.text), zone)
		if !ok {
			at, ok = isoMoment(b.text, zone)
		}
		switch {
		case unread != "":
			c.status, c.blocked = unread, facts[0].blocked
		case !ok:
			c.error("the contract's %s %q is not written like the column's values", b.what, b.text)
		}
		c.build = func(slot int) state.Kernel { return state.CompareMoment(slot, at, b.good) }
		facts = append(facts, c)
	}
	return facts
}

// isoMoment reads an ISO date, timestamp or time of day.
func isoMoment(text string, zone *time.Location) (datetime.Moment, bool) {
	for _, l := range []*datetime.Layout{datetime.ISOTimestamp(), datetime.ISODate(), datetime.ISOTime()} {
		if m, ok := l.Parse([]byte(text), zone); ok {
			return m, true
		}
	}
	return datetime.Moment{}, false
}

func (p *plan) textFacts(col *contract.Column) []*check {
	o := col.Options
	var facts []*check
	if o.MinLength != nil {
		c := p.fact(col, "minLength", contract.Conformity)
		c.complaint = fmt.Sprintf("are shorter than %d characters", *o.MinLength)
		c.advice = "Look for values that were cut off or are placeholders."
		c.build = func(slot int) state.Kernel {
			return state.Values(slot, func(v []byte) bool { return textformat.Length(v) >= *o.MinLength })
		}
		facts = append(facts, c)
	}
	if o.MaxLength != nil {
		c := p.fact(col, "maxLength", contract.Conformity)
		c.complaint = fmt.Sprintf("are longer than %d characters", *o.MaxLength)
		c.advice = "Look for two values run together, or for free text in the wrong column."
		c.build = func(slot int) state.Kernel {
			return state.Values(slot, func(v []byte) bool { return len(v) <= *o.MaxLength || textformat.Length(v) <= *o.MaxLength })
		}
		facts = append(facts, c)
	}
	if o.Pattern != "" {
		c := p.fact(col, "pattern", contract.Conformity)
		c.complaint = "do not match " + o.Pattern
		c.advice = "Correct the values at the source; if the format has changed, change the contract's pattern."
		m, err := textformat.Pattern(o.Pattern)
		if err != nil {
			c.badPattern(err)
		} else {
			c.build = func(slot int) state.Kernel { return state.Pattern(slot, m) }
		}
		facts = append(facts, c)
	}
	if o.Format != "" {
		c := p.fact(col, "format", contract.Conformity)
		c.complaint = fmt.Sprintf("are not of format %s", o.Format)
		c.advice = "Correct the values at the source."
		good, ok := textformat.Format(o.Format)
		if !ok {
			c.status, c.blocked = Skipped, fmt.Sprintf("skipped: string format %q is not one that can be checked (email, uri, uuid, hostname, ipv4, ipv6, byte)", o.Format)
		}
		c.build = func(slot int) state.Kernel { return state.Values(slot, good) }
		facts = append(facts, c)
	}
	return facts
}
