package frictionless

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestExportFollowsTheProfiles has the standard's JSON Schemas judge what is
// exported. They are not part of this project: put datapackage.json and
// tableschema.json of version 2 into the directory that
// TILLWATCH_FRICTIONLESS_SCHEMAS names (.cache/frictionless if it names none).
func TestExportFollowsTheProfiles(t *testing.T) {
	dir := os.Getenv("TILLWATCH_FRICTIONLESS_SCHEMAS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", ".cache", "frictionless")
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(lenient)
	profile := map[string]*jsonschema.Schema{}
	for _, name := range []string{"datapackage", "tableschema"} {
		path := filepath.Join(dir, name+".json")
		if _, err := os.Stat(path); err != nil {
			t.Skipf("no JSON Schemas of Data Package in %s (set TILLWATCH_FRICTIONLESS_SCHEMAS): %v", dir, err)
		}
		var err error
		if profile[name], err = compiler.Compile(path); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("../testdata/*.odcs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	demo, err := filepath.Glob("../../../scripts/demo/contracts/*.odcs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, file := range append(files, demo...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out, _, err := Export(file, data, "")
		if err != nil {
			continue // testdata also has contracts with faults
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := profile["datapackage"].Validate(v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, r := range v.(map[string]any)["resources"].([]any) {
			if err := profile["tableschema"].Validate(r.(map[string]any)["schema"]); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		judged++
	}
	if judged == 0 {
		t.Error("no contract was exported")
	}
}

// anyText stands for patterns that regexp cannot match.
type anyText string

func (anyText) MatchString(string) bool { return true }
func (a anyText) String() string        { return string(a) }

func lenient(pattern string) (jsonschema.Regexp, error) {
	if compiled, err := regexp.Compile(pattern); err == nil {
		return compiled, nil
	}
	return anyText(pattern), nil
}
