package fact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
)

// nestedFacts lists the checks of a column whose cells hold JSON.
func nestedFacts(p *check.Plan, col *contract.Column) []*draft {
	o := col.Options
	what, valid := "a JSON object", isObject
	switch col.Type {
	case contract.Array:
		what, valid = "a JSON array", isArray
	case contract.Vector:
		what, valid = "a JSON array of numbers", isVector
	}
	c := typeFact(p, col, what)
	c.build = func(slot int) kernel.Kernel { return kernel.Values(slot, valid) }
	facts := []*draft{c}
	option := func(name, complaint string, good func(any) bool) {
		c := fact(p, col, name, contract.Conformity)
		c.Complaint = complaint
		c.Advice = "Look at how the source writes this column; the contract and the export disagree."
		c.build = func(slot int) kernel.Kernel {
			return kernel.Values(slot, func(cell []byte) bool {
				value, ok := parseJSON(cell)
				return !ok || good(value) // the type check says what is no JSON
			})
		}
		facts = append(facts, c)
	}
	if n := o.MinItems; n != nil {
		option("minItems", fmt.Sprintf("have fewer than %d items", *n), func(v any) bool { a, ok := v.([]any); return !ok || len(a) >= *n })
	}
	if n := o.MaxItems; n != nil {
		option("maxItems", fmt.Sprintf("have more than %d items", *n), func(v any) bool { a, ok := v.([]any); return !ok || len(a) <= *n })
	}
	if o.UniqueItems {
		option("uniqueItems", "hold an item twice", uniqueItems)
	}
	if n := o.MinProperties; n != nil {
		option("minProperties", fmt.Sprintf("have fewer than %d properties", *n), func(v any) bool { m, ok := v.(map[string]any); return !ok || len(m) >= *n })
	}
	if n := o.MaxProperties; n != nil {
		option("maxProperties", fmt.Sprintf("have more than %d properties", *n), func(v any) bool { m, ok := v.(map[string]any); return !ok || len(m) <= *n })
	}
	if len(o.RequiredProperties) > 0 {
		option("requiredProperties", fmt.Sprintf("lack one of the properties %q", o.RequiredProperties), func(v any) bool {
			m, ok := v.(map[string]any)
			for _, name := range o.RequiredProperties {
				if _, has := m[name]; ok && !has {
					return false
				}
			}
			return true
		})
	}
	if n := o.Dimensions; n != nil {
		option("dimensions", fmt.Sprintf("do not have %d numbers", *n), func(v any) bool { a, ok := v.([]any); return !ok || len(a) == *n })
	}
	if o.Normalized {
		option("normalized", "are not of length 1", isNormalized)
	}
	return append(facts, nestedRules(p, col.Name, col)...)
}

// nestedRules lists what a contract asks of the values inside a JSON cell. It
// is not executed; each part says so.
func nestedRules(p *check.Plan, path string, col *contract.Column) []*draft {
	var skipped []*draft
	inner := func(path string, part *contract.Column) {
		if part == nil {
			return
		}
		c := fact(p, part, "nested", contract.Conformity)
		c.Say.ID, c.Say.Column = path+".nested", col.Name
		c.Status, c.Blocked = quality.Skipped, fmt.Sprintf("skipped: what the contract states of %s, inside a JSON cell, is not checked", path)
		skipped = append(skipped, c)
		for i := range part.Rules {
			r := &part.Rules[i]
			c := fact(p, part, "nested", contract.Conformity)
			c.FromRule(p, r)
			c.Say.Column = col.Name
			c.Status, c.Blocked = quality.Skipped, fmt.Sprintf("skipped: a rule of %s, inside a JSON cell, is not checked", path)
			skipped = append(skipped, c)
		}
		skipped = append(skipped, nestedRules(p, path, part)...)
	}
	for i := range col.Properties {
		inner(path+"."+col.Properties[i].Name, &col.Properties[i])
	}
	inner(path+"[]", col.Items)
	inner(path+"{key}", col.MapKey)
	inner(path+"{value}", col.MapValue)
	return skipped
}

// isNormalized reports whether a vector's length is 1 to within a millionth.
func isNormalized(v any) bool {
	items, ok := v.([]any)
	sum := 0.0
	for _, item := range items {
		n, is := item.(json.Number)
		x, err := n.Float64()
		if !is || err != nil {
			return true // the type check says so
		}
		sum += x * x
	}
	return !ok || math.Abs(math.Sqrt(sum)-1) <= 1e-6
}

// parseJSON reads one JSON value and nothing after it; encoding/json bounds
// the depth at 10,000.
func parseJSON(cell []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(cell))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil || d.More() {
		return nil, false
	}
	return value, true
}

func isObject(cell []byte) bool {
	v, ok := parseJSON(cell)
	_, is := v.(map[string]any)
	return ok && is
}

func isArray(cell []byte) bool {
	v, ok := parseJSON(cell)
	_, is := v.([]any)
	return ok && is
}

func isVector(cell []byte) bool {
	v, ok := parseJSON(cell)
	items, is := v.([]any)
	for _, item := range items {
		if _, number := item.(json.Number); !number {
			return false
		}
	}
	return ok && is
}

// uniqueItems compares items by their canonical JSON.
func uniqueItems(v any) bool {
	items, ok := v.([]any)
	if !ok {
		return true
	}
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil || seen[string(text)] {
			return false
		}
		seen[string(text)] = true
	}
	return true
}
