package fact

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/drift"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/tabular"
	"tillwatch/shared/words"
)

// Form makes the checks of the file's form: structure and columns,
// each as often as the table has rules on it, and once if it has none. A table
// that names no columns, as that of a ruleset, has nothing to compare.
func Form(p *check.Plan) {
	for _, r := range customRules[contract.StructureCheck](p.Table) {
		p.Add(structureCheck(p, r))
	}
	for _, r := range customRules[contract.ColumnsCheck](p.Table) {
		if r == nil && len(p.Table.Columns) == 0 {
			continue
		}
		p.Add(columnsCheck(p, r))
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

func structureCheck(p *check.Plan, rule *contract.Rule) *check.Check {
	c := &check.Check{
		Say: quality.Result{
			ID: "structure", Name: "the file is well formed", Dimension: contract.Conformity,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.In.Contract.File,
		},
		Want: check.MustBeNone, Noun: "rows", Complaint: "are malformed",
		Advice: "Open the file at these lines: a cut-off transfer, an unquoted delimiter or a stray quote are the usual causes; export it again.",
	}
	allowed := contract.StructureCheck{}
	if rule != nil {
		c.FromRule(p, rule)
		allowed = rule.Implementation.(contract.StructureCheck)
		c.Want = contract.Want{Op: contract.LessOrEqual, Low: allowed.MaxPercent}
		c.Say.Unit = string(contract.Percent)
	}
	c.OfForm = true
	c.Finish = func(f *check.Findings, t *check.Tally, r *quality.Result) {
		check.ByRows(f, t, r, c)
		if r.Violations > 0 {
			r.Message = fmt.Sprintf("%s of %s rows are malformed: %s", words.Count(r.Violations), words.Count(r.LookedAt), faultSummary(f.Faults)) + c.Wanted(r)
		}
		if f.Faults[tabular.NotJSON] > 0 {
			r.Advice = "Open the file at these lines: each record is to be a JSON object on a line of its own, or all are to be one array of objects; export it again."
		}
		faults, excused := excuse(p.Faults, allowed.HeaderFaults)
		if len(faults) > 0 {
			headerFaults(c, p, faults, r)
		}
		if excused != "" {
			r.Message += "; the contract allows of the header: " + excused
		}
	}
	return c
}

// excuse returns the faults without those of columns' names, and what they were,
// if there are no more of these than allowed.
func excuse(faults []tabular.Fault, allowed int) (rest []tabular.Fault, excused string) {
	kinds := map[tabular.FaultKind]int64{}
	named := 0
	for _, f := range faults {
		if f.Kind == tabular.BlankHeader || f.Kind == tabular.DoubleHeader {
			kinds[f.Kind]++
			named++
		} else {
			rest = append(rest, f)
		}
	}
	if named == 0 || named > allowed {
		return faults, ""
	}
	return rest, faultSummary(kinds)
}

// headerFaults adds what is wrong with the header or the file as a whole. The
// header counts as one more record that was looked at, and no share of
// malformed rows excuses it.
func headerFaults(c *check.Check, p *check.Plan, faults []tabular.Fault, r *quality.Result) {
	kinds := map[tabular.FaultKind]int64{}
	samples := make([]quality.Sample, 0, len(faults)+len(r.Samples))
	var otherwise []string // than declared
	for _, fault := range faults {
		if fault.Kind == tabular.NotAsDeclared {
			otherwise = append(otherwise, fault.Detail)
			continue
		}
		kinds[fault.Kind]++
		samples = append(samples, quality.Sample{Row: 0, Line: int64(fault.Line) + 1, Value: say.Fault(fault, p.Header)})
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
		measured = check.Percent(r.Violations, r.LookedAt)
	}
	r.Decide(measured, false)
	if r.Violations == 1 || kinds[tabular.EmptyFile] == 0 { // else rows of JSON without an object have their own
		r.Advice = "Correct the header: one line, and a name of its own for each column; then judge the file again."
	}
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

// columnsCheck compares the header with the contract's columns.
func columnsCheck(p *check.Plan, rule *contract.Rule) *check.Check {
	c := &check.Check{
		Say: quality.Result{
			ID: "columns", Name: "the columns of the contract are there", Dimension: contract.Conformity,
			Severity: contract.High.String(), Unit: "columns", Place: p.PlaceOf(p.Table.Place),
		},
		Want: check.MustBeNone, Noun: "columns",
	}
	strict := contract.ColumnsCheck{}
	if rule != nil {
		c.FromRule(p, rule)
		strict = rule.Implementation.(contract.ColumnsCheck)
	}
	c.Finish = func(_ *check.Findings, _ *check.Tally, r *quality.Result) {
		wrong, renamed := compareHeader(p, strict)
		r.LookedAt = int64(max(len(p.Table.Columns), len(wrong)))
		r.Violations = int64(len(wrong))
		c.Measure(r, float64(len(wrong)))
		if len(wrong) == 0 {
			r.Message = fmt.Sprintf("each of the contract's %s is there", words.Plural(int64(len(p.Table.Columns)), "column"))
			if extra := p.ExtraColumns(); len(extra) > 0 {
				r.Message += fmt.Sprintf("; %s more: %s", words.Count(int64(len(extra))), strings.Join(extra, ", "))
			}
			return
		}
		r.Message = strings.Join(wrong, "; ")
		if p.NoneFound() {
			r.Message = "the first line names none of the contract's columns: " + strings.Join(quotedNames(p.Table), ", ")
		}
		r.Advice = "Ask the producer what changed in the export; agree on the new column and push a new version of the contract, or have the old column restored."
		if renamed {
			r.Advice = "Have the producer restore the old name, or push a contract with the new one (physicalName keeps the old name for the checks)."
		}
		if p.NoneFound() {
			r.Advice = "If the file has no header line, have the producer add one; if it is another dataset's, judge it by that contract."
		}
		first := quality.Sample{Row: 0, Line: 1, Value: say.Masked}
		if !p.HeaderIsPersonal() {
			first.Value = say.Value([]byte(strings.Join(p.Header, ",")))
		}
		r.Samples = []quality.Sample{first}
	}
	return c
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

// compareHeader lists what is wrong with the header, and whether a missing
// column looks renamed.
func compareHeader(p *check.Plan, strict contract.ColumnsCheck) (wrong []string, renamed bool) {
	extra := p.ExtraColumns()
	last := -1
	for i := range p.Table.Columns {
		col := &p.Table.Columns[i]
		at, ok := p.Find(col)
		switch {
		case !ok && p.Apart(col):
		case !ok:
			text := fmt.Sprintf("column %q is missing", col.Name)
			if like := drift.Likely(col.Name, i, extra, p.Position, len(p.Table.Columns) == len(p.Header)); like != "" {
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
