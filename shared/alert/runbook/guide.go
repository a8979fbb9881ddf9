package runbook

import (
	"regexp"
	"strings"

	"tillwatch/shared/alert"
)

// A Guide is a page taken apart, with the values filled in. Its texts are
// Markdown, on one line each but for those of queries.
type Guide struct {
	Rule            string
	Symptom, Impact string
	// Actions are those of the first five minutes, in order; Fix and Verify what
	// comes later.
	Actions, Fix, Verify []string
	Causes               []string // the likeliest first
	Queries              []alert.Query
}

// Of returns the guide of a rule, and whether there is one.
func Of(rule string, v Values) (Guide, bool) {
	page, ok := Page(rule, v)
	if !ok {
		return Guide{}, false
	}
	return guide(rule, page), true
}

func guide(rule, page string) Guide {
	g := Guide{Rule: rule}
	for title, lines := range sections(page) {
		text := func() string { return strings.TrimSpace(strings.Join(lines, "\n")) }
		switch title {
		case "Symptom":
			g.Symptom = text()
		case "Impact":
			g.Impact = text()
		case "First five minutes":
			g.Actions = items(lines)
		case "Queries":
			g.Queries = queries(lines)
		case "Causes":
			g.Causes = items(lines)
		case "Fix":
			g.Fix = items(lines)
		case "Verify":
			g.Verify = items(lines)
		}
	}
	return g
}

// sections returns the lines below each title of the second level. A line in a
// query is no title, whatever it begins with.
func sections(page string) map[string][]string {
	found := map[string][]string{}
	title, inside := "", false
	for l := range strings.Lines(page) {
		l = strings.TrimRight(l, "\n")
		if strings.HasPrefix(l, fence) {
			inside = !inside
		}
		if next, ok := strings.CutPrefix(l, "## "); ok && !inside {
			title = strings.TrimSpace(next)
			found[title] = []string{}
		} else if title != "" {
			found[title] = append(found[title], l)
		}
	}
	return found
}

// item matches an entry of a list.
var item = regexp.MustCompile(`^(?:-|[0-9]+\.) +(.+)$`)

func items(lines []string) []string {
	var list []string
	for _, l := range lines {
		if m := item.FindStringSubmatch(l); m != nil {
			list = append(list, m[1])
		}
	}
	return list
}

const fence = "```"

// languages are those of queries, by what stands behind a fence.
var languages = map[string]alert.Language{"logs-insights": alert.LogsInsights, "sql": alert.Athena, "sh": alert.Shell}

// titled matches the line before a query: what it shows, and where it is run.
var titled = regexp.MustCompile("^(.+?)(?: \\((?:CloudWatch Logs Insights, log group|Athena, database) `([^`]+)`\\))?:$")

// placeOf returns where the query after the line is run, "" if the line says
// nothing of that.
func placeOf(line string) string {
	if m := titled.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
		return m[2]
	}
	return ""
}

func queries(lines []string) []alert.Query {
	var list []alert.Query
	var open *alert.Query
	var text []string
	before := ""
	for _, l := range lines {
		mark, isFence := strings.CutPrefix(l, fence)
		switch {
		case isFence && open == nil:
			open = &alert.Query{Language: languages[mark]}
			if m := titled.FindStringSubmatch(before); m != nil {
				open.Name, open.Where = m[1], m[2]
			}
		case isFence:
			open.Text = strings.Join(text, "\n")
			list = append(list, *open)
			open, text = nil, nil
		case open != nil:
			text = append(text, l)
		case strings.TrimSpace(l) != "":
			before = l
		}
	}
	return list
}
