package ruleset

import (
	"fmt"
	"strconv"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/document"
)

// Export reads a contract and writes the rules of one table, the first if table is
// "", as a ruleset. Errors are those of contract.ReadODCS, and one for a table that
// is not there.
func Export(file string, data []byte, table string) (rules []byte, lost []document.Loss, err error) {
	c, err := contract.ReadODCS(file, data)
	if err != nil {
		return nil, nil, err
	}
	t, ok := c.Table(table)
	if !ok {
		return nil, nil, fmt.Errorf("table %q: %s has none of that name", table, file)
	}
	ex := &exporter{contract: c, table: t}
	ex.export()
	if len(ex.rules)+len(ex.analyzers) == 0 {
		return nil, nil, fmt.Errorf("table %q of %s says nothing that DQDL has a word for", t.Name, file)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Metadata = { \"Version\": %s }\nDataSources = { \"Primary\": %s }\n", dqdl.Quote(c.Version), dqdl.Quote(t.Name))
	for _, section := range []struct {
		name  string
		rules []string
	}{{"Rules", ex.rules}, {"Analyzers", ex.analyzers}} {
		if len(section.rules) > 0 {
			fmt.Fprintf(&b, "%s = [\n    %s\n]\n", section.name, strings.Join(section.rules, ",\n    "))
		}
	}
	if _, err := contract.ReadDQDL(file+" as a ruleset", t.Name, []byte(b.String())); err != nil {
		return nil, nil, err
	}
	return []byte(b.String()), document.LossesInOrder(ex.losses), nil
}

// An exporter holds the contract while the rules of a table are written.
type exporter struct {
	losses
	contract         *contract.Contract
	table            *contract.Table
	rules, analyzers []string
}

// A said is what labels say of a rule.
type said struct {
	id, name, impact string
	severity         contract.Severity
	dimension        contract.Dimension
}

// labels writes what was said, besides the labels that a rule has.
func (s said) labels(own map[string]string) map[string]string {
	all := map[string]string{}
	for key, value := range own {
		all[key] = value
	}
	add := func(key, value string) {
		if _, has := all[key]; !has && value != "" {
			all[key] = value
		}
	}
	add("id", s.id)
	add("name", s.name)
	add("impact", s.impact)
	add("dimension", string(s.dimension))
	if s.severity != contract.High {
		add("severity", severities[s.severity])
	}
	return all
}

// add writes one rule from its text without labels.
func (ex *exporter) add(at contract.Place, where string, s said, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	set, err := dqdl.ParseRules("", text)
	if err != nil {
		ex.lose(at, where, "%s is not kept: DQDL can't say %s", s.id, text)
		return
	}
	rule := set.Rules[0]
	rule.Labels = s.labels(nil)
	ex.rules = append(ex.rules, dqdl.Format(rule))
}

func (ex *exporter) lose(at contract.Place, where, format string, args ...any) {
	ex.losses.add(at, where, fmt.Sprintf(format, args...))
}

func (ex *exporter) export() {
	t := ex.table
	if n := len(ex.contract.Tables); n > 1 {
		ex.lose(contract.Place{}, "", "%d other tables are not kept: export each with --table", n-1)
	}
	if d := ex.contract.Dialect(t); d.Delimiter != 0 && d.Delimiter != ',' || d.Encoding != "" {
		ex.lose(contract.Place{}, "", "delimiter and encoding are not kept: a ruleset says nothing of how files are written")
	}
	var key []string
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.PrimaryKey {
			key = append(key, dqdl.Quote(c.Name))
		}
		ex.column(c)
	}
	if len(key) > 0 {
		ex.add(contract.Place{}, t.Name, said{id: "primary_key"}, "IsPrimaryKey %s", strings.Join(key, " "))
	}
	for i := range t.Rules {
		ex.rule(nil, &t.Rules[i])
	}
	for _, r := range t.Relationships {
		if other, ok := ex.contract.Table(r.Dataset); ok && other.Name == r.Dataset {
			for _, name := range r.To {
				if c, ok := other.Column(name); ok && c.PhysicalName != "" && c.PhysicalName != name {
					ex.lose(r.Place, t.Name, "%s finds no physicalName: %s must be %s in the reference", r.ID, c.PhysicalName, name)
				}
			}
		}
		ex.add(r.Place, t.Name, said{id: r.ID}, "ReferentialIntegrity %s %s = 1.0", dqdl.Quote(strings.Join(r.From, ",")),
			dqdl.Quote(r.Dataset+".{"+strings.Join(r.To, ",")+"}"))
	}
	for _, s := range ex.contract.SLAs {
		ex.lose(contract.Place{}, "", "the promise %s %s is not kept: DataFreshness is of every value, a promise of the newest", s.Property, s.Value)
	}
}

