package quality

import (
	"fmt"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality/state"
	"tillwatch/shared/words"
)

// mustBeNone is the condition of everything that a contract states as a fact.
var mustBeNone = contract.Want{Op: contract.Equal}

// fact makes the check of something that a contract states of a column, of
// which no row may be an exception.
func (p *plan) fact(col *contract.Column, what string, dim contract.Dimension) *check {
	return &check{
		say: Result{
			ID: col.Name + "." + what, Column: col.Name, Dimension: dim,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.placeOf(col.Place),
		},
		want: mustBeNone, noun: "values", personal: col.Personal,
	}
}

// placeOf writes a place of the contract as file:line:column.
func (p *plan) placeOf(at contract.Place) string {
	if at.Line == 0 {
		return p.in.Contract.File
	}
	return fmt.Sprintf("%s:%d:%d", p.in.Contract.File, at.Line, at.Column)
}

// compileColumn makes the checks of one column's facts, then of its rules.
func (p *plan) compileColumn(col *contract.Column) {
	for _, c := range p.columnFacts(col) {
		slot, ok := p.column(col.Name)
		if !ok {
			p.missing(c, col.Name)
		} else {
			c.shows = []int{slot}
			if c.build != nil && c.status == "" {
				c.kernel = c.build(slot)
			}
			if c.keys != nil {
				c.keys.Slots = []int{slot}
			}
		}
		p.addKeyed(c)
	}
	for i := range col.Rules {
		p.compileRule(col, &col.Rules[i])
	}
}

// missing makes c a check that can't be measured, for want of a column.
func (p *plan) missing(c *check, column string) {
	c.status = Errored
	c.blocked = fmt.Sprintf("not measured: the file has no column %q (see the check columns)", column)
	c.kernel, c.keys, c.finish = nil, nil, nil
}

// addKeyed adds a check and, if it has keys, makes them known.
func (p *plan) addKeyed(c *check) {
	i := p.add(c)
	if c.keys != nil {
		c.keys.Index, c.keys.Check, c.keys.Where = len(p.keys), i, c.where
		p.keys = append(p.keys, c.keys)
	}
}

// columnFacts lists the checks that a column's facts make.
func (p *plan) columnFacts(col *contract.Column) []*check {
	var facts []*check
	if col.Required {
		c := p.fact(col, "required", contract.Completeness)
		c.noun, c.complaint = "rows", fmt.Sprintf("have no %s", col.Name)
		c.advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again; if it may be empty, drop `required: true`.", col.Name)
		c.build = state.Null
		facts = append(facts, c)
	}
	if col.Unique {
		c := p.fact(col, "unique", contract.Uniqueness)
		c.noun, c.complaint = "rows", fmt.Sprintf("repeat %s that came before", words.A(col.Name))
		c.advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
		c.keys = &state.KeySpec{}
		facts = append(facts, c)
	}
	facts = append(facts, p.typeFacts(col)...)
	if len(col.Enum) > 0 {
		c := p.fact(col, "enum", contract.Conformity)
		c.complaint = "are not among the allowed: " + valueList(col.Enum)
		c.advice = "Correct the values at the source, or add the new ones to the contract's enum."
		c.build = func(slot int) state.Kernel { return state.Among(slot, col.Enum) }
		facts = append(facts, c)
	}
	return facts
}

// valueList writes the first few of values for a message.
func valueList(values []contract.Value) string {
	var names []string
	for i, v := range values {
		if i == 8 {
			names = append(names, fmt.Sprintf("… (%d in all)", len(values)))
			break
		}
		if v.Null {
			names = append(names, "null")
		} else {
			names = append(names, fmt.Sprintf("%q", v.Text))
		}
	}
	return strings.Join(names, ", ")
}

// compilePrimaryKey makes the one check of a table's primary key: no part of
// it null, no key twice.
func (p *plan) compilePrimaryKey() {
	var parts []*contract.Column
	for i := range p.table.Columns {
		if p.table.Columns[i].PrimaryKey {
			parts = append(parts, &p.table.Columns[i])
		}
	}
	if len(parts) == 0 {
		return
	}
	sort.SliceStable(parts, func(i, j int) bool { return keyRank(parts[i]) < keyRank(parts[j]) })
	names := make([]string, len(parts))
	for i, c := range parts {
		names[i] = c.Name
	}
	c := &check{
		say: Result{
			ID: "primary_key", Name: "primary key " + strings.Join(names, ", "), Dimension: contract.Uniqueness,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.placeOf(parts[0].Place),
		},
		want: mustBeNone, noun: "rows",
		complaint: "have a key that is incomplete or came before",
		advice:    "Look for an export that ran twice or a join that multiplied rows; load each key once.",
	}
	if len(parts) == 1 {
		c.say.Column = names[0]
	}
	slots, absent := p.columns(names)
	if absent != "" {
		p.missing(c, absent)
		p.add(c)
		return
	}
	c.kernel = state.AnyNull(slots)
	c.keys = &state.KeySpec{Slots: slots}
	c.shows = slots
	c.personal = p.personal(slots...)
	p.addKeyed(c)
}

// keyRank orders the parts of a primary key: those with a position first.
func keyRank(c *contract.Column) int {
	if c.KeyPosition > 0 {
		return c.KeyPosition
	}
	return 1 << 30
}
