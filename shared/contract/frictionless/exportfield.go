package frictionless

import (
	"slices"
	"strconv"

	"tillwatch/shared/contract"
	"tillwatch/shared/document"
)

// fieldTypes are a contract's types in the words of Table Schema.
var fieldTypes = map[contract.Type]string{"": "any", contract.String: "string", contract.Number: "number", contract.Integer: "integer",
	contract.Boolean: "boolean", contract.Object: "object", contract.Array: "array", contract.Date: "date", contract.Timestamp: "datetime",
	contract.Time: "time", contract.Map: "object", contract.Vector: "array"}

func (ex *exporter) field(t *contract.Table, c *contract.Column, n *document.Node, missed missing) object {
	where := join(t.Name, c.Name)
	ex.unknown(n, where, "name", "businessName", "description", "logicalType", "logicalTypeOptions", "required", "unique", "primaryKey",
		"primaryKeyPosition", "enum", "quality", "relationships", "examples", "customProperties")
	ex.lostCustom(n, where, "missingValues")
	out := object{{"name", c.Name}}
	out.setText("title", n.Get("businessName").Str())
	out.set("type", fieldTypes[c.Type])
	if c.Type == contract.Map || c.Type == contract.Vector {
		ex.add(n.Get("logicalType"), where, "type %s becomes %s", c.Type, fieldTypes[c.Type])
	}
	ex.format(&out, c, n, where)
	out.setText("description", c.Description)
	for i, example := range n.Get("examples").List() {
		switch {
		case i > 0 || !example.Is(document.Text|document.Number):
			ex.add(example, where, "an example is not kept: there is one for each field, a text or number")
		case example.Is(document.Text):
			out.set("example", example.Text)
		default:
			out.set("example", typed(contract.Number, example.Text))
		}
	}
	own := kept(n)
	if own == nil {
		own = missed
	} else {
		out.set("missingValues", texts(own))
	}
	if rules := ex.constraints(c, n, where, own); len(rules) > 0 {
		out.set("constraints", rules)
	}
	return out
}

// format writes a column's format, and says which of its options are lost.
func (ex *exporter) format(out *object, c *contract.Column, n *document.Node, where string) {
	options := n.Get("logicalTypeOptions")
	known := []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
		"minItems", "maxItems", "minProperties", "maxProperties", "format"}
	ex.unknown(options, where, known...)
	format := c.Options.Format
	if format == "" {
		return
	}
	switch c.Type {
	case contract.String:
		if slices.Contains([]string{"email", "uri", "uuid", "binary"}, format) {
			out.set("format", format)
			return
		}
	case contract.Date, contract.Timestamp, contract.Time:
		if directive, ok := toStrptime(format); ok {
			out.set("format", directive)
			return
		}
		out.set("format", "any")
	}
	ex.add(options.Get("format"), where, "format %s is not kept: there is no word for it", format)
}

func (ex *exporter) constraints(c *contract.Column, n *document.Node, where string, missed missing) object {
	var out object
	o := &c.Options
	required, unique, pattern, enum := c.Required, c.Unique, "", c.Enum
	if o.Pattern != "" {
		pattern = ex.pattern(o.Pattern, n.Get("logicalTypeOptions").Get("pattern"), where)
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		own := len(r.Properties) == 0 || slices.Equal(r.Properties, []string{c.Name})
		switch {
		case none(r) && own && r.Metric == contract.NullValues:
			required = true
		case none(r) && own && r.Metric == contract.DuplicateValues:
			unique = true
		case none(r) && own && r.Metric == contract.MissingValues && sameMissing(r.MissingValues, missed) && (required || c.PrimaryKey):
		case none(r) && own && r.Metric == contract.InvalidValues && (r.Pattern == "" || pattern == "") && (len(r.ValidValues) == 0 || len(enum) == 0):
			if r.Pattern != "" {
				pattern = ex.pattern(r.Pattern, &document.Node{Place: document.Place(r.Place)}, where)
			}
			if len(r.ValidValues) > 0 {
				enum = r.ValidValues
			}
		default:
			ex.loseRule(r, where)
		}
	}
	if required {
		out.set("required", true)
	}
	if unique {
		out.set("unique", true)
	}
	for _, b := range []struct{ key, bound string }{{"minimum", o.Minimum}, {"maximum", o.Maximum},
		{"exclusiveMinimum", o.ExclusiveMinimum}, {"exclusiveMaximum", o.ExclusiveMaximum}} {
		if b.bound != "" {
			out.set(b.key, typed(c.Type, b.bound))
		}
	}
	for _, l := range []struct {
		key    string
		length []*int
	}{{"minLength", []*int{o.MinLength, o.MinItems, o.MinProperties}}, {"maxLength", []*int{o.MaxLength, o.MaxItems, o.MaxProperties}}} {
		for _, length := range l.length {
			if length != nil {
				out.set(l.key, literal(strconv.Itoa(*length)))
			}
		}
	}
	out.setText("pattern", pattern)
	if values := ex.enum(enum, c, where); len(values) > 0 {
		out.set("enum", values)
	}
	return out
}

// sameMissing reports whether a rule refuses the texts that stand for null.
func sameMissing(values []contract.Value, missed missing) bool {
	var refused []string
	for _, v := range values {
		if !v.Null {
			refused = append(refused, v.Text)
		}
	}
	return slices.Equal(refused, missed.others())
}

// pattern writes a pattern that must match the whole value.
func (ex *exporter) pattern(pattern string, at *document.Node, where string) string {
	if inner, ok := whole(pattern); ok {
		return inner
	}
	ex.add(at, where, "pattern %s is searched for anywhere; it is written so that it matches the whole value", pattern)
	return `[\s\S]*(` + pattern + `)[\s\S]*`
}

func (ex *exporter) enum(values []contract.Value, c *contract.Column, where string) list {
	var out list
	for _, v := range values {
		if v.Null {
			ex.lose(c.Place, where, "null is among the allowed values here, and always allowed there unless required")
			continue
		}
		out = append(out, typed(c.Type, v.Text))
	}
	return out
}

// typed writes a text as a column of that type has it.
func typed(t contract.Type, text string) any {
	switch {
	case (t == contract.Number || t == contract.Integer) && numeral.MatchString(text):
		return literal(text)
	case t == contract.Boolean && (text == "true" || text == "false"):
		return literal(text)
	}
	return text
}
