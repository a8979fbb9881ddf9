package frictionless

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"tillwatch/shared/contract"
	"tillwatch/shared/document"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

func report(lost []document.Loss) string {
	var b strings.Builder
	for _, l := range lost {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// TestConversions runs the txtar files of testdata: "descriptor.json" is
// imported and gives "contract" and "lost", or "contract.yaml" is exported and
// gives "descriptor" and "lost".
func TestConversions(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := archive.Files[0]
			var out []byte
			var lost []document.Loss
			name := "contract"
			if in.Name == "descriptor.json" {
				out, lost, err = Import(in.Name, in.Data, "example")
			} else {
				name = "descriptor"
				out, lost, err = Export(in.Name, in.Data, "")
			}
			if err != nil {
				t.Fatal(err)
			}
			got := []txtar.File{in, {Name: name, Data: out}, {Name: "lost", Data: []byte(report(lost))}}
			if *update {
				archive.Files = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for i, want := range archive.Files {
				if i >= len(got) || want.Name != got[i].Name || string(want.Data) != string(got[i].Data) {
					t.Errorf("%s differs; run go test -update and review:\n%s", want.Name, got[min(i, len(got)-1)].Data)
				}
			}
		})
	}
}

func TestImportRefuses(t *testing.T) {
	for _, c := range []struct{ rule, text string }{
		{"a list", `[1]`},
		{"a map of something else", `{"a": 1}`},
		{"a schema in another file", `{"name": "a", "schema": "schema.json"}`},
		{"a package without a table", `{"resources": [{"name": "a"}, 3]}`},
	} {
		if _, _, err := Import("f", []byte(c.text), "x"); !errors.Is(err, ErrForm) {
			t.Errorf("%s: got %v, want ErrForm", c.rule, err)
		}
	}
	for _, c := range []struct{ rule, text string }{
		{"what can't be parsed", `{"fields": [`},
		{"two fields of one name", `{"fields": [{"name": "a"}, {"name": "a"}]}`},
		{"a minimum above the maximum", `{"fields": [{"name": "a", "type": "integer", "constraints": {"minimum": 3, "maximum": 2}}]}`},
	} {
		var faults document.Errors
		if _, _, err := Import("f", []byte(c.text), "x"); !errors.As(err, &faults) {
			t.Errorf("%s: got %v, want document.Errors", c.rule, err)
		}
	}
}

func TestExportOfOneTable(t *testing.T) {
	odcs, _, err := Import("f", []byte(`{"resources": [{"name": "a", "schema": {"fields": [{"name": "x"}]}}, {"name": "b", "schema": {"fields": [{"name": "y"}]}}]}`), "x")
	if err != nil {
		t.Fatal(err)
	}
	schema, _, err := Export("f", odcs, "b")
	if err != nil || !strings.Contains(string(schema), `"name": "y"`) || strings.Contains(string(schema), `"resources"`) {
		t.Errorf("got %s, %v", schema, err)
	}
	if _, _, err := Export("f", odcs, "c"); err == nil {
		t.Error("a table that is not there is exported")
	}
}

func TestPatternsAreWhole(t *testing.T) {
	for pattern, want := range map[string]string{
		`^[A-Z]+$`: `[A-Z]+`, `^(?:a|b)$`: `a|b`, `^(?:a)|(?:b)$`: "", `^a|b$`: "", `a`: "", `^a\$`: "", `^a\\$`: `a\\`, `^(?:[)]|b)$`: `[)]|b`, `^`: "", `^$`: "",
	} {
		got, ok := whole(pattern)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}

func TestDateFormats(t *testing.T) {
	for strptime, want := range map[string]string{
		"%d/%m/%Y": "dd/MM/yyyy", "%Y-%m-%dT%H:%M:%S": "yyyy-MM-dd'T'HH:mm:ss", "%d %B %Y": "dd MMMM yyyy", "%F": "yyyy-MM-dd",
		"%Y o'clock": "yyyy' o''clock'", "%I:%M %p": "hh:mm a", "%Y%%": "", "%%F": "", "%s": "", "%": "", "%-d": "", "": "",
	} {
		got, ok := fromStrptime(strptime)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", strptime, got, want)
		}
		if back, ok := toStrptime(got); want != "" && strptime != "%F" && (!ok || back != strptime) {
			t.Errorf("%s comes back as %q", strptime, back)
		}
	}
	for _, pattern := range []string{"yyyy[-MM]", "d/M/yyyy", "'open", "QQ", ""} {
		if got, ok := toStrptime(pattern); ok {
			t.Errorf("%s: got %s, want none", pattern, got)
		}
	}
}

