package runbook

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"tillwatch/shared/alert"
)

var sections = []string{"Symptom", "Impact", "First five minutes", "Queries", "Causes", "Fix", "Verify"}

// TestEveryRuleHasARunbook holds also that there is none for a rule that is gone.
func TestEveryRuleHasARunbook(t *testing.T) {
	pages, err := fs.Glob(Files, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if rule := strings.TrimSuffix(page, ".md"); !slices.Contains(alert.RuleNames, rule) {
			t.Errorf("%s: there is no rule %s", page, rule)
		}
	}
	for _, rule := range alert.RuleNames {
		raw, err := fs.ReadFile(Files, rule+".md")
		if err != nil {
			t.Errorf("rule %s: %v", rule, err)
			continue
		}
		var got []string
		for line := range strings.Lines(string(raw)) {
			if title, ok := strings.CutPrefix(line, "## "); ok {
				got = append(got, strings.TrimSpace(title))
			}
		}
		if !slices.Equal(got, sections) {
			t.Errorf("%s.md: sections %q, want %q", rule, got, sections)
		}
		if !strings.HasPrefix(string(raw), "# "+rule+"\n") {
			t.Errorf("%s.md: its title is not the rule", rule)
		}
		if strings.Count(string(raw), "```")%2 != 0 || !strings.Contains(string(raw), "```") {
			t.Errorf("%s.md: no query that can be run as it is", rule)
		}
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct{ name, base, rule, want string }{
		{"below the base", "https://example.com/runbooks", alert.FileRejected, "https://example.com/runbooks/file_rejected.md"},
		{"one slash", "https://example.com/runbooks/", alert.FileRejected, "https://example.com/runbooks/file_rejected.md"},
		{"no base", "", alert.FileRejected, ""},
		{"no such rule", "https://example.com", "../secret", ""},
	} {
		if got := URL(c.base, c.rule); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
