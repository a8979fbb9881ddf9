package frictionless

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillwatch/shared/contract"
	"tillwatch/shared/datetime"
	"tillwatch/shared/document"
	"tillwatch/shared/textformat"
)

// missing are the texts that stand for null.
type missing []string

// usual reports whether only an empty cell is null, as in a contract.
func (m missing) usual() bool { return len(m) == 1 && m[0] == "" }

// custom keeps the texts as a customProperty of a table or column.
func (m missing) custom() list {
	if m.usual() {
		return nil
	}
	text, err := json.Marshal([]string(m))
	if err != nil {
		panic(err) // texts can always be written
	}
	return list{object{{"property", "missingValues"}, {"value", string(text)}}}
}

// others are the texts but for the empty one.
func (m missing) others() []string {
	return slices.DeleteFunc(slices.Clone(m), func(s string) bool { return s == "" })
}

// missingValues reads those of a schema or field; usual if it has none.
func (im *importer) missingValues(n *document.Node, where string) missing {
	values := n.Get("missingValues")
	if !values.Is(document.List) {
		return missing{""}
	}
	out := missing{}
	for _, v := range values.Items {
		if v.Is(document.Map) {
			if v.Get("label") != nil {
				im.add(v, where, "the label of a missing value is not kept")
			}
			v = v.Get("value")
		}
		if v.Is(document.Text) && !slices.Contains(out, v.Text) {
			out = append(out, v.Text)
		}
	}
	if !slices.Contains(out, "") {
		im.add(values, where, "an empty cell is a value there, and null here")
	}
	if others := out.others(); len(others) > 0 {
		im.add(values, where, "%q is null there, and a value here: the customProperty missingValues keeps it, and required columns refuse it",
			others)
	}
	return out
}

// types are those that a contract has too.
var types = map[string]contract.Type{"string": contract.String, "number": contract.Number, "integer": contract.Integer, "boolean": contract.Boolean,
	"object": contract.Object, "array": contract.Array, "date": contract.Date, "datetime": contract.Timestamp, "time": contract.Time}

const yearMonth = `^[0-9]{4}-(0[1-9]|1[0-2])$`

// A column is a field on its way to a contract.
type column struct {
	kind    contract.Type
	options object // logicalTypeOptions
	rules   list
	layout  *datetime.Layout // of dates and times
}

func (im *importer) field(f *document.Node, table string, key []string, missed missing) object {
	name := f.Get("name").Text
	where := join(table, name)
	im.unknown(f, where, "name", "title", "description", "type", "format", "constraints", "missingValues", "decimalChar", "groupChar",
		"bareNumber", "trueValues", "falseValues", "example", "delimiter", "itemType")
	c := &column{}
	im.kind(f, where, c)
	own := missed
	var custom list
	if f.Get("missingValues") != nil {
		own = im.missingValues(f, where)
		custom = own.custom()
	}
	out := object{{"name", name}}
	out.setText("businessName", f.Get("title").Str())
	out.setText("logicalType", string(c.kind))
	out.setText("description", f.Get("description").Str())
	if example := f.Get("example"); example.Is(document.Text | document.Number) {
		out.set("examples", list{im.scalar(example)})
	}
	rules := f.Get("constraints")
	im.unknown(rules, where, "required", "unique", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "enum")
	required := rules.Get("required").True()
	if required {
		out.set("required", true)
	}
	if rules.Get("unique").True() {
		out.set("unique", true)
	}
	if at := slices.Index(key, name); at >= 0 {
		required = true
		out.set("primaryKey", true)
		out.set("primaryKeyPosition", literal(strconv.Itoa(at+1)))
	}
	im.bounds(rules, where, c)
	im.lengths(rules, where, c)
	im.pattern(rules.Get("pattern"), where, c)
	enum := im.enum(rules.Get("enum"), where)
	if others := own.others(); required && len(others) > 0 {
		args := append(list{literal("null")}, texts(others)...)
		c.rules = append(c.rules, object{{"metric", "missingValues"}, {"arguments", object{{"missingValues", args}}}, {"mustBe", literal("0")}})
	}
	if len(c.options) > 0 {
		out.set("logicalTypeOptions", c.options)
	}
	if len(enum) > 0 {
		out.set("enum", enum)
	}
	if len(custom) > 0 {
		out.set("customProperties", custom)
	}
	if len(c.rules) > 0 {
		out.set("quality", c.rules)
	}
	return out
}

// kind sets the column's type and format.
func (im *importer) kind(f *document.Node, where string, c *column) {
	kind, format := f.Get("type").Str(), strings.TrimPrefix(f.Get("format").Str(), "fmt:")
	if format == "default" {
		format = ""
	}
	var known bool
	if c.kind, known = types[kind]; !known {
		im.otherKind(f, kind, where, c)
		return
	}
	switch c.kind {
	case contract.String:
		if _, ok := textformat.Format(format); ok {
			c.options.set("format", format)
		} else if format != "" {
			im.add(f.Get("format"), where, "format %s is not kept", format)
		}
	case contract.Number, contract.Integer:
		for _, n := range []struct{ key, usual string }{{"decimalChar", "."}, {"groupChar", ""}, {"bareNumber", "true"}} {
			if v := f.Get(n.key); v != nil && v.Text != n.usual {
				im.add(v, where, "%s %q is not kept: numbers are written like -1234.5 here, and cells that are not fail", n.key, v.Text)
			}
		}
	case contract.Boolean:
		for _, key := range []string{"trueValues", "falseValues"} {
			if v := f.Get(key); v != nil {
				im.add(v, where, "%s is not kept: true, false, 1 and 0 are taken here, in any case", key)
			}
		}
	case contract.Date, contract.Timestamp, contract.Time:
		im.dateFormat(f.Get("format"), format, where, c)
	}
}

