package rule

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/glue"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/textformat"
	"tillwatch/shared/words"
)

// compileRule makes the check of one quality rule; col is nil for a rule of
// the table.
func compileRule(p *check.Plan, col *contract.Column, r *contract.Rule) {
	switch impl := r.Implementation.(type) {
	case contract.StructureCheck, contract.ColumnsCheck:
		return // fact.Form made their checks
	case *dqdl.Ruleset:
		glue.Compile(p, r, impl)
		return
	case nil:
	default:
		compileCustom(p, r, impl)
		return
	}
	c := &check.Check{Want: r.Want, Noun: "rows", Say: quality.Result{Dimension: contract.Conformity, Unit: string(contract.Rows)}}
	c.FromRule(p, r)
	if col != nil {
		c.Say.Column, c.Personal = col.Name, col.Personal
	}
	if r.Unit != "" {
		c.Say.Unit = string(r.Unit)
	}
	skip := func(format string, args ...any) {
		c.Status, c.Blocked = quality.Skipped, "skipped: "+fmt.Sprintf(format, args...)
		c.Say.Unit = ""
		p.Add(c)
	}
	switch r.Kind {
	case contract.Text:
		skip("a rule in words is for people to check: %s", strings.TrimSpace(r.Description))
	case contract.SQL:
		compileSQL(p, r, c)
	case contract.Custom:
		skip("engine %q is not one that runs here; the engines tillwatch and dqdl are", r.Engine)
	default:
		compileMetric(p, col, r, c)
	}
}

// compileMetric makes the check of a rule with a metric of the ODCS library.
func compileMetric(p *check.Plan, col *contract.Column, r *contract.Rule, c *check.Check) {
	if r.Metric == contract.RowCount {
		compileRowCount(p, r, c)
		return
	}
	names := r.Properties
	if col != nil && len(names) == 0 {
		names = []string{col.Name}
	}
	slots, absent := p.Columns(names)
	if absent != "" {
		c.Say.Dimension = defaultDimension(r)
		p.Missing(c, absent)
		p.Add(c)
		return
	}
	c.Shows = slots
	c.Personal = p.Personal(slots...)
	list := strings.Join(names, ", ")
	switch r.Metric {
	case contract.NullValues:
		c.Complaint = "have no " + list
		c.Kernel = kernel.Null(slots[0])
		c.Advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
	case contract.MissingValues:
		c.Complaint = fmt.Sprintf("have no %s, or one of %s", list, say.Values(r.MissingValues))
		c.Kernel = kernel.Missing(slots[0], r.MissingValues)
		c.Advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
	case contract.InvalidValues:
		compileInvalid(p, r, c, slots[0])
	case contract.DuplicateValues:
		c.Complaint = fmt.Sprintf("repeat %s that came before", words.A(strings.Join(names, " + ")))
		c.Keys = &key.Spec{Slots: slots}
		c.Advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
	}
	c.Say.Dimension = defaultDimension(r)
	p.Add(c)
}

// compileInvalid sets the kernel of invalidValues: a value must be in the list
// and match the pattern, whichever of them the rule has.
func compileInvalid(p *check.Plan, r *contract.Rule, c *check.Check, slot int) {
	c.Noun = "values"
	c.Advice = "Correct the values at the source, or extend what the contract allows."
	var complaints []string
	var m *textformat.Matcher
	if r.Pattern != "" {
		complaints = append(complaints, "do not match "+r.Pattern)
		var err error
		if m, err = textformat.Pattern(r.Pattern); err != nil {
			c.BadPattern(err)
			return
		}
		c.Kernel = kernel.Pattern(slot, m)
	}
	if len(r.ValidValues) > 0 {
		complaints = append(complaints, "are not among "+say.Values(r.ValidValues))
		c.Kernel = kernel.Among(slot, r.ValidValues)
		if m != nil {
			in := kernel.In(r.ValidValues)
			c.Kernel = kernel.Values(slot, func(v []byte) bool { return in(v) && m.Match(v) })
		}
	}
	if c.Kernel == nil {
		c.Kernel = kernel.Values(slot, func([]byte) bool { return true })
	}
	c.Complaint = strings.Join(complaints, " or ")
}

func compileRowCount(p *check.Plan, r *contract.Rule, c *check.Check) {
	c.Say.Dimension = defaultDimension(r)
	c.Say.Unit = string(contract.Rows)
	c.Finish = func(f *check.Findings, _ *check.Tally, out *quality.Result) {
		c.Measure(out, float64(f.Rows))
		out.Message = fmt.Sprintf("the file has %s rows", words.Count(f.Rows)) + c.Wanted(out)
		out.Advice = "Compare with the source's own count: a cut-off export, a missing store or a file sent twice are the usual causes."
	}
	p.Add(c)
}

// defaultDimension is the rule's dimension, or the one that its metric belongs
// to where the contract names none.
func defaultDimension(r *contract.Rule) contract.Dimension {
	if r.Dimension != "" {
		return r.Dimension
	}
	switch r.Metric {
	case contract.NullValues, contract.MissingValues, contract.RowCount:
		return contract.Completeness
	case contract.DuplicateValues:
		return contract.Uniqueness
	}
	return contract.Conformity
}
