// Package fact makes the checks of what a contract states of a table as a fact, so
// that no row may be an exception: the file's form and columns, the type of a column
// and what its options allow, keys and references to other datasets.
package fact

import (
	"fmt"
	"sort"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
	"tillwatch/shared/quality/key"
	"tillwatch/shared/quality/say"
	"tillwatch/shared/words"
)

// Column makes the checks of one column's facts.
func Column(p *check.Plan, col *contract.Column) {
	for _, c := range columnFacts(p, col) {
		slot, ok := p.Column(col.Name)
		if !ok {
			p.Missing(c.Check, col.Name)
		} else {
			c.Shows = []int{slot}
			if c.build != nil && c.Status == "" {
				c.Kernel = c.build(slot)
			}
			if c.Keys != nil {
				c.Keys.Slots = []int{slot}
			}
		}
		p.Add(c.Check)
	}
}

// A draft is the check of a fact of a column that is yet to be found in the file.
type draft struct {
	*check.Check
	// build makes the kernel once the column's slot is known; nil if there is none.
	build func(slot int) kernel.Kernel
}

// columnFacts lists the checks that a column's facts make.
func columnFacts(p *check.Plan, col *contract.Column) []*draft {
	var facts []*draft
	if col.Required {
		c := fact(p, col, "required", contract.Completeness)
		c.Noun, c.Complaint = "rows", fmt.Sprintf("have no %s", col.Name)
		c.Advice = fmt.Sprintf("Have the producer fill %s in these rows and send the file again; if it may be empty, drop `required: true`.", col.Name)
		c.build = kernel.Null
		facts = append(facts, c)
	}
	if col.Unique {
		c := fact(p, col, "unique", contract.Uniqueness)
		c.Noun, c.Complaint = "rows", fmt.Sprintf("repeat %s that came before", words.A(col.Name))
		c.Advice = "Look for an export that ran twice or a join that multiplied rows; keep the first row of each."
		c.Keys = &key.Spec{}
		facts = append(facts, c)
	}
	facts = append(facts, typeFacts(p, col)...)
	if len(col.Enum) > 0 {
		c := fact(p, col, "enum", contract.Conformity)
		c.Complaint = "are not among the allowed: " + say.Values(col.Enum)
		c.Advice = "Correct the values at the source, or add the new ones to the contract's enum."
		c.build = func(slot int) kernel.Kernel { return kernel.Among(slot, col.Enum) }
		facts = append(facts, c)
	}
	return facts
}

// fact makes the check of something that a contract states of a column, of
// which no row may be an exception.
func fact(p *check.Plan, col *contract.Column, what string, dim contract.Dimension) *draft {
	return &draft{Check: &check.Check{
		Say: quality.Result{
			ID: col.Name + "." + what, Column: col.Name, Dimension: dim,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.PlaceOf(col.Place),
		},
		Want: check.MustBeNone, Noun: "values", Personal: col.Personal,
	}}
}

// PrimaryKey makes the one check of a table's primary key: no part of
// it null, no key twice.
func PrimaryKey(p *check.Plan) {
	var parts []*contract.Column
	for i := range p.Table.Columns {
		if p.Table.Columns[i].PrimaryKey {
			parts = append(parts, &p.Table.Columns[i])
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
	c := &check.Check{
		Say: quality.Result{
			ID: "primary_key", Name: "primary key " + strings.Join(names, ", "), Dimension: contract.Uniqueness,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.PlaceOf(parts[0].Place),
		},
		Want: check.MustBeNone, Noun: "rows",
		Complaint: "have a key that is incomplete or came before",
		Advice:    "Look for an export that ran twice or a join that multiplied rows; load each key once.",
	}
	if len(parts) == 1 {
		c.Say.Column = names[0]
	}
	slots, absent := p.Columns(names)
	if absent != "" {
		p.Missing(c, absent)
		p.Add(c)
		return
	}
	c.Kernel = kernel.AnyNull(slots)
	c.Keys = &key.Spec{Slots: slots}
	c.Shows = slots
	c.Personal = p.Personal(slots...)
	p.Add(c)
}

// keyRank orders the parts of a primary key: those with a position first.
func keyRank(c *contract.Column) int {
	if c.KeyPosition > 0 {
		return c.KeyPosition
	}
	return 1 << 30
}
