package quality

import (
	"errors"
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/contract/dqdl"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/textformat"
	"tillwatch/shared/words"
)

// fromRule takes over what a rule says of itself.
func (c *check) fromRule(p *plan, r *contract.Rule) {
	c.say.ID = r.ID
	c.say.Name = r.Name
	if r.Name == "" && r.Description != "" {
		c.say.Name = r.Description
	}
	c.say.Severity = r.Severity.String()
	c.say.Impact = r.BusinessImpact
	c.say.Place = p.placeOf(r.Place)
	c.say.Schedule = r.Schedule
	if r.Dimension != "" {
		c.say.Dimension = r.Dimension
	}
}

// compileRule makes the check of one quality rule; col is nil for a rule of
// the table.
func (p *plan) compileRule(col *contract.Column, r *contract.Rule) {
	switch impl := r.Implementation.(type) {
	case contract.StructureCheck, contract.ColumnsCheck:
		return // compileHeader made their checks
	case *dqdl.Ruleset:
		p.compileRuleset(r, impl)
		return
	case nil:
	default:
		p.compileCustom(r, impl)
		return
	}
	c := &check{want: r.Want, noun: "rows", say: Result{Dimension: contract.Conformity, Unit: string(contract.Rows)}}
	c.fromRule(p, r)
	if col != nil {
		c.say.Column, c.personal = col.Name, col.Personal
	}
	if r.Unit != "" {
		c.say.Unit = string(r.Unit)
	}
	skip := func(format string, args ...any) {
		c.status, c.blocked = Skipped, "skipped: "+fmt.Sprintf(format, args...)
		c.say.Unit = ""
		p.add(c)
	}
	switch r.Kind {
	case contract.Text:
		skip("a rule in words is for people to check: %s", strings.TrimSpace(r.Description))
	case contract.SQL:
		p.compileSQL(r, c)
	case contract.Custom:
		skip("engine %q is not one that runs here; the engines tillwatch and dqdl are", r.Engine)
	default:
		p.compileMetric(col, r, c)
	}
}

// compileMetric makes the check of a rule with a metric of the ODCS library.
func (p *plan) compileMetric(col *contract.Column, r *contract.Rule, c *check) {
	if r.Metric == contract.RowCount {
		p.compileRowCount(r, c)
		return
	}
	names := r.Properties
	if col != nil && len(names) == 0 {
		names = []string{col.Name}
	}
	slots, absent := p.columns(names)
	if absent != "" {
		c.say.Dimension = defaultDimension(r)
		p.missing(c, absent)
		p.add(c)
		return
	}
	c.shows = slots
	c.personal = p.personal(slots...)
	list := strings.Join(names, ", ")
	switch r.Metric {
	case contract.NullValues:
		c.complaint = "have no " + list
		c.kernel = state.Null(slots[0])
		c.advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
	case contract.MissingValues:
		c.complaint = fmt.Sprintf("have no %s, or one of %s", list, valueList(r.MissingValues))
		c.kernel = state.Missing(slots[0], r.MissingValues)
		c.advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again.", list)
	case contract.InvalidValues:
		p.compileInvalid(r, c, slots[0])
	case contract.DuplicateValues:
		c.complaint = fmt.Sprintf("repeat %s that came before", words.A(strings.Join(names, " + ")))
		c.keys = &state.KeySpec{Slots: slots}
		c.advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
	}
	c.say.Dimension = defaultDimension(r)
	p.addKeyed(c)
}

// compileInvalid sets the kernel of invalidValues: a value must be in the list
// and match the pattern, whichever of them the rule has.
func (p *plan) compileInvalid(r *contract.Rule, c *check, slot int) {
	c.noun = "values"
	c.advice = "Correct the values at the source, or extend what the contract allows."
	var complaints []string
	var m *textformat.Matcher
	if r.Pattern != "" {
		complaints = append(complaints, "do not match "+r.Pattern)
		var err error
		if m, err = textformat.Pattern(r.Pattern); err != nil {
			c.badPattern(err)
			return
		}
		c.kernel = state.Pattern(slot, m)
	}
	if len(r.ValidValues) > 0 {
		complaints = append(complaints, "are not among "+valueList(r.ValidValues))
		c.kernel = state.Among(slot, r.ValidValues)
		if m != nil {
			in := state.In(r.ValidValues)
			c.kernel = state.Values(slot, func(v []byte) bool { return in(v) && m.Match(v) })
		}
	}
	if c.kernel == nil {
		c.kernel = state.Values(slot, func([]byte) bool { return true })
	}
	c.complaint = strings.Join(complaints, " or ")
}

// badPattern makes c a check of a pattern that can't be matched: skipped if the
// pattern asks for what takes unbounded time, else an error of the contract.
func (c *check) badPattern(err error) {
	var wrong *textformat.PatternError
	if errors.As(err, &wrong) && wrong.Unsupported {
		c.status, c.blocked = Skipped, "skipped: "+err.Error()
		return
	}
	c.error("%v", err)
}

func (p *plan) compileRowCount(r *contract.Rule, c *check) {
	c.say.Dimension = defaultDimension(r)
	c.say.Unit = string(contract.Rows)
	c.finish = func(f *findings, _ *tally, out *Result) {
		c.measure(out, float64(f.rows))
		out.Message = fmt.Sprintf("the file has %s rows", words.Count(f.rows)) + c.wanted(out)
		out.Advice = "Compare with the source's own count: a cut-off export, a missing store or a file sent twice are the usual causes."
	}
	p.add(c)
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

// compileRelationship makes the check of a foreign key.
func (p *plan) compileRelationship(rel *contract.Relationship) {
	c := &check{
		say: Result{
			ID: rel.ID, Name: fmt.Sprintf("%s is in %s", strings.Join(rel.From, ", "), rel.Dataset), Dimension: contract.Accuracy,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.placeOf(rel.Place),
		},
		want: mustBeNone, noun: "rows",
		complaint: fmt.Sprintf("have a %s that %s does not have", strings.Join(rel.From, " + "), rel.Dataset),
		advice:    fmt.Sprintf("Either %s is behind (load it first and judge again), or these rows carry wrong keys: ask the producer.", rel.Dataset),
	}
	if c.say.ID == "" {
		c.say.ID = strings.Join(rel.From, "_") + ".relationship"
	}
	if len(rel.From) == 1 {
		c.say.Column = rel.From[0]
	}
	slots, absent := p.columns(rel.From)
	if absent != "" {
		p.missing(c, absent)
		p.add(c)
		return
	}
	c.shows = slots
	c.personal = p.personal(slots...)
	set := p.reference(rel.Dataset).tuples(rel.To)
	c.prepare = func() {
		if problem := set.problem(); problem != "" {
			c.status, c.blocked = Errored, "not measured: "+problem
			return
		}
		c.kernel = state.Member(slots, set.prints())
	}
	p.add(c)
}
