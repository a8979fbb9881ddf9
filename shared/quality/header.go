package quality

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// compileHeader makes the checks of the file's form: structure and columns,
// each as often as the table has rules on it, and once if it has none. A table
// that names no columns, as that of a ruleset, has nothing to compare.
func (p *plan) compileHeader(faults []tabular.Fault) {
	p.structure = len(p.checks)
	for _, r := range customRules[contract.StructureCheck](p.table) {
		p.add(p.structureCheck(faults, r))
	}
	for _, r := range customRules[contract.ColumnsCheck](p.table) {
		if r == nil && len(p.table.Columns) == 0 {
			continue
		}
		p.add(p.columnsCheck(r))
	}
}

// customRules returns the table's rules whose implementation is a T; one nil if
// there are none.
func customRules[T any](t *contract.Table) []*contract.Rule {
	var rules []*contract.Rule
	for i := range t.Rules {
		if _, ok := t.Rules[i].Implementation.(T); ok {
			rules = append(rules, &t.Rules[i])
		}
	}
	if rules == nil {
		rules = []*contract.Rule{nil}
	}
	return rules
}

func (p *plan) structureCheck(faults []tabular.Fault, rule *contract.Rule) *check {
	c := &check{
		say: Result{
			ID: "structure", Name: "the file is well formed", Dimension: contract.Conformity,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.in.Contract.File,
		},
		want: mustBeNone, noun: "rows", complaint: "are malformed",
		advice: "Open the file at these lines: a cut-off transfer, an unquoted delimiter or a stray quote are the usual causes; export it again.",
	}
	if rule != nil {
		c.fromRule(p, rule)
		c.want = contract.Want{Op: contract.LessOrEqual, Low: rule.Implementation.(contract.StructureCheck).MaxPercent}
		c.say.Unit = string(contract.Percent)
	}
	c.ofForm = true
	c.finish = func(f *findings, t *tally, r *Result) {
		byRows(f, t, r, c)
		if r.Violations > 0 {
			r.Message = fmt.Sprintf("%s of %s rows are malformed: %s", words.Count(r.Violations), words.Count(r.LookedAt), faultSummary(f.faults)) + c.wanted(r)
		}
		if len(faults) > 0 {
			c.headerFaults(p, faults, r)
		}
	}
	return c
}

// headerFaults adds what is wrong with the header or the file as a whole. The
// header counts as one more record that was looked at, and no share of
// malformed rows excuses it.
func (c *check) headerFaults(p *plan, faults []tabular.Fault, r *Result) {
	kinds := map[tabular.FaultKind]int64{}
	samples := make([]Sample, 0, len(faults)+len(r.Samples))
	var otherwise []string // than declared
	for _, fault := range faults {
		if fault.Kind == tabular.NotAsDeclared {
			otherwise = append(otherwise, fault.Detail)
			continue
		}
		kinds[fault.Kind]++
		samples = append(samples, Sample{Row: 0, Line: int64(fault.Line) + 1, Value: p.faultText(fault)})
	}
	message := "the header is malformed: " + faultSummary(kinds)
	if n := kinds[tabular.OtherMember]; n > 0 && len(kinds) == 1 {
		message = fmt.Sprintf("%s in the archive with other columns", words.Plural(n, "file"))
	}
	if len(kinds) == 0 {
		message = strings.Join(otherwise, "; ")
	} else if len(otherwise) > 0 {
		message = strings.Join(otherwise, "; ") + "; " + message
	}
	if r.Violations > 0 {
		message += "; " + r.Message
	}
	r.Message, r.Samples = message, append(samples, r.Samples...)
	r.Violations++
	r.LookedAt++
	measured := float64(r.Violations)
	if r.Unit == string(contract.Percent) {
		measured = percent(r.Violations, r.LookedAt)
	}
	r.decide(measured, false)
	r.Advice = "Correct the header: one line, and a name of its own for each column; then judge the file again."
	if kinds[tabular.OtherMember] > 0 {
		r.Advice = "Send files with other columns in an archive of their own; only those with the same columns as the first are one table."
	}
	if len(otherwise) > 0 {
		r.Advice = "Have the producer write the file as agreed, or correct what the contract declares (servers: delimiter; customProperties: encoding, header …) or the flag does. The file was read as it is, so that the other results hold."
	}
}

