package frictionless

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/document"
)

// Export reads a contract in ODCS and writes its tables as a Data Package in
// JSON, or, if table names one, that table's Table Schema alone. Errors are
// those of contract.ReadODCS, and one for a table that is not there.
func Export(file string, data []byte, table string) (descriptor []byte, lost []document.Loss, err error) {
	c, err := contract.ReadODCS(file, data)
	if err != nil {
		return nil, nil, err
	}
	root, err := document.Parse(file, data)
	if err != nil {
		return nil, nil, err
	}
	ex := &exporter{contract: c}
	var b strings.Builder
	if table == "" {
		writeJSON(&b, ex.dataPackage(root), "")
	} else {
		at := slices.IndexFunc(c.Tables, func(t contract.Table) bool { return t.Name == table })
		if at < 0 {
			return nil, nil, fmt.Errorf("table %q: %s has none of that name", table, file)
		}
		ex.alone = true
		writeJSON(&b, ex.schema(&c.Tables[at], tableNodes(root)[at]), "")
	}
	b.WriteByte('\n')
	return []byte(b.String()), ex.inOrder(), nil
}

// An exporter holds the contract while its tables are written.
type exporter struct {
	losses
	contract *contract.Contract
	alone    bool // one schema is written, and no package
}

// tableNodes are the tables as they stand in the file, one for each of the
// contract's.
func tableNodes(root *document.Node) []*document.Node {
	return slices.DeleteFunc(slices.Clone(root.Get("schema").List()), func(n *document.Node) bool { return n.Kind != document.Map })
}

func (ex *exporter) dataPackage(root *document.Node) object {
	ex.unknown(root, "", "apiVersion", "kind", "id", "name", "version", "description", "schema", "servers", "customProperties")
	ex.unknown(root.Get("description"), "description", "purpose")
	ex.lostCustom(root, "", dialectNames("encoding")...)
	ex.unquoted(root, "")
	out := object{{"$schema", "https://datapackage.org/profiles/2.0/datapackage.json"}}
	out.setText("name", ex.contract.Name)
	out.setText("id", ex.contract.ID)
	out.setText("version", ex.contract.Version)
	out.setText("description", ex.contract.Purpose)
	delimiter := ""
	for i, n := range root.Get("servers").List() {
		if i < len(ex.contract.Servers) && delimiter == "" {
			delimiter = ex.contract.Servers[i].Delimiter
		}
		ex.unknown(n, "servers", "server", "type", "format", "delimiter")
	}
	var resources list
	for i, n := range tableNodes(root) {
		t := &ex.contract.Tables[i]
		r := object{{"name", t.Name}, {"type", "table"}, {"path", t.Name + ".csv"}}
		r.setText("title", n.Get("businessName").Str())
		r.setText("description", t.Description)
		if encoding := ex.encoding(t); encoding != "" {
			r.set("encoding", encoding)
		}
		if d := ex.dialectOf(t, delimiter); len(d) > 0 {
			r.set("dialect", d)
		}
		r.set("schema", ex.schema(t, n))
		resources = append(resources, r)
	}
	if resources == nil {
		resources = list{}
	}
	out.set("resources", resources)
	return out
}

// said is the customProperty of a table, else of its contract; "" if neither has it.
func (ex *exporter) said(t *contract.Table, key string) string {
	if value, ok := t.Custom[key]; ok {
		return value
	}
	return ex.contract.Custom[key]
}

// encoding is how a table's files are encoded; "" if nothing is said of it.
func (ex *exporter) encoding(t *contract.Table) string {
	encoding := ex.said(t, "encoding")
	if encoding == "latin-1" {
		return "iso-8859-1"
	}
	return encoding
}

// dialectOf is how a table's files are written, as far as that is unusual.
func (ex *exporter) dialectOf(t *contract.Table, delimiter string) (out object) {
	if delimiter != "" && delimiter != "," {
		out.set("delimiter", delimiter)
	}
	for _, k := range dialectKeys {
		value := ex.said(t, k.key)
		switch {
		case value == "" || value == k.usual || value == unused && strings.HasSuffix(k.key, "Char"):
		case k.usual == "true" || k.usual == "false":
			out.set(k.key, literal(value))
		default:
			out.set(k.key, value)
		}
	}
	return out
}

// unused is what a contract says of a character that is not used. A dialect leaves
// such out, but has no word for text without quotes.
const unused = "none"

// unquoted adds that text without quotes is not kept, where that is said.
func (ex *exporter) unquoted(n *document.Node, where string) {
	for _, p := range n.Get("customProperties").List() {
		if p.Get("property").Str() == "quoteChar" && p.Get("value").Str() == unused {
			ex.add(p, where, "customProperty quoteChar none is not kept: a dialect has no word for text without quotes")
		}
	}
}

// dialectNames are the customProperties that a dialect keeps, and more.
func dialectNames(more ...string) []string {
	for _, k := range dialectKeys {
		more = append(more, k.key)
	}
	return more
}

