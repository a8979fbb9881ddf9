package ruleset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
)

// rulesets are those of the parser's own tests, without what can't be read.
func rulesets(t testing.TB) map[string]string {
	paths, err := filepath.Glob("../dqdl/testdata/*.dqdl")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	all := map[string]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := contract.ReadDQDL(path, "t", data); err == nil {
			all[path] = string(data)
		}
	}
	return all
}

// formatted lists the rules and analyzers of a ruleset in one way of writing.
func formatted(t testing.TB, name string, data []byte) (out []string) {
	set, err := dqdl.Parse(name, data)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, data)
	}
	for _, r := range append(set.Rules, set.Analyzers...) {
		out = append(out, dqdl.Format(r))
	}
	return out
}

// roundTrip holds that a ruleset that becomes a contract and a ruleset again has
// the same rules, and that these are as they were written.
func roundTrip(t testing.TB, name, text string) {
	odcs, _, err := Import(name, []byte(text), "t")
	if err != nil {
		t.Fatalf("import %s: %v", name, err)
	}
	again, lost, err := Export(name, odcs, "")
	if err != nil || len(lost) > 0 {
		t.Fatalf("export %s: %v, lost %v\n%s", name, err, lost, odcs)
	}
	before, after := formatted(t, name, []byte(text)), formatted(t, name, again)
	if a, b := strings.Join(before, "\n"), strings.Join(after, "\n"); a != b {
		t.Fatalf("%s:\n%s\nbecame\n%s", name, a, b)
	}
}

func TestRulesetsBecomeContractsAndBack(t *testing.T) {
	for name, text := range rulesets(t) {
		roundTrip(t, name, text)
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, text := range rulesets(f) {
		f.Add(text)
	}
	f.Add(`Rules = [ ColumnValues "a" matches "\\d\"\\\\" labels=["id"="x"], RowCount > -(last() - 3) ]`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := contract.ReadDQDL("f", "t", []byte(text))
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for _, r := range c.Tables[0].Rules {
			// An id in DefaultLabels names several rules, of which ODCS can't.
			if ids[r.ID] {
				return
			}
			ids[r.ID] = true
		}
		if _, _, err := Import("f", []byte(text), "t"); err == nil {
			roundTrip(t, "f", text)
		}
	})
}
