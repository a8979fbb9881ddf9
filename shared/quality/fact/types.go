package fact

import (
	"errors"
	"fmt"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/textformat"
)

// typeFacts lists the checks that a column's logical type and its options
// make. A string without options is anything, so that it makes none.
func typeFacts(p *check.Plan, col *contract.Column) []*draft {
	switch col.Type {
	case contract.Integer, contract.Number:
		return numberFacts(p, col)
	case contract.Date, contract.Timestamp, contract.Time:
		return momentFacts(p, col)
	case contract.Boolean:
		c := typeFact(p, col, "true or false")
		c.build = func(slot int) kernel.Kernel { return kernel.Values(slot, IsBoolean) }
		return []*draft{c}
	case contract.Object, contract.Array, contract.Map, contract.Vector:
		return nestedFacts(p, col)
	}
	return textFacts(p, col)
}

// typeFact is the check that values are of the column's type.
func typeFact(p *check.Plan, col *contract.Column, what string) *draft {
	c := fact(p, col, "type", contract.Conformity)
	c.Complaint = "are not " + what
	c.Advice = fmt.Sprintf("Have the producer write %s as %s.", col.Name, what)
	return c
}

// IsBoolean reports whether value is true or false, in any case, or 1 or 0.
func IsBoolean(value []byte) bool {
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

func numberFacts(p *check.Plan, col *contract.Column) []*draft {
	o := col.Options
	what := "a number"
	if col.Type == contract.Integer {
		what = "a whole number"
	}
	if o.Format != "" {
		what += " of format " + o.Format
	}
	c := typeFact(p, col, what)
	c.build = func(slot int) kernel.Kernel { return kernel.Number(slot) }
	format, ranged := textformat.NumberRange(o.Format)
	switch {
	case o.Format != "" && !ranged:
		c.Status, c.Blocked = quality.Skipped, fmt.Sprintf("skipped: number format %q is not one of i8 … i128, u8 … u128, f32, f64", o.Format)
	case format.Integer || col.Type == contract.Integer:
		c.build = func(slot int) kernel.Kernel { return kernel.Integer(slot, format.Min, format.Max) }
	case ranged:
		c.build = func(slot int) kernel.Kernel { return kernel.Within(slot, format.Min, format.Max) }
	}
	facts := []*draft{c}
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
		c := bound(p, col, b.what, b.complaint, b.text)
		bound, ok := kernel.NewBound(b.text)
		if !ok {
			c.Status, c.Blocked = quality.Errored, fmt.Sprintf("not measured: the contract's %s %q is not a number", b.what, b.text)
		}
		c.build = func(slot int) kernel.Kernel { return kernel.Compare(slot, bound, b.good) }
		facts = append(facts, c)
	}
	if o.MultipleOf != "" {
		c := fact(p, col, "multipleOf", contract.Accuracy)
		c.Complaint = "are no multiple of " + o.MultipleOf
		c.Advice = "Check the unit and the rounding at the source."
		step, ok := kernel.NewBound(o.MultipleOf)
		if !ok || !step.Positive() {
			c.Status, c.Blocked = quality.Errored, fmt.Sprintf("not measured: multipleOf %q is not a number above 0", o.MultipleOf)
		}
		c.build = func(slot int) kernel.Kernel { return kernel.Multiple(slot, step) }
		facts = append(facts, c)
	}
	return facts
}

// bound is the check of one end of a column's range.
func bound(p *check.Plan, col *contract.Column, what, complaint, text string) *draft {
	c := fact(p, col, what, contract.Accuracy)
	c.Complaint = complaint + " " + text
	c.Advice = fmt.Sprintf("Look these rows up at the source: a wrong unit, sign or decimal point is likelier than a true %s; if they are right, move the contract's %s.", col.Name, what)
	return c
}

func momentFacts(p *check.Plan, col *contract.Column) []*draft {
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
	c := typeFact(p, col, what)
	layout := check.SlotFor(col.Name, 0, col).Layout
	if o.Format != "" {
		var wrong *datetime.PatternError
		if _, err := datetime.Compile(o.Format); errors.As(err, &wrong) && wrong.Unsupported {
			c.Status, c.Blocked = quality.Skipped, "skipped: "+err.Error()
		} else if err != nil {
			c.Unmeasurable("%v", err)
		}
	}
	c.build = func(slot int) kernel.Kernel { return kernel.Moment(slot, o.Timezone) }
	facts := []*draft{c}
	zone, err := time.LoadLocation(o.DefaultTimezone)
	if err != nil {
		c.Status, c.Blocked = quality.Errored, fmt.Sprintf("not measured: defaultTimezone %q is not a time zone name such as Europe/Madrid", o.DefaultTimezone)
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
		unread := facts[0].Status
		c := bound(p, col, b.what, b.complaint, b.text)
		at, ok := layout.Parse([]byte(b.text), zone)
		if !ok {
			at, ok = isoMoment(b.text, zone)
		}
		switch {
		case unread != "":
			c.Status, c.Blocked = unread, facts[0].Blocked
		case !ok:
			c.Unmeasurable("the contract's %s %q is not written like the column's values", b.what, b.text)
		}
		c.build = func(slot int) kernel.Kernel { return kernel.CompareMoment(slot, at, b.good) }
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

func textFacts(p *check.Plan, col *contract.Column) []*draft {
	o := col.Options
	var facts []*draft
	if o.MinLength != nil {
		c := fact(p, col, "minLength", contract.Conformity)
		c.Complaint = fmt.Sprintf("are shorter than %d characters", *o.MinLength)
		c.Advice = "Look for values that were cut off or are placeholders."
		c.build = func(slot int) kernel.Kernel {
			return kernel.Values(slot, func(v []byte) bool { return textformat.Length(v) >= *o.MinLength })
		}
		facts = append(facts, c)
	}
	if o.MaxLength != nil {
		c := fact(p, col, "maxLength", contract.Conformity)
		c.Complaint = fmt.Sprintf("are longer than %d characters", *o.MaxLength)
		c.Advice = "Look for two values run together, or for free text in the wrong column."
		c.build = func(slot int) kernel.Kernel {
			return kernel.Values(slot, func(v []byte) bool { return len(v) <= *o.MaxLength || textformat.Length(v) <= *o.MaxLength })
		}
		facts = append(facts, c)
	}
	if o.Pattern != "" {
		c := fact(p, col, "pattern", contract.Conformity)
		c.Complaint = "do not match " + o.Pattern
		c.Advice = "Correct the values at the source; if the format has changed, change the contract's pattern."
		m, err := textformat.Pattern(o.Pattern)
		if err != nil {
			c.BadPattern(err)
		} else {
			c.build = func(slot int) kernel.Kernel { return kernel.Pattern(slot, m) }
		}
		facts = append(facts, c)
	}
	if o.Format != "" {
		c := fact(p, col, "format", contract.Conformity)
		c.Complaint = fmt.Sprintf("are not of format %s", o.Format)
		c.Advice = "Correct the values at the source."
		good, ok := textformat.Format(o.Format)
		if !ok {
			c.Status, c.Blocked = quality.Skipped, fmt.Sprintf("skipped: string format %q is not one that can be checked (email, uri, uuid, hostname, ipv4, ipv6, byte)", o.Format)
		}
		c.build = func(slot int) kernel.Kernel { return kernel.Values(slot, good) }
		facts = append(facts, c)
	}
	return facts
}