// bare is a contract without what depends on its text.
func bare(t *rapid.T, odcs []byte) *contract.Contract {
	c, err := contract.ReadODCS("f", odcs)
	if err != nil {
		t.Fatalf("%v in\n%s", err, odcs)
	}
	for i := range c.Tables {
		table := &c.Tables[i]
		table.Place = contract.Place{}
		for j := range table.Columns {
			table.Columns[j].Place = contract.Place{}
			for k := range table.Columns[j].Rules {
				table.Columns[j].Rules[k].Place = contract.Place{}
			}
		}
		for j := range table.Rules {
			table.Rules[j].Place = contract.Place{}
		}
		for j := range table.Relationships {
			table.Relationships[j].Place = contract.Place{}
		}
	}
	return c
}

// field draws a field of the subset that both sides have words for.
func field(t *rapid.T, name string) map[string]any {
	f := map[string]any{"name": name}
	constraints := map[string]any{}
	maybe := func(label string) bool { return rapid.Bool().Draw(t, label) }
	word := rapid.SampledFrom([]string{"a", "yes", "null", "1", "x: y", "# no", "-", "é\n\"q\"", " lead", "'", "{}", "&a", "~", "0x1F", "1e3", "2026-11-22", ""})
	kind := rapid.SampledFrom([]string{"any", "string", "integer", "number", "boolean", "date", "datetime", "time", "object", "array"}).Draw(t, "type")
	f["type"] = kind
	if maybe("title") {
		f["title"] = "t" + word.Draw(t, "title")
	}
	if maybe("description") {
		f["description"] = "d" + word.Draw(t, "description")
	}
	if maybe("required") {
		constraints["required"] = true
	}
	if maybe("unique") {
		constraints["unique"] = true
	}
	switch kind {
	case "string":
		if maybe("format") {
			f["format"] = rapid.SampledFrom([]string{"email", "uri", "uuid", "binary"}).Draw(t, "format")
		}
		if maybe("lengths") {
			constraints["minLength"], constraints["maxLength"] = rapid.IntRange(0, 5).Draw(t, "min"), rapid.IntRange(5, 9).Draw(t, "max")
		}
		if maybe("enum") {
			constraints["enum"] = rapid.SliceOfNDistinct(word, 1, 4, rapid.ID[string]).Draw(t, "values")
		}
	case "integer", "number":
		if maybe("minimum") {
			constraints["minimum"] = rapid.IntRange(-9, 0).Draw(t, "minimum")
		}
		if maybe("maximum") {
			constraints["exclusiveMaximum"] = 10
		}
		if maybe("enum") {
			constraints["enum"] = []any{1, 2}
		}
	case "date", "datetime", "time":
		if maybe("format") {
			f["format"] = map[string]string{"date": "%d/%m/%Y", "datetime": "%Y-%m-%d %H:%M:%S", "time": "%H.%M"}[kind]
		} else if maybe("bound") {
			constraints["minimum"] = map[string]string{"date": "2026-01-31", "datetime": "2026-01-31T10:00:00Z", "time": "10:00:00"}[kind]
		}
	case "array", "object":
		if maybe("lengths") {
			constraints["maxLength"] = 3
		}
	}
	if maybe("pattern") {
		constraints["pattern"] = rapid.SampledFrom([]string{`[A-Z]{2}`, `a|b`, `(a)(b)?`, `\d+\\`, `(?:a|b)`, `^x$`}).Draw(t, "pattern")
	}
	if len(constraints) > 0 {
		f["constraints"] = constraints
	}
	return f
}

