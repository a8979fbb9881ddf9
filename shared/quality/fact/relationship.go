package fact

import (
	"fmt"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/quality"
	"tillwatch/shared/quality/check"
	"tillwatch/shared/quality/kernel"
)

// Relationship makes the check of a foreign key.
func Relationship(p *check.Plan, rel *contract.Relationship) {
	c := &check.Check{
		Say: quality.Result{
			ID: rel.ID, Name: fmt.Sprintf("%s is in %s", strings.Join(rel.From, ", "), rel.Dataset), Dimension: contract.Accuracy,
			Severity: contract.High.String(), Unit: string(contract.Rows), Place: p.PlaceOf(rel.Place),
		},
		Want: check.MustBeNone, Noun: "rows",
		Complaint: fmt.Sprintf("have a %s that %s does not have", strings.Join(rel.From, " + "), rel.Dataset),
		Advice:    fmt.Sprintf("Either %s is behind (load it first and judge again), or these rows carry wrong keys: ask the producer.", rel.Dataset),
	}
	if c.Say.ID == "" {
		c.Say.ID = strings.Join(rel.From, "_") + ".relationship"
	}
	if len(rel.From) == 1 {
		c.Say.Column = rel.From[0]
	}
	slots, absent := p.Columns(rel.From)
	if absent != "" {
		p.Missing(c, absent)
		p.Add(c)
		return
	}
	c.Shows = slots
	c.Personal = p.Personal(slots...)
	set := p.Reference(rel.Dataset).Tuples(rel.To)
	c.Prepare = func() {
		if problem := set.Problem(); problem != "" {
			c.Status, c.Blocked = quality.Errored, "not measured: "+problem
			return
		}
		c.Kernel = kernel.Member(slots, set.Prints())
	}
	p.Add(c)
}
