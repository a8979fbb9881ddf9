package frictionless

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/dialect"
	"tillwatch/shared/document"
)

// ErrForm is returned for a file that is no Table Schema, Data Resource or Data
// Package.
var ErrForm = errors.New("no Table Schema, Data Resource or Data Package: fields, schema or resources must be there, as a list, a map and a list")

// Import reads a Table Schema, a Data Resource or a Data Package, in JSON or
// YAML, and writes a contract. A table that has no name is called name. What it
// writes is a valid contract of ODCS 3.2 with status draft. Errors are
// document.Errors for what can't be parsed, or what makes no valid contract
// (two fields of one name, a minimum above the maximum), and ErrForm.
func Import(file string, data []byte, name string) (odcs []byte, lost []document.Loss, err error) {
	root, err := document.Parse(file, data)
	if err != nil {
		return nil, nil, err
	}
	im := &importer{name: name, tables: map[string]*document.Node{}}
	out, err := im.contract(root)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", file, err)
	}
	var b strings.Builder
	writeYAML(&b, out, "", false)
	if _, err := contract.ReadODCS(file+" as a contract", []byte(b.String())); err != nil {
		return nil, nil, err
	}
	return []byte(b.String()), im.inOrder(), nil
}

// An importer holds what is known of the whole while its parts are converted.
type importer struct {
	losses
	name      string
	tables    map[string]*document.Node // the schemas by the names of their tables
	delimiter string                    // of the first resource that has one
}

func (im *importer) contract(root *document.Node) (object, error) {
	resources := []*document.Node{root}
	switch {
	case root.Get("resources").Is(document.List):
		resources = root.Get("resources").Items
		im.unknown(root, "", "$schema", "profile", "name", "id", "title", "description", "version", "resources")
	case root.Get("schema").Is(document.Map), root.Get("fields").Is(document.List):
	case root.Get("schema").Is(document.Text):
		return nil, fmt.Errorf("the schema is kept in %s: import that file, or put it in here: %w", root.Get("schema").Text, ErrForm)
	default:
		return nil, ErrForm
	}
	named := map[*document.Node]string{}
	for i, r := range resources {
		if !r.Is(document.Map) {
			im.add(r, "", "a resource that is no map is left out")
			continue
		}
		name := r.Get("name").Str()
		if name == "" {
			if name = im.name; i > 0 {
				name += "_" + strconv.Itoa(i+1)
			}
		}
		schema := r
		if schema.Get("fields") == nil {
			if schema = r.Get("schema"); !schema.Get("fields").Is(document.List) {
				im.add(r, name, "a resource without a schema in place is left out")
				continue
			}
		}
		if im.tables[name] != nil {
			im.add(r, name, "a second table of this name is left out")
			continue
		}
		im.tables[name], named[r] = schema, name
	}
	if len(im.tables) == 0 {
		return nil, ErrForm
	}
	var tables, servers list
	for _, r := range resources {
		if name, ok := named[r]; ok {
			tables = append(tables, im.table(r, im.tables[name], name))
			servers = append(servers, im.servers(r, name)...)
		}
	}
	id, whole := root.Get("id").Str(), im.name
	if root.Get("resources") != nil && root.Get("name").Str() != "" {
		whole = root.Get("name").Text
	}
	if id == "" {
		id = "urn:datapackage:" + whole
	}
	version := root.Get("version").Str()
	if version == "" {
		version = "1.0.0"
	}
	out := object{{"apiVersion", "v3.2.0"}, {"kind", "DataContract"}, {"id", id}, {"name", whole}, {"version", version}, {"status", "draft"}}
	if root.Get("resources") != nil {
		if purpose := strings.TrimSpace(root.Get("title").Str() + "\n" + root.Get("description").Str()); purpose != "" {
			out.set("description", object{{"purpose", purpose}})
		}
	}
	if len(servers) > 0 {
		out.set("servers", servers)
	}
	out.set("schema", tables)
	return out, nil
}