// faultSummary lists the kinds of faults with how many there are of each.
func faultSummary(faults map[tabular.FaultKind]int64) string {
	var parts []string
	for kind, n := range faults {
		parts = append(parts, fmt.Sprintf("%s (%s)", kind, words.Count(n)))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

// faultText tells one fault to a person.
func (p *plan) faultText(f tabular.Fault) string {
	text := string(f.Kind)
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	if f.Column >= 0 && f.Column < len(p.header) {
		text += fmt.Sprintf(", at column %d", f.Column+1)
		if name := p.header[f.Column]; name != "" {
			text += fmt.Sprintf(" (%s)", name)
		}
	}
	return text
}

// columnsCheck compares the header with the contract's columns.
func (p *plan) columnsCheck(rule *contract.Rule) *check {
	c := &check{
		say: Result{
			ID: "columns", Name: "the columns of the contract are there", Dimension: contract.Conformity,
			Severity: contract.High.String(), Unit: "columns", Place: p.placeOf(p.table.Place),
		},
		want: mustBeNone, noun: "columns",
	}
	strict := contract.ColumnsCheck{}
	if rule != nil {
		c.fromRule(p, rule)
		strict = rule.Implementation.(contract.ColumnsCheck)
	}
	c.finish = func(_ *findings, _ *tally, r *Result) {
		wrong, renamed := p.compareHeader(strict)
		r.LookedAt = int64(max(len(p.table.Columns), len(wrong)))
		r.Violations = int64(len(wrong))
		c.measure(r, float64(len(wrong)))
		if len(wrong) == 0 {
			r.Message = fmt.Sprintf("each of the contract's %s is there", words.Plural(int64(len(p.table.Columns)), "column"))
			if extra := p.extraColumns(); len(extra) > 0 {
				r.Message += fmt.Sprintf("; %s more: %s", words.Count(int64(len(extra))), strings.Join(extra, ", "))
			}
			return
		}
		r.Message = strings.Join(wrong, "; ")
		if p.noneFound() {
			r.Message = "the first line names none of the contract's columns: " + strings.Join(quotedNames(p.table), ", ")
		}
		r.Advice = "Ask the producer what changed in the export; agree on the new column and push a new version of the contract, or have the old column restored."
		if renamed {
			r.Advice = "Have the producer restore the old name, or push a contract with the new one (physicalName keeps the old name for the checks)."
		}
		if p.noneFound() {
			r.Advice = "If the file has no header line, have the producer add one; if it is another dataset's, judge it by that contract."
		}
		first := Sample{Row: 0, Line: 1, Value: masked}
		if !p.headerIsPersonal() {
			first.Value = cut([]byte(strings.Join(p.header, ",")))
		}
		r.Samples = []Sample{first}
	}
	return c
}

// noneFound reports whether a file with a header has no column of the contract.
func (p *plan) noneFound() bool {
	return len(p.header) > 0 && len(p.table.Columns) > 0 && len(p.extraColumns()) == len(p.header)
}

// headerIsPersonal reports whether the first line may be a row of a table with
// personal columns, which no report shows.
func (p *plan) headerIsPersonal() bool {
	if p.in.ShowPersonal || !p.noneFound() {
		return false
	}
	return slices.ContainsFunc(p.table.Columns, func(c contract.Column) bool { return c.Personal })
}

func quotedNames(t *contract.Table) []string {
	var names []string
	for i := range t.Columns {
		if i == 8 {
			return append(names, "…")
		}
		names = append(names, fmt.Sprintf("%q", t.Columns[i].Name))
	}
	return names
}

// extraColumns are the header's columns that the contract does not have.
func (p *plan) extraColumns() []string {
	known := map[int]bool{}
	for i := range p.table.Columns {
		if at, ok := p.find(&p.table.Columns[i]); ok {
			known[at] = true
		}
	}
	var extra []string
	for i, name := range p.header {
		if !known[i] {
			extra = append(extra, name)
		}
	}
	return extra
}

// compareHeader lists what is wrong with the header, and whether a missing
// column looks renamed.
func (p *plan) compareHeader(strict contract.ColumnsCheck) (wrong []string, renamed bool) {
	extra := p.extraColumns()
	last := -1
	for i := range p.table.Columns {
		col := &p.table.Columns[i]
		at, ok := p.find(col)
		switch {
		case !ok:
			text := fmt.Sprintf("column %q is missing", col.Name)
			if like := likely(col.Name, i, extra, p.position, len(p.table.Columns) == len(p.header)); like != "" {
				text += fmt.Sprintf("; %q looks like it under a new name", like)
				renamed = true
				extra = slices.DeleteFunc(extra, func(e string) bool { return e == like })
			}
			wrong = append(wrong, text)
		case strict.Ordered && at < last:
			wrong = append(wrong, fmt.Sprintf("column %q stands at position %d, before its place in the contract", col.Name, at+1))
		default:
			last = at
		}
	}
	if strict.Closed {
		for _, e := range extra {
			wrong = append(wrong, fmt.Sprintf("column %q is not in the contract", e))
		}
	}
	return wrong, renamed
}

// likely picks, among the columns that the contract does not know, the one
// that a missing column seems to have become: the one in its place where as
// many columns as expected are there, else one with a similar name.
func likely(name string, place int, extra []string, position map[string]int, sameCount bool) string {
	for _, e := range extra {
		if sameCount && position[e] == place {
			return e
		}
	}
	best, bestScore := "", 0.5
	for _, e := range extra {
		if s := similarity(strings.ToLower(name), strings.ToLower(e)); s > bestScore {
			best, bestScore = e, s
		}
	}
	return best
}

// similarity is the share of bigrams that two names have in common (Dice), 0
// to 1.
func similarity(a, b string) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	grams := map[string]int{}
	for i := 0; i+2 <= len(a); i++ {
		grams[a[i:i+2]]++
	}
	common := 0
	for i := 0; i+2 <= len(b); i++ {
		if grams[b[i:i+2]] > 0 {
			grams[b[i:i+2]]--
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b)-2)
}