// types are ColumnDataType's words.
var types = map[contract.Type]string{contract.Integer: "Long", contract.Number: "Double", contract.Boolean: "Boolean",
	contract.Date: "Date", contract.Timestamp: "Timestamp"}

func (ex *exporter) column(c *contract.Column) {
	where, name, o := ex.table.Name+"."+c.Name, dqdl.Quote(c.Name), c.Options
	fact := func(what, format string, args ...any) {
		ex.add(c.Place, where, said{id: c.Name + "." + what}, format, args...)
	}
	lose := func(what string) {
		ex.lose(c.Place, where, "%s is not kept", what)
	}
	if c.PhysicalName != "" && c.PhysicalName != c.Name {
		lose("physicalName " + c.PhysicalName)
	}
	if c.Personal {
		lose("that the column is personal, so that its values are shown")
	}
	present := present(c)
	fact("exists", "ColumnExists %s", name)
	if c.Required {
		fact("required", "IsComplete %s", name)
	}
	if c.Unique {
		fact("unique", "IsUnique %s", name)
	}
	moment := c.Type == contract.Date || c.Type == contract.Timestamp || c.Type == contract.Time
	switch word := types[c.Type]; {
	case moment && (o.Format != "" || word == ""):
		lose("logicalType " + string(c.Type) + " with its format")
	case word != "":
		fact("type", "ColumnDataType %s = %q%s", name, word, present)
	case c.Type != "" && c.Type != contract.String:
		lose("logicalType " + string(c.Type))
	}
	for _, bound := range []struct{ what, op, value string }{{"minimum", ">=", o.Minimum}, {"exclusiveMinimum", ">", o.ExclusiveMinimum},
		{"maximum", "<=", o.Maximum}, {"exclusiveMaximum", "<", o.ExclusiveMaximum}} {
		switch {
		case bound.value == "":
		case moment && (o.Format != "" || c.Type == contract.Time):
			lose(bound.what + " " + bound.value)
		case moment:
			fact(bound.what, "ColumnValues %s %s %s%s", name, bound.op, dqdl.Quote(bound.value), present)
		default:
			fact(bound.what, "ColumnValues %s %s %s%s", name, bound.op, bound.value, present)
		}
	}
	if o.MinLength != nil {
		fact("minLength", "ColumnLength %s >= %d%s", name, *o.MinLength, present)
	}
	if o.MaxLength != nil {
		fact("maxLength", "ColumnLength %s <= %d", name, *o.MaxLength)
	}
	if o.Pattern != "" {
		fact("pattern", "ColumnValues %s matches %s%s", name, dqdl.Quote(within(o.Pattern)), present)
	}
	if c.Type == contract.String && o.Format != "" {
		lose("format " + o.Format)
	}
	if o.MultipleOf != "" {
		lose("multipleOf " + o.MultipleOf)
	}
	if len(c.Properties) > 0 || c.Items != nil || c.MapKey != nil {
		lose("what the column holds within")
	}
	if len(c.Enum) > 0 {
		fact("enum", "ColumnValues %s in %s%s", name, values(c.Enum), present)
	}
	for i := range c.Rules {
		ex.rule(c, &c.Rules[i])
	}
}

// present writes the where by which a rule leaves out the nulls of a column, which
// break rules on values in DQDL and none in ODCS. Names are in backquotes, since Spark
// takes double quotes for those of a text.
func present(c *contract.Column) string {
	if c == nil {
		return ""
	}
	return " where " + dqdl.Quote("`"+strings.ReplaceAll(c.Name, "`", "``")+"` is not null")
}

// within makes a pattern for the whole value of one that is searched for.
func within(pattern string) string { return `[\s\S]*(?:` + pattern + `)[\s\S]*` }

// values writes a list; an empty one can't be.
func values(all []contract.Value) string {
	var out []string
	for _, v := range all {
		if v.Null {
			out = append(out, "NULL")
		} else {
			out = append(out, dqdl.Quote(v.Text))
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// number writes a number without an exponent, which DQDL has not.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
