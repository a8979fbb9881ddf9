package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// project writes files into a new folder and returns a checker for it.
func project(t *testing.T, files map[string]string) *checker {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &checker{root: root}
}

func TestReadmeNamesEveryFunction(t *testing.T) {
	const function = "package main\n"
	for _, c := range []struct{ rule, readme, missing string }{
		{"every function has a row", "| function | does |\n|---|---|\n| `validate-file` | judges |\n| [route-alert](functions/route-alert) | tells |\n", ""},
		{"a function outside a table has none", "| `validate-file` | judges |\n\nroute-alert tells.\n", "route-alert"},
		{"a longer name is another function", "| `validate-file` | x |\n| `route-alerts` | x |\n", "route-alert"},
	} {
		p := project(t, map[string]string{
			"README.md": c.readme, "functions/validate-file/main.go": function, "functions/route-alert/main.go": function,
			"functions/notes/notes.txt": "no function",
		})
		err := p.readme(t.Context())
		if c.missing == "" && err != nil || c.missing != "" && (err == nil || !strings.HasSuffix(err.Error(), " "+c.missing)) {
			t.Errorf("%s: got %v, want %q missing", c.rule, err, c.missing)
		}
	}
	if err := project(t, nil).readme(t.Context()); err == nil {
		t.Error("got no error without a README")
	}
}

func TestTestFilesAreFound(t *testing.T) {
	p := project(t, map[string]string{
		"shared/a/a_test.go": "x", "shared/a/a.go": "x", "shared/a/testdata/b_test.go": "x", ".cache/c_test.go": "x", "d_test.go": "x",
	})
	var got []string
	if err := p.testFiles(func(path string, _ []byte) { got = append(got, filepath.ToSlash(path)) }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"d_test.go", "shared/a/a_test.go"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFuzzTargetsAreFound(t *testing.T) {
	source := "func FuzzRead(f *testing.F) {\n}\n\nfunc TestFuzz(t *testing.T) {}\n\n// func FuzzNot(f *testing.F)\nfunc FuzzWrite2(fuzz *testing.F) {}\n"
	var got []string
	for _, m := range fuzzTarget.FindAllStringSubmatch(source, -1) {
		got = append(got, m[1])
	}
	if want := []string{"FuzzRead", "FuzzWrite2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOutOfTime(t *testing.T) {
	for _, c := range []struct {
		rule, output string
		want         bool
	}{
		{"the time ended in the midst of an input", "--- FAIL: FuzzParse (4.02s)\n    context deadline exceeded\nFAIL\n", true},
		{"an input that fails is one, however late", "--- FAIL: FuzzParse (4.02s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzParse/1\n", false},
		{"any other failure", "--- FAIL: FuzzParse (0.02s)\n    fuzz_test.go:3: got 1\n", false},
	} {
		if got := outOfTime(c.output); got != c.want {
			t.Errorf("%s: got %v", c.rule, got)
		}
	}
}

// A package draws if its test binary is made of rapid, whoever asked for it; what
// has no test, and infra, which has tests of its own, does not.
func TestPackagesThatDraw(t *testing.T) {
	plain, drawing := divide(strings.Join([]string{
		"tillwatch/shared/a [fmt]", "tillwatch/shared/b [fmt]", "tillwatch/shared/suite [fmt pgregory.net/rapid]", "tillwatch/infra [fmt]", "tillwatch/infra/x [fmt]",
		"tillwatch/shared/a.test [fmt pgregory.net/rapid tillwatch/shared/a]", "tillwatch/shared/b.test [fmt tillwatch/shared/b]", "tillwatch/infra.test [pgregory.net/rapid]", "",
	}, "\n"))
	if want := []string{"tillwatch/shared/b", "tillwatch/shared/suite"}; !slices.Equal(plain, want) {
		t.Errorf("plain: got %v, want %v", plain, want)
	}
	if want := []string{"tillwatch/shared/a"}; !slices.Equal(drawing, want) {
		t.Errorf("drawing: got %v, want %v", drawing, want)
	}
}
