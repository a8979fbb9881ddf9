package runbook

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillwatch/shared/alert"
)

// evil are names that anybody may give to a file.
var evil = []string{
	"sales/2026-11-22.csv", "a b", "'; rm -rf / #", `"; drop`, "$(id)", "`id`", "a\nb", `back\slash`, "--no-sign-request", "é \u202e x",
	`" or 1 = 1 | delete`, "' OR '1'='1", "```\nsh", "{{bucket}}", "", "a\x00b", "*", "~root", "!!",
}

func name(t *rapid.T) string {
	return rapid.OneOf(rapid.SampledFrom(evil), rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("'\"\\`$\n -")), 0, 12, -1)).Draw(t, "name")
}

func page(fenceMark, line string) string { return "```" + fenceMark + "\n" + line + "\n```\n" }

// TestAShellSeesOneWord asks a shell what it makes of a command that a value
// was filled into.
func TestAShellSeesOneWord(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to ask")
	}
	rapid.Check(t, func(t *rapid.T) {
		key := name(t)
		command := fill(page("sh", `printf '%s|' --prefix={{key}} end`), Values{"key": key})
		command = strings.TrimSuffix(strings.TrimPrefix(command, "```sh\n"), "\n```\n")
		out, err := exec.Command(sh, "-c", command).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		want := clean(key)
		if key == "" {
			want = "KEY"
		}
		if got := string(out); got != "--prefix="+want+"|end|" {
			t.Fatalf("%q became %q, by %s", key, got, command)
		}
	})
}

// TestAQuerySeesOneString reads a string by the rules of SQL, and of Logs
// Insights, and finds the value and the end of the line behind it.
func TestAQuerySeesOneString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := name(t)
		if key == "" {
			return
		}
		sql := fill(page("sql", "SELECT 'x{{key}}' END"), Values{"key": key})
		sql = strings.TrimSuffix(strings.TrimPrefix(sql, "```sql\nSELECT '"), "\n```\n")
		if got, rest := readString(sql, '\'', 0); got != "x"+clean(key) || rest != " END" {
			t.Fatalf("SQL: %q became %q, then %q", key, got, rest)
		}
		logs := fill(page("logs-insights", `filter k = "x{{key}}" end`), Values{"key": key})
		logs = strings.TrimSuffix(strings.TrimPrefix(logs, "```logs-insights\nfilter k = \""), "\n```\n")
		if got, rest := readString(logs, '"', '\\'); got != "x"+clean(key) || rest != " end" {
			t.Fatalf("Logs Insights: %q became %q, then %q", key, got, rest)
		}
	})
}

// readString reads up to the quote that ends a string; a quote that is doubled,
// or behind the escape, is a part of it.
func readString(s string, quote, escape byte) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case escape != 0 && s[i] == escape && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case escape == 0 && s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
			b.WriteByte(quote)
		case s[i] == quote:
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), "no end"
}

func TestAGuideOfAFile(t *testing.T) {
	s := alert.Signal{Rule: alert.FileRejected, Pipeline: "sales_data", Environment: "prod-eu", Facts: []alert.Fact{
		{Name: "object", Value: "s3://landing-1/sales/it's.csv"}, {Name: "period", Value: "2026-11-22T07"},
	}}
	g, ok := Of(s.Rule, ValuesOf(s, Deployment{Results: "results-1"}))
	if !ok || len(g.Queries) != 3 {
		t.Fatalf("got %+v", g)
	}
	for i, want := range []struct {
		language alert.Language
		where    string
		text     string
	}{
		{alert.LogsInsights, "/aws/lambda/tillwatch-prod-eu-validate-file", `pipeline_id = "sales_data"`},
		{alert.Shell, "", `--bucket=landing-1 --prefix='sales/it'\''s.csv'`},
		{alert.Athena, "tillwatch_prod_eu", "FROM tillwatch_prod_eu.quarantine\nWHERE dataset = 'sales_data' AND day = '2026-11-22'"},
	} {
		if q := g.Queries[i]; q.Language != want.language || q.Where != want.where || !strings.Contains(q.Text, want.text) || q.Name == "" {
			t.Errorf("got %+v, want %+v", q, want)
		}
	}
	if len(g.Causes) == 0 || !strings.HasPrefix(g.Causes[0], "The export was cut off") || len(g.Actions) != 4 {
		t.Errorf("causes %q, actions %q", g.Causes, g.Actions)
	}
	if text, _ := Page(s.Rule, Values{}); !strings.Contains(text, "--bucket=BUCKET --prefix=KEY") {
		t.Error("what is unknown is not to be seen")
	}
	if _, ok := Of("../secret", nil); ok {
		t.Error("a guide of no rule")
	}
}

func FuzzFill(f *testing.F) {
	for _, p := range evil {
		f.Add("# r\n## Queries\nx (Athena, database `{{database}}`):\n```sql\n'{{key}}'\n```\n", p)
	}
	f.Fuzz(func(t *testing.T, page, value string) {
		g := guide("r", fill(page, Values{"key": value, "database": value}))
		if strings.Count(page, fence) < len(g.Queries) {
			t.Errorf("%d queries out of nothing", len(g.Queries))
		}
	})
}