// TestRoundTrip holds that what both sides have words for comes back as it was,
// with nothing lost, and that going there and back again changes nothing more.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "No", "unit price", "größe", "1st", "a:b", "true"}), 1, 5, rapid.ID[string]).Draw(t, "names")
		var fields []any
		for _, name := range names {
			fields = append(fields, field(t, name))
		}
		schema := map[string]any{"fields": fields,
			"$schema": "https://datapackage.org/profiles/2.0/tableschema.json"}
		if match := rapid.SampledFrom([]string{"", "equal", "subset"}).Draw(t, "match"); match != "" {
			schema["fieldsMatch"] = []string{match}
		}
		if rapid.Bool().Draw(t, "key") {
			schema["primaryKey"] = names[:rapid.IntRange(1, len(names)).Draw(t, "keys")]
		}
		if rapid.Bool().Draw(t, "unique") {
			schema["uniqueKeys"] = [][]string{names}
		}
		if rapid.Bool().Draw(t, "foreign") {
			schema["foreignKeys"] = []any{map[string]any{"fields": names[:1], "reference": map[string]any{"fields": names[len(names)-1:]}}}
			if !strings.ContainsAny(names[0]+names[len(names)-1], ".#/") && rapid.Bool().Draw(t, "other") {
				schema["foreignKeys"] = []any{map[string]any{"fields": names[:1], "reference": map[string]any{"resource": "other", "fields": []string{"k"}}}}
			}
		}
		resource := map[string]any{"name": "t 1", "type": "table", "path": "t 1.csv", "schema": schema}
		if rapid.Bool().Draw(t, "dialect") {
			resource["dialect"] = map[string]any{"delimiter": ";"}
		}
		if rapid.Bool().Draw(t, "encoding") {
			resource["encoding"] = rapid.SampledFrom([]string{"iso-8859-1", "utf-8"}).Draw(t, "its name")
		}
		other := map[string]any{"name": "other", "type": "table", "path": "other.csv", "schema": map[string]any{"fields": []any{map[string]any{"name": "k", "type": "any"}},
			"$schema": schema["$schema"]}}
		if resource["dialect"] != nil {
			other["dialect"] = resource["dialect"]
		}
		whole := map[string]any{"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "shop", "id": "urn:x", "version": "2.0.0",
			"description": "what it is for", "resources": []any{resource, other}}
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		odcs, lost, err := Import("f", text, "x")
		if err != nil || len(lost) > 0 {
			t.Fatalf("import %s: %v, lost\n%s", text, err, report(lost))
		}
		back, lost, err := Export("f", odcs, "")
		if err != nil {
			t.Fatalf("export %s: %v", odcs, err)
		}
		for _, l := range lost {
			// The contract's server and status are no part of a package.
			if !strings.Contains(l.What, "status is not kept") {
				t.Fatalf("export lost %s", l)
			}
		}
		var got any
		if err := json.Unmarshal(back, &got); err != nil {
			t.Fatalf("%v in %s", err, back)
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if g, w := canonical(t, got), canonical(t, want); g != w {
			t.Fatalf("got\n%s\nwant\n%s\nby\n%s", g, w, odcs)
		}
		again, _, err := Import("f", back, "x")
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(odcs) {
			t.Fatalf("imported again:\n%s\nwant\n%s", again, odcs)
		}
		bare(t, again)
	})
}

func canonical(t *rapid.T, v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzImport holds that any descriptor is refused or becomes a valid contract,
// which can be written as a package again.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		odcs, _, err := Import("f", data, "x")
		if err != nil {
			return
		}
		back, _, err := Export("f", odcs, "")
		if err != nil {
			t.Fatalf("%v in\n%s", err, odcs)
		}
		if !json.Valid(back) {
			t.Fatalf("no JSON:\n%s", back)
		}
		if _, _, err := Import("f", back, "x"); err != nil {
			t.Fatalf("import again: %v\n%s", err, back)
		}
	})
}

// FuzzExport holds that a valid contract is written as a valid package.
func FuzzExport(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.odcs.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, _, err := Export("f", data, "")
		if err == nil && !json.Valid(out) {
			t.Fatalf("no JSON:\n%s", out)
		}
	})
}