// servers returns the server that says how a resource is written, if it says so.
func (im *importer) servers(r *document.Node, name string) list {
	dialect := r.Get("dialect")
	if dialect.Is(document.Text) {
		im.add(dialect, name, "the dialect is kept in %s and not read: put it in here", dialect.Text)
		return nil
	}
	if dialect != nil {
		im.unknown(dialect, name, "$schema", "csvddfVersion", "delimiter", "quoteChar", "doubleQuote", "escapeChar", "commentChar", "header", "lineTerminator", "skipInitialSpace", "nullSequence")
	}
	n := dialect.Get("delimiter")
	delimiter := n.Str()
	if delimiter == "" {
		delimiter = ","
	}
	if len(delimiter) != 1 {
		im.add(n, name, "delimiter %q is not kept: it is one ASCII character here", delimiter)
		return nil
	}
	if im.delimiter == "" {
		im.delimiter = delimiter
	} else if im.delimiter != delimiter {
		if n == nil {
			n = r
		}
		im.add(n, name, "delimiter %q is not kept: all files of a contract have the first one's, %q", delimiter, im.delimiter)
		return nil
	} else {
		return nil
	}
	if delimiter == "," {
		return nil
	}
	return list{object{{"server", "files"}, {"type", "custom"}, {"format", "csv"}, {"delimiter", delimiter}}}
}

// dialectKeys are the keys of a dialect that are customProperties of the same
// name, and what they are where they are left out.
var dialectKeys = []struct{ key, usual string }{
	{"quoteChar", `"`}, {"doubleQuote", "true"}, {"escapeChar", ""}, {"commentChar", ""}, {"header", "true"},
	{"skipInitialSpace", "false"}, {"lineTerminator", "\r\n"}, {"nullSequence", ""},
}

// dialect returns the customProperties of what is unusual in a dialect.
func (im *importer) dialect(n *document.Node, name string) (custom list) {
	for _, k := range dialectKeys {
		v := n.Get(k.key)
		if !v.Is(document.Scalar&^document.Null) || v.Text == k.usual || v.Text == "\n" {
			continue
		}
		var d dialect.Dialect
		if _, err := d.Set(k.key, v.Text); err != nil {
			im.add(v, name, "dialect %s %q is not kept: %v", k.key, v.Text, err)
			continue
		}
		value := any(v.Text)
		if v.Kind == document.Bool {
			value = literal(v.Text)
		}
		custom = append(custom, object{{"property", k.key}, {"value", value}})
	}
	return custom
}

// encodings are the names that the readers of files know, by others' names.
var encodings = map[string]string{"utf-8": "utf-8", "utf8": "utf-8", "": "", "latin-1": "latin-1", "latin1": "latin-1", "iso-8859-1": "latin-1",
	"windows-1252": "windows-1252", "cp1252": "windows-1252", "utf-16le": "utf-16le", "utf-16be": "utf-16be", "utf-16": "utf-16le"}

func (im *importer) table(r, schema *document.Node, name string) object {
	out := object{{"name", name}}
	im.unknown(schema, name, "$schema", "fields", "fieldsMatch", "missingValues", "primaryKey", "uniqueKeys", "foreignKeys",
		"name", "title", "description", "path", "profile", "format", "mediatype", "encoding", "dialect", "schema")
	var custom list
	if path := r.Get("path"); path != nil && path.Str() != name+".csv" {
		im.add(path, name, "path is not kept: a contract's servers say where files land")
	}
	if r != schema {
		im.unknown(r, name, "$schema", "name", "title", "description", "path", "profile", "type", "format", "mediatype", "encoding", "dialect", "schema")
		out.setText("businessName", r.Get("title").Str())
		out.setText("description", r.Get("description").Str())
		encoding, known := encodings[strings.ToLower(r.Get("encoding").Str())]
		if !known {
			im.add(r.Get("encoding"), name, "encoding %q is not kept: utf-8, latin-1, windows-1252 and utf-16 are read", r.Get("encoding").Str())
		} else if encoding != "" {
			custom = append(custom, object{{"property", "encoding"}, {"value", encoding}})
		}
	}
	custom = append(custom, im.dialect(r.Get("dialect"), name)...)
	missing := im.missingValues(schema, name)
	custom = append(custom, missing.custom()...)
	key := im.names(schema.Get("primaryKey"), name, "primaryKey")
	var fields, rules list
	for _, f := range schema.Get("fields").Items {
		if !f.Is(document.Map) || f.Get("name").Str() == "" {
			im.add(f, name, "a field without a name is left out")
			continue
		}
		fields = append(fields, im.field(f, name, key, missing))
	}
	rules = append(rules, im.fieldsMatch(schema, name)...)
	for _, k := range schema.Get("uniqueKeys").List() {
		if names := im.names(k, name, "uniqueKeys"); len(names) > 0 {
			rules = append(rules, object{{"metric", "duplicateValues"}, {"arguments", object{{"properties", texts(names)}}}, {"mustBe", literal("0")}})
		}
	}
	if len(custom) > 0 {
		out.set("customProperties", custom)
	}
	if len(fields) > 0 {
		out.set("properties", fields)
	}
	if len(rules) > 0 {
		out.set("quality", rules)
	}
	if relations := im.foreignKeys(schema, name); len(relations) > 0 {
		out.set("relationships", relations)
	}
	return out
}

