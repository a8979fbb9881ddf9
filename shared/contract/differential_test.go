package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tillwatch/shared/document"
)

// The standard's JSON Schemas are another judge of the same documents. They are
// not part of this project: put odcs-json-schema-v3.0.0.json and so on into the
// directory that TILLWATCH_ODCS_SCHEMAS names (.cache/odcs if it names none),
// and the standard's examples into its folder examples.
func schemas(t *testing.T) (dir string, byVersion map[string]*jsonschema.Schema) {
	dir = os.Getenv("TILLWATCH_ODCS_SCHEMAS")
	if dir == "" {
		dir = filepath.Join("..", "..", ".cache", "odcs")
	}
	byVersion = map[string]*jsonschema.Schema{}
	for version := range releases {
		path := filepath.Join(dir, "odcs-json-schema-"+version+".json")
		if _, err := os.Stat(path); err != nil {
			t.Skipf("no JSON Schemas of the standard in %s (set TILLWATCH_ODCS_SCHEMAS): %v", dir, err)
		}
		s, err := jsonschema.NewCompiler().Compile(path)
		if err != nil {
			t.Fatalf("compile %s: %v", path, err)
		}
		byVersion[version] = s
	}
	return dir, byVersion
}

// plain turns a tree into what a JSON decoder would have made of it.
func plain(n *document.Node) any {
	switch n.Kind {
	case document.Null:
		return nil
	case document.Bool:
		return n.True()
	case document.Int, document.Float:
		return json.Number(n.Text)
	case document.List:
		out := []any{}
		for _, v := range n.Items {
			out = append(out, plain(v))
		}
		return out
	case document.Map:
		out := map[string]any{}
		for _, e := range n.Entries {
			out[e.Key] = plain(e.Value)
		}
		return out
	}
	return n.Text
}

func mustPlain(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := document.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return plain(n).(map[string]any)
}

// examplesRejected says why an example of the standard is refused.
var examplesRejected = map[string]string{
	"full-example.odcs.yaml": "names the tables tab1 and receiver_types, which it does not describe",
}

func TestStandardsExamples(t *testing.T) {
	dir, _ := schemas(t)
	files, _ := filepath.Glob(filepath.Join(dir, "examples", "*.yaml"))
	if len(files) == 0 {
		t.Skipf("no examples of the standard in %s", filepath.Join(dir, "examples"))
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadODCS(filepath.Base(path), data)
		if reason := examplesRejected[filepath.Base(path)]; (err != nil) != (reason != "") {
			t.Errorf("got %v, want rejection for %q", err, reason)
		}
	}
}

// tolerated are the documents that the JSON Schema refuses and we take, each
// with the reason: what the schema's error says and where.
var tolerated = []struct{ reason, version, where, says string }{
	{"3.0: the standard's example all-data-types has timestamps", "v3.0", "/logicalType", "one of"},
	{"3.0: the standard's example all-data-types has bounds as exclusiveMinimum", "v3.0", "/exclusiveM", "want boolean"},
	{"3.0: the standard's example basic-four-dpo has a team that is a map", "v3.0", "/team", ""},
	{"3.0: the standard's example column-completeness has metric", "v3.0", "/quality/", "missing property 'rule'"},
	{"3.0.0 and 3.0.1: their schema asks for staging_dir and calls it stagingDir", "v3.0", "/servers/", "staging_dir"},
	{"3.0: its schema has the schema of a duckdb server as a number", "v3.0", "/servers/", "want integer"},
	{"3.2: its schema reads a missing logicalType as every type at once", "v3.2", "/properties/", "missing property 'map'"},
	{"the prose gives relationships a description", "v3", "/relationships/", "/description: "},
	{"the prose has another contract's table.column after a #, and names are resolved, not matched", "v3", "/relationships/", "does not match pattern"},
}

func isTolerated(version string, leaves []string) string {
	for _, d := range tolerated {
		if strings.HasPrefix(version, d.version) && slices.ContainsFunc(leaves, func(l string) bool {
			return strings.Contains(l, d.where) && strings.Contains(l, d.says)
		}) {
			return d.reason
		}
	}
	return ""
}

// leaves lists the schema's complaints as "/path: what".
func leaves(err error) []string {
	var out []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			what := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
			out = append(out, "/"+strings.Join(e.InstanceLocation, "/")+": "+what)
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	if v, ok := err.(*jsonschema.ValidationError); ok {
		walk(v)
	}
	return out
}

