package quality

import (
	"bytes"
	"encoding/json"
	"fmt"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
)

// nestedFacts lists the checks of a column whose cells hold JSON.
func (p *plan) nestedFacts(col *contract.Column) []*check {
	o := col.Options
	what, valid := "a JSON object", isObject
	switch col.Type {
	case contract.Array:
		what, valid = "a JSON array", isArray
	case contract.Vector:
		what, valid = "a JSON array of numbers", isVector
	}
	c := p.typeFact(col, what)
	c.build = func(slot int) state.Kernel { return state.Values(slot, valid) }
	facts := []*check{c}
	option := func(name, complaint string, good func(any) bool) {
		c := p.fact(col, name, contract.Conformity)
		c.complaint = complaint
		c.advice = "Look at how the source writes this column; the contract and the export disagree."
		c.build = func(slot int) state.Kernel {
			return state.Values(slot, func(cell []byte) bool {
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
	return facts
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