// fieldsMatch returns the rule on the header.
func (im *importer) fieldsMatch(schema *document.Node, table string) list {
	n := schema.Get("fieldsMatch")
	if items := n.List(); len(items) == 1 {
		n = items[0]
	}
	switch n.Str() {
	case "", "exact":
		return list{columnsRule(true)}
	case "equal":
		return list{columnsRule(false)}
	case "subset":
		return nil
	}
	im.add(n, table, "fieldsMatch %s is not kept: here all columns must be there", n.Text)
	return nil
}

func columnsRule(ordered bool) object {
	check := object{{"check", "columns"}, {"closed", true}}
	if ordered {
		check.set("ordered", true)
	}
	return object{{"type", "custom"}, {"engine", "tillwatch"}, {"implementation", check}}
}

// names reads one name or a list of names of fields.
func (im *importer) names(n *document.Node, table, what string) []string {
	if n.Is(document.Text) {
		return []string{n.Text}
	}
	var out []string
	for _, item := range n.List() {
		if !item.Is(document.Text) {
			im.add(n, table, "%s is left out: it is no list of names", what)
			return nil
		}
		if !slices.Contains(out, item.Text) {
			out = append(out, item.Text)
		}
	}
	return out
}

func texts(names []string) list {
	out := list{}
	for _, n := range names {
		out = append(out, n)
	}
	return out
}

func (im *importer) foreignKeys(schema *document.Node, table string) list {
	var out list
	for _, k := range schema.Get("foreignKeys").List() {
		from := im.names(k.Get("fields"), table, "a foreign key")
		to := im.names(k.Get("reference").Get("fields"), table, "a foreign key")
		target := k.Get("reference").Get("resource").Str()
		if len(from) == 0 || len(from) != len(to) {
			im.add(k, table, "a foreign key is left out: it needs as many fields as its reference")
			continue
		}
		prefix := ""
		if target == "" {
			target = table
		}
		if im.tables[target] == nil {
			prefix = target + ".odcs.yaml#"
		}
		var ends [2]list
		nameable := !strings.ContainsAny(table+target, ".#/")
		for i := range from {
			nameable = nameable && !strings.ContainsAny(from[i]+to[i], ".#/") && hasField(schema, from[i]) &&
				(prefix != "" || hasField(im.tables[target], to[i]))
			ends[0] = append(ends[0], table+"."+from[i])
			ends[1] = append(ends[1], prefix+target+"."+to[i])
		}
		if !nameable {
			im.add(k, table, "the foreign key to %s is left out: each of its ends must be a field, without . # / in its name", target)
			continue
		}
		if prefix != "" {
			im.add(k, table, "%s is not described in this file: the foreign key refers to %s", target, strings.TrimSuffix(prefix, "#"))
		}
		out = append(out, object{{"from", ends[0]}, {"to", ends[1]}})
	}
	return out
}

func hasField(schema *document.Node, name string) bool {
	return slices.ContainsFunc(schema.Get("fields").List(), func(f *document.Node) bool { return f.Get("name").Str() == name })
}
