// Package report renders a quality.Report for people and for programs: text
// for a terminal, a self-contained HTML page, Markdown, and the JSON, JUnit and
// SARIF forms that other tools read; and it writes the rows that were set
// aside.
//
// Every renderer takes the report as it is and changes nothing in it. Names,
// messages and values may come from files and contracts that nobody checked:
// each form makes them harmless in its own way, and what can't be printed is
// shown as an escape such as \x1b.
package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/words"
)

// dimensions is the order in which scores are shown; the zero target is none.
var dimensions = []struct {
	name   string
	target float64
}{
	{"quality", 0},
	{string(contract.Completeness), 98},
	{string(contract.Accuracy), 99},
	{string(contract.Timeliness), 95},
	{string(contract.Consistency), 99},
	{string(contract.Conformity), 99},
	{string(contract.Uniqueness), 99.9},
	{string(contract.Coverage), 0},
}

// Target returns the score, in percent, that a dimension must lie above, and
// whether it has one: quality and coverage have none.
func Target(dimension string) (float64, bool) {
	for _, d := range dimensions {
		if d.name == dimension {
			return d.target, d.target > 0
		}
	}
	return 0, false
}

// A score is one line of the scores.
type score struct {
	Name   string
	Value  float64
	Target float64 // 0 if there is none
	Missed bool
}

// scores returns the report's scores in the order in which they are shown.
func scores(r *quality.Report) []score {
	var out []score
	add := func(name string) {
		v, ok := r.Scores[name]
		if !ok || math.IsNaN(v) {
			return
		}
		target, _ := Target(name)
		out = append(out, score{name, v, target, target > 0 && !(v > target)})
	}
	known := map[string]bool{}
	for _, d := range dimensions {
		known[d.name] = true
		add(d.name)
	}
	var others []string
	for name := range r.Scores {
		if !known[name] {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		add(name)
	}
	return out
}

// outcome holds the checks by status, each list worst first.
type outcome struct {
	failed, errored, skipped, passed []*quality.Result
}

// sorted puts the report's checks in the order in which people read them.
func sorted(r *quality.Report) outcome {
	var o outcome
	for i := range r.Checks {
		c := &r.Checks[i]
		switch c.Status {
		case quality.Fail:
			o.failed = append(o.failed, c)
		case quality.Skipped:
			o.skipped = append(o.skipped, c)
		case quality.Pass:
			o.passed = append(o.passed, c)
		default: // an unknown status is never taken for a pass
			o.errored = append(o.errored, c)
		}
	}
	for _, list := range [][]*quality.Result{o.failed, o.errored, o.skipped} {
		slices.SortStableFunc(list, worse)
	}
	return o
}

// worse orders results by severity, then score, then violations.
func worse(a, b *quality.Result) int {
	if d := rank(a.Severity) - rank(b.Severity); d != 0 {
		return d
	}
	scoreOf := func(r *quality.Result) float64 {
		if r.Score == nil {
			return 0
		}
		return *r.Score
	}
	if x, y := scoreOf(a), scoreOf(b); x < y {
		return -1
	} else if x > y {
		return 1
	}
	switch {
	case a.Violations > b.Violations:
		return -1
	case a.Violations < b.Violations:
		return 1
	}
	return 0
}

func rank(severity string) int {
	switch severity {
	case "HIGH":
		return 0
	case "MEDIUM":
		return 1
	case "LOW":
		return 2
	}
	return 3
}

// Reason says in one sentence why the report has its verdict. It may hold text
// from the contract or the file, with nothing in it that can't be printed.
func Reason(r *quality.Report) string {
	o := sorted(r)
	switch r.Verdict {
	case quality.VerdictFail, quality.VerdictWarn:
		if len(o.failed) == 0 {
			return "The verdict stands without a failed check."
		}
		lead := fmt.Sprintf("%s of %s failed", words.Count(int64(len(o.failed))), words.Plural(int64(len(r.Checks)), "check"))
		if len(o.failed) == 1 && len(r.Checks) == 1 {
			lead = "The only check failed"
		}
		return lead + "; the worst: " + sentence(headline(o.failed[0]))
	case quality.VerdictError:
		if len(o.errored) == 0 {
			return "A check could not be measured."
		}
		return fmt.Sprintf("Nothing failed, but %s could not be measured: %s",
			words.Plural(int64(len(o.errored)), "check"), sentence(headline(o.errored[0])))
	}
	if len(r.Checks) == 0 {
		return "The contract asks for nothing that can be checked."
	}
	var besides []string
	if n := len(o.failed); n > 0 {
		besides = append(besides, words.Plural(int64(n), "minor check")+" failed")
	}
	if n := len(o.errored); n > 0 {
		besides = append(besides, fmt.Sprintf("%s could not be measured", words.Count(int64(n))))
	}
	if n := len(o.skipped); n > 0 {
		besides = append(besides, fmt.Sprintf("%s skipped", words.Count(int64(n))))
	}
	if len(besides) == 0 {
		if len(r.Checks) == 1 {
			return "The only check passed."
		}
		return fmt.Sprintf("All %s passed.", words.Plural(int64(len(r.Checks)), "check"))
	}
	return fmt.Sprintf("%s of %s passed; %s.", words.Count(int64(len(o.passed))),
		words.Plural(int64(len(r.Checks)), "check"), strings.Join(besides, ", "))
}

// headline is what a check found, led by its name or column.
func headline(c *quality.Result) string {
	name := title(c)
	if found := message(c); found != "" {
		return name + " – " + found
	}
	return name
}

// title is the name of a check as it is shown.
func title(c *quality.Result) string {
	if c.Name != "" {
		return Printable(c.Name)
	}
	return Printable(c.ID)
}

// sentence ends s with a full stop.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// NextSteps says what to do about the report, in order, no more than six
// steps; none for a file that passed clean.
func NextSteps(r *quality.Report) []string {
	o := sorted(r)
	var steps []string
	switch r.Verdict {
	case quality.VerdictFail:
		steps = append(steps, "Keep this file out of everything downstream until a corrected one passes.")
	case quality.VerdictError:
		steps = append(steps, "Treat the file as unproven: what could not be measured may be wrong.")
	}
	seen := map[string]bool{}
	for _, c := range slices.Concat(o.failed, o.errored) {
		advice := sentence(Printable(c.Advice))
		if advice == "" || seen[advice] || len(steps) == 5 {
			continue
		}
		seen[advice] = true
		steps = append(steps, title(c)+": "+lowerFirst(advice))
	}
	if r.Verdict == quality.VerdictFail && r.BadRows > 0 {
		rows := words.Plural(r.BadRows, "bad row")
		if q := r.Quarantine; q != nil && len(q.Rows) > 0 {
			rows += " in quarantine"
			if n := int64(len(q.Rows)); n < q.Total {
				rows = fmt.Sprintf("first %s of %s in quarantine", words.Count(n), words.Plural(q.Total, "bad row"))
			}
		}
		steps = append(steps, fmt.Sprintf("Send the %s to whoever writes the file, and ask for a new delivery.", rows))
	}
	return steps
}