// mutants calls each with every document that differs from root in one place.
func mutants(root map[string]any, each func(what string, doc any)) {
	values := []any{nil, true, json.Number("7"), json.Number("-1"), json.Number("1.5"), "text", "", []any{}, map[string]any{}, []any{"x"}, []any{json.Number("1"), json.Number("1")}}
	extra := map[string]any{"zzz": json.Number("1"), "id": "an id", "description": "d", "vendor": "v", "metric": "nullValues", "rule": "rowCount",
		"query": "q", "engine": "e", "mustBe": json.Number("0"), "mustBeBetween": []any{json.Number("1"), json.Number("2")}, "unit": "rows", "from": "a.b",
		"items": map[string]any{"logicalType": "string"}, "pattern": "x", "context": "c", "encoding": "e", "enum": []any{}, "map": map[string]any{}, "deprecated": true}
	names := slices.Sorted(maps.Keys(extra))
	var walk func(path string, v any, set func(any))
	walk = func(path string, v any, set func(any)) {
		if path != "" {
			for _, other := range values {
				set(other)
				each(fmt.Sprintf("%s = %v", path, other), root)
			}
			set(v)
		}
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				old := v[key]
				delete(v, key)
				each(path+"/"+key+" deleted", root)
				v[key+"X"] = old
				each(path+"/"+key+" renamed", root)
				delete(v, key+"X")
				v[key] = old
				walk(path+"/"+key, old, func(n any) { v[key] = n })
			}
			for _, key := range names {
				if _, have := v[key]; !have {
					v[key] = extra[key]
					each(path+"/"+key+" added", root)
					delete(v, key)
				}
			}
		case []any:
			for i, old := range v {
				walk(fmt.Sprintf("%s/%d", path, i), old, func(n any) { v[i] = n })
			}
			if len(v) > 0 && path != "" {
				set(append(slices.Clone(v), v[0]))
				each(path+" with its first twice", root)
				set(v[1:])
				each(path+" without its first", root)
				set(v)
			}
		}
	}
	walk("", root, nil)
}

// stride is how many of the mutated documents are passed over: all of them take
// a minute. TILLWATCH_ODCS_STRIDE=1 tries every one.
func stride() int {
	if n, err := strconv.Atoi(os.Getenv("TILLWATCH_ODCS_STRIDE")); err == nil && n > 0 {
		return n
	}
	return 53
}

// judge compares our verdict on the mutants of root with the schema's: what it
// refuses we refuse, but for what is tolerated for a reason.
func judge(t *testing.T, name string, schema *jsonschema.Schema, root map[string]any) {
	t.Helper()
	version := root["apiVersion"].(string)
	every := stride()
	n, tried, refused, stricter := 0, 0, 0, 0
	reasons := map[string]int{}
	mutants(root, func(what string, doc any) {
		if n++; n%every != 0 || strings.HasPrefix(what, "/apiVersion") {
			return
		}
		tried++
		verdict := schema.Validate(doc)
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadODCS("mutant", data)
		switch {
		case verdict == nil && err != nil:
			stricter++
		case verdict != nil && err != nil:
			refused++
		case verdict != nil:
			found := leaves(verdict)
			if reason := isTolerated(version, found); reason != "" {
				reasons[reason]++
			} else {
				t.Errorf("%s, %s: accepted, but the schema says %s", name, what, strings.Join(found, " | "))
			}
		}
	})
	t.Logf("%s (%s): of %d documents tried, %d refused by both, %d only by us, tolerated %v", name, version, tried, refused, stricter, reasons)
}

func TestSchemaRefusesNothingMore(t *testing.T) {
	dir, byVersion := schemas(t)
	files, _ := filepath.Glob("testdata/full-*.odcs.yaml")
	examples, _ := filepath.Glob(filepath.Join(dir, "examples", "*.yaml"))
	for _, path := range append(files, examples...) {
		root := mustPlain(t, path)
		if tables, ok := root["schema"].([]any); ok && len(tables) > 5 {
			root["schema"] = tables[:5]
		}
		judge(t, filepath.Base(path), byVersion[root["apiVersion"].(string)], root)
	}
}

// Servers of every type are accepted with all that the schema says they have.
func TestServersOfEveryType(t *testing.T) {
	dir, byVersion := schemas(t)
	for version, schema := range byVersion {
		data, err := os.ReadFile(filepath.Join(dir, "odcs-json-schema-"+version+".json"))
		if err != nil {
			t.Fatal(err)
		}
		type property struct {
			Type any
			Ref  string `json:"$ref"`
			Enum []string
		}
		type source struct{ Properties map[string]property }
		var doc struct {
			Defs struct {
				Server struct {
					AllOf []struct {
						If struct {
							Properties struct{ Type struct{ Const string } }
						}
						Then struct {
							Ref string `json:"$ref"`
						}
					}
				}
				ServerSource map[string]source
			} `json:"$defs"`
		}
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		var servers []any
		for _, c := range doc.Defs.Server.AllOf {
			kind := c.If.Properties.Type.Const
			if kind == "athena" && (version == "v3.0.0" || version == "v3.0.1") {
				continue // tolerated
			}
			s := map[string]any{"server": kind, "type": kind}
			for key, p := range doc.Defs.ServerSource[c.Then.Ref[strings.LastIndex(c.Then.Ref, "/")+1:]].Properties {
				switch {
				case key == "location":
					s[key] = kind + "://bucket/key"
				case kind == "duckdb" && p.Type == "integer":
					continue // tolerated
				case key == "delimiter" && len(p.Enum) == 0:
					s[key] = ","
				case len(p.Enum) > 0:
					s[key] = p.Enum[0]
				case p.Type == "integer" || p.Ref != "":
					s[key] = json.Number("5432")
				default:
					s[key] = "text"
				}
			}
			servers = append(servers, s)
		}
		root := map[string]any{"apiVersion": version, "kind": "DataContract", "id": "a", "version": "1", "status": "active", "servers": servers}
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadODCS(version, text); err != nil {
			t.Errorf("%s: %v", version, err)
		}
		judge(t, "servers", schema, root)
	}
}
