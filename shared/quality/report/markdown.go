package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

// How much Markdown shows, since what it is pasted into has limits: sample rows
// of a check, and checks of a status. What is left out is counted.
const (
	markdownSamples = 5
	markdownChecks  = 200
)

// Markdown writes the report in GitHub's flavour, for a pull request or a job
// summary: the verdict, the scores and one table per status, passed checks
// folded away. Text from files and contracts can neither format, link, mention
// nor break out of its cell.
func Markdown(w io.Writer, r *quality.Report) error {
	b := bufio.NewWriter(w)
	o := sorted(r)
	mark := map[quality.Verdict]string{quality.VerdictPass: "✅", quality.VerdictWarn: "⚠️", quality.VerdictFail: "❌"}[r.Verdict]
	if mark == "" {
		mark = "❔"
	}
	fmt.Fprintf(b, "## %s %s: %s\n\n%s\n\n", mark, strings.ToUpper(inert(string(r.Verdict))), inert(r.Dataset), inert(Reason(r)))
	facts := []string{words.Plural(r.Rows, "row")}
	if s := words.Bytes(r.Bytes); s != "" {
		facts = append(facts, s)
	}
	facts = append(facts, span(r.DurationMS), words.Plural(r.BadRows, "bad row"))
	fmt.Fprintf(b, "%s · %s\n", codeSpan(r.Object), strings.Join(facts, " · "))
	if r.ReadAs != "" {
		fmt.Fprintf(b, "\nRead as: %s\n", inert(r.ReadAs))
	}
	if steps := NextSteps(r); len(steps) > 0 {
		b.WriteString("\n### What to do next\n\n")
		for i, s := range steps {
			fmt.Fprintf(b, "%d. %s\n", i+1, inert(s))
		}
	}
	if list := scores(r); len(list) > 0 {
		b.WriteString("\n### Scores\n\n| Dimension | Score | Target | |\n|---|--:|--:|---|\n")
		for _, s := range list {
			target, met := "", ""
			if s.Target > 0 {
				target, met = "> "+number(s.Target), "✅ met"
			}
			if s.Missed {
				met = "❌ missed"
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", inert(s.Name), points(s.Value), target, met)
		}
	}
	markdownTable(b, "Failed", o.failed)
	markdownTable(b, "Could not be measured", o.errored)
	markdownTable(b, "Skipped", o.skipped)
	if len(o.passed) > 0 {
		fmt.Fprintf(b, "\n<details><summary>Passed (%s)</summary>\n\n", words.Count(int64(len(o.passed))))
		for i, c := range o.passed {
			if i == markdownChecks {
				fmt.Fprintf(b, "- and %s more\n", words.Count(int64(len(o.passed)-i)))
				break
			}
			fmt.Fprintf(b, "- %s", inert(strings.Join(append([]string{title(c)}, labels(c)...), " · ")))
			if f := finding(c); f != "" {
				b.WriteString(": " + inert(f))
			}
			b.WriteString("\n")
		}
		b.WriteString("\n</details>\n")
	}
	markdownMetrics(b, r.Analyzed)
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write Markdown report: %w", err)
	}
	return nil
}

func markdownTable(b *bufio.Writer, name string, checks []*quality.Result) {
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s (%s)\n\n| Severity | Check | Found | Where | Do |\n|---|---|---|---|---|\n", name, words.Count(int64(len(checks))))
	for i, c := range checks {
		if i == markdownChecks {
			fmt.Fprintf(b, "| … | and %s more | | | |\n", words.Count(int64(len(checks)-i)))
			break
		}
		var where []string
		for i, s := range c.Samples {
			if i == markdownSamples {
				break
			}
			where = append(where, at(s)+": "+codeSpan(shown(s.Value)))
		}
		if more := c.Violations - int64(len(where)); len(where) > 0 && more > 0 {
			where = append(where, "and "+words.Count(more)+" more")
		}
		check, found := []string{inert(title(c))}, []string{inert(sentence(message(c)))}
		for _, l := range labels(c) {
			check = append(check, inert(l))
		}
		for _, m := range metrics(c.Evaluated) {
			found = append(found, inert(m.Name)+" = "+m.Value)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", inert(c.Severity), strings.Join(check, "<br>"),
			strings.Join(found, "<br>"), strings.Join(where, "<br>"), inert(sentence(c.Advice)))
	}
}

func markdownMetrics(b *bufio.Writer, analyzed map[string]float64) {
	if len(analyzed) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>Measured by analyzers (%s)</summary>\n\n| Metric | Value |\n|---|--:|\n", words.Count(int64(len(analyzed))))
	for _, m := range metrics(analyzed) {
		fmt.Fprintf(b, "| %s | %s |\n", inert(m.Name), m.Value)
	}
	b.WriteString("\n</details>\n")
}

// inert returns s as Markdown text that formats nothing.
func inert(s string) string {
	s = strings.TrimSpace(Printable(s))
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@', r == '#':
			// A comment keeps names from being mentioned and numbers from being
			// linked; an escape does not.
			fmt.Fprintf(&b, "&#%d;<!-- -->", r)
		case strings.ContainsRune("\\`*_[]|~$", r),
			i == 0 && strings.ContainsRune("-+=:", r),                    // a list, a heading, a table's rule
			r == '.' && onlyDigits(s[:i]), r == ')' && onlyDigits(s[:i]), // a numbered list
			r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"),
			r == ':' && strings.HasPrefix(s[i:], "://"): // a link
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func onlyDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// codeSpan returns s as a Markdown code span that may stand in a table.
func codeSpan(s string) string {
	s = Printable(s)
	longest, run := 0, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	// A table takes the escape off a bar before the code span is read; a
	// backslash before a bar can't be written there, so it becomes a picture of one.
	s = strings.ReplaceAll(s, `\|`, `⧵|`)
	s = strings.ReplaceAll(s, "|", `\|`)
	if strings.TrimSpace(s) == "" {
		return "(blank)"
	}
	return fence + " " + s + " " + fence
}