// otherKind sets the type of a field whose own type a contract does not have.
func (im *importer) otherKind(f *document.Node, kind, where string, c *column) {
	at := f.Get("type")
	switch kind {
	case "", "any":
		return
	case "year":
		c.kind = contract.Integer
		im.add(at, where, "type year becomes integer")
	case "yearmonth":
		c.kind = contract.String
		c.options.set("pattern", yearMonth)
		im.add(at, where, "type yearmonth becomes string of the form 2026-11")
	case "geojson":
		c.kind = contract.Object
		im.add(at, where, "type geojson becomes object: any JSON object passes")
	case "geopoint":
		c.kind = contract.String
		switch f.Get("format").Str() {
		case "array":
			c.kind = contract.Array
		case "object":
			c.kind = contract.Object
		}
		im.add(at, where, "type geopoint becomes %s: no place is checked", c.kind)
	default:
		c.kind = contract.String
		im.add(at, where, "type %s becomes string: any text passes", kind)
	}
}

func (im *importer) dateFormat(at *document.Node, format, where string, c *column) {
	c.layout = map[contract.Type]*datetime.Layout{contract.Date: datetime.ISODate(), contract.Timestamp: datetime.ISOTimestamp(), contract.Time: datetime.ISOTime()}[c.kind]
	if format == "" {
		return
	}
	pattern, ok := fromStrptime(format)
	if format == "any" || !ok {
		im.add(at, where, "format %s is not kept: the %s becomes string, and any text passes", format, c.kind)
		c.kind, c.layout = contract.String, nil
		return
	}
	c.options.set("format", pattern)
	c.layout, _ = datetime.Compile(pattern)
}

// numeral is a number in JSON's form, and not beyond a float's range.
var numeral = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,199})(\.[0-9]{1,200})?([eE][+-]?[0-9]{1,2})?$`)

// bounds takes over minimum, maximum and their exclusive forms.
func (im *importer) bounds(rules *document.Node, where string, c *column) {
	for _, key := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		n := rules.Get(key)
		if n == nil {
			continue
		}
		switch {
		case (c.kind == contract.Integer || c.kind == contract.Number) && n.Is(document.Number|document.Text) && numeral.MatchString(n.Text):
			c.options.set(key, literal(n.Text))
		case c.layout != nil && n.Is(document.Text) && readable(c.layout, n.Text):
			c.options.set(key, n.Text)
		default:
			im.add(n, where, "%s %q is not kept: it is no bound of a column of type %s", key, n.Text, c.typeName())
		}
	}
}

func readable(l *datetime.Layout, text string) bool {
	_, ok := l.Parse([]byte(text), time.UTC)
	return ok
}

func (c *column) typeName() string {
	if c.kind == "" {
		return "any"
	}
	return string(c.kind)
}

// lengthKeys are a contract's words for minLength and maxLength.
var lengthKeys = map[contract.Type][2]string{contract.String: {"minLength", "maxLength"},
	contract.Array: {"minItems", "maxItems"}, contract.Object: {"minProperties", "maxProperties"}}

func (im *importer) lengths(rules *document.Node, where string, c *column) {
	for i, key := range []string{"minLength", "maxLength"} {
		n := rules.Get(key)
		if n == nil {
			continue
		}
		length, err := n.Int()
		if words, ok := lengthKeys[c.kind]; ok && n.Is(document.Int) && err == nil && length >= 0 {
			c.options.set(words[i], literal(strconv.Itoa(length)))
			continue
		}
		im.add(n, where, "%s %q is not kept: a column of type %s has no such length", key, n.Text, c.typeName())
	}
}

func (im *importer) pattern(n *document.Node, where string, c *column) {
	if n == nil {
		return
	}
	pattern := anchored(n.Str())
	if _, err := textformat.Pattern(pattern); err != nil || !n.Is(document.Text) {
		im.add(n, where, "pattern %q is not kept: it is not one that is matched here", n.Text)
		return
	}
	if c.kind == contract.String && !slices.ContainsFunc(c.options, func(m member) bool { return m.key == "pattern" }) {
		c.options.set("pattern", pattern)
		return
	}
	c.rules = append(c.rules, object{{"metric", "invalidValues"}, {"arguments", object{{"pattern", pattern}}}, {"mustBe", literal("0")}})
}

func (im *importer) enum(n *document.Node, where string) list {
	var out list
	var seen []string
	for _, v := range n.List() {
		if !v.Is(document.Text | document.Number | document.Bool) {
			im.add(v, where, "an allowed value that is null, a list or a map is left out")
			continue
		}
		if !slices.Contains(seen, v.Text) {
			seen = append(seen, v.Text)
			out = append(out, object{{"value", im.scalar(v)}})
		}
	}
	return out
}

// scalar returns a scalar as it is written again.
func (im *importer) scalar(n *document.Node) any {
	switch {
	case n.Is(document.Bool):
		return n.True()
	case n.Is(document.Number) && numeral.MatchString(n.Text):
		return literal(n.Text)
	}
	return n.Text
}
