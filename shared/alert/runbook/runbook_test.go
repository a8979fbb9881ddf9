package runbook

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tillwatch/shared/alert"
)

// TestEveryRuleHasARunbook holds also that there is none for a rule that is gone.
func TestEveryRuleHasARunbook(t *testing.T) {
	rules := alert.RuleNames
	pages, err := fs.Glob(Files, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if rule := strings.TrimSuffix(page, ".md"); !slices.Contains(rules, rule) {
			t.Errorf("%s: there is no rule %s", page, rule)
		}
	}
	for _, rule := range rules {
		raw, err := fs.ReadFile(Files, rule+".md")
		if err != nil {
			t.Errorf("rule %s: %v", rule, err)
			continue
		}
		for _, fault := range faults(rule, string(raw)) {
			t.Errorf("%s.md: %s", rule, fault)
		}
	}
}

// faults returns what is wrong with a page.
func faults(rule, page string) []string {
	var list []string
	fault := func(wrong bool, text string) {
		if wrong {
			list = append(list, text)
		}
	}
	var titles []string
	for line := range strings.Lines(page) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			titles = append(titles, strings.TrimSpace(title))
		}
	}
	fault(!slices.Equal(titles, Sections), "its sections are not "+strings.Join(Sections, ", "))
	fault(!strings.HasPrefix(page, "# "+rule+"\n"), "its title is not the rule")
	g := guide(rule, page)
	fault(g.Symptom == "" || g.Impact == "", "no symptom, or no impact")
	fault(len(g.Actions) == 0 || len(g.Actions) > 6, "no action for the first five minutes, or more than six")
	fault(len(g.Causes) == 0 || len(g.Causes) > 6, "no cause, or more than six")
	fault(len(g.Fix) == 0 || len(g.Verify) == 0, "nothing to fix, or to verify")
	fault(len(g.Queries) == 0 || len(g.Queries) > 6, "no query, or more than six")
	for _, q := range g.Queries {
		fault(q.Language == "", "a query in no language that is known")
		fault(q.Name == "", "a query without a line before it that says what it shows")
		fault((q.Language != alert.Shell) != (q.Where != ""), q.Name+": where is it run?")
		fault(strings.ContainsAny(q.Where, "<>"), q.Name+": where it is run is to be filled in by a person")
		fault(strings.TrimSpace(q.Text) == "" || len(q.Text) > 1500, q.Name+": empty, or too long to be filled in")
	}
	return append(list, placeholderFaults(page)...)
}

// placeholderFaults returns the placeholders that are unknown, or stand where
// their value could not be quoted.
func placeholderFaults(page string) []string {
	var list []string
	language, inside := alert.Language(""), false
	for l := range strings.Lines(page) {
		if mark, ok := strings.CutPrefix(strings.TrimSpace(l), fence); ok {
			inside = !inside
			language = languages[mark]
		}
		if strings.Count(l, "{{") != len(placeholder.FindAllString(l, -1)) || strings.Count(l, "}}") != len(placeholder.FindAllString(l, -1)) {
			list = append(list, "no placeholder: "+l)
		}
		for _, at := range placeholder.FindAllStringIndex(l, -1) {
			name, before := l[at[0]+2:at[1]-2], l[:at[0]]
			odd := func(quote string) bool { return strings.Count(before, quote)%2 == 1 }
			safe := odd("`") && !strings.ContainsAny(before[strings.LastIndex(before, "`")+1:], `'"`)
			switch {
			case inside && language == alert.LogsInsights:
				safe = odd(`"`)
			case inside && language == alert.Athena:
				safe = odd("'") || name == "database" // a name of letters
			case inside:
				// Behind a character that no option begins with, quoted by what is filled in.
				safe = !odd("'") && !odd(`"`) && !odd("`") && regexp.MustCompile(`[=/]$`).MatchString(before)
			}
			if !safe {
				list = append(list, "a placeholder that cannot be quoted: "+strings.TrimSpace(l))
			}
			if !slices.Contains(Names, name) {
				list = append(list, "unknown placeholder "+name)
			}
		}
	}
	return list
}

func TestFaultsOfPagesAreSeen(t *testing.T) {
	page, err := fs.ReadFile(Files, alert.FileRejected+".md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new string }{
		{"an unknown placeholder", "{{bucket}}", "{{bukcet}}"},
		{"half a placeholder", "{{bucket}}", "{{bucket}"},
		{"a placeholder in prose", "Ask the sender", "Ask {{pipeline}}"},
		{"a value that may be an option", "--prefix={{key}}", "--prefix {{key}}"},
		{"a value within a shell's quotes", "--prefix={{key}}", "'--prefix={{key}}'"},
		{"a value outside of SQL's quotes", "'{{day}}'", "{{day}}"},
		{"a value outside of a query's quotes", `"{{pipeline}}"`, "{{pipeline}}"},
		{"a query in no language", "```sql", "```"},
		{"no causes", "## Causes", "## Cause"},
		{"a query that nothing is said of", "The versions of the object, to see whether it was replaced:", "Versions."},
	} {
		broken := strings.Replace(string(page), c.old, c.new, 1)
		if broken == string(page) {
			t.Errorf("%s: the page does not hold %q", c.name, c.old)
		} else if len(faults(alert.FileRejected, broken)) == 0 {
			t.Errorf("%s: not seen", c.name)
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
