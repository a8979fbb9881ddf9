package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// callsIn returns which of the calls, written "package.Function(", a file makes.
func callsIn(t *testing.T, file string, calls []string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && slices.Contains(calls, x.Name+"."+selector.Sel.Name+"(") {
			found = append(found, x.Name+"."+selector.Sel.Name)
		}
		return true
	})
	return found
}

func TestAcceptedIsReadable(t *testing.T) {
	for _, tool := range []string{"cfn-lint", "checkov"} {
		if _, err := readAccepted(tool); err != nil {
			t.Error(err)
		}
	}
}

func TestParseAccepted(t *testing.T) {
	for _, c := range []struct{ rule, text, want string }{
		{"a reason is needed", "checkov CKV_1 Bucket.* because", "accepted.txt:1: want"},
		{"resources are a regular expression", "\n# x\ncheckov CKV_1 ( it is all right this way", "accepted.txt:3"},
	} {
		if _, err := parseAccepted(c.text, "checkov"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.rule, err, c.want)
		}
	}
	got, err := parseAccepted("checkov R1 A it is all right\ncfn-lint R2 B it is all right too", "cfn-lint")
	if err != nil || len(got) != 1 || got[0].rule != "R2" {
		t.Errorf("got %v, %v, want the line of cfn-lint alone", got, err)
	}
}

func TestJudge(t *testing.T) {
	accept := func(rule, resources string) acceptance {
		return acceptance{rule: rule, resource: regexp.MustCompile("^(?:" + resources + ")$")}
	}
	bucket := finding{"checkov", "R1", "Bucket1", "no lock"}
	table := finding{"checkov", "R1", "Table1", "no lock"}
	for _, c := range []struct {
		rule       string
		found      []finding
		accepted   []acceptance
		open, idle int
	}{
		{"nothing found, nothing accepted", nil, nil, 0, 0},
		{"a finding is open", []finding{bucket}, nil, 1, 0},
		{"a finding of two templates is shown once", []finding{bucket, bucket}, nil, 1, 0},
		{"an accepted finding is not", []finding{bucket}, []acceptance{accept("R1", "Bucket.*")}, 0, 0},
		{"another resource is", []finding{bucket, table}, []acceptance{accept("R1", "Bucket.*")}, 1, 0},
		{"the whole id must match", []finding{bucket}, []acceptance{accept("R1", "Buck")}, 1, 1},
		{"an acceptance that nothing needs is idle", nil, []acceptance{accept("R1", "Bucket.*")}, 0, 1},
	} {
		open, idle := judge(c.found, c.accepted)
		if len(open) != c.open || len(idle) != c.idle {
			t.Errorf("%s: got %d open and %d idle, want %d and %d", c.rule, len(open), len(idle), c.open, c.idle)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		rule string
		args []string
		code int
		want string // in stdout
		not  string // not in stdout
	}{
		{"the list names every step", []string{"--list"}, 0, "integration", ""},
		{"fast leaves out what needs the emulator", []string{"--list", "--fast"}, 0, "staticcheck", "integration"},
		{"only takes some steps", []string{"--list", "--only", "vet,format"}, 0, "vet", "tests"},
		{"an unknown step is misuse", []string{"--only", "dance"}, 2, "", ""},
		{"an unknown flag is misuse", []string{"--dance"}, 2, "", ""},
		{"an argument is misuse", []string{"dance"}, 2, "", ""},
		{"help is no misuse", []string{"-h"}, 0, "", ""},
	} {
		var stdout, stderr strings.Builder
		if got := run(t.Context(), c.args, &stdout, &stderr); got != c.code {
			t.Errorf("%s: got exit code %d, want %d: %s", c.rule, got, c.code, stderr.String())
		}
		if !strings.Contains(stdout.String(), c.want) || c.not != "" && strings.Contains(stdout.String(), c.not) {
			t.Errorf("%s: got\n%s\nwant %q and not %q", c.rule, stdout.String(), c.want, c.not)
		}
	}
}