// lostCustom adds the customProperties but for those known.
func (ex *exporter) lostCustom(n *document.Node, where string, known ...string) {
	for _, p := range n.Get("customProperties").List() {
		if name := p.Get("property").Str(); !slices.Contains(known, name) {
			ex.add(p, where, "customProperty %s is not kept", name)
		}
	}
}

func (ex *exporter) schema(t *contract.Table, n *document.Node) object {
	known := []string{"name", "logicalType", "properties", "quality", "relationships", "customProperties"}
	if !ex.alone {
		known = append(known, "businessName", "description")
	}
	ex.unknown(n, t.Name, known...)
	if ex.alone {
		ex.lostCustom(n, t.Name, "missingValues")
	} else {
		ex.lostCustom(n, t.Name, dialectNames("missingValues", "encoding")...)
		ex.unquoted(n, t.Name)
	}
	missed := kept(n)
	fields := list{}
	columns := slices.DeleteFunc(slices.Clone(n.Get("properties").List()), func(n *document.Node) bool { return n.Kind != document.Map })
	for i := range t.Columns {
		fields = append(fields, ex.field(t, &t.Columns[i], columns[i], missed))
	}
	out := object{{"$schema", "https://datapackage.org/profiles/2.0/tableschema.json"}}
	match, unique := ex.tableRules(t)
	out.set("fields", fields)
	if match != "exact" {
		out.set("fieldsMatch", list{match})
	}
	if missed != nil {
		out.set("missingValues", texts(missed))
	}
	if key := primaryKey(t); len(key) > 0 {
		out.set("primaryKey", texts(key))
	}
	if len(unique) > 0 {
		out.set("uniqueKeys", unique)
	}
	if keys := ex.foreignKeys(t); len(keys) > 0 {
		out.set("foreignKeys", keys)
	}
	return out
}

// kept returns the texts that a customProperty keeps, nil if there is none.
func kept(n *document.Node) missing {
	for _, p := range n.Get("customProperties").List() {
		var out []string
		if p.Get("property").Str() == "missingValues" && json.Unmarshal([]byte(p.Get("value").Str()), &out) == nil && out != nil {
			return out
		}
	}
	return nil
}

func primaryKey(t *contract.Table) []string {
	var parts []*contract.Column
	for i := range t.Columns {
		if t.Columns[i].PrimaryKey {
			parts = append(parts, &t.Columns[i])
		}
	}
	rank := func(c *contract.Column) int {
		if c.KeyPosition > 0 {
			return c.KeyPosition
		}
		return 1 << 30
	}
	sort.SliceStable(parts, func(i, j int) bool { return rank(parts[i]) < rank(parts[j]) })
	var names []string
	for _, c := range parts {
		names = append(names, c.Name)
	}
	return names
}

func (ex *exporter) foreignKeys(t *contract.Table) list {
	var out list
	for _, r := range t.Relationships {
		reference := object{}
		if r.Dataset != t.Name || r.Contract != "" {
			reference.set("resource", r.Dataset)
		}
		if r.Contract != "" || ex.alone && r.Dataset != t.Name {
			ex.lose(r.Place, t.Name, "the foreign key to %s refers to a resource that this file does not describe", r.Dataset)
		}
		reference.set("fields", texts(r.To))
		out = append(out, object{{"fields", texts(r.From)}, {"reference", reference}})
	}
	return out
}

func (ex *exporter) lose(at contract.Place, where, format string, args ...any) {
	ex.add(&document.Node{Place: document.Place(at)}, where, format, args...)
}

// none reports whether a rule wants that no row breaks it, and that one which
// does fails the file.
func none(r *contract.Rule) bool {
	return r.Kind == contract.Library && r.Want == contract.Want{Op: contract.Equal} && r.Severity == contract.High
}

// loseRule says of a rule that it is not kept.
func (ex *exporter) loseRule(r *contract.Rule, where string) {
	what := string(r.Kind)
	if r.Kind == contract.Library {
		what = string(r.Metric)
	}
	why := "there is no word for it"
	if r.Kind == contract.Library && r.Metric != contract.RowCount && !none(r) {
		why = "a constraint tolerates nothing and has no severity"
	}
	ex.lose(r.Place, where, "rule %s (%s) is not kept: %s", r.ID, what, why)
}

// tableRules returns what rules of the table say of the header and of unique
// keys.
func (ex *exporter) tableRules(t *contract.Table) (match string, unique list) {
	match = "subset"
	for i := range t.Rules {
		r := &t.Rules[i]
		check, isHeader := r.Implementation.(contract.ColumnsCheck)
		switch {
		case isHeader && r.Severity == contract.High && check.Closed:
			match = "equal"
			if check.Ordered {
				match = "exact"
			}
		case none(r) && r.Metric == contract.DuplicateValues && len(r.Properties) > 0:
			unique = append(unique, texts(r.Properties))
		default:
			ex.loseRule(r, t.Name)
		}
	}
	return match, unique
}
